"""Keypoints in place of videos, with labels of a table or of the file itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field, field_validator

from vpdlib.datasets.adapters.base import LabelledAdapter, VideosToLabel
from vpdlib.datasets.base import Action, DatasetError, PoseClip, Split, VideoSource
from vpdlib.datasets.settings import KeypointSettings, SuppliedSettings, names_of, not_empty
from vpdlib.datasets.split import group_of
from vpdlib.ranges import PositiveFloat


class PosesAdapter(LabelledAdapter, KeypointSettings):
    """Keypoints in place of video: everything that does not need pixels works."""

    label_settings: ClassVar = LabelledAdapter.label_settings | {"label_names", "test_splits"}

    kind: Literal["poses"] = Field("poses", description="Keypoints from another tool.")
    keypoints: str | tuple[str, ...] = Field(
        description="npz, HDF5 or PySKL annotation pickle, a pose tool's file, several files, or a folder of such, see "
        "docs/bring_your_own.md; relative to data_dir."
    )
    fps: PositiveFloat | None = Field(
        None, description="Frames a second, where the file does not say."
    )
    label_names: tuple[str, ...] | None = Field(
        None, description="Names for a file whose labels are numbers from 0."
    )
    test_splits: tuple[str, ...] = Field(
        ("val", "test"),
        description="Splits of a PySKL file that serve for testing; the others train.",
    )

    @property
    def has_videos(self) -> bool:
        """There are none."""
        return False

    @field_validator("keypoints")
    @classmethod
    def _names_keypoints(cls, given: str | tuple[str, ...]) -> str | tuple[str, ...] | None:
        return not_empty(given)

    @property
    def keypoints_given(self) -> tuple[tuple[str, ...], KeypointSettings]:
        """Files and folders, and how they are read."""
        return names_of(self.keypoints), self.reading

    def check(self, classes: Sequence[str] | None, supplied: SuppliedSettings) -> None:
        """Refuse a second file of keypoints."""
        if supplied.keypoints is not None:
            raise ValueError(
                "supplied.keypoints: the adapter's own keypoints serve already; remove one of them"
            )

    def sources_in(self, path: Path, clips: Mapping[str, PoseClip]) -> list[VideoSource]:
        """The clips of a file, as tables may name them: a key is the clip's path in the file."""
        return [
            VideoSource(name, path / clip.folder / (clip.file_name or name))
            for name, clip in clips.items()
        ]

    def labels_without_table(self, videos: VideosToLabel) -> list[Action]:
        """Those that the file gives; every clip is one action.

        Raises
        ------
        DatasetError
            If the file labels a clip not, a number has no name, or the file has splits, but none that serves for
            testing.
        """
        _check_test_splits(self.test_splits, videos.place, videos.clips)
        actions = []
        for video_id, clip in videos.clips.items():
            where = f"{videos.place}: {video_id}"
            split: Split | None = None
            if clip.splits:
                split = "train" if set(clip.splits).isdisjoint(self.test_splits) else "test"
            actions.append(
                Action(
                    action_id=video_id,
                    video_id=video_id,
                    start_s=0.0,
                    end_s=videos.durations_s[video_id],
                    label=_label(clip.label, self.label_names, where),
                    split=split,
                    group=group_of(video_id, self.group_pattern, where),
                    where=where,
                )
            )
        return actions


def _check_test_splits(
    test_splits: Sequence[str], path: Path, clips: Mapping[str, PoseClip]
) -> None:
    found = sorted({split for clip in clips.values() for split in clip.splits})
    if found and set(found).isdisjoint(test_splits):
        raise DatasetError(
            f"{path}: adapter.test_splits is {list(test_splits)}, but the file lists its clips in {found}. "
            "Name the split of them that serves for testing."
        )


def _label(label: str | int | None, names: tuple[str, ...] | None, where: str) -> str:
    if label is None:
        raise DatasetError(f"{where}: the file gives it no label. Set adapter.labels to a table.")
    if isinstance(label, str):
        return label
    if names is None:
        return str(label)
    if not 0 <= label < len(names):
        raise DatasetError(
            f"{where}: label {label}, but adapter.label_names has {len(names)} names. Add the others."
        )
    return names[label]
