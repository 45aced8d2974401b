"""What of a dataset's settings a new video needs: those of the model that rule `share_model` makes."""

from __future__ import annotations

from typing import cast

from vpdlib.config.base import ConfigError
from vpdlib.config.dataset import DatasetSettings
from vpdlib.features.settings import FeatureKind
from vpdlib.flow.settings import FlowSettings
from vpdlib.pipeline.settings import (
    SEEN_OF_NEW_VIDEOS,
    FeatureRecipe,
    ModelSettings,
    SharedKind,
)
from vpdlib.poses.settings import PoseSettings
from vpdlib.students.settings import find_student

#: Kinds that no new video can have, with the reason and the remedy.
_REFUSED: dict[FeatureKind, str] = {
    "supplied": "descriptors of another tool, which no new video has. Take it out of `supplied.features`, so that a "
    "network here makes it, or set finding.method to a method without it.",
    "video_encoder": "a video encoder, whose weights a model does not hold. Set finding.method to a method without it, "
    "such as a student.",
}


def model_settings(settings: DatasetSettings) -> ModelSettings:
    """The settings of a dataset's shared model.

    Parameters
    ----------
    settings : of the dataset.

    Raises
    ------
    ConfigError
        If something that another tool made stands in for a stage, or the method needs what a model cannot hold; the
        message names the setting and the remedy.
    """
    _refuse_what_others_made(settings)
    method = settings.found_by
    parts = settings.parts_of(method)
    features: dict[str, FeatureRecipe] = {}
    for part in parts:
        _add(part, settings, features)
    made = ModelSettings(
        title=settings.title,
        method=method,
        head=settings.finding.head,
        parts=parts,
        features=features,
        # Keypoints in place of videos have none, and are refused above.
        deinterlace=getattr(settings.adapter, "deinterlace", "auto"),
        people=settings.people,
        tracking=settings.tracking,
        crops=settings.crops,
        flow=settings.flow,
        poses=settings.poses,
    )
    return _without_what_is_not_used(made)


def _refuse_what_others_made(settings: DatasetSettings) -> None:
    where, what = "", ""
    if settings.supplied.boxes is not None:
        where, what = "supplied.boxes", "boxes of another tool stand in for detection"
    elif settings.supplied.keypoints is not None:
        where, what = "supplied.keypoints", "keypoints of another tool stand in for the teacher"
    elif not settings.adapter.has_videos:
        where, what = "adapter", "keypoints or descriptors stand in for videos"
    if where:
        raise ConfigError(
            f"{where}: {what}, and a new video has none: the model cannot be shared. Take the setting out, so that "
            "the stages here do it, and share what is then trained."
        )
    if settings.adapter.athletes_per_video > 1:
        raise ConfigError(
            "adapter: two athletes of every video are followed, and a shared model follows one: the model cannot be "
            "shared. Ask for found.csv in its place."
        )


def _add(name: str, settings: DatasetSettings, features: dict[str, FeatureRecipe]) -> None:
    """Put a feature set, and before it those that it is made of, among ``features``."""
    if name in features:
        return
    kind = settings.require_feature(name, "finding.method")
    if kind in _REFUSED:
        raise ConfigError(f"finding.method: {name!r} is {_REFUSED[kind]}")
    parts: tuple[str, ...] = ()
    if kind == "concat":
        parts = settings.concat[name]
    elif kind == "fused":
        parts = (settings.fused[name].student,)
    for part in parts:
        _add(part, settings, features)
    student = find_student(settings.students, name) if kind == "student" else None
    for seen in student.seen if student is not None else ():
        if seen not in SEEN_OF_NEW_VIDEOS:
            raise ConfigError(
                f"students.{name}: it sees {seen!r}, which is not made of new videos yet (docs/contributing.md). Set "
                "finding.method to a method without it."
            )
    r3d = settings.r3d[name] if kind == "r3d" else None
    if r3d is not None and r3d.fine_tune:
        # What it was trained from is not needed any more.
        r3d = r3d.model_copy(update={"weights": None, "weights_sha256": None})
    features[name] = FeatureRecipe(
        kind=cast(SharedKind, kind),
        parts=parts,
        seen=student.seen if student is not None else (),
        vipe=settings.vipe[name] if kind == "vipe" else None,
        fused=settings.fused[name] if kind == "fused" else None,
        r3d=r3d,
    )


def _without_what_is_not_used(made: ModelSettings) -> ModelSettings:
    """Sections of networks that are not chosen may name files that are not there; masks are for training alone."""
    people, poses, flow = made.people, made.poses, made.flow
    mmdet = people.mmdet if "mmdet" in people.detectors else None
    if mmdet is not None:
        _refuse_own_config("people.mmdet.config", mmdet.config)
        mmdet = mmdet.model_copy(update={"masks": False})
    chosen = {
        name: getattr(poses, name) if poses.teacher == name else None for name in ("mmpose", "onnx")
    }
    if made.needs_poses and chosen["mmpose"] is not None:
        _refuse_own_config("poses.mmpose.config", chosen["mmpose"].config)
    if not flow.method.startswith("raft"):
        flow = flow.model_copy(update={"raft": FlowSettings().raft})
    return made.model_copy(
        update={
            "people": people.model_copy(update={"mmdet": mmdet}),
            "poses": poses.model_copy(update=chosen) if made.needs_poses else PoseSettings(),
            "flow": flow if made.needs_flow else FlowSettings(),
        }
    )


def _refuse_own_config(where: str, config: str) -> None:
    if config.endswith(".py"):
        raise ConfigError(
            f"{where}: {config} is a file of your own, which may lean on others: a model does not hold it. Name a "
            "configuration of the library's model zoo."
        )
