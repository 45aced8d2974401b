"""The athlete's boxes from another tool.

Boxes are xyxy source pixels, end-exclusive, one row per frame of the video, NaN where the athlete is not seen.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import numpy as np

from vpdlib.datasets.arrays import StoredArray, read_arrays
from vpdlib.datasets.base import DatasetError
from vpdlib.datasets.coordinates import Given, to_pixels
from vpdlib.datasets.tables import VideoRow
from vpdlib.identifiers import check_id
from vpdlib.progress import warn

_BOX_COLUMNS = ["video", "frame", "x0", "y0", "x1", "y1"]
#: Boxes around keypoints are this much larger on each side: joints lie within the body.
_KEYPOINT_MARGIN = 0.1
#: A frame number past this is a slip, and so are the last ones of videos that add up to it: four days at 30 a second.
_MAX_FRAMES = 10_000_000
#: What Python takes for a number and a table does not mean by one: 1_000, digits of other scripts.
_NUMBER = re.compile(
    r"\s*[-+]?[\d.]+(e[-+]?\d+)?\s*|\s*[-+]?(nan|inf)\s*", re.ASCII | re.IGNORECASE
)


def supplied_boxes(path: Path, videos: Sequence[VideoRow]) -> dict[str, np.ndarray]:
    """Another tool's boxes of some videos, in pixels of theirs.

    Parameters
    ----------
    path : see `read_boxes`.
    videos : those wanted.

    Returns
    -------
    video id -> (T, 4) float32, NaN rows where there is none; a video that the file lacks is left out. Whether T is the
    video's number of frames is for :func:`vpdlib.datasets.supplied.check_length`.

    Raises
    ------
    DatasetError
        As `read_boxes` and :func:`vpdlib.datasets.coordinates.to_pixels`.
    """
    found = read_boxes(path, {video.video: video.declared_frames for video in videos})
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


def read_boxes(
    path: Path, only: Mapping[str, int] | Collection[str] | None = None
) -> dict[str, StoredArray]:
    """Read the athlete's boxes.

    Four equal numbers, such as 0 0 0 0 or -1 -1 -1 -1, stand for no box, as NaN does.

    Parameters
    ----------
    path : ``.csv`` with the columns video, frame, x0, y0, x1, y1; or ``.npz``, ``.h5``: video -> (T, 4).
    only : ids of the videos wanted, None for all. With their numbers of frames, a row far beyond them is refused before
        it takes memory.

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
        return _read_box_table(path, only)
    boxes = {}
    for video_id, stored in read_arrays(path, "boxes", only).items():
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


def _read_box_table(
    path: Path, only: Mapping[str, int] | Collection[str] | None
) -> dict[str, StoredArray]:
    if not path.is_file():
        raise DatasetError(f"{path} does not exist. Correct the setting or make the file.")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DatasetError(f"{path}: not UTF-8 text ({error}). Save it as UTF-8.") from error
    rows: dict[str, dict[int, list[float]]] = {}
    lines: dict[str, dict[int, int]] = {}
    names: dict[str, str] = {}
    has_rows = False
    with io.StringIO(text, newline="") as stream:
        reader = csv.reader(stream, strict=True)
        try:
            header = next(reader, [])
            if header != _BOX_COLUMNS:
                raise DatasetError(f"{path}: columns {header}, expected {_BOX_COLUMNS}")
            for cells in reader:
                if not cells:
                    continue
                where = f"{path}:{reader.line_num}"
                has_rows = True
                video_id, frame, box = _box_row(cells, where, names, only)
                if box is None:
                    continue
                # A header may count somewhat less than is shown.
                limit = 2 * only[video_id] + 1000 if isinstance(only, Mapping) else _MAX_FRAMES
                if not 0 <= frame < min(limit, _MAX_FRAMES):
                    known = f"the video has {only[video_id]}" if isinstance(only, Mapping) else ""
                    raise DatasetError(
                        f"{where}: frame {frame}, {known or 'expected a frame number'}"
                    )
                of_video = rows.setdefault(video_id, {})
                if frame in of_video:
                    raise DatasetError(f"{where}: frame {frame} of {video_id!r} has a box already")
                of_video[frame] = box
                lines.setdefault(video_id, {})[frame] = reader.line_num
        except csv.Error as error:
            raise DatasetError(
                f"{path}:{reader.line_num}: {error}. Is there a quote that is not closed?"
            ) from error
    # Of some videos it may hold none: nobody was seen there.
    if not has_rows:
        raise DatasetError(f"{path} holds none of the videos. Are its names their ids?")
    longest = {max(by_frame): video_id for video_id, by_frame in rows.items()}
    if sum(max(by_frame) for by_frame in rows.values()) >= _MAX_FRAMES:
        raise DatasetError(
            f"{path}: frame numbers up to {max(longest)} ({longest[max(longest)]!r}); those of all videos add up to "
            f"{_MAX_FRAMES} or more. Correct them."
        )
    boxes = {}
    for video_id, by_frame in rows.items():
        box_px = np.full((max(by_frame) + 1, 4), np.nan, np.float32)
        box_px[list(by_frame)] = list(by_frame.values())
        box_px[_is_placeholder(box_px)] = np.nan
        empty = _empty(box_px)
        if len(empty):
            first = int(empty[0])
            raise DatasetError(
                f"{path}:{lines[video_id][first]}: frame {first}, box {_listed(box_px[first])}: expected x0 < x1, "
                f"y0 < y1; {_remedy(box_px)}"
            )
        boxes[video_id] = StoredArray(box_px)
    return boxes


def _box_row(
    cells: list[str], where: str, names: dict[str, str], only: Collection[str] | None
) -> tuple[str, int, list[float] | None]:
    """Video, frame and box of a row; no box for a video that is not wanted, NaN where the cells are empty."""
    if any("\n" in cell or "\r" in cell for cell in cells):
        raise DatasetError(
            f"{where}: a line break within a cell. Close the quote that opens before it."
        )
    if len(cells) != len(_BOX_COLUMNS):
        raise DatasetError(f"{where}: {len(cells)} cells, expected {len(_BOX_COLUMNS)}")
    name, number, *place = cells
    video_id = name.rsplit("/", 1)[-1]
    if only is not None and video_id not in only:
        return video_id, 0, None
    try:
        check_id(video_id, "video id", where)
    except ValueError as error:
        raise DatasetError(str(error)) from error
    if names.setdefault(video_id, name) != name:
        raise DatasetError(
            f"{where}: {names[video_id]!r} and {name!r} end in one id. Rename one of them."
        )
    if not any(cell.strip() for cell in place):
        place = ["nan"] * 4
    try:
        for cell in (number, *place):
            if not _NUMBER.fullmatch(cell):
                raise ValueError(f"{cell!r} is no number")
        # Where a column has gaps, spreadsheets and pandas write 3.0.
        frame = int(number.strip().removesuffix(".0"))
        box = [float(cell) for cell in place]
    except ValueError as error:
        raise DatasetError(f"{where}: {error}; give a frame number and four px") from error
    finite = np.isfinite(box)
    if not finite.all() and not np.isnan(box).all():
        raise DatasetError(f"{where}: frame {frame}, box {box}: expected four numbers, or none")
    return video_id, frame, box


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
