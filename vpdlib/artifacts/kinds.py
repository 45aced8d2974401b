"""Every kind of artifact by name. A kind of a file a shard is a class with its columns, in a module of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from vpdlib.artifacts.crops import Crops
from vpdlib.artifacts.features import Features
from vpdlib.artifacts.flow import Flow
from vpdlib.artifacts.frames import Frames
from vpdlib.artifacts.group import Column, VideoGroup
from vpdlib.artifacts.people import People
from vpdlib.artifacts.poses import Poses
from vpdlib.artifacts.tracks import Tracks
from vpdlib.artifacts.weak_labels import WeakLabels


@dataclass(frozen=True)
class Schema:
    """A kind of artifact: what each video's group must hold, and which rule makes it.

    Attributes
    ----------
    group : class of a video's group; None where the file is of the whole dataset.
    """

    version: int
    rule: str
    columns: Mapping[str, Column] = field(default_factory=dict)
    group: type[VideoGroup] | None = None

    @property
    def per_video(self) -> bool:
        """Whether the file holds a group for each video."""
        return self.group is not None


SCHEMAS: dict[str, Schema] = {
    **{
        group.kind: Schema(group.version, group.rule, group.columns(), group)
        for group in (People, Tracks, Crops, Flow, Frames, Poses, WeakLabels, Features)
    },
    "recognition": Schema(2, "recognize_actions"),
    "retrieval": Schema(1, "retrieve_actions"),
    "detection": Schema(1, "detect_actions"),
    "student": Schema(1, "distil_student"),
}
