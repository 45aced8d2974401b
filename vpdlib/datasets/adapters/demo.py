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

    # How hard the pictures are
    athlete_scale: float = Field(
        1.0,
        ge=0.2,
        le=1,
        description="Size of the athlete in the picture; at 1 half as high as it.",
    )
    shutter: float = Field(
        0.45,
        ge=0.05,
        le=1,
        description="Fraction of the frame interval that the shutter is open: motion blur.",
    )
    camera_sway_px: float = Field(
        0.0,
        ge=0,
        le=50,
        description="Standard deviation of the camera's sway, px, which blurs the picture; at 0 the camera only pans.",
    )
    num_posts: int = Field(0, ge=0, le=10, description="Posts in front of the athlete, a video.")
    num_boards: int = Field(0, ge=0, le=10, description="Boards in front of the athlete's legs.")
    num_passers_by: int = Field(
        0, ge=0, le=10, description="People who walk past in front of the athlete, a video."
    )
    contrast: float = Field(1.0, ge=0.1, le=1, description="Contrast of the picture; 1 is full.")
    noise: float = Field(1.0, ge=0, le=20, description="Factor of the sensor's noise.")
    crf: int = Field(
        20, ge=0, le=51, description="Quality of H.264: 0 loses nothing, 51 loses the most."
    )

    def sources_of(self, files: Sequence[Path]) -> list[VideoSource]:
        """The rendered videos, beside the table of their labels."""
        return find_videos(files[0].parent / "videos", "the rendered sport")

    def as_labelled(
        self, paths: DataPaths, labels: Sequence[Path]
    ) -> tuple[LabelledAdapter, DataPaths]:
        """What was rendered is a folder of videos with a table."""
        return FolderAdapter(videos="videos", labels=labels[0].name), DataFolder(labels[0].parent)
