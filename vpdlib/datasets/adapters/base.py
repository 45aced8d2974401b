"""What the configuration, the rules and the scripts ask of an adapter, and what it answers unless it says otherwise."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, field_validator, model_validator

from vpdlib.datasets.base import Action, PoseClip, VideoSource
from vpdlib.datasets.paths import DataPaths
from vpdlib.datasets.settings import (
    KeypointSettings,
    LabelFormatName,
    LabelSettings,
    SuppliedSettings,
)
from vpdlib.datasets.tables import ProblemRow
from vpdlib.ranges import ProperFraction
from vpdlib.section import Section


@dataclass(frozen=True)
class VideosToLabel:
    """What labelled actions are found for.

    Attributes
    ----------
    place : the folder of videos or file of keypoints.
    sources : the videos.
    clips : video id -> keypoints, where they stand in for videos.
    durations_s : video id -> length, seconds.
    classes : class names; None for all that are found.
    rates_fps : video id -> frames a second.
    times_of : from a video's id to the time stamps of its pictures, (N,) s; None where there are no videos.
    settings : what is taken of the files of labels.
    """

    place: Path
    sources: Sequence[VideoSource]
    clips: Mapping[str, PoseClip]
    durations_s: Mapping[str, float]
    classes: Sequence[str] | None = None
    rates_fps: Mapping[str, float] = field(default_factory=dict)
    times_of: Callable[[str], NDArray[np.float64]] | None = None
    settings: LabelSettings = field(default_factory=LabelSettings)


class BaseAdapter(Section):
    """Settings that say where a dataset's videos and labels come from."""

    #: Settings that say how actions are labelled and split; which videos are wanted shows in a shard's files.
    label_settings: ClassVar[frozenset[str]] = frozenset()
    #: Whether the workflow renders the videos, with labels, ground truth and motions.
    is_rendered: ClassVar[bool] = False
    #: Whether the dataset is one of the paper's, see :mod:`vpdlib.datasets.adapters.published`.
    is_published: ClassVar[bool] = False
    #: How many athletes of a video are followed, each as a video of its own.
    athletes_per_video: ClassVar[int] = 1

    @property
    def has_videos(self) -> bool:
        """Whether there are pixels; otherwise only what works on keypoints or supplied features can run."""
        return True

    @property
    def has_events(self) -> bool:
        """Whether there are actions in longer videos, for detection to find."""
        return True

    @property
    def lengths_are_published(self) -> bool:
        """Whether lengths of videos are known without the videos, or the keypoints in their place."""
        return self.is_published

    @property
    def keypoints_given(self) -> tuple[tuple[str, ...], KeypointSettings] | None:
        """Files and folders of keypoints that stand in for the videos, and how they are read."""
        return None

    @property
    def video_folder(self) -> str | None:
        """Folder of the videos, where the user brings one."""
        return None

    @property
    def label_paths(self) -> tuple[str, ...]:
        """Files of labels that the user brings."""
        return ()

    @property
    def reads_label_files(self) -> bool:
        """Whether the user brings files of labels, of which the section `labels` says what is taken."""
        return False

    @property
    def docs_page(self) -> str | None:
        """The page that says how to obtain the dataset, where it is not the user's own."""
        return None

    def check(self, classes: Sequence[str] | None, supplied: SuppliedSettings) -> None:
        """Compare with other settings of the dataset.

        Raises
        ------
        ValueError
            If they do not fit together.
        """

    def listing_settings(self) -> dict[str, Any]:
        """The settings on which the shards' lists of videos depend, as plain values.

        A change of how actions are labelled and split must not rerun every stage that looks at pixels.
        """
        return self.model_dump(mode="json", exclude=set(self.label_settings))

    def find_videos(self, paths: DataPaths, classes: Sequence[str] | None) -> list[VideoSource]:
        """The video files that the user brings, sorted by id.

        Raises
        ------
        DatasetError
            If the folder is missing or empty, or an id is unsafe or used twice.
        """
        return []

    def find_recordings(self, paths: DataPaths) -> list[VideoSource]:
        """As :meth:`find_videos`, the uncut recordings that the workflow cuts the videos from."""
        return []

    def files_not_taken(self, paths: DataPaths) -> list[ProblemRow]:
        """What lies among the videos, may be meant as one and is not taken."""
        return []

    def sources_of(self, files: Sequence[Path]) -> list[VideoSource]:
        """The videos of a shard's inputs: the files themselves, or what is in them that the workflow made."""
        return [VideoSource(path.stem, path) for path in files]

    def clip_of(self, video_id: str) -> str:
        """What a video's shard follows from: the name of its file."""
        return video_id


