"""Files with a row per box, such as tables: rows of the videos that are wanted, gathered to an array for each.

Such a file is of the whole dataset, a job knows the videos of its shard: it passes over rows of no video of those.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from vpdlib.datasets.base import DatasetError, VideoSource
from vpdlib.datasets.tables import VideoRow
from vpdlib.interchange.formats import StoredArray
from vpdlib.interchange.video_names import VideoNames

#: A frame number past this is a slip, and so are the last ones of videos that add up to it: four days at 30 a second.
MAX_FRAMES = 10_000_000


class BoxRows:
    """The rows of a file: of each its video is asked for, and those of videos that are wanted are added."""

    def __init__(self, path: Path, videos: Sequence[VideoRow]) -> None:
        self._path = path
        self._row_of = {video.video: video for video in videos}
        self._names = VideoNames(
            [VideoSource(v.video, Path(v.path or v.video)) for v in videos], any_folder=True
        )
        self._boxes: dict[str, dict[int, Sequence[float]]] = defaultdict(dict)
        self._where: dict[str, dict[int, str]] = defaultdict(dict)

    def video_of(self, name: str, where: str) -> VideoRow | None:
        """The video that a row names; None where it is none of those wanted.

        Raises
        ------
        DatasetError
            If there is no name, or it may be two videos.
        """
        found = self._names.look_for(name, where)
        return None if found is None else self._row_of[found.video_id]

    def add(self, video: VideoRow, frame: int, box_px: Sequence[float], where: str) -> None:
        """Add a box, xyxy px, NaN where there is none.

        Raises
        ------
        DatasetError
            If the frame is far beyond the video, before that takes memory, or has a box already.
        """
        # A header may count somewhat less than is shown.
        if not 0 <= frame < min(2 * video.declared_frames + 1000, MAX_FRAMES):
            raise DatasetError(
                f"{where}: frame {frame}, the video has {video.declared_frames}. Frames count from 0."
            )
        before = self._where[video.video].setdefault(frame, where)
        if frame in self._boxes[video.video]:
            raise DatasetError(
                f"{where}: frame {frame} of {video.video!r} has a box already, in {before}. Remove one of them."
            )
        self._boxes[video.video][frame] = box_px

    def stored(self) -> dict[str, StoredArray]:
        """Of every video with a row, an array up to the last frame that has one, NaN between.

        Raises
        ------
        DatasetError
            If no row was asked for, or numbers of frames are so many as no recordings have.
        """
        # Of some videos it may hold none: nobody was seen there.
        if not self._names.found:
            raise DatasetError(f"{self._path}: there is no row of a box. Add the boxes.")
        last = {video_id: max(boxes) for video_id, boxes in self._boxes.items()}
        if sum(last.values()) >= MAX_FRAMES:
            longest = max(last, key=last.__getitem__)
            raise DatasetError(
                f"{self._path}: frame numbers up to {last[longest]} ({longest!r}); those of all videos add up to "
                f"{MAX_FRAMES} or more. Correct them."
            )
        stored = {}
        for video_id, boxes in self._boxes.items():
            box_px = np.full((last[video_id] + 1, 4), np.nan, np.float32)
            with np.errstate(over="ignore"):
                box_px[list(boxes)] = list(boxes.values())
            stored[video_id] = StoredArray(box_px, rows=self._where[video_id])
        return stored
