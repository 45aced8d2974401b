"""What the rules share: the checked configuration, names, and what a job is given."""

import json
import sys
from inspect import signature
from os.path import exists, splitext
from pathlib import Path
from typing import get_args

from snakemake.exceptions import WorkflowError

# The library lies beside the Snakefile; jobs find it there too, whatever is installed.
sys.path.insert(0, str(Path(workflow.basedir)))

from vpdlib.atomic import sweep_below
from vpdlib.config.base import ConfigError, validate
from vpdlib.config.collections import BETWEEN, split_name
from vpdlib.config.run import RunSettings
from vpdlib.config.sharing import model_settings
from vpdlib.config.tables import TABLES, recognition_files
from vpdlib.datasets.base import DatasetError, shard_of
from vpdlib.datasets.label_files import label_files
from vpdlib.datasets.video_files import VIDEO_SUFFIXES
from vpdlib.datasets.paths import state_of
from vpdlib.datasets.settings import KeypointFormatName, LabelFormatName
from vpdlib.datasets.tables import read_broken, read_videos
from vpdlib.features.settings import CROP_KINDS
from vpdlib.features.video_encoder_settings import verify_encoder_present
from vpdlib.identifiers import ID_PATTERN
from vpdlib.baselines.kinds import TRAINED_KINDS, SkeletonBaseline
from vpdlib.baselines.kinds import checkpoint_references as baseline_weights
from vpdlib.flow.settings import checkpoint_references as flow_weights
from vpdlib.people.settings import checkpoint_references as people_weights
from vpdlib.pipeline.layout import needed_models
from vpdlib.pipeline.networks import own_weights
from vpdlib.poses.settings import checkpoint_references as pose_weights
from vpdlib import provenance
from vpdlib.planned import Planned
from vpdlib.provenance import digest_settings
from vpdlib.recognition.settings import HEADS, NETWORK_HEADS, sections_of
from vpdlib.report.layouts import LAYOUTS, LISTS
from vpdlib.site.captions import CAPTIONS as FIGURE_CAPTIONS
from vpdlib.site.captions import read_captions
from vpdlib.students.settings import INPUTS, POSE2D, find_student
from vpdlib.video.links import link_to_nothing
from vpdlib.weights.check import NETWORKS, WeightsError, onnx_path, verify_present
from vpdlib.weights.checkpoints import (
    CHECKPOINTS,
    checkpoint_path,
    verify_checkpoints_present,
)

# Where the captions of the report are, from the files of rules.
CAPTIONS = "../docs/report"

DATASET = "results/{dataset}"
LOGS = "results/{dataset}/logs"
BENCHMARKS = "results/{dataset}/benchmarks"


wildcard_constraints:
    # A dataset, or a collection of one (vpdlib/config/collections.py).
    # Not results/vipe/, where the VIPE* networks are, whatever they are called.
    dataset=f"(?!vipe/){ID_PATTERN}(?:{BETWEEN}{ID_PATTERN})?",
    collection=ID_PATTERN,
    shard=r"[0-9]{4}",
    # Of the queries of a search.
    block=r"[0-9]{4}",
    teacher=ID_PATTERN,
    vipe=ID_PATTERN,
    student=ID_PATTERN,
    feature=ID_PATTERN,
    # Of feature sets that networks make of crops.
    kind="|".join(CROP_KINDS),
    baseline_kind="|".join(TRAINED_KINDS),
    baseline=ID_PATTERN,
    ensemble=ID_PATTERN,
    # A feature set, or a late fusion of several.
    method=ID_PATTERN,
    detector_kind="detectors|frame_classifiers",
    head="|".join(HEADS),
    regime=r"full|k[1-9][0-9]*",
    # Figure 3 is drawn besides, by a rule of its own.
    table="|".join(name for name in TABLES if name != "figure3"),
    checkpoint="|".join(CHECKPOINTS),
    video=ID_PATTERN,
    recording=ID_PATTERN,
    exported="found|labels",
    # Those that are only read are refused by name.
    label_format="|".join(get_args(LabelFormatName)),
    # The teacher's, or those of a student.
    posed=f"poses(?:_{ID_PATTERN})?",
    keypoint_format="|".join(get_args(KeypointFormatName)),


def refuse(error):
    """Stop with the message alone, before any job starts."""
    raise WorkflowError(str(error))


try:
    RUN = validate(RunSettings, config, "config.yaml (with --config)")
    verify_present(RUN.networks_dir)
    RUN.under_data("")
