"""Which file an event of BORIS is of, and when in it: media that are enqueued in a player are one clock.

What BORIS stores is the time on player 1, plus the observation's time offset: its files follow one another there, each
as long as BORIS measured it, to the millisecond. Where the day of recording counts, every file begins at its own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from vpdlib.datasets.base import DatasetError

#: Times are written to the millisecond.
_EXACT_S = 5e-4


@dataclass(frozen=True)
class Medium:
    """A file of player 1.

    Attributes
    ----------
    path : as the project has it.
    begins_s : its first picture on the clock of the events.
    length_s : None where it is not stated.
    """

    path: str
    begins_s: float
    length_s: float | None


@dataclass(frozen=True)
class Place:
    """A time in a file."""

    medium: Medium
    time_s: float


def enqueued(
    paths: Sequence[str], lengths_s: Sequence[float | None], offset_s: float, where: str
) -> list[Medium]:
    """Files that follow one another.

    Parameters
    ----------
    paths, lengths_s : of the files in order.
    offset_s : what the clock shows at the beginning of the first.
    where : the observation, for messages.

    Raises
    ------
    DatasetError
        If the length of one that others follow is not known.
    """
    media: list[Medium] = []
    begins_s = offset_s
    for path, length_s in zip(paths, lengths_s, strict=True):
        if math.isnan(begins_s):
            raise DatasetError(
                f"{where}: the length of {media[-1].path!r} is not stated, after which {path!r} is played. Open the "
                "observation in BORIS, which measures it, and save the project; tables of an old BORIS lack it."
            )
        media.append(Medium(path, begins_s, length_s))
        # As the player counts: whole milliseconds of every file.
        begins_s += math.nan if length_s is None else math.floor(length_s * 1000 + 1e-6) / 1000
    return media


def place_of(time_s: float, media: Sequence[Medium], where: str) -> Place:
    """Where an event is.

    Raises
    ------
    DatasetError
        If it is in several files, or between two.
    """
    found = [one for one in media if _begins_in(time_s, one)] if len(media) > 1 else list(media)
    if not found and time_s < min(one.begins_s for one in media):
        found = [min(media, key=lambda one: one.begins_s)]
    if not found and time_s >= max(_end_s(one) for one in media) - _EXACT_S:
        found = [max(media, key=_end_s)]
    if len(found) != 1:
        named = ", ".join(repr(one.path) for one in found) or "none"
        raise DatasetError(
            f"{where}: at {time_s:g} s of the observation's clock there is not one file, but {named}. Make an "
            "observation of each file."
        )
    return Place(found[0], _clock_s(time_s, found[0]))


def end_in(time_s: float, medium: Medium, several: bool, where: str) -> float:
    """Where what began in a file ends in it, seconds.

    Raises
    ------
    DatasetError
        If it ends in another one.
    """
    if several and time_s > _end_s(medium) + _EXACT_S:
        raise DatasetError(
            f"{where}: it began in {medium.path!r} and ends {time_s - _end_s(medium):.3f} s after that file. "
            "End it there, and begin it again in the next file, if it is meant."
        )
    return _clock_s(time_s, medium)


def _clock_s(time_s: float, medium: Medium) -> float:
    """On the file's own clock; what the difference of two large numbers adds is taken away."""
    clock_s = round(time_s - medium.begins_s, 6)
    return 0.0 if -_EXACT_S < clock_s < 0 else clock_s


def _end_s(one: Medium) -> float:
    return math.inf if one.length_s is None else one.begins_s + one.length_s


def _begins_in(time_s: float, one: Medium) -> bool:
    return one.begins_s - _EXACT_S <= time_s < _end_s(one) - _EXACT_S
