"""A folder of videos, and labels of a table or of the folders that they lie in: anyone's own sport."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field, model_validator

from vpdlib.datasets.adapters.base import LabelledAdapter, VideosToLabel
from vpdlib.datasets.alike import difference, find_alike
from vpdlib.datasets.base import Action, DatasetError, VideoSource, shard_of
from vpdlib.datasets.paths import DataPaths
from vpdlib.datasets.settings import DeinterlaceSetting, SuppliedSettings
from vpdlib.datasets.split import group_of
from vpdlib.datasets.tables import ProblemRow
from vpdlib.datasets.video_files import find_videos, problems_of_files
from vpdlib.ranges import Count


class FolderAdapter(LabelledAdapter):
    """A folder of videos and a table of labels: anyone's own sport."""

    label_settings: ClassVar[frozenset[str]] = LabelledAdapter.label_settings | {
        "keep_unlabelled",
        "max_videos_per_class",
    }

    kind: Literal["folder"] = Field("folder", description="Videos in a folder.")
    videos: str = Field(
        description="Folder of videos, searched with its sub-folders; relative to data_dir."
    )
    keep_unlabelled: bool = Field(
        False,
        description="Where the folder is the label: keep the videos of folders that are no class of `classes`, "
        "without a label, for students that are distilled on more than what is labelled. Those of a group with test "
        "actions count as test videos.",
    )
    max_videos_per_class: Count | None = Field(
        None, description="Take only so many videos of a class (label folders only)."
    )
    deinterlace: DeinterlaceSetting = "auto"

    @model_validator(mode="after")
    def _unlabelled_by_folder(self) -> FolderAdapter:
        if self.keep_unlabelled and self.labels is not None:
            raise ValueError(
                "keep_unlabelled is for labels from folders; with a file of labels, videos without one stay anyway"
            )
        return self

    @property
    def video_folder(self) -> str:
        """Folder of the videos."""
        return self.videos

    @property
    def groups_unlabelled(self) -> bool:
        """Whether videos without an action have a group too, and are tested with it."""
        return self.keep_unlabelled or self.group_pattern is not None

    def check(self, classes: Sequence[str] | None, supplied: SuppliedSettings) -> None:
        """Refuse to keep unlabelled videos where every folder is a class."""
        if self.keep_unlabelled and not classes:
            raise ValueError(
                "adapter.keep_unlabelled: every folder is a class where `classes` is null; name the classes"
            )

    def find_videos(self, paths: DataPaths, classes: Sequence[str] | None) -> list[VideoSource]:
        """The videos of the folder, sorted by id.

        Raises
        ------
        DatasetError
            If the folder is missing or empty, no folder of a video is a class, one is called nearly as a class, a
            video that its folder would label lies in no folder of its own, or an id is unsafe or used twice.
        """
        folder = paths.under_data(self.videos)
        sources = find_videos(folder, "adapter.videos")
        if self.labels is not None:
            return sources
        if not classes:
            _refuse_without_folder(sources, folder)
        found = sorted({source.path.parent.name for source in sources})
        if classes:
            _refuse_nearly_classes(found, classes, folder)
        labelled = restrict_to_classes(sources, classes, self.max_videos_per_class)
        if not labelled:
            raise DatasetError(
                f"adapter.videos: {folder}: the videos lie in {found}, of which none is in `classes`. "
                "Name the folders after the classes, or give labels."
            )
        if self.keep_unlabelled and classes:
            others = [source for source in sources if source.path.parent.name not in classes]
            return sorted([*labelled, *others], key=lambda source: source.video_id)
        return labelled

    def files_not_taken(self, paths: DataPaths) -> list[ProblemRow]:
        """What lies among the videos, may be meant as one and is not taken."""
        return problems_of_files(paths.under_data(self.videos))

    def labels_without_table(self, videos: VideosToLabel) -> list[Action]:
        """One a video, the whole of it, by the folder that it lies in; folders that are no class label nothing."""
        return [
            Action(
                action_id=source.video_id,
                video_id=source.video_id,
                start_s=0.0,
                end_s=videos.durations_s[source.video_id],
                label=source.path.parent.name,
                split=None,
                group=group_of(source.video_id, self.group_pattern, str(source.path)),
                where=str(source.path),
            )
            for source in videos.sources
            if not videos.classes or source.path.parent.name in videos.classes
        ]


def _refuse_without_folder(sources: Sequence[VideoSource], place: Path) -> None:
    """The folder of all videos would be a class; who has no labels yet has said nothing of the kind."""
    beside = [source.path.name for source in sources if source.path.parent == place]
    if beside:
        many = len(beside) > 1
        raise DatasetError(
            f"adapter.labels: null labels each video with the name of its folder below {place}, and {beside[0]} "
            f"{f'and {len(beside) - 1} more lie' if many else 'lies'} in none. Put every video into a folder that is "
            "called after its class, or name a file of labels. No labels yet? Name the labels.csv that you will "
            "write: what needs no labels, such as overlays and kept_frames.csv, is made before it is there."
        )


def _refuse_nearly_classes(folders: Sequence[str], classes: Sequence[str], place: Path) -> None:
    """A folder that is no class is left out; not so one that is meant as a class and written otherwise."""
    for name in folders:
        near = None if name in classes else find_alike(name, classes)
        if near is not None:
            raise DatasetError(
                f"adapter.videos: {place}: the folder {name!r} {difference(name, near, '`classes`')}. Rename "
                "the folder or the class."
            )


def restrict_to_classes(
    sources: Sequence[VideoSource], classes: Sequence[str] | None, max_per_class: int | None
) -> list[VideoSource]:
    """Keep the videos whose folder is one of ``classes`` (any where there are none), at most ``max_per_class`` of each.

    Of a class with more, those are kept whose ids hash lowest, so that the choice is fixed and spread
    over the groups.
    """
    kept, counts = [], Counter[str]()
    for source in sorted(sources, key=lambda s: (shard_of(s.video_id, 1 << 62), s.video_id)):
        label = source.path.parent.name
        if classes and label not in classes:
            continue
        counts[label] += 1
        if max_per_class is None or counts[label] <= max_per_class:
            kept.append(source)
    return sorted(kept, key=lambda s: s.video_id)