class LabelledAdapter(BaseAdapter):
    """What adapters share whose labels and splits come from the user."""

    label_settings: ClassVar[frozenset[str]] = frozenset(
        {"labels", "label_format", "group_pattern", "test_fraction", "val_fraction"}
    )

    test_fraction: ProperFraction = Field(
        0.3,
        description="Fraction of actions for testing where no split is given; 0 to learn from all and measure nothing.",
    )
    val_fraction: ProperFraction = Field(
        0.0, description="Fraction of actions for validation where no split is given."
    )
    labels: str | tuple[str, ...] | None = Field(
        None,
        description="CSV with columns video, label and optionally start, end (seconds; the whole video where empty), "
        "split (train, val, test), group; a file of an annotation tool (docs/formats.md); several of them, of which a "
        "later one wins; or a folder of such files; relative to data_dir. Null: every video is one action, labelled "
        "with the folder it lies in; of keypoints, with the labels (and splits) of their file, or the folders in its "
        "keys.",
    )
    label_format: LabelFormatName | None = Field(
        None, description="Format of the files of labels. Null: each file's is told by its content."
    )
    group_pattern: str | None = Field(
        None,
        description="Regular expression with a group named 'group', searched in the video id where labels bring no "
        "group: videos of one group stay on one side of the split.",
    )

    @field_validator("labels")
    @classmethod
    def _names_files(cls, labels: str | tuple[str, ...] | None) -> str | tuple[str, ...] | None:
        if labels is not None and not labels:
            raise ValueError("no file; name one, or set it to null")
        return labels

    @model_validator(mode="after")
    def _format_is_of_files(self) -> LabelledAdapter:
        if self.label_format is not None and self.labels is None:
            raise ValueError("label_format: `labels` names no file; name it, or remove the format")
        return self

    @field_validator("group_pattern")
    @classmethod
    def _names_a_group(cls, pattern: str | None) -> str | None:
        if pattern is not None:
            try:
                names = re.compile(pattern).groupindex
            except re.error as error:
                raise ValueError(f"not a regular expression: {error}") from error
            if "group" not in names:
                raise ValueError("no group named 'group', as in '^(?P<group>[^_]+)_'")
        return pattern

    @property
    def has_events(self) -> bool:
        """Whether there are actions in longer videos: those that a table labels."""
        return self.labels is not None

    @property
    def label_paths(self) -> tuple[str, ...]:
        """Files and folders of labels, if there are any."""
        return (self.labels,) if isinstance(self.labels, str) else self.labels or ()

    @property
    def reads_label_files(self) -> bool:
        """Whether there are such files; else videos are labelled by their folders."""
        return self.labels is not None

    @property
    def groups_unlabelled(self) -> bool:
        """Whether videos without an action have a group too, and are tested with it."""
        return False

    def as_labelled(
        self, paths: DataPaths, labels: Sequence[Path]
    ) -> tuple[LabelledAdapter, DataPaths]:
        """The adapter by which labels are read from their files, and what its paths are below: itself."""
        return self, paths

    @abstractmethod
    def labels_without_table(self, videos: VideosToLabel) -> list[Action]:
        """The labelled actions where there is no table of them, not yet checked.

        Raises
        ------
        DatasetError
            If a video has no label or group.
        """
