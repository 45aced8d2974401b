"""A model to share: one folder with all that a new video needs, but for networks that come with the library.

``model.json`` has the settings of the stages, the networks by name and digest, and the sha256 of every other file and
of its own content; ``card.md`` says what the model is and how good it was. Below ``students/``, ``vipe/``, ``r3d/``,
``recognisers/``, ``detectors/`` and in ``finder/`` are copies of the folders of trained models, in ``weights/`` of
files of weights of its maker's own. Nothing in it names a place of the computer that it was made on.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import vpdlib
from vpdlib.atomic import replacing
from vpdlib.datasets.tables import VideoRow
from vpdlib.finding import finder_folder
from vpdlib.finding.find import read_finder
from vpdlib.finding.finder import Finder
from vpdlib.finding.finder_record import FinderRecord
from vpdlib.pipeline.layout import FINDER, needed_models
from vpdlib.pipeline.networks import (
    OWN_WEIGHTS,
    NetworkRecord,
    check_own_weights,
    needed_networks,
    own_weights,
    require_known,
    with_weights,
)
from vpdlib.pipeline.settings import ModelSettings
from vpdlib.provenance import digest_file
from vpdlib.section import Section
from vpdlib.training.model_folder import RECORD_SHA256, digest_record

SCHEMA_NAME = "vpd-model-1"
RECORD, CARD = "model.json", "card.md"
_REMEDY = (
    "copy the whole folder again, or make it anew where it comes from: snakemake --cores all "
    "results/<dataset>/model"
)


class SharedRecord(Section):
    """What ``model.json`` holds.

    Attributes
    ----------
    schema_name : kind and version of the folder.
    vpdlib_version : of the library that wrote it.
    settings : of every stage.
    networks : that come with the library or are downloaded.
    learnt_from : fingerprint of each training video's file -> its id: what members learnt from one does not answer for
        it, whatever it is called now.
    sha256 : of every other file of the folder, by its path below it.
    """

    schema_name: str
    vpdlib_version: str
    settings: ModelSettings
    networks: tuple[NetworkRecord, ...]
    learnt_from: dict[str, str]
    sha256: dict[str, str]


@dataclass(frozen=True)
class SharedModel:
    """A model's folder that was checked.

    Attributes
    ----------
    folder : where it lies.
    record : what ``model.json`` holds.
    settings : the record's, with weights of its own at their paths here.
    """

    folder: Path
    record: SharedRecord
    settings: ModelSettings

    def part(self, *names: str) -> Path:
        """The folder of one trained model, such as ``students``, ``vpd2d``."""
        return self.folder.joinpath(*names)

    def digest(self, *names: str) -> str:
        """What tells the content of such a folder from another: its record has the sha256 of its other files."""
        return self.record.sha256["/".join((*names, "settings.json"))]

    @property
    def finder_record(self) -> FinderRecord:
        """Classes, threshold and held-out figures."""
        return finder_folder.FOLDER.read_record(self.part(FINDER))

    def finder(self, device: str) -> Finder:
        """The finder with its recognisers and detectors, on "cpu" or "cuda"."""
        parts = self.settings.parts
        return read_finder(
            self.part(FINDER),
            {name: self.part("recognisers", name) for name in parts},
            {name: self.part("detectors", name) for name in parts},
            device,
        )


def write_model(
    folder: Path,
    settings: ModelSettings,
    models: Mapping[tuple[str, ...], Path],
    videos: Sequence[VideoRow],
    card: str,
) -> None:
    """Write a shared model; one that is there is replaced, and a killed job leaves no half of one.

    Parameters
    ----------
    folder : where to.
    settings : of the stages.
    models : the folders of :func:`vpdlib.pipeline.layout.needed_models`, where they are now.
    videos : of the dataset, to tell those that were learnt from.
    card : the text of ``card.md``.

    Raises
    ------
    ValueError
        If finder, recognisers and detectors do not belong together, or weights are not those that the settings name.
    FileNotFoundError
        If a folder or file is missing.
    """
    _check_belong_together(settings, models)
    check_own_weights(settings)
    networks = needed_networks(settings)
    with replacing(folder) as temporary:
        temporary.mkdir()
        for names in needed_models(settings):
            shutil.copytree(models[names], temporary.joinpath(*names))
        moved = {}
        for index, path in enumerate(own_weights(settings)):
            moved[path] = f"{OWN_WEIGHTS}/{index}_{Path(path).name}"
            (temporary / OWN_WEIGHTS).mkdir(exist_ok=True)
            shutil.copyfile(path, temporary / moved[path])
        (temporary / CARD).write_text(card, encoding="utf-8")
        record = SharedRecord(
            schema_name=SCHEMA_NAME,
            vpdlib_version=vpdlib.__version__,
            settings=with_weights(settings, moved),
            networks=networks,
            learnt_from=_learnt_from(settings, models, videos),
            sha256={name: digest_file(temporary / name) for name in _files(temporary)},
        )
        content = record.model_dump(mode="json")
        content[RECORD_SHA256] = digest_record(content)
        (temporary / RECORD).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def read_model(folder: Path) -> SharedModel:
    """Read a shared model, after comparing every file with its sha256.

    Raises
    ------
    FileNotFoundError
        If there is no model, or a file of it is missing.
    ValueError
        If a file is damaged, or the folder is of another version.
    WeightsError
        If it needs networks that are not those of this library.
    """
    path = folder / RECORD
    if not folder.is_dir():
        raise FileNotFoundError(
            f"{folder}: there is no such folder; correct --model, or make the model: snakemake --cores all "
            "results/<dataset>/model"
        )
    if not path.is_file():
        raise FileNotFoundError(
            f"{folder} holds no model (no {RECORD}): name the folder of one, or {_REMEDY}"
        )
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(content, dict):
            raise ValueError("it is no JSON object")
        if (schema_name := content.get("schema_name")) != SCHEMA_NAME:
            raise ValueError(f"schema {schema_name!r}, expected {SCHEMA_NAME!r}")
        expected = content.pop(RECORD_SHA256, None)
        if (found := digest_record(content)) != expected:
            raise ValueError(f"sha256 of its content {found}, expected {expected}")
        record = SharedRecord.model_validate(content)
    # Also what json, the decoder of text and pydantic raise.
    except ValueError as error:
        raise ValueError(f"{path} is damaged or of another version ({error}); {_REMEDY}") from error
    _check_files(folder, record)
    require_known(record.networks, folder)
    here = {
        name: str(folder / name) for name in record.sha256 if name.startswith(f"{OWN_WEIGHTS}/")
    }
    return SharedModel(folder, record, with_weights(record.settings, here))


def _check_files(folder: Path, record: SharedRecord) -> None:
    there = set(_files(folder)) - {RECORD}
    for name, expected in record.sha256.items():
        if name not in there:
            raise FileNotFoundError(f"{folder / name} is missing; {_REMEDY}")
        found = digest_file(folder / name)
        if found != expected:
            raise ValueError(
                f"{folder / name} is damaged: sha256 {found}, expected {expected}; {_REMEDY}"
            )
    needed = {"/".join((*names, "settings.json")) for names in needed_models(record.settings)}
    if missing := sorted(needed - record.sha256.keys()):
        raise FileNotFoundError(f"{folder / missing[0]} is missing; {_REMEDY}")


def _files(folder: Path) -> list[str]:
    """Paths of the files below a folder, sorted."""
    return sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    )


def _check_belong_together(settings: ModelSettings, models: Mapping[tuple[str, ...], Path]) -> None:
    made_of = finder_folder.FOLDER.read_record(models[FINDER,]).made_of
    found = finder_folder.digests_of_models(
        *(
            {name: models[kind, name] for name in settings.parts}
            for kind in ("recognisers", "detectors")
        )
    )
    for model, digest in found.items():
        if made_of.get(model) != digest:
            kind, _, name = model.partition("/")
            raise ValueError(
                f"{models[FINDER,]} was tuned with another {kind} of {name!r} than {models[f'{kind}s', name]}. Run "
                "rule tune_finder"
            )


def _learnt_from(
    settings: ModelSettings,
    models: Mapping[tuple[str, ...], Path],
    videos: Sequence[VideoRow],
) -> dict[str, str]:
    whole = read_finder(
        models[FINDER,],
        {name: models["recognisers", name] for name in settings.parts},
        {name: models["detectors", name] for name in settings.parts},
        "cpu",
    )
    folds = [one.folds for one in whole.recognisers.values()]
    folds += [one.folds for one in whole.detectors.values()]
    learnt = {video for of_model in folds for fold in of_model for video in fold}
    return {row.fingerprint: row.video for row in videos if row.fingerprint and row.video in learnt}
