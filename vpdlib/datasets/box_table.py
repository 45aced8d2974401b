"""The table of the athlete's boxes, a row per box: video, frame, x0, y0, x1, y1.

:mod:`vpdlib.datasets.csv_table` says what text is taken for a table. A comma in a number is its decimal sign where the
table has no number with a point and one whose comma cannot mark thousands (``12,5``, ``0,125``); otherwise it is
refused. Boxes are xyxy px, end-exclusive; four empty cells, or four equal numbers, stand for no box.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from vpdlib.datasets.base import DatasetError
from vpdlib.datasets.csv_table import TableRow, read_table
from vpdlib.identifiers import check_id

#: A frame number past this is a slip, and so are the last ones of videos that add up to it: four days at 30 a second.
MAX_FRAMES = 10_000_000

_SIDES = ("x0", "y0", "x1", "y1")
#: What Python takes for a number and a table does not mean by one: 1_000, digits of other scripts.
_NUMBER = re.compile(
    r"[-+]?(\d+[.,]?\d*|[.,]\d+)(e[-+]?\d+)?|[-+]?(nan|inf)", re.ASCII | re.IGNORECASE
)
#: Characters of a number; Python refuses to read whole ones of thousands of digits.
_MAX_LENGTH = 60
_THOUSANDS = re.compile(r"[-+]?[1-9]\d{0,2},\d{3}", re.ASCII)


@dataclass
class Boxes:
    """The boxes of a video as they stand in the table: by number of frame, and the row of each."""

    by_frame: dict[int, list[float]] = field(default_factory=dict)
    where: dict[int, str] = field(default_factory=dict)


def read_box_table(
    path: Path, only: Mapping[str, int] | Collection[str] | None = None
) -> dict[str, Boxes]:
    """Read the table.

    Parameters
    ----------
    path : the file.
    only : ids of the videos wanted, None for all. With their numbers of frames, a row far beyond them is refused before
        it takes memory.

    Returns
    -------
    video id -> its rows, NaN where the cells are empty; a video without a row is left out.

    Raises
    ------
    DatasetError
        If the file is missing or no table of these columns, a cell is no number or may be read in two ways, a number
        of a frame is out of range, or a frame has two boxes; the row is named.
    """
    table = read_table(path, ("video", "frame", *_SIDES))
    boxes: dict[str, Boxes] = {}
    names: dict[str, str] = {}
    signs = _Signs()
    has_rows = False
    for row in table.rows:
        has_rows = True
        name = row.cells["video"]
        video_id = name.rsplit("/", 1)[-1]
        if only is not None and video_id not in only:
            continue
        _check_name(video_id, name, names, row.where)
        frame, box = _numbers(row, signs)
        # A header may count somewhat less than is shown.
        limit = 2 * only[video_id] + 1000 if isinstance(only, Mapping) else MAX_FRAMES
        if not 0 <= frame < min(limit, MAX_FRAMES):
            known = f"the video has {only[video_id]}" if isinstance(only, Mapping) else ""
            raise DatasetError(
                f"{row.where}: frame {frame}, {known or 'expected a frame number'}. Frames count from 0."
            )
        of_video = boxes.setdefault(video_id, Boxes())
        if frame in of_video.by_frame:
            raise DatasetError(
                f"{row.where}: frame {frame} of {video_id!r} has a box already, in {of_video.where[frame]}. Remove one "
                "of them."
            )
        of_video.by_frame[frame], of_video.where[frame] = box, row.where
    # Of some videos it may hold none: nobody was seen there.
    if not has_rows:
        raise DatasetError(f"{path} holds none of the videos. Are its names their ids?")
    signs.check()
    _check_total(path, boxes)
    return boxes


@dataclass
class _Signs:
    """What the numbers of a table show of their decimal sign: the first row of each kind."""

    point: str = ""
    comma: str = ""
    doubtful: str = ""

    def see(self, cell: str, where: str) -> None:
        if "." in cell:
            self.point = self.point or where
        elif _THOUSANDS.fullmatch(cell):
            self.doubtful = self.doubtful or f"{where}: {cell!r}"
        elif "," in cell:
            self.comma = self.comma or where

    def check(self) -> None:
        remedy = "Write numbers with a point, and without marks of thousands."
        if self.point and (self.comma or self.doubtful):
            raise DatasetError(
                f"{self.doubtful or self.comma}: a number with a comma, where {self.point} has one with a point. "
                f"{remedy}"
            )
        if self.doubtful and not self.comma:
            raise DatasetError(
                f"{self.doubtful} may be read with a decimal comma or as thousands. {remedy}"
            )


def _check_name(video_id: str, name: str, names: dict[str, str], where: str) -> None:
    """Refuse an unsafe id, and two names in ``names`` (id -> name) of one id."""
    try:
        check_id(video_id, "video id", where)
    except ValueError as error:
        raise DatasetError(str(error)) from error
    if names.setdefault(video_id, name) != name:
        raise DatasetError(
            f"{where}: {names[video_id]!r} and {name!r} end in one id. Rename one of them."
        )


def _numbers(row: TableRow, signs: _Signs) -> tuple[int, list[float]]:
    number, *place = (row.cells[name] for name in ("frame", *_SIDES))
    if not any(place):
        place = ["nan"] * len(_SIDES)
    for cell in (number, *place):
        if len(cell) > _MAX_LENGTH or not _NUMBER.fullmatch(cell):
            raise DatasetError(
                f"{row.where}: {cell[:40]!r} is no number; give a frame number and four px"
            )
        signs.see(cell, row.where)
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


def _check_total(path: Path, boxes: Mapping[str, Boxes]) -> None:
    """Refuse numbers of frames of which together no recording has so many."""
    last = {video_id: max(found.by_frame) for video_id, found in boxes.items()}
    if sum(last.values()) >= MAX_FRAMES:
        longest = max(last, key=last.__getitem__)
        raise DatasetError(
            f"{path}: frame numbers up to {last[longest]} ({longest!r}); those of all videos add up to {MAX_FRAMES} or "
            "more. Correct them."
        )
