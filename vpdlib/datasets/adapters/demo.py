"""The synthetic acrobatics event: a folder of videos with a table of labels, once the workflow has rendered it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field

from vpdlib.datasets.adapters.base import BaseAdapter, LabelledAdapter
from vpdlib.datasets.adapters.folder import FolderAdapter
from vpdlib.datasets.base import VideoSource
from vpdlib.datasets.paths import DataFolder, DataPaths
from vpdlib.datasets.settings import Deinterlace
from vpdlib.datasets.video_files import find_videos
from vpdlib.ranges import Count, NonNegativeInt


class DemoAdapter(BaseAdapter):
    """The synthetic acrobatics event, rendered by the workflow."""

    is_rendered: ClassVar[bool] = True
    deinterlace: ClassVar[Deinterlace] = "auto"

    kind: Literal["demo"] = Field("demo", description="Rendered by vpdlib.demo.")
    num_train_videos: Count = Field(32, description="Training routines.")
    num_test_videos: Count = Field(18, description="Test routines.")
    actions_per_video: Count = Field(3, description="Actions of a routine.")
    width: int = Field(480, ge=64, multiple_of=2, description="Width of the picture, px.")
    height: int = Field(270, ge=64, multiple_of=2, description="Height of the picture, px.")
    seed: NonNegativeInt = Field(0, description="Seed of appearance, motion, background, camera.")

    def sources_of(self, files: Sequence[Path]) -> list[VideoSource]:
        """The rendered videos, beside the table of their labels."""
        return find_videos(files[0].parent / "videos", "the rendered sport")

    def as_labelled(
        self, paths: DataPaths, labels: Sequence[Path]
    ) -> tuple[LabelledAdapter, DataPaths]:
        """What was rendered is a folder of videos with a table."""
        return FolderAdapter(videos="videos", labels=labels[0].name), DataFolder(labels[0].parent)
