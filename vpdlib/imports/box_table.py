"""The table of the athlete's boxes, a row per box: video, frame, x0, y0, x1, y1.

:mod:`vpdlib.imports.csv_table` says what text is taken for a table, :mod:`vpdlib.imports.decimal_sign` when a comma
or a point is the decimal sign, and :mod:`vpdlib.imports.video_names` which video is meant; any folders may stand
before its name. _Boxes are xyxy px, end-exclusive; four empty cells, or four equal numbers, stand for no box.

A table is of the whole dataset, a job knows the videos of its shard: it passes over rows of no video of those.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from vpdlib.datasets.base import DatasetError, VideoSource
from vpdlib.datasets.tables import VideoRow
from vpdlib.imports.csv_table import Table, TableRow, read_table
from vpdlib.imports.decimal_sign import NUMBER, DecimalSigns, is_doubtful, two_readings
from vpdlib.imports.formats import BoxFormat, StoredArray
from vpdlib.imports.video_names import VideoNames

#: A frame number past this is a slip, and so are the last ones of videos that add up to it: four days at 30 a second.
MAX_FRAMES = 10_000_000

_SIDES = ("x0", "y0", "x1", "y1")
#: What Python takes for a number and a table does not mean by one: 1_000, digits of other scripts.
_NUMBER = re.compile(
    r"[-+]?(\d+[.,]?\d*|[.,]\d+)(e[-+]?\d+)?|[-+]?(nan|inf)", re.ASCII | re.IGNORECASE
)
#: Characters of a number; Python refuses to read whole ones of thousands of digits.
_MAX_LENGTH = 60
#: A number that is taken with a mark of thousands lies at most so many pictures from the origin.
_MOST_PICTURES = 2


@dataclass
class _Boxes:
    """The boxes of a video as they stand in the table: by number of frame, and the row of each."""

    by_frame: dict[int, list[float]] = field(default_factory=dict)
    where: dict[int, str] = field(default_factory=dict)

    def stored(self) -> StoredArray:
        """An array up to the last frame that has a row, NaN between."""
        box_px = np.full((max(self.by_frame) + 1, 4), np.nan, np.float32)
        with np.errstate(over="ignore"):
            box_px[list(self.by_frame)] = list(self.by_frame.values())
        return StoredArray(box_px, rows=self.where)


def _read(path: Path, videos: Sequence[VideoRow]) -> dict[str, StoredArray]:
    """The rows of some videos; those of others count for the decimal sign alone.

    A row far beyond its video's frames is refused before it takes memory.
    """
    table = _open(path)
    row_of = {video.video: video for video in videos}
    names = VideoNames(
        [VideoSource(v.video, Path(v.path or v.video)) for v in videos], any_folder=True
    )
    signs = _Signs(DecimalSigns(table.separator))
    boxes: dict[str, _Boxes] = {}
    has_rows = False
    for row in table.rows:
        has_rows = True
        found = names.look_for(_name(row), row.where)
        video = row_of[found.video_id] if found else None
        signs.see(row, video)
        if video is not None:
            _add(boxes.setdefault(video.video, _Boxes()), row, video)
    # Of some videos it may hold none: nobody was seen there.
    if not has_rows:
        raise DatasetError(f"{path}: there is no row below the header. Add the boxes.")
    signs.check()
    _check_total(path, boxes)
    return {video_id: found.stored() for video_id, found in boxes.items()}


def _names(path: Path) -> Iterator[tuple[str, str]]:
    return ((_name(row), row.where) for row in _open(path).rows)


def _name(row: TableRow) -> str:
    name = row.cells["video"]
    if not name:
        raise DatasetError(f"{row.where}: video is empty. Fill it in or remove the row.")
    return name


def _open(path: Path) -> Table:
    return read_table(path, ("video", "frame", *_SIDES))


@dataclass
class _Signs:
    """The decimal sign of a table, and the first number with each sign of which it must be known."""

    signs: DecimalSigns
    doubtful: dict[str, tuple[str, re.Match[str]]] = field(default_factory=dict)

    def see(self, row: TableRow, video: VideoRow | None) -> None:
        """Take account of a row; one of no video that is known only shows what the sign is."""
        for name in ("frame", *_SIDES):
            cell = row.cells[name].lstrip("+-")
            if "." not in cell and "," not in cell:
                continue
            number = NUMBER.fullmatch(cell)
            if number is None:
                if _NUMBER.fullmatch(cell):
                    # With an exponent.
                    self.signs.show("." if "." in cell else ",")
                continue
            self.signs.see(number, -math.inf if video is None else _most(name, video))
            if video is not None and is_doubtful(number):
                self.doubtful.setdefault(number[2], (f"{row.where}: {row.cells[name]!r}", number))

    def check(self) -> None:
        for sign, (cell, number) in self.doubtful.items():
            if not self.signs.is_decimal(sign):
                raise DatasetError(f"{cell} {two_readings(number)}.")


def _most(name: str, video: VideoRow) -> float:
    """The largest number that a column can hold for a video."""
    if name == "frame":
        return video.declared_frames
    # Keypoints that stand in for a video may say no size.
    return _MOST_PICTURES * (video.width if name in ("x0", "x1") else video.height) or math.inf


def _add(boxes: _Boxes, row: TableRow, video: VideoRow) -> None:
    frame, box = _numbers(row)
    # A header may count somewhat less than is shown.
    if not 0 <= frame < min(2 * video.declared_frames + 1000, MAX_FRAMES):
        raise DatasetError(
            f"{row.where}: frame {frame}, the video has {video.declared_frames}. Frames count from 0."
        )
    if frame in boxes.by_frame:
        raise DatasetError(
            f"{row.where}: frame {frame} of {video.video!r} has a box already, in {boxes.where[frame]}. Remove one of "
            "them."
        )
    boxes.by_frame[frame], boxes.where[frame] = box, row.where


def _numbers(row: TableRow) -> tuple[int, list[float]]:
    number, *place = (row.cells[name] for name in ("frame", *_SIDES))
    if not any(place):
        place = ["nan"] * len(_SIDES)
    for cell in (number, *place):
        if len(cell) > _MAX_LENGTH or not _NUMBER.fullmatch(cell):
            raise DatasetError(
                f"{row.where}: {cell[:40]!r} is no number; give a frame number and four px"
            )
    box = [float(cell.replace(",", ".")) for cell in place]
    finite = np.isfinite(box)
    if not finite.all() and not np.isnan(box).all():
        raise DatasetError(f"{row.where}: box {box}: expected four numbers, or none")
    # Where a column has gaps, spreadsheets and pandas write 3.0.
    whole = number.removesuffix(".0").removesuffix(",0")
    if not whole.lstrip("+-").isdigit():
        raise DatasetError(
            f"{row.where}: {number!r} is no number of a frame; they are whole, and count from 0"
        )
    return int(whole), box


def _check_total(path: Path, boxes: Mapping[str, _Boxes]) -> None:
    """Refuse numbers of frames of which together no recording has so many."""
    last = {video_id: max(found.by_frame) for video_id, found in boxes.items()}
    if sum(last.values()) >= MAX_FRAMES:
        longest = max(last, key=last.__getitem__)
        raise DatasetError(
            f"{path}: frame numbers up to {last[longest]} ({longest!r}); those of all videos add up to {MAX_FRAMES} or "
            "more. Correct them."
        )


BOX_TABLE = BoxFormat((".csv",), _read, _names)
