"""The stages that a video goes through, each as in the workflow, with an artifact of its own.

A stage whose artifact is there, whole and of the same settings, code, model and video, is not made again: its root has
the digests of all of them (:mod:`vpdlib.artifacts.file`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from importlib import import_module
from pathlib import Path
from typing import Any

from vpdlib.artifacts import ArtifactError, ArtifactWriter, Provenance, digest_inputs, read_artifact
from vpdlib.artifacts.features import Features
from vpdlib.artifacts.poses import Poses
from vpdlib.artifacts.tracks import Tracks
from vpdlib.crops.write import write_crops
from vpdlib.datasets.bad_videos import VideoReading
from vpdlib.datasets.tables import VideoRow
from vpdlib.devices import DeviceChoice, choose_device
from vpdlib.features.concat import add_concat_features
from vpdlib.features.crops import CropJob, add_crop_features
from vpdlib.features.fused import add_fused_features
from vpdlib.features.poses import add_pose_features
from vpdlib.features.settings import FusedSettings, R3DSettings, VipeFeatures
from vpdlib.finding.find import write_found_videos
from vpdlib.finding.finder import Finder
from vpdlib.flow.base import FlowEstimator
from vpdlib.flow.build import make_flow_estimator
from vpdlib.flow.write import write_flow
from vpdlib.people.base import VideoDetector
from vpdlib.people.build import build_detector
from vpdlib.people.write import write_people
from vpdlib.pipeline.layout import FINDER
from vpdlib.pipeline.model import SharedModel
from vpdlib.pipeline.settings import FeatureRecipe
from vpdlib.poses.base import PoseTeacher
from vpdlib.poses.build import build_teacher
from vpdlib.poses.normalize import teacher_rows
from vpdlib.poses.write import write_poses
from vpdlib.provenance import code_digest, digest_settings
from vpdlib.students.save import load_student
from vpdlib.tracking.write import write_tracks
from vpdlib.vipe.embed import embed_poses
from vpdlib.vipe.save import load_vipe

#: Writes an artifact at a path.
Make = Callable[[Path, Provenance], None]


@dataclass(frozen=True)
class Stage:
    """One stage of one video.

    Attributes
    ----------
    rule : of the workflow that does the same.
    what : a few words for the user.
    path : of the artifact.
    kind : of the artifact.
    settings : all that it follows from but its inputs and code, as plain values; models by their digest.
    inputs : artifacts that it reads.
    reads_video : whether it opens the video.
    modules : whose code makes it.
    make : makes it.
    """

    rule: str
    what: str
    path: Path
    kind: str
    settings: Mapping[str, Any]
    inputs: tuple[Path, ...]
    reads_video: bool
    modules: tuple[str, ...]
    make: Make


class Tools:
    """The networks of a model, each loaded when a stage first asks for it and then kept for further videos.

    Parameters
    ----------
    model : that was checked.
    networks_dir : where the networks are that it does not hold.
    device : where torch's networks run.
    threads : threads one call may use.
    """

    def __init__(
        self, model: SharedModel, networks_dir: Path, device: DeviceChoice, threads: int
    ) -> None:
        self.model, self.networks_dir, self.threads = model, networks_dir, threads
        self._wanted: DeviceChoice = device

    @cached_property
    def device(self) -> str:
        """Either "cpu" or "cuda"."""
        return choose_device(self._wanted)

    @cached_property
    def detector(self) -> VideoDetector:
        """Of people."""
        settings = self.model.settings.people
        # The embedded detectors run on the CPU and need no torch.
        device = self.device if "mmdet" in settings.detectors else "cpu"
        return build_detector(settings, self.networks_dir, device, self.threads)

    @cached_property
    def teacher(self) -> PoseTeacher:
        """Of poses."""
        poses = self.model.settings.poses
        return build_teacher(poses, self.networks_dir, self._wanted, self.threads)

    @cached_property
    def flow(self) -> FlowEstimator:
        """Of flow."""
        flow = self.model.settings.flow
        return make_flow_estimator(flow, self.networks_dir, self._wanted, self.threads)

    @cached_property
    def finder(self) -> Finder:
        """Of actions."""
        return self.model.finder(self.device)


def stages_of(video: VideoRow, folder: Path, tools: Tools) -> list[Stage]:
    """The stages of a video, in order; the last one finds the actions.

    Parameters
    ----------
    video : to look through.
    folder : of its artifacts.
    tools : of the model.
    """
    model, settings = tools.model, tools.model.settings
    paths = {
        name: folder / f"{name}.h5"
        for name in ("people", "tracks", "crops", "flow", "poses", "found")
    }
    of_features = {name: folder / "features" / f"{name}.h5" for name in settings.features}
    threads, reading = tools.threads, VideoReading("refuse")
    stages = [
        Stage(
            "detect_people",
            "looking for people",
            paths["people"],
            "people",
            settings.people.model_dump(mode="json"),
            (),
            True,
            ("vpdlib.people.write", "vpdlib.people.build"),
            lambda path, made: write_people(
                path, made, [video], tools.detector, settings.people, reading
            ),
        ),
        Stage(
            "track_athlete",
            "following the athlete",
            paths["tracks"],
            "tracks",
            settings.tracking.model_dump(mode="json"),
            (paths["people"],),
            False,
            ("vpdlib.tracking.write",),
            lambda path, made: write_tracks(path, made, paths["people"], settings.tracking),
        ),
    ]
    if settings.needs_crops:
        stages.append(
            Stage(
                "crop_athlete",
                "cropping the athlete",
                paths["crops"],
                "crops",
                settings.crops.model_dump(mode="json"),
                (paths["tracks"],),
                True,
                ("vpdlib.crops.write",),
                lambda path, made: write_crops(
                    path, made, [video], paths["tracks"], settings.crops, reading, None, threads
                ),
            )
        )
    if settings.needs_flow:
        stages.append(
            Stage(
                "estimate_flow",
                "estimating flow",
                paths["flow"],
                "flow",
                settings.flow.model_dump(mode="json"),
                (paths["crops"],),
                False,
                ("vpdlib.flow.write", "vpdlib.flow.build"),
                lambda path, made: write_flow(
                    path, made, paths["crops"], tools.flow, settings.flow, threads
                ),
            )
        )
    if settings.needs_poses:
        stages.append(
            Stage(
                "estimate_pose",
                "estimating poses",
                paths["poses"],
                "poses",
                settings.poses.model_dump(mode="json"),
                (paths["tracks"],),
                True,
                ("vpdlib.poses.write", "vpdlib.poses.build"),
                lambda path, made: write_poses(
                    path,
                    made,
                    [video],
                    paths["tracks"],
                    tools.teacher,
                    settings.poses,
                    reading,
                    threads,
                ),
            )
        )
    stages += [
        _feature_stage(name, recipe, paths, of_features, tools)
        for name, recipe in settings.features.items()
    ]
    # Whether it was learnt from is told by the file, not by its name.
    learnt_as = {video.video: model.record.learnt_from.get(video.fingerprint, "")}
    digests = {
        f"{kind}/{name}": model.digest(kind, name)
        for kind in ("recognisers", "detectors")
        for name in settings.parts
    }
    stages.append(
        Stage(
            "find_actions",
            "finding actions",
            paths["found"],
            "found",
            {FINDER: model.digest(FINDER), **digests, "learnt_as": learnt_as},
            tuple(of_features[name] for name in settings.parts),
            False,
            ("vpdlib.finding.find",),
            lambda path, made: write_found_videos(
                path,
                made,
                tools.finder,
                [video],
                {name: [of_features[name]] for name in settings.parts},
                {},
                threads,
                learnt_as,
            ),
        )
    )
    return stages


def is_current(stage: Stage, video: VideoRow) -> bool:
    """Whether a stage's artifact is there, whole and of the same settings, code, model and video."""
    expected = provenance_of(stage, video)
    try:
        with read_artifact(stage.path, stage.kind) as artifact:
            found = artifact.attributes
            return (
                video.video in artifact
                and found["config_digest"] == expected.config_digest
                and found["code_digest"] == expected.code_digest
                and found["input_digest"] == expected.input_digest
            )
    except ArtifactError:
        # Not there, or cut off or damaged: it is made.
        return False


