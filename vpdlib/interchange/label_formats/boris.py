"""Projects of BORIS, ``.boris``: of every observation of a video, the state events are the labelled actions.

The behaviour's code is the label and the subject, if there is one, the group. Of one subject, behaviour and set of
modifiers, every second event ends what the one before it began, as BORIS itself pairs them. Modifiers and comments are
no part of a label. What has no video or no end, and times that are not those of the video's own file, are refused.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from vpdlib.datasets.base import DatasetError
from vpdlib.interchange.document import Document
from vpdlib.interchange.formats import LabelFile, LabelFormat, LabelRow

#: No video is as long.
_NO_TIME_S = 1e9
_SAVE = "Correct it in BORIS and save the project."


def _recognises(document: Document) -> bool:
    content = document.content
    return isinstance(content, dict) and {"behaviors_conf", "observations"} <= content.keys()


def _read(document: Document) -> LabelFile:
    project, path = document.content, document.path
    where = str(path)
    behaviours = _entry(project, "behaviors_conf", dict, where).values()
    type_of = {
        _entry(one, "code", str, f"{where}: an entry of behaviors_conf"): str(one.get("type"))
        for one in behaviours
    }
    rows: list[LabelRow] = []
    for name, observation in _entry(project, "observations", dict, where).items():
        rows.extend(_rows(observation, type_of, f"{where}: observation {name!r}"))
    return LabelFile(rows)


def _rows(observation: Any, type_of: Mapping[str, str], where: str) -> Iterator[LabelRow]:
    events = _entry(observation, "events", list, where)
    if not events:
        return
    video = _video(observation, where)
    begun: dict[tuple[str, ...], tuple[float, str]] = {}
    for time_s, number in sorted(
        (_time_s(event, f"{where}, event {n}"), n) for n, event in enumerate(events, start=1)
    ):
        here = f"{where}, event {number}"
        subject, code, modifiers = events[number - 1][1:4]
        if not type_of.get(code, "").startswith("State event"):
            raise DatasetError(
                f"{here}: {code!r} is no state event of the ethogram; an action has a start and an end. Make it one, "
                "or remove the event."
            )
        start = begun.pop((subject, code, modifiers), None)
        if start is None:
            begun[subject, code, modifiers] = time_s, here
            continue
        yield LabelRow(
            start[1], video, code.strip(), start=start[0], end=time_s, group=subject.strip()
        )
    for (_, code, _), (_, here) in begun.items():
        raise DatasetError(f"{here}: {code!r} begins and does not end. {_SAVE}")


def _video(observation: Mapping[str, Any], where: str) -> str:
    """The file whose clock the events' times are of."""
    files = observation.get("file")
    first = files.get("1") if isinstance(files, dict) else None
    if not isinstance(first, list) or len(first) != 1 or not isinstance(first[0], str):
        raise DatasetError(
            f"{where} is not of one video file in player 1. Make an observation of each, or take it out."
        )
    info = observation.get("media_info")
    offsets = info.get("offset") if isinstance(info, dict) else None
    moved = offsets.get("1") if isinstance(offsets, dict) else None
    for setting in (observation.get("time offset"), moved):
        if setting:
            raise DatasetError(f"{where} has a time offset of {setting!s:.20}. Set it to 0.")
    if observation.get("media_creation_date_as_offset"):
        raise DatasetError(
            f"{where} counts time from the day of recording. Turn that off in BORIS."
        )
    return first[0]


def _time_s(event: Any, where: str) -> float:
    if (
        not isinstance(event, list)
        or len(event) < 4
        or isinstance(event[0], bool)
        or not isinstance(event[0], int | float)
        or not all(isinstance(one, str) for one in event[1:4])
    ):
        raise DatasetError(
            f"{where} is {event!s:.60}, expected time, subject, behaviour, modifiers. {_SAVE}"
        )
    # What is no time of a video is refused with the rows of all formats.
    return float(event[0]) if abs(event[0]) < _NO_TIME_S else math.inf


def _entry(holder: Any, name: str, kind: type, where: str) -> Any:
    value = holder.get(name) if isinstance(holder, dict) else None
    if not isinstance(value, kind):
        raise DatasetError(f"{where} has no {name}: no project of BORIS. {_SAVE}")
    return value


BORIS = LabelFormat("boris", "a project of BORIS (.boris)", "json", _recognises, _read)