except (ConfigError, WeightsError) as error:
    refuse(error)


PLANNED = Planned(begins=workflow.is_main_process)


def as_planned(file, settings):
    """Settings; refused in a job where they are not those of the run, whose results would be recorded as made by those."""
    digest = digest_settings(settings.model_dump(mode="json"))
    if not PLANNED.is_same("settings", file, digest):
        refuse(
            f"{file} has changed since this run began, and its jobs go by what it was. Nothing is wrong with it: let the "
            "run end, and start the same command again."
        )
    return settings


def code_digest(*modules):
    """The digest of a rule's code (vpdlib/provenance.py); jobs see by it whether the code is still that of the run."""
    digest = provenance.code_digest(*modules)
    PLANNED.is_same("code", " ".join(modules), digest)
    return digest


_settings_of = {}


def settings_of(dataset):
    """The checked settings of a dataset; read once."""
    if dataset not in _settings_of:
        try:
            _settings_of[dataset] = as_planned(
                f"datasets/{dataset}.yaml", RUN.dataset(dataset)
            )
            for encoder in _settings_of[dataset].own_video_encoders:
                verify_encoder_present(encoder)
            verify_checkpoints_present(
                _settings_of[dataset].checkpoint_references, RUN.networks_dir
            )
        except (ConfigError, WeightsError) as error:
            refuse(error)
    return _settings_of[dataset]


def named(dataset, section, name):
    """What a section of a dataset's settings has under a name; refused where it has nothing."""
    known = getattr(settings_of(dataset), section)
    if name not in known:
        refuse(
            f"datasets/{dataset}.yaml: there is no {name!r} under `{section}`; known: {', '.join(known) or 'none'}. "
            "Add it, or correct the name."
        )
    return known[name]


def section(name):
    """A params function: one section of the dataset's settings as plain values."""

    def get(wildcards):
        value = getattr(settings_of(wildcards.dataset), name)
        return value.model_dump(mode="json") if hasattr(value, "model_dump") else value

    return get


def every_core(wildcards):
    """All cores, for short checks: nothing heavy starts beside them, and with their priority nothing before them.

    Heavy rules cannot have the checked labels as an input, since every edit of a label would rerun them; and an
    `ancient` input would hide their own changed settings from Snakemake whenever labels are prepared anew. A cluster has
    no number of cores: one there, and one within its jobs, which Slurm gives no more than was asked for.
    """
    on_cluster = workflow.remote_exec or workflow.non_local_exec
    return 1 if on_cluster else workflow.resource_settings.cores or 1


def shown_as(form):
    """How the report calls a file by its ending: a CSV file is what to go on with; of two it shows the first by alphabet."""
    return "data, CSV" if form == "csv" else form.upper()


def per_attempt(amount):
    """A resources function: an amount, or what a function of the wildcards says, as often as the job has been tried.

    Only a profile with `retries` tries twice. Resources are no reason to make anything anew.
    """

    def get(wildcards, attempt):
        return (amount(wildcards) if callable(amount) else amount) * attempt

    return get


def shards(wildcards):
    """Names of all shards of the dataset; of a collection, of those that have a video."""
    if is_collection(wildcards.dataset):
        return [
            f"{number:04d}" for number in sorted(videos_by_shard(wildcards.dataset))
        ]
    return settings_of(wildcards.dataset).shards


def is_collection(dataset):
    """Whether a dataset is a collection of another one: new footage, on which nothing is trained."""
    return split_name(dataset)[1] is not None


def models_in(dataset):
    """The folder of results in which a dataset's trained models lie; a collection has those of its dataset."""
    return f"results/{split_name(dataset)[0]}"


def in_results(dataset, files):
    """Where files lie that the library names below a dataset's results."""
    return [f"results/{dataset}/{path}" for path in files]


def shard_name(dataset, video):
    return f"{shard_of(video, settings_of(dataset).num_shards):04d}"


def all_shards(pattern):
    """An input function: `pattern` for every shard of the dataset."""

    def get(wildcards):
        known = {**wildcards, "shard": shards(wildcards)}
        return expand(pattern, **known)

    return get


def checkpoints(references):
    """Weights that some jobs need; downloaded ones, which `fetch_checkpoint` fetches, and files of the user's own."""
    return [
        str(checkpoint_path(reference, RUN.networks_dir)) for reference, _ in references
    ]


def networks(*names):
    """Converted networks that some jobs need."""
    return [str(onnx_path(name, RUN.networks_dir)) for name in names]