def provenance_of(stage: Stage, video: VideoRow) -> Provenance:
    """Digests of what a stage's artifact is made of; its inputs must be there."""
    of_video = [video.fingerprint, video.deinterlace, video.clock] if stage.reads_video else []
    return Provenance(
        rule=stage.rule,
        config_digest=digest_settings(stage.settings),
        code_digest=code_digest(*stage.modules),
        input_digest=digest_settings([video.video, of_video, digest_inputs(stage.inputs)]),
        settings=stage.settings,
    )


def _feature_stage(
    name: str,
    recipe: FeatureRecipe,
    paths: Mapping[str, Path],
    of_features: Mapping[str, Path],
    tools: Tools,
) -> Stage:
    """The stage that makes a feature set."""
    parts = tuple(of_features[part] for part in recipe.parts)
    model = tools.model
    digest: str | None = None
    modules: tuple[str, ...] = (f"vpdlib.features.{recipe.kind}",)
    inputs: tuple[Path, ...]
    make: Make
    if recipe.kind in ("joints", "vipe"):
        inputs, modules = (paths["poses"], paths["tracks"]), ("vpdlib.features.poses",)
        if recipe.vipe is None:
            make = partial(_pose_features, paths, lambda: teacher_rows)
        else:
            digest = model.digest("vipe", recipe.vipe.model)
            modules += ("vpdlib.vipe.embed", "vpdlib.vipe.save")
            make = partial(_pose_features, paths, partial(_vipe, tools, recipe.vipe))
    elif recipe.kind == "concat":
        inputs, make = parts, partial(_concat_features, parts)
    elif recipe.fused is not None:
        digest = model.digest("students", recipe.fused.student)
        inputs = (paths["poses"], *parts)
        modules += ("vpdlib.students.save",)
        make = partial(_fused_features, paths, parts[0], tools, recipe.fused)
    else:
        inputs = (paths["crops"], paths["tracks"], *(paths[seen] for seen in recipe.seen))
        if recipe.kind == "student":
            digest = model.digest("students", name)
        elif recipe.r3d is not None and recipe.r3d.fine_tune:
            digest = model.digest("r3d", name)
        make = partial(_crop_features, name, recipe, paths, tools)
    return Stage(
        "embed_frames",
        f"describing frames: {name}",
        of_features[name],
        "features",
        {**recipe.model_dump(mode="json"), "model": digest},
        inputs,
        False,
        modules,
        make,
    )


