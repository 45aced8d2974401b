"""The table of the athlete's boxes, a row per box: video, frame, x0, y0, x1, y1.

:mod:`vpdlib.interchange.csv_table` says what text is taken for a table, :mod:`vpdlib.interchange.decimal_sign` when a
comma or a point is the decimal sign, and :mod:`vpdlib.interchange.video_names` which video is meant; any folders may
stand before its name. Boxes are xyxy px, end-exclusive; four empty cells, or four equal numbers, stand for no box.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from vpdlib.datasets.base import DatasetError
from vpdlib.datasets.tables import VideoRow
from vpdlib.interchange.box_rows import BoxRows
from vpdlib.interchange.csv_table import Table, TableRow, read_table
from vpdlib.interchange.decimal_sign import NUMBER, DecimalSigns, is_doubtful, two_readings
from vpdlib.interchange.formats import BoxFormat, StoredArray

_SIDES = ("x0", "y0", "x1", "y1")
#: What Python takes for a number and a table does not mean by one: 1_000, digits of other scripts.
_NUMBER = re.compile(
    r"[-+]?(\d+[.,]?\d*|[.,]\d+)(e[-+]?\d+)?|[-+]?(nan|inf)", re.ASCII | re.IGNORECASE
)
#: Characters of a number; Python refuses to read whole ones of thousands of digits.
_MAX_LENGTH = 60
#: A number that is taken with a mark of thousands lies at most so many pictures from the origin.
_MOST_PICTURES = 2


def _read(path: Path, videos: Sequence[VideoRow]) -> dict[str, StoredArray]:
    """The rows of some videos; those of others count for the decimal sign alone."""
    table = _open(path)
    boxes = BoxRows(path, videos)
    signs = _Signs(DecimalSigns(table.separator))
    for row in table.rows:
        video = boxes.video_of(row.cells["video"], row.where)
        signs.see(row, video)
        if video is not None:
            boxes.add(video, *_numbers(row), row.where)
    signs.check()
    return boxes.stored()


def _names(path: Path) -> Iterator[tuple[str, str]]:
    return ((row.cells["video"], row.where) for row in _open(path).rows)


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


BOX_TABLE = BoxFormat((".csv",), _read, _names)
