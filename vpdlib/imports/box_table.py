"""The table of the athlete's boxes, a row per box: video, frame, x0, y0, x1, y1.

:mod:`vpdlib.imports.csv_table` says what text is taken for a table, :mod:`vpdlib.imports.decimal_sign` when a comma
or a point is the decimal sign, and :mod:`vpdlib.imports.video_names` which video is meant; any folders may stand
before its name. Boxes are xyxy px, end-exclusive; four empty cells, or four equal numbers, stand for no box.

A table is of the whole dataset, a job knows the videos of its shard: it passes over rows of no video of those. Where
all videos are known, `check_box_names` tells of rows that are of none.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from vpdlib.datasets.bad_videos import MAX_NAMED, named
from vpdlib.datasets.base import DatasetError, VideoSource
from vpdlib.datasets.tables import ProblemRow, VideoRow
from vpdlib.imports.csv_table import Table, TableRow, read_table
from vpdlib.imports.decimal_sign import NUMBER, DecimalSigns, is_doubtful, two_readings
from vpdlib.imports.video_names import Found, VideoNames, tell_remarks
from vpdlib.progress import warn

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
class Boxes:
    """The boxes of a video as they stand in the table: by number of frame, and the row of each."""

    by_frame: dict[int, list[float]] = field(default_factory=dict)
    where: dict[int, str] = field(default_factory=dict)


def read_box_table(path: Path, videos: Sequence[VideoRow]) -> dict[str, Boxes]:
    """Read the rows of some videos of the dataset.

    Parameters
    ----------
    path : the file.
    videos : those wanted. Rows of others count for the decimal sign alone; a row far beyond its video's frames is
        refused before it takes memory.

    Returns
    -------
    video id -> its rows, NaN where the cells are empty; a video without a row is left out.

    Raises
    ------
    DatasetError
        If the file is missing or no table of these columns, a cell is no number or may be read in two ways, a number
        of a frame is out of range, a frame has two boxes, or a name may be two videos; the row is named.
    """
    table = _open(path)
    row_of = {video.video: video for video in videos}
    names = _Names([VideoSource(v.video, Path(v.path or v.video)) for v in videos])
    signs = _Signs(DecimalSigns(table.separator))
    boxes: dict[str, Boxes] = {}
    has_rows = False
    for row in table.rows:
        has_rows = True
        found = names.look_for(row)
        video = row_of[found.video_id] if found else None
        signs.see(row, video)
        if video is not None:
            _add(boxes.setdefault(video.video, Boxes()), row, video)
    # Of some videos it may hold none: nobody was seen there.
    if not has_rows:
        raise DatasetError(f"{path}: there is no row below the header. Add the boxes.")
    signs.check()
    _check_total(path, boxes)
    return boxes


def check_box_names(
    path: Path, sources: Sequence[VideoSource], folder: Path | None = None
) -> list[ProblemRow]:
    """Look for rows of a table that are of no video of the dataset, and tell of them.

    Parameters
    ----------
    path : the table.
    sources : all videos of the dataset, also those that are left out.
    folder : where they lie; None where that is not known.

    Returns
    -------
    A row for every name that is none, with the nearest ones, and for every video that is called otherwise than it is.

    Raises
    ------
    DatasetError
        If the file is no table of boxes, none of its rows is of a video, or a name may be two videos; the row is named.
    """
    names = _Names(sources, folder)
    first_of: dict[str, str] = {}
    rows_of = Counter[str]()
    for row in _open(path).rows:
        names.look_for(row)
        name = row.cells["video"]
        first_of.setdefault(name, row.where)
        rows_of[name] += 1
    unknown = [name for name, found in names.found.items() if found is None]
    if unknown and len(unknown) == len(names.found):
        name = unknown[0]
        raise DatasetError(
            f"{first_of[name]}: there is no video {name!r}{names.known.hint(name)}. No other row is of a video of the "
            "dataset either. Correct the names."
        )
    # Of a table of thousands of other videos the first will do.
    hints = {name: names.known.hint(name) for name in unknown[:MAX_NAMED]}
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


def _open(path: Path) -> Table:
    return read_table(path, ("video", "frame", *_SIDES))


class _Names:
    """The videos that rows name; each name is looked for once."""

    def __init__(self, sources: Sequence[VideoSource], folder: Path | None = None) -> None:
        self.known = VideoNames(sources, folder, any_folder=True)
        self.found: dict[str, Found | None] = {}

    def look_for(self, row: TableRow) -> Found | None:
        name = row.cells["video"]
        if not name:
            raise DatasetError(f"{row.where}: video is empty. Fill it in or remove the row.")
        if name not in self.found:
            self.found[name] = self.known.look_for(name, row.where)
        return self.found[name]


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


def _add(boxes: Boxes, row: TableRow, video: VideoRow) -> None:
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


def _check_total(path: Path, boxes: Mapping[str, Boxes]) -> None:
    """Refuse numbers of frames of which together no recording has so many."""
    last = {video_id: max(found.by_frame) for video_id, found in boxes.items()}
    if sum(last.values()) >= MAX_FRAMES:
        longest = max(last, key=last.__getitem__)
        raise DatasetError(
            f"{path}: frame numbers up to {last[longest]} ({longest!r}); those of all videos add up to {MAX_FRAMES} or "
            "more. Correct them."
        )