def _pose_features(
    paths: Mapping[str, Path], describe: Callable[[], Any], path: Path, made: Provenance
) -> None:
    with (
        read_artifact(paths["poses"], Poses) as poses,
        read_artifact(paths["tracks"], Tracks) as tracks,
        ArtifactWriter(path, Features, made) as artifact,
    ):
        add_pose_features(artifact, poses, tracks, describe())


def _vipe(tools: Tools, features: VipeFeatures) -> Callable[..., Any]:
    network = load_vipe(tools.model.part("vipe", features.model))
    return partial(embed_poses, network, upside_down=features.upside_down, device=tools.device)


def _concat_features(parts: tuple[Path, ...], path: Path, made: Provenance) -> None:
    with ArtifactWriter(path, Features, made) as artifact:
        add_concat_features(artifact, parts)


def _fused_features(
    paths: Mapping[str, Path],
    features: Path,
    tools: Tools,
    settings: FusedSettings,
    path: Path,
    made: Provenance,
) -> None:
    student = load_student(tools.model.part("students", settings.student))
    with ArtifactWriter(path, Features, made) as artifact:
        add_fused_features(artifact, paths["poses"], features, student, settings)


def _crop_features(
    name: str,
    recipe: FeatureRecipe,
    paths: Mapping[str, Path],
    tools: Tools,
    path: Path,
    made: Provenance,
) -> None:
    inputs = {seen: paths[seen] for seen in recipe.seen}
    settings: R3DSettings | None = recipe.r3d
    if recipe.kind == "student":
        inputs["model"] = tools.model.part("students", name)
    elif settings is not None and settings.fine_tune:
        inputs["model"] = tools.model.part("r3d", name)
    job = CropJob(
        None if settings is None else settings.model_dump(mode="json"),
        inputs,
        tools.networks_dir,
        tools.device,
        tools.threads,
    )
    embedder = import_module(f"vpdlib.features.{recipe.kind}").embedder(job)
    with ArtifactWriter(path, Features, made) as artifact:
        add_crop_features(artifact, paths["crops"], paths["tracks"], embedder)
