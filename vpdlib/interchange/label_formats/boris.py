"""Projects of BORIS, ``.boris``: the events of every observation of videos are the labelled actions.

The behaviour's code is the label and the subject, if there is one, the group. Of one subject, behaviour and set of
modifiers, every second state event ends what the one before it began, as BORIS itself pairs them; a point event has no
duration. Times are on the clock of player 1, see :mod:`vpdlib.interchange.label_formats.boris_media`.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

from vpdlib.atomic import write_text
from vpdlib.datasets.base import DatasetError
from vpdlib.interchange.document import Document, entry, listed
from vpdlib.interchange.formats import (
    LabelFile,
    LabelFormat,
    LabelRow,
    WrittenVideo,
)
from vpdlib.interchange.label_formats.boris_media import Medium, end_in, enqueued, place_of
from vpdlib.interchange.label_formats.milliseconds import span_ms

#: No video is as long, and no clock reads as late.
_NO_TIME_S = 1e12
_SAVE = "Correct it in BORIS and save the project."
#: The newest version of the project that was seen.
_VERSION = (7, 0)
_STATE, _POINT = "state event", "point event"
_MAX_NAMED = 5
_KEYS = "abcdefghijklmnopqrstuvwxyz0123456789"


@dataclass
class _Remarks:
    """What a project has that is not taken: observations by what it is."""

    modifiers: list[str] = field(default_factory=list)
    no_video: list[str] = field(default_factory=list)
    players: list[str] = field(default_factory=list)
    observations_of: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def sentences(self) -> Iterator[str]:
        for names, said in (
            (self.no_video, "observations of no video file, whose events are not taken"),
            (self.players, "observations of several players, taken as of the files of player 1"),
            (self.modifiers, "observations with modifiers, which are no part of a label"),
        ):
            if names:
                yield f"{said}: {listed(names, _MAX_NAMED)}"
        for path, names in self.observations_of.items():
            if len(names) > 1:
                shown = listed(names, _MAX_NAMED)
                yield f"{path!r} has events in several observations, all of which are taken: {shown}"


def _recognises(document: Document) -> bool:
    content = document.content
    return isinstance(content, dict) and {"behaviors_conf", "observations"} <= content.keys()


def _read(document: Document) -> LabelFile:
    project, where = document.content, str(document.path)
    behaviours = entry(project, "behaviors_conf", dict, where).values()
    type_of = {}
    for one in behaviours:
        here = f"{where}: a behaviour of the ethogram"
        type_of[entry(one, "code", str, here)] = entry(one, "type", str, here).lower()
    rows: list[LabelRow] = []
    remarks = _Remarks()
    for name, observation in entry(project, "observations", dict, where).items():
        here = f"{where}: observation {name!r}"
        events = _events(observation, here)
        if not events:
            continue
        media = _media(observation, here)
        if not media:
            remarks.no_video.append(name)
            continue
        files = observation["file"]
        if any(files[player] for player in files if player != "1"):
            remarks.players.append(name)
        if any(event.modifiers for event in events):
            remarks.modifiers.append(name)
        own = list(_rows(events, type_of, media))
        for path in dict.fromkeys(row.video for row in own):
            remarks.observations_of[path].append(name)
        rows += own
    return LabelFile(rows, remarks=[*_version(project), *remarks.sentences()])


def _version(project: Mapping[str, Any]) -> Iterator[str]:
    version = str(project.get("project_format_version", ""))
    parts = version.split(".")
    if all(part.isdecimal() for part in parts) and tuple(map(int, parts))[:2] > _VERSION:
        yield f"the project's version is {version}, newer than any that was tried; look at what was read of it"


@dataclass(frozen=True)
class _Event:
    """An event; times of one clock of the observation."""

    where: str
    time_s: float
    subject: str
    code: str
    modifiers: str


def _events(observation: Any, where: str) -> list[_Event]:
    events = [
        _event(event, f"{where}, event {number}")
        for number, event in enumerate(entry(observation, "events", list, where), start=1)
    ]
    # BORIS keeps them by time; those of one time stay in its order, by which it pairs them.
    return sorted(events, key=lambda event: event.time_s)


def _event(event: Any, where: str) -> _Event:
    # Observations of pictures may have no times.
    if (
        not isinstance(event, list)
        or len(event) < 4
        or isinstance(event[0], bool)
        or not isinstance(event[0], int | float | None)
        or not all(isinstance(one, str) for one in event[1:4])
    ):
        raise DatasetError(
            f"{where} is {event!s:.60}, expected time, subject, behaviour, modifiers. {_SAVE}"
        )
    time_s, subject, code, modifiers = event[:4]
    # What is no time of a video is refused with the rows of all formats.
    is_time = time_s is not None and abs(time_s) < _NO_TIME_S
    return _Event(where, float(time_s) if is_time else math.inf, subject, code, modifiers)


def _media(observation: Mapping[str, Any], where: str) -> list[Medium]:
    """The files of player 1; none of an observation that is not of videos."""
    files = observation.get("file")
    if observation.get("type", "MEDIA") != "MEDIA" or not files:
        return []
    paths = entry(observation, "file", dict, where).get("1")
    if not isinstance(paths, list) or not all(isinstance(path, str) for path in paths):
        raise DatasetError(f"{where}: the files of player 1 are {paths!s:.60}, no list. {_SAVE}")
    if not paths:
        raise DatasetError(f"{where}: player 1, by which BORIS counts time, has no file. {_SAVE}")
    info = observation.get("media_info") or {}
    lengths_s = [_number(info, "length", path, where) for path in paths]
    offset_s = _number(observation, "time offset", None, where) or 0.0
    if not observation.get("media_creation_date_as_offset"):
        return enqueued(paths, lengths_s, offset_s, where)
    media = []
    for path, length_s in zip(paths, lengths_s, strict=True):
        recorded_s = _number(info, "media_creation_time", path, where)
        if recorded_s is None:
            raise DatasetError(
                f"{where}: it counts from the day of recording, and that of {path!r} is not there. Turn that off, or "
                "open the observation in BORIS and save the project again."
            )
        media.append(Medium(path, recorded_s + offset_s, length_s))
    return media


def _number(holder: Any, name: str, path: str | None, where: str) -> float | None:
    """A number of an observation, or of one of its files; None where there is none."""
    value = holder.get(name) if isinstance(holder, dict) else None
    if path is not None:
        value = value.get(path) if isinstance(value, dict) else None
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise DatasetError(f"{where}: {name} is {value!s:.20}, expected a number. {_SAVE}")
    if not abs(value) < _NO_TIME_S or (name == "length" and value <= 0):
        raise DatasetError(f"{where}: {name} is {value!s:.20}, which is no time. {_SAVE}")
    return float(value)


def _rows(
    events: Sequence[_Event], type_of: Mapping[str, str], media: Sequence[Medium]
) -> Iterator[LabelRow]:
    begun: dict[tuple[str, str, str], _Event] = {}
    for event in events:
        kind = type_of.get(event.code, "")
        if kind.startswith(_POINT):
            yield _row(event, None, media)
            continue
        if not kind.startswith(_STATE):
            raise DatasetError(
                f"{event.where}: {event.code!r} is not in the ethogram. Add it there as a state event, or remove the "
                "event."
            )
        key = event.subject, event.code, event.modifiers
        start = begun.pop(key, None)
        if start is None:
            begun[key] = event
        else:
            yield _row(start, event, media)
    for event in begun.values():
        raise DatasetError(f"{event.where}: {event.code!r} begins and does not end. {_SAVE}")


def _row(start: _Event, end: _Event | None, media: Sequence[Medium]) -> LabelRow:
    place = place_of(start.time_s, media, start.where)
    medium = place.medium
    return LabelRow(
        start.where,
        medium.path,
        start.code.strip(),
        start=place.time_s,
        end="" if end is None else end_in(end.time_s, medium, len(media) > 1, end.where),
        group=start.subject.strip(),
        is_point=end is None,
        media_s=medium.length_s,
    )


def _write(videos: Sequence[WrittenVideo], folder: Path, name: str) -> list[Path]:
    """A project with an observation per video; a probability is the comment of an action's first event."""
    actions = [action for video in videos for action in video.actions]
    labels = list(dict.fromkeys(action.label for action in actions))
    groups = list(dict.fromkeys(action.group for action in actions if action.group))
    for text in chain(labels, groups):
        if "|" in text:
            raise DatasetError(
                f"{text!r}: BORIS takes no | in a behaviour or subject. Choose another name (labels.map), or another "
                "format."
            )
    project = {
        "time_format": "hh:mm:ss",
        "project_date": "",
        "project_name": name,
        "project_description": "",
        "project_format_version": "7.0",
        "subjects_conf": {
            str(n): {"key": "", "name": group, "description": ""} for n, group in enumerate(groups)
        },
        "behaviors_conf": {str(n): _behaviour(n, label) for n, label in enumerate(labels)},
        "observations": {video.video_id: _observation(video) for video in videos},
        "behavioral_categories": [],
        "behavioral_categories_config": {},
        "independent_variables": {},
        "coding_map": {},
        "behaviors_coding_map": [],
        "converters": {},
    }
    path = folder / f"{name}.boris"
    write_text(path, json.dumps(project, ensure_ascii=False, indent=1))
    return [path]


