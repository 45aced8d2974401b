"""TRC files, tables of markers by frame with tabs between: OpenSim's, and what Pose2Sim and Sports2D write.

Five lines lead: the kind of file, names and values of facts such as ``DataRate`` and ``Units``, names of markers, each
over three columns, and names of the columns. A row is the frame's number, its time in seconds, and x, y, z of each
marker; a cell is empty where there is none. Units are what the file says, axes what the tool has.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vpdlib.datasets.base import DatasetError
from vpdlib.interchange.document import LINE_END, decode

_BEGIN = "PathFileType"
_MAX_BYTES = 2 << 30
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,3})?|", re.ASCII)
_MISSING = frozenset({"", "nan", "NaN", "NAN"})
#: Nobody is so many metres away in a room.
_FAR_M = 30.0
_HEAD_LINES = 5
_SAVE = "Save or export it again."


@dataclass(frozen=True)
class TrcFile:
    """A TRC file as it is.

    Attributes
    ----------
    facts : of its second and third line.
    markers : the M names.
    times_s : (T,) seconds.
    places : (T, M, 3) x, y, z, in the file's units; NaN where there is none.
    """

    facts: Mapping[str, str]
    markers: tuple[str, ...]
    times_s: np.ndarray
    places: np.ndarray

    @property
    def units(self) -> str:
        """As the file states them, small letters."""
        return self.facts.get("Units", "").strip().lower()

    @property
    def are_pixels(self) -> bool:
        """Whether places are pixels of a picture: flat, and too far out for metres, which Sports2D says of them."""
        x, y, z = np.moveaxis(self.places, -1, 0)
        if self.units == "px":
            return True
        with np.errstate(invalid="ignore"):
            is_flat = not (np.abs(z) > 0).any()
            far = np.abs(np.stack([x, y])) > _FAR_M
        return self.units in ("m", "") and is_flat and bool(far.any())


def is_trc(path: Path) -> bool:
    """Whether a file begins as a TRC file."""
    if not path.is_file():
        return False
    with path.open("rb") as stream:
        return stream.read(len(_BEGIN) + 3).decode("utf-8-sig", errors="ignore").startswith(_BEGIN)


def read_trc(path: Path, part: bool = False) -> TrcFile:
    """Read a TRC file.

    Parameters
    ----------
    path : the file.
    part : only rows of its beginning and its end, to tell what it is.

    Raises
    ------
    DatasetError
        If it is missing, too large, cut, or a cell is no number.
    """
    if not is_trc(path):
        raise DatasetError(f"{path} does not begin with {_BEGIN}: no TRC file.")
    lines = _lines(path, part)
    if len(lines) < _HEAD_LINES:
        raise DatasetError(f"{path}: the head of a TRC file has five lines. {_SAVE}")
    names, values = (lines[row].split("\t") for row in (1, 2))
    facts = dict(zip((name.strip() for name in names), (v.strip() for v in values), strict=False))
    head = lines[3].rstrip("\t\r ").split("\t")
    markers = tuple(name.strip() for name in head[2::3])
    if [name.strip() for name in head[:2]] != ["Frame#", "Time"] or not markers or not all(markers):
        raise DatasetError(f"{path}:4: expected Frame#, Time and names of markers. {_SAVE}")
    width = 2 + 3 * len(markers)
    rows = [
        _row(line, width, f"{path}:{number}")
        for number, line in enumerate(lines[_HEAD_LINES:], start=_HEAD_LINES + 1)
        if line.strip()
    ]
    if not rows:
        raise DatasetError(f"{path} has no frame. {_SAVE}")
    table = np.array(rows)
    times_s = table[:, 1]
    if not np.isfinite(times_s).all():
        row = int(np.flatnonzero(~np.isfinite(times_s))[0])
        raise DatasetError(f"{path}: row {row + 1} of the frames has no time. {_SAVE}")
    return TrcFile(facts, markers, times_s, table[:, 2:].reshape(len(table), len(markers), 3))


def rate_of(path: Path, file: TrcFile) -> float:
    """Frames a second, ``DataRate``.

    Raises
    ------
    DatasetError
        If it is no number above 0.
    """
    text = file.facts.get("DataRate", "")
    rate = float(text) if text and _NUMBER.fullmatch(text) else math.nan
    if not 0 < rate < math.inf:
        raise DatasetError(
            f"{path}:3: DataRate is {text!r:.40}, expected frames a second. Correct it."
        )
    return rate


def _lines(path: Path, part: bool) -> list[str]:
    size = path.stat().st_size
    if size > _MAX_BYTES:
        raise DatasetError(f"{path}: {size} bytes, more than a TRC file can have ({_MAX_BYTES}).")
    if not part or size < _PART_BYTES * 2:
        return LINE_END.split(decode(str(path), path.read_bytes()))
    with path.open("rb") as stream:
        head = stream.read(_PART_BYTES)
        stream.seek(size - _PART_BYTES)
        tail = stream.read()
    # Whole lines alone.
    cut = head.rpartition(b"\n")[0] + b"\n" + tail.partition(b"\n")[2]
    return LINE_END.split(decode(str(path), cut))


_PART_BYTES = 1 << 16


def _row(line: str, width: int, where: str) -> list[float]:
    cells = line.rstrip("\r\n").split("\t")
    # A tab may end the row, and empty cells at its end may be left out.
    if len(cells) > width and not any(cell.strip() for cell in cells[width:]):
        cells = cells[:width]
    if not 2 <= len(cells) <= width:
        raise DatasetError(f"{where}: {len(cells)} cells, expected {width}. {_SAVE}")
    numbers = [_number(cell, where) for cell in cells]
    return numbers + [math.nan] * (width - len(numbers))


def _number(cell: str, where: str) -> float:
    if cell in _MISSING:
        return math.nan
    try:
        # Underscores are no part of a number in a file.
        number = float(cell) if "_" not in cell else math.inf
    except ValueError:
        number = math.inf
    if math.isinf(number):
        raise DatasetError(f"{where}: {cell!r:.40}, expected a number with a point. Correct it.")
    return number


def text_of(
    name: str, rate_fps: float, units: str, markers: Sequence[str], rows: Sequence[str]
) -> str:
    """A TRC file of a name: rows from frame 0, made by the caller, each with its number and time."""
    facts = {
        "DataRate": f"{rate_fps:.10g}",
        "CameraRate": f"{rate_fps:.10g}",
        "NumFrames": str(len(rows)),
        "NumMarkers": str(len(markers)),
        "Units": units,
        "OrigDataRate": f"{rate_fps:.10g}",
        "OrigDataStartFrame": "0",
        "OrigNumFrames": str(len(rows)),
    }
    axes = (f"X{n}\tY{n}\tZ{n}" for n in range(1, len(markers) + 1))
    lines = (
        f"{_BEGIN}\t4\t(X/Y/Z)\t{name}",
        "\t".join(facts),
        "\t".join(facts.values()),
        "Frame#\tTime\t" + "\t\t\t".join(markers) + "\t\t",
        "\t\t" + "\t".join(axes),
        *rows,
    )
    return "\n".join(lines) + "\n"
