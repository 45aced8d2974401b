"""The athlete's boxes from another tool.

Boxes are xyxy source pixels, end-exclusive, one row per frame of the video, NaN where the athlete is not seen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from vpdlib.datasets.bad_videos import MAX_NAMED, named
from vpdlib.datasets.base import DatasetError, VideoSource
from vpdlib.datasets.tables import ProblemRow, VideoRow
from vpdlib.interchange.arrays import ARRAYS, read_arrays
from vpdlib.interchange.box_table import BOX_TABLE
from vpdlib.interchange.coordinates import Given, to_pixels
from vpdlib.interchange.formats import BoxFormat, Formats, StoredArray
from vpdlib.interchange.video_names import VideoNames, tell_remarks
from vpdlib.progress import warn


def _of_arrays(path: Path, videos: Sequence[VideoRow]) -> dict[str, StoredArray]:
    return read_arrays(path, "boxes", {video.video for video in videos})


BOXES = Formats(BOX_TABLE, BoxFormat(tuple(ARRAYS.by_suffix), _of_arrays))


def supplied_boxes(path: Path, videos: Sequence[VideoRow]) -> dict[str, np.ndarray]:
    """Another tool's boxes of some videos, in pixels of theirs.

    Parameters
    ----------
    path : see `read_boxes`.
    videos : those wanted.

    Returns
    -------
    video id -> (T, 4) float32, NaN rows where there is none; a video that the file lacks is left out. Whether T is the
    video's number of frames is for :func:`vpdlib.interchange.supplied.check_length`.

    Raises
    ------
    DatasetError
        As `read_boxes` and :func:`vpdlib.interchange.coordinates.to_pixels`.
    """
    found = read_boxes(path, videos)
    given = {name: Given(one.values.reshape(-1, 2, 2), one.facts) for name, one in found.items()}
    points = to_pixels(path, "boxes", given, videos, are_boxes=True, may_state=not ends_early(path))
    absent = [video.video for video in videos if video.video not in found]
    if ends_early(path) and absent:
        warn(
            f"{path} has no row of {len(absent)} videos, such as {absent[0]!r}: nobody is followed there. Are its "
            "names the videos' ids?"
        )
    return {name: one.reshape(-1, 4) for name, one in points.items()}


def ends_early(path: Path) -> bool:
    """Whether frames at a video's end, and whole videos, may be left out: of a table, which has a row per box."""
    return BOXES.of(path).names is not None


def read_boxes(path: Path, videos: Sequence[VideoRow]) -> dict[str, StoredArray]:
    """Read the athlete's boxes.

    Four equal numbers, such as 0 0 0 0 or -1 -1 -1 -1, stand for no box, as NaN does.

    Parameters
    ----------
    path : of a format of `BOXES`.
    videos : those wanted.

    Returns
    -------
    video id -> (T, 4) float32; NaN rows where there is none. Of a table, T ends with the last row of the
    video, and a video without a row is left out.

    Raises
    ------
    DatasetError
        If the file is missing or of another form, a box is empty, or a frame has two.
    """
    boxes = {}
    for video_id, stored in BOXES.of(path).read(path, videos).items():
        with np.errstate(over="ignore"):
            box_px = stored.values.astype(np.float32, copy=False)
        if box_px.ndim != 2 or box_px.shape[1] != 4 or len(box_px) == 0:
            raise DatasetError(f"{path}: {video_id} has shape {box_px.shape}, expected (T, 4) xyxy")
        box_px[~np.isfinite(box_px).all(axis=1) | _is_placeholder(box_px)] = np.nan
        empty = _empty(box_px)
        if len(empty):
            raise DatasetError(
                f"{stored.rows.get(empty[0], f'{path}: {video_id}')}: the box of frame {empty[0]} is empty "
                f"({_listed(box_px[empty[0]])}), {len(empty)} of {np.isfinite(box_px[:, 0]).sum()} are; "
                f"{_remedy(box_px)}"
            )
        boxes[video_id] = replace(stored, values=box_px)
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


def check_box_names(
    path: Path, sources: Sequence[VideoSource], folder: Path | None = None
) -> list[ProblemRow]:
    """Look for rows of a table that are of no video of the dataset, and tell of them.

    Parameters
    ----------
    path : of a format with a row per box; of another, nothing is looked for.
    sources : all videos of the dataset, also those that are left out.
    folder : where they lie; None where that is not known.

    Returns
    -------
    A row for every name that is none, with the nearest ones, and for every video that is called otherwise than it is.

    Raises
    ------
    DatasetError
        If the file is not of its format, none of its rows is of a video, or a name may be two videos; the row is
        named.
    """
    rows = BOXES.of(path).names
    if rows is None:
        return []
    names = VideoNames(sources, folder, any_folder=True)
    first_of: dict[str, str] = {}
    rows_of = Counter[str]()
    for name, where in rows(path):
        names.look_for(name, where)
        first_of.setdefault(name, where)
        rows_of[name] += 1
    unknown = [name for name, found in names.found.items() if found is None]
    if unknown and len(unknown) == len(names.found):
        name = unknown[0]
        raise DatasetError(
            f"{first_of[name]}: there is no video {name!r}{names.hint(name)}. No other row is of a video of the "
            "dataset either. Correct the names."
        )
    # Of a table of thousands of other videos the first will do.
    hints = {name: names.hint(name) for name in unknown[:MAX_NAMED]}
    problems = [
        ProblemRow(
            video="",
            start="",
            end="",
            stage="prepare_dataset",
            problem=f"{first_of[name]}: there is no video {name!r}{hints.get(name, '')}; rows of boxes "
            f"that are not used: {rows_of[name]}",
            remedy="Correct the name; leave it if the table is of more videos than the dataset.",
        )
        for name in unknown
    ]
    if problems:
        warn(
            f"{sum(rows_of[name] for name in unknown)} rows of boxes are of no video of the dataset:"
            + named([row.problem for row in problems], "problems.csv")
            + f"\n{problems[0].remedy}"
        )
    remarks = [
        (first_of[name], found) for name, found in names.found.items() if found and found.remark
    ]
    return [*problems, *tell_remarks(remarks)]
