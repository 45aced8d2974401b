"""What the four datasets of the paper have in common: published clips, labels, splits and subsets.

They are prepared from labels alone, without opening a video. A *clip* is a video file; see
:mod:`vpdlib.datasets.paper.protocol`.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field, ValidationInfo, field_validator

from vpdlib.datasets.adapters.base import BaseAdapter
from vpdlib.datasets.base import DatasetError, VideoSource
from vpdlib.datasets.paper.protocol import (
    ClipInfo,
    PaperDataset,
    PaperVideo,
    read_clip_info,
    restrict,
)
from vpdlib.datasets.paths import DataPaths
from vpdlib.datasets.settings import DeinterlaceSetting
from vpdlib.datasets.video_files import find_videos
from vpdlib.ranges import NonNegativeInt


class PublishedAdapter(BaseAdapter):
    """One of the four datasets of the paper."""

    is_published: ClassVar[bool] = True
    label_settings: ClassVar[frozenset[str]] = frozenset({"only"})
    #: The label file that holds the published facts of every clip.
    facts_file: ClassVar[str]

    kind: str
    videos: str | None = Field(
        None,
        description="Folder of the clips, <clip>.mp4 (or .mkv, .avi, ...), searched with its sub-folders; relative "
        "to data_dir. Null: no clips; `recordings` are cut, or supplied keypoints stand in.",
    )
    recordings: str | None = Field(
        None,
        description="Folder of the uncut source videos, <name>.mp4 (or .mkv, ...); relative to data_dir. The rule "
        "recut_broadcasts then cuts the clips, to the exact frame. Not together with `videos`.",
    )
    only: tuple[str, ...] = Field(
        (),
        description="Use only the clips of these names or patterns (* and ?); all where empty. The published "
        "few-shot subsets do not fit a part of the dataset: they are then drawn from it.",
    )
    max_frame_difference: NonNegativeInt = Field(
        0,
        description="A clip may have this many frames more or fewer than published; 0 for an exact match.",
    )
    deinterlace: DeinterlaceSetting = "auto"

    @field_validator("recordings")
    @classmethod
    def _one_source(cls, recordings: str | None, info: ValidationInfo) -> str | None:
        if recordings is not None and info.data.get("videos") is not None:
            raise ValueError("give `videos` (cut clips) or `recordings` (to be cut), not both")
        return recordings

    @property
    def has_videos(self) -> bool:
        """Whether there are clips, or recordings to cut them from."""
        return self.videos is not None or self.recordings is not None

    @property
    def video_folder(self) -> str | None:
        """Folder of the clips."""
        return self.videos

    @property
    def docs_page(self) -> str:
        """The page that says how to obtain the dataset."""
        return f"docs/datasets/{self.kind}.md"

    def listing_settings(self) -> dict[str, Any]:
        """As of other adapters; all where only the labels say which clips there are."""
        return super().listing_settings() if self.has_videos else self.model_dump(mode="json")

    def find_videos(self, paths: DataPaths, classes: Sequence[str] | None) -> list[VideoSource]:
        """The clips that are there and wanted, by name.

        Which ones should be there is checked later, by prepare_dataset: the list of names is itself fetched.

        Raises
        ------
        DatasetError
            If there is no such folder, or two files have one name.
        """
        if self.videos is None:
            return []
        try:
            found = find_videos(paths.under_data(self.videos), "adapter.videos")
        except DatasetError as error:
            raise DatasetError(
                f"{error} {self.docs_page} says what to obtain and where it goes."
            ) from error
        wanted = self.only or ("*",)
        return [s for s in found if any(fnmatchcase(s.video_id, pattern) for pattern in wanted)]

    def find_recordings(self, paths: DataPaths) -> list[VideoSource]:
        """The recordings that are there, by name."""
        if self.recordings is None:
            return []
        return find_videos(paths.under_data(self.recordings), "adapter.recordings")

    def sources_of(self, files: Sequence[Path]) -> list[VideoSource]:
        """The clips, or those in the folders that recordings were cut into."""
        if self.recordings is not None:
            files = [path for folder in files for path in sorted(folder.glob("*.mp4"))]
        return super().sources_of(files)

    def athletes_of(self, clip: str) -> list[tuple[str, str]]:
        """Video id and place ("near", "far" or empty) of every athlete of a clip."""
        return [(clip, "")]

    def published_clips(self, files: Mapping[str, Path]) -> dict[str, ClipInfo]:
        """Published facts by clip; ``files`` as for :meth:`load`.

        Raises
        ------
        DatasetError
            If the file of facts is of another form.
        """
        return read_clip_info(files[self.facts_file])

    def load(self, files: Mapping[str, Path], paths: DataPaths) -> PaperDataset:
        """Read the labels, restricted to what ``only`` names.

        Parameters
        ----------
        files : label files by name, see :mod:`vpdlib.datasets.paper.files`.
        paths : resolves the paths of label files that the user brings.

        Raises
        ------
        DatasetError
            If a label file is missing or wrong, or ``only`` names no clip.
        """
        return restrict(self.load_all(files, paths), self.only)

    @abstractmethod
    def load_all(self, files: Mapping[str, Path], paths: DataPaths) -> PaperDataset:
        """As :meth:`load`, of all clips."""

    def videos_of(
        self, clips: Mapping[str, ClipInfo], tested: Collection[str], is_grouped: bool = False
    ) -> tuple[PaperVideo, ...]:
        """The videos of some clips, sorted by id; a group holds those of one recording."""
        videos = (
            PaperVideo(
                video_id=video_id,
                clip=clip,
                info=info,
                split="test" if clip in tested else "train",
                group=self.recording_of(clip) if is_grouped else "",
                athlete=place,
            )
            for clip, info in clips.items()
            for video_id, place in self.athletes_of(clip)
        )
        return tuple(sorted(videos, key=lambda video: video.video_id))

    def recording_of(self, clip: str) -> str:
        """Name of the recording that a clip is cut from.

        Raises
        ------
        DatasetError
            If the clips are not cut from recordings.
        """
        raise DatasetError(
            f"the clips of {self.kind} are not cut from recordings; set adapter.videos"
        )

    def frames_of(
        self, clips: Mapping[str, ClipInfo], paths: DataPaths
    ) -> dict[str, tuple[int, int]]:
        """Which frames of their recording some clips hold: the first, and the one after the last.

        Parameters
        ----------
        clips : published facts by clip.
        paths : as for :meth:`load`.

        Raises
        ------
        DatasetError
            If nothing says so, or not in accord with a clip's published length.
        """
        found = {}
        for clip, info in clips.items():
            first, end = (int(part) for part in clip.rsplit("_", 2)[1:])
            if end - first != info.num_frames:
                raise DatasetError(
                    f"{clip}: its name says {end - first} frames, the published facts {info.num_frames}. "
                    "Fetch the labels anew."
                )
            found[clip] = first, end
        return found
