"""Times in a table, as spreadsheets, players and subtitles write them, in seconds.

Taken are seconds (``12.48``; ``12,48`` with a decimal comma), ``m:ss`` and ``hh:mm:ss``, both with or without decimals
(``1:12.5``, ``00:01:12,480``). Two parts are always minutes and seconds, three always hours, minutes and seconds.

A comma or a point before exactly three digits may also mark thousands (``1,234``):
:mod:`vpdlib.interchange.decimal_sign` says when it is the decimal sign. Of times, one in ``00:01:12,480`` shows it too,
and none can be larger than its video is long. Times in a video that cannot be
used, of unknown length, are read by what the others show, and never refused as doubtful. What else cannot be told is
refused.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from vpdlib.datasets.base import DatasetError
from vpdlib.interchange.decimal_sign import NUMBER, DecimalSigns, is_doubtful, two_readings

_CLOCK = re.compile(r"(?:([0-9]{1,6}):)?([0-9]{1,6}):([0-9]+)(?:([.,])([0-9]+))?")
#: As programs write small numbers and, with all their digits, any.
_EXPONENT = re.compile(r"[0-9]+(?:\.([0-9]+))?[eE]([+-]?[0-9]{1,3})")
_TIMECODE = re.compile(r"[0-9]+:[0-9]+:[0-9]+[:;][0-9]+")
_THOUSANDS = re.compile(r"[0-9]+(?:[., '\u00a0\u2009\u202f’][0-9]{3})+(?:[.,][0-9]*)?")
_DATE = re.compile(r"[0-9]+[-/.][0-9]+[-/.][0-9]+.*|.*\b[AaPp]\.?[Mm]\.?", re.DOTALL)
#: A number with an exponent must state a time to the millisecond; a spreadsheet's 1.2E+03 has lost digits.
_MIN_DECIMALS = 3
#: A label may be that much past the end and still be meant so.
_END_SLACK_S = 1.0
_REMEDY = "give seconds as a number, such as 12.48, or a time such as 1:12.5 or 00:01:12.480"


@dataclass(frozen=True)
class TimeCell:
    """A cell that holds a time.

    Attributes
    ----------
    where : file and row.
    column, text : of the cell.
    duration_s : how long its video is, seconds.
    is_used : not of a video that cannot be used, whose length says nothing and whose actions are dropped.
    """

    where: str
    column: str
    text: str
    duration_s: float = math.inf
    is_used: bool = True


def read_times(cells: Sequence[TimeCell], separator: str) -> list[float]:
    """Read the times of a table.

    Parameters
    ----------
    cells : all of them, none empty.
    separator : what is between the table's columns: ``,``, ``;`` or a tab.

    Returns
    -------
    Seconds, not negative, in the order of the cells.

    Raises
    ------
    DatasetError
        For a cell that is no time or may be read in two ways; its row is named.
    """
    signs = _signs(cells, separator)
    return [_seconds(cell, signs) for cell in cells]


def _signs(cells: Sequence[TimeCell], separator: str) -> DecimalSigns:
    signs = DecimalSigns(separator)
    for cell in cells:
        plain, clock = NUMBER.fullmatch(cell.text), _CLOCK.fullmatch(cell.text)
        if plain and plain[2]:
            longest_s = cell.duration_s + _END_SLACK_S if cell.is_used else -math.inf
            signs.see(plain, longest_s)
        elif clock and clock[4]:
            signs.show(clock[4])
    return signs


def _seconds(cell: TimeCell, signs: DecimalSigns) -> float:
    text = cell.text
    plain, clock, exponent = (p.fullmatch(text) for p in (NUMBER, _CLOCK, _EXPONENT))
    if plain and (plain[1] or plain[3]):
        if cell.is_used and is_doubtful(plain) and not signs.is_decimal(plain[2]):
            raise _refused(cell, f"that {two_readings(plain, ' s')}")
        value = float(f"{plain[1] or 0}.{plain[3] or 0}")
        if not math.isfinite(value):
            raise _refused(cell)
        return value
    if clock:
        return _clock(cell, clock)
    if exponent:
        decimals, power = len(exponent[1] or ""), int(exponent[2])
        if power >= 0 and decimals - power < _MIN_DECIMALS:
            raise _refused(cell, "which is rounded to less than a millisecond")
        return float(text)
    raise _refused(cell, _reason(text))


def _clock(cell: TimeCell, match: re.Match[str]) -> float:
    hours, minutes, seconds, _, decimals = match.groups()
    if len(seconds) != 2 or (hours is not None and len(minutes) != 2):
        raise _refused(cell, "minutes after hours, and seconds, have two digits")
    if int(seconds) > 59 or (hours is not None and int(minutes) > 59):
        raise _refused(cell, "minutes after hours, and seconds, are 00 to 59")
    whole = 3600 * int(hours or 0) + 60 * int(minutes) + int(seconds)
    return float(f"{whole}.{decimals or 0}")


def _reason(text: str) -> str:
    if _TIMECODE.fullmatch(text):
        return "a time code with frames, which need the rate"
    if text.startswith(("-", "\N{MINUS SIGN}")):
        return "before the video's beginning"
    if _THOUSANDS.fullmatch(text):
        return "with marks of thousands: take them out"
    if _DATE.fullmatch(text):
        return "a date or a time of day: give the cells the format text or number"
    return ""


def _refused(cell: TimeCell, reason: str = "") -> DatasetError:
    return DatasetError(
        f"{cell.where}: {cell.column} is {cell.text!r}{reason and f', {reason}'}; {_REMEDY}"
    )
