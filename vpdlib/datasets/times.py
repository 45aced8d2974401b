"""Times in a table, as spreadsheets, players and subtitles write them, in seconds.

Taken are seconds (``12.48``; ``12,48`` with a decimal comma), ``m:ss`` and ``hh:mm:ss``, both with or without decimals
(``1:12.5``, ``00:01:12,480``). Two parts are always minutes and seconds, three always hours, minutes and seconds.

A comma or a point before exactly three digits may also mark thousands (``1,234``). It is the decimal sign

* where another time of the table shows it, and no time in seconds has the other sign: other than three digits follow,
  more than three or a zero stand before (``12,48``, ``0,480``, ``1234,500``), or it stands in ``00:01:12,480``;
* for a point, in a table that is separated by commas, if no time in seconds has a decimal comma;
* where all such times, taken for thousands, would lie beyond the end of their videos. Times in a video that cannot be
  used, of unknown length, are left out of this; they are read by what the others show, and never refused as doubtful.

Everything else is refused, since it cannot be told.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from vpdlib.datasets.base import DatasetError

_SECONDS = re.compile(r"([0-9]*)(?:([.,])([0-9]*))?")
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


@dataclass(frozen=True)
class _Signs:
    """What all times of a table show of their decimal sign: signs that are shown, used, and cannot mark thousands."""

    separator: str
    shown: frozenset[str]
    in_seconds: frozenset[str]
    no_thousands: frozenset[str]

    def is_decimal(self, sign: str) -> bool:
        """Whether a sign before three digits is the decimal sign."""
        usual = sign in self.shown or (sign == "." and self.separator == ",")
        return sign in self.no_thousands or (usual and self.in_seconds == {sign})


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


def _signs(cells: Sequence[TimeCell], separator: str) -> _Signs:
    shown, in_seconds, thousands = set(), set(), set()
    for cell in cells:
        plain, clock = _SECONDS.fullmatch(cell.text), _CLOCK.fullmatch(cell.text)
        if plain and plain[2]:
            in_seconds.add(plain[2])
            if not _is_doubtful(plain):
                shown.add(plain[2])
            elif cell.is_used and float(plain[1] + plain[3]) <= cell.duration_s + _END_SLACK_S:
                thousands.add(plain[2])
        elif clock and clock[4]:
            shown.add(clock[4])
    return _Signs(
        separator, frozenset(shown), frozenset(in_seconds), frozenset(in_seconds - thousands)
    )


def _is_doubtful(plain: re.Match[str]) -> bool:
    """Whether the sign may mark thousands."""
    before, _, after = plain.groups()
    return len(after or "") == 3 and 1 <= len(before) <= 3 and not before.startswith("0")


def _seconds(cell: TimeCell, signs: _Signs) -> float:
    text = cell.text
    plain, clock, exponent = (p.fullmatch(text) for p in (_SECONDS, _CLOCK, _EXPONENT))
    if plain and (plain[1] or plain[3]):
        if cell.is_used and _is_doubtful(plain) and not signs.is_decimal(plain[2]):
            whole = plain[1] + plain[3]
            raise _refused(
                cell,
                f"that may be {plain[1]}.{plain[3]} s, or {whole} s with a mark of thousands: write {whole} if it is, "
                f"or {plain[1]}.{plain[3]}0",
            )
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
