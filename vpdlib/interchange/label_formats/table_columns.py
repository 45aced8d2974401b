"""What the columns of a table of labels are called, here and by others.

A table whose header says ``video`` and ``label`` is made for this program: what else stands in it must be known. Other
programs' tables have other names, of which the usual ones are known, in any case, with blanks, underscores, hyphens or
points between words, and with or without the unit; their other columns are left alone, and said. A name that may mean
another thing, such as ``name``, ``id`` or ``time``, is none of them, and two columns for one thing are refused. Numbers
of frames are no times: neither the rate nor whether they begin at 0 or 1 is in such a table.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from vpdlib.datasets.base import DatasetError

REQUIRED = ("video", "label")
OPTIONAL = ("start", "end", "split", "group", "probability", "replaces")
#: What else `found.csv` has of an action, which is no label.
OF_FOUND = frozenset(
    (
        "athlete",
        "second_label",
        "second_probability",
        "detection_score",
        "nearest_action",
        "labelled",
    )
)

_NAMES: Mapping[str, str] = {
    name: column
    for column, names in {
        "video": "video, file, filename, file name, media, media file, media file name, media file path, media name, "
        "clip, clip name, video id, videoid, video name, video file, video filename, video path, filepath, file path",
        "label": "label, label name, class, class name, action, action label, behavior, behaviour, event, category, "
        "code, annotation",
        "start": "start, begin, onset, start time, begin time, time start, starttime, t start, start t, tstart, "
        "t begin",
        "end": "end, stop, finish, end time, stop time, finish time, time end, endtime, t end, end t, tend, t stop",
        "duration": "duration, dur",
        "split": "split, subset, partition",
        "group": "group, subject, athlete, player, participant",
        "probability": "probability",
        "replaces": "replaces",
    }.items()
    for name in names.split(", ")
}
#: Means the end beside an onset, and else a shift.
_OFFSET = "offset"
_UNIT = re.compile(
    r"(?P<name>.+?) ?(?:[\[(] ?(?P<unit>\w+) ?[\])]|(?<= )(?P<last>s|sec|secs|second|seconds|ms|msec|milliseconds))"
)
_SECONDS = ("s", "sec", "secs", "second", "seconds")
_MILLISECONDS = ("ms", "msec", "milliseconds")
_TIMES = ("start", "end", "duration")
_FRAMES = re.compile(
    r"(?:start|begin|end|stop|onset|offset|first|last) frame(?: \w+)?|frame (?:start|end|begin|stop)"
)
#: Columns that no other table than one exported by BORIS has, which its own reader takes.
_OF_BORIS = ("observation id", "behavior type")


@dataclass(frozen=True)
class Columns:
    """What the columns of a header are.

    Attributes
    ----------
    names : of each column the name here; empty where it has none, None where it is left alone.
    in_ms : the times that are in milliseconds.
    is_own : whether the header is made for this program.
    left : the columns that are left alone, as the file has them.
    """

    names: tuple[str | None, ...]
    in_ms: frozenset[str]
    is_own: bool
    left: tuple[str, ...]


def is_header(cells: Iterable[str]) -> bool:
    """Whether some cells, in small letters, are the header of a table of labels."""
    given = [cell for cell in cells if cell]
    if any(name in given for name in _OF_BORIS):
        return False
    found = {_meaning(cell)[0] for cell in given}
    return found.issuperset(REQUIRED)


def is_known(cell: str) -> bool:
    """Whether a cell of a header, in small letters, names something here."""
    return bool(_meaning(cell)[0])


def columns_of(path: Path, header: Sequence[str]) -> Columns:
    """What the columns of a header, in small letters, are.

    Raises
    ------
    DatasetError
        If two are for one thing, a table of another program has times that are not taken, or only a start.
    """
    is_own = set(REQUIRED) <= set(header)
    has_onset = any(_plain(cell)[0] == "onset" for cell in header)
    meant = [_meaning(cell, has_onset) for cell in header]
    of_found = OF_FOUND if set(header) >= OF_FOUND else frozenset()
    names = tuple(
        None if cell in of_found else name or (cell if is_own or not cell else None)
        for cell, (name, _) in zip(header, meant, strict=True)
    )
    for name in (*REQUIRED, *OPTIONAL, "duration"):
        of_it = [cell for cell, one in zip(header, names, strict=True) if one == name]
        # Twice the same name is refused with the tables of all kinds.
        if len(set(of_it)) > 1:
            raise DatasetError(
                f"{path}: the columns {of_it} may each be the {name}. Rename or remove all but one."
            )
    left = tuple(
        cell
        for cell, name in zip(header, names, strict=True)
        if name is None and cell not in of_found
    )
    if not is_own:
        _check_times(path, header, names, left)
    in_ms = frozenset(name for name, unit in meant if unit in _MILLISECONDS)
    return Columns(names, in_ms, is_own, left)


def _check_times(
    path: Path, header: Sequence[str], names: Sequence[str | None], left: Sequence[str]
) -> None:
    """Refuse a table of another program whose times would be lost."""
    if not set(REQUIRED) <= set(names):
        return
    has_start = "start" in names
    has_end = "end" in names or "duration" in names
    if has_start and has_end:
        return
    frames = [cell for cell in header if _FRAMES.fullmatch(_plain(cell)[0])]
    if frames:
        raise DatasetError(
            f"{path}: the columns {frames} hold numbers of frames, of which nobody can tell the rate, or whether they "
            "begin at 0 or 1. Give seconds, in columns start and end."
        )
    if has_start or has_end or left:
        raise DatasetError(
            f"{path}: of the columns {list(header)} none is known for the {'end' if has_start else 'start'} of the "
            "actions. Call them start and end."
        )


def _meaning(cell: str, has_onset: bool = False) -> tuple[str, str]:
    """What a cell of a header names here, or an empty text; and the unit that it states."""
    name, unit = _plain(cell)
    found = "end" if has_onset and name == _OFFSET else _NAMES.get(name, "")
    if unit and (found not in _TIMES or unit not in (*_SECONDS, *_MILLISECONDS)):
        return "", ""
    return found, unit


def _plain(cell: str) -> tuple[str, str]:
    """A name with single blanks between its words, and its unit."""
    name = " ".join(re.sub(r"[_.\-]", " ", cell).split())
    found = _UNIT.fullmatch(name)
    if found is None:
        return name, ""
    return found["name"], found["unit"] or found["last"] or ""
