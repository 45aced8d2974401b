"""The athlete's boxes from another tool.

Boxes are xyxy source pixels, end-exclusive, one row per frame of the video, NaN where the athlete is not seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from vpdlib.datasets.base import DatasetError
from vpdlib.datasets.tables import VideoRow
from vpdlib.imports.arrays import StoredArray, read_arrays
from vpdlib.imports.box_table import read_box_table
from vpdlib.imports.coordinates import Given, to_pixels
from vpdlib.progress import warn

#: Boxes around keypoints are this much larger on each side: joints lie within the body.
_KEYPOINT_MARGIN = 0.1


def supplied_boxes(path: Path, videos: Sequence[VideoRow]) -> dict[str, np.ndarray]:
    """Another tool's boxes of some videos, in pixels of theirs.

    Parameters
    ----------
    path : see `read_boxes`.
    videos : those wanted.

    Returns
    -------
    video id -> (T, 4) float32, NaN rows where there is none; a video that the file lacks is left out. Whether T is the
    video's number of frames is for :func:`vpdlib.imports.supplied.check_length`.

    Raises
    ------
    DatasetError
        As `read_boxes` and :func:`vpdlib.imports.coordinates.to_pixels`.
    """
    found = read_boxes(path, videos)
    given = {name: Given(one.values.reshape(-1, 2, 2), one.facts) for name, one in found.items()}
    points = to_pixels(path, "boxes", given, videos, are_boxes=True)
    absent = [video.video for video in videos if video.video not in found]
    if ends_early(path) and absent:
        warn(
            f"{path} has no row of {len(absent)} videos, such as {absent[0]!r}: nobody is followed there. Are its "
            "names the videos' ids?"
        )
    return {name: one.reshape(-1, 4) for name, one in points.items()}


def ends_early(path: Path) -> bool:
    """Whether frames at a video's end, and whole videos, may be left out: of a table, which has a row per box."""
    return path.suffix.lower() == ".csv"


def read_boxes(path: Path, videos: Sequence[VideoRow]) -> dict[str, StoredArray]:
    """Read the athlete's boxes.

    Four equal numbers, such as 0 0 0 0 or -1 -1 -1 -1, stand for no box, as NaN does.

    Parameters
    ----------
    path : ``.csv`` (:mod:`vpdlib.imports.box_table`); or ``.npz``, ``.h5``: video -> (T, 4).
    videos : those wanted.

    Returns
    -------
    video id -> (T, 4) float32; NaN rows where there is none. From CSV, T ends with the last row of the video, and a
    video without a row is left out.

    Raises
    ------
    DatasetError
        If the file is missing or of another form, a box is empty, or a frame has two.
    """
    if path.suffix.lower() == ".csv":
        return _of_table(path, videos)
    boxes = {}
    wanted = {video.video for video in videos}
    for video_id, stored in read_arrays(path, "boxes", wanted, beside=(".csv",)).items():
        with np.errstate(over="ignore"):
            box_px = stored.values.astype(np.float32)
        if box_px.ndim != 2 or box_px.shape[1] != 4 or len(box_px) == 0:
            raise DatasetError(f"{path}: {video_id} has shape {box_px.shape}, expected (T, 4) xyxy")
        box_px[~np.isfinite(box_px).all(axis=1) | _is_placeholder(box_px)] = np.nan
        empty = _empty(box_px)
        if len(empty):
            raise DatasetError(
                f"{path}: {video_id}: the box of frame {empty[0]} is empty ({_listed(box_px[empty[0]])}), "
                f"{len(empty)} of {np.isfinite(box_px[:, 0]).sum()} are; {_remedy(box_px)}"
            )
        boxes[video_id] = StoredArray(box_px, stored.folder, stored.facts)
    return boxes


def _is_placeholder(box: np.ndarray) -> np.ndarray:
    return (box == box[..., :1]).all(axis=-1)


def _empty(box_px: np.ndarray) -> np.ndarray:
    return np.flatnonzero((box_px[:, 2:] <= box_px[:, :2]).any(axis=1))


def _remedy(box: np.ndarray) -> str:
    """What to give, in place of boxes of which some are empty."""
    box = box[np.isfinite(box).all(axis=1)]
    # Left, top, width, height: sizes above 0, and right edges before the left ones wherever the athlete is far right.
    if (box[:, 2:] > 0).all():
        return "these look like x, y, width, height: give x0, y0, x0 + width, y0 + height"
    return "give x0, y0, x1, y1"


def _listed(box: np.ndarray) -> str:
    return ", ".join(f"{number:g}" for number in box)


def _of_table(path: Path, videos: Sequence[VideoRow]) -> dict[str, StoredArray]:
    boxes = {}
    for video_id, rows in read_box_table(path, videos).items():
        box_px = np.full((max(rows.by_frame) + 1, 4), np.nan, np.float32)
        with np.errstate(over="ignore"):
            box_px[list(rows.by_frame)] = list(rows.by_frame.values())
        box_px[~np.isfinite(box_px).all(axis=1) | _is_placeholder(box_px)] = np.nan
        empty = _empty(box_px)
        if len(empty):
            first = int(empty[0])
            raise DatasetError(
                f"{rows.where[first]}: frame {first}, box {_listed(box_px[first])}: expected x0 < x1, y0 < y1; "
                f"{_remedy(box_px)}"
            )
        boxes[video_id] = StoredArray(box_px)
    return boxes


def boxes_of_keypoints(keypoints_px: np.ndarray) -> np.ndarray:
    """Boxes around keypoints (T, 17, 3), a tenth larger on each side: (T, 4), NaN without any joint."""
    place = keypoints_px[..., :2]
    there = np.isfinite(place).all(axis=2)
    low = np.where(there[..., None], place, np.inf).min(axis=1)
    high = np.where(there[..., None], place, -np.inf).max(axis=1)
    # A single joint has no extent; a pixel makes its box.
    margin = np.maximum(_KEYPOINT_MARGIN * (high - low), 1.0)
    box_px = np.concatenate([low - margin, high + margin], axis=1).astype(np.float32)
    box_px[~there.any(axis=1)] = np.nan
    return box_px