def _behaviour(number: int, label: str) -> dict[str, Any]:
    return {
        "type": "State event",
        "key": _KEYS[number] if number < len(_KEYS) else "",
        "code": label,
        "description": "",
        "color": "",
        "category": "",
        "modifiers": {},
        "excluded": "",
        "coding map": "",
    }


def _observation(video: WrittenVideo) -> dict[str, Any]:
    path = str(video.path)
    return {
        "file": {str(player): [path] if player == 1 else [] for player in range(1, 9)},
        "type": "MEDIA",
        "date": "2000-01-01T00:00:00",
        "description": "",
        "time offset": 0.0,
        "events": _written_events(video),
        "observation time interval": [0, 0],
        "independent_variables": {},
        "visualize_spectrogram": False,
        "visualize_waveform": False,
        "media_creation_date_as_offset": False,
        "media_scan_sampling_duration": 0,
        "image_display_duration": 1,
        "close_behaviors_between_videos": False,
        "media_info": {
            "length": {path: video.duration_s},
            "fps": {path: video.fps},
            "hasVideo": {path: True},
            "hasAudio": {path: False},
            "offset": {"1": 0.0},
        },
    }


def _written_events(video: WrittenVideo) -> list[list[Any]]:
    """Two events an action. Those of one class and subject that overlap are told apart by a modifier."""
    events: list[list[Any]] = []
    # Of each modifier of a subject and class, when its last action ends, milliseconds.
    ends: dict[tuple[str, str], list[int]] = defaultdict(list)
    for action in video.actions:
        start, end = span_ms(action.start_s, action.end_s, video.fps)
        taken = ends[action.group, action.label]
        number = next((n for n, until in enumerate(taken) if until <= start), len(taken))
        taken[number : number + 1] = [end]
        modifier = str(number + 1) if number else ""
        comment = "" if action.probability is None else f"probability {action.probability:.3f}"
        for time, said in ((start, comment), (end, "")):
            events.append([time / 1000, action.group, action.label, modifier, said, "NA"])
    # What ends at a time stands before what begins at it: the sort leaves the order of those.
    return sorted(events, key=lambda event: event[:3])


BORIS = LabelFormat(
    "boris", "a project of BORIS (.boris)", "json", _recognises, _read, ".boris", _write
)
