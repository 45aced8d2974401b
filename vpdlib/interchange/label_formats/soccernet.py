"""Action spotting of SoccerNet, JSON: events without duration, each in a half of a match.

``Labels-v2.json`` has a list ``annotations``, the results of a method (``results_spotting.json``) a list
``predictions``. ``position`` is the time on the clock of the half's own video, ms; ``gameTime``, ``1 - 12:34``, has the
half and the same time in whole seconds, which counts where there is no position. Halves 1 and 2 are two videos,
``1_720p.mkv`` and ``2_720p.mkv`` or the like, in the folder ``UrlLocal``, and the file lies beside them. A file whose
``UrlLocal`` names a video, as the files written here do, is of that video; one without it whose events are all of half
1 may be of a video of the file's own name.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from vpdlib.atomic import write_text
from vpdlib.datasets.base import DatasetError
from vpdlib.interchange.document import Document, entry
from vpdlib.interchange.formats import LabelFile, LabelFormat, LabelRow, WrittenVideo
from vpdlib.interchange.label_formats.milliseconds import milliseconds

_LISTS = ("annotations", "predictions")
_GAME_TIME = re.compile(r"\s*([0-9]{1,2})\s*-\s*([0-9]{1,4}):([0-9]{2})\s*")
_WHOLE = re.compile(r"\s*-?[0-9]{1,12}\s*")
_HALVES = ("1", "2")
#: What SoccerNet calls the video of a half.
_VIDEOS = ("720p.mkv", "224p.mkv", "HQ.mkv", "720p.mp4", "224p.mp4")
#: Names of teams that are nobody's own: they would put halves of all matches into one group.
_SIDES = ("home", "away", "left", "right", "not applicable", "")
#: Endings by which UrlLocal is told to name a video and not a folder.
_SUFFIXES = (".mp4", ".mkv", ".mov", ".avi", ".m4v", ".webm", ".mts", ".ts", ".mpg", ".wmv")
_CORRECT = "Correct it."


def _recognises(document: Document) -> bool:
    return _list_of(document.content) is not None


def _list_of(content: Any) -> str | None:
    """Which list of events there is, in an object of this format."""
    if not isinstance(content, dict):
        return None
    for name in _LISTS:
        events = content.get(name)
        if not isinstance(events, list):
            continue
        first = events[0] if events else None
        if isinstance(first, dict) and "label" in first and "gameTime" in first:
            return name
        if not events and "UrlLocal" in content:
            return name
    return None


def _read(document: Document) -> LabelFile:
    path, content = document.path, document.content
    name = _list_of(content) or _LISTS[0]
    events = entry(content, name, list, str(path))
    folder = content.get("UrlLocal")
    if folder is not None and not isinstance(folder, str):
        raise DatasetError(f"{path}: UrlLocal is {folder!s:.60}, expected a folder. {_CORRECT}")
    found = [_event(event, f"{path}: {name}, entry {n}") for n, event in enumerate(events, 1)]
    halves = {half for half, _ in found}
    rows = []
    for number, (event, (half, time_s)) in enumerate(zip(events, found, strict=True), start=1):
        where = f"{path}: {name}, entry {number}"
        video, *others = _videos(path, folder, half, halves == {"1"}, where)
        team = event.get("team")
        rows.append(
            LabelRow(
                where,
                video,
                entry(event, "label", str, where).strip(),
                start=time_s,
                group=team.strip() if isinstance(team, str) and team not in _SIDES else "",
                is_point=True,
                other_names=tuple(others),
            )
        )
    return LabelFile(rows, remarks=list(_remarks(name, events)))


def _remarks(name: str, events: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    hidden = sum(event.get("visibility") == "not shown" for event in events)
    if hidden:
        yield f"{hidden} of {len(events)} events are not shown in the picture, and are taken all the same"
    if name == "predictions" and events:
        yield f"{len(events)} events are a method's predictions, taken whatever their confidence"


def _event(event: Any, where: str) -> tuple[str, float]:
    """The half and the time in its video, seconds."""
    text = entry(event, "gameTime", str, where)
    found = _GAME_TIME.fullmatch(text)
    if found is None or int(found[3]) > 59:
        raise DatasetError(
            f"{where}: gameTime is {text[:40]!r}, expected one such as 1 - 12:34. {_CORRECT}"
        )
    half = found[1].lstrip("0")
    if half not in _HALVES:
        raise DatasetError(
            f"{where}: half {found[1]}; SoccerNet has videos of halves 1 and 2. Take it out."
        )
    position = event.get("position")
    if position is None:
        return half, 60.0 * int(found[2]) + int(found[3])
    if isinstance(position, str) and _WHOLE.fullmatch(position):
        position = int(position)
    if isinstance(position, bool) or not isinstance(position, int | float):
        raise DatasetError(
            f"{where}: position is {position!s:.40}, expected milliseconds. {_CORRECT}"
        )
    # What is no time of a video is refused with the rows of all formats.
    return half, position / 1000 if abs(position) < 1e12 else math.inf


def _videos(
    path: Path, folder: str | None, half: str, is_first_alone: bool, where: str
) -> list[str]:
    """What the video of a half may be called, the likeliest first."""
    if folder and Path(folder.replace("\\", "/").rstrip("/")).suffix.lower() in _SUFFIXES:
        if half != "1":
            raise DatasetError(
                f"{where}: an event of half {half}, and UrlLocal names one video. {_CORRECT}"
            )
        return [folder]
    inside = (folder or path.parent.name).rstrip("/\\")
    names = [f"{inside}/{half}_{video}" for video in _VIDEOS]
    names += [f"{inside}/{half}.mkv", f"{inside}/{half}.mp4"]
    if is_first_alone:
        # Matches of the ball challenge are one video; a single video may lie beside its labels.
        names += [f"{inside}/{video}" for video in _VIDEOS]
        names = [*names, path.stem] if folder else [path.stem, *names]
    return names


def _write(videos: Sequence[WrittenVideo], folder: Path, name: str) -> list[Path]:
    """Events of each video, at the beginnings of the actions; predictions where any has a probability."""
    paths = []
    for video in videos:
        path = folder / f"{video.video_id}.json"
        are_found = any(action.probability is not None for action in video.actions)
        events = []
        for action in sorted(video.actions, key=lambda one: one.start_s):
            ms = milliseconds(action.start_s)
            event: dict[str, Any] = {
                "gameTime": f"1 - {ms // 60_000:02d}:{ms // 1000 % 60:02d}",
                "label": action.label,
                "position": str(ms),
            }
            if action.group in _SIDES[:-1]:
                raise DatasetError(
                    f"{path}: a group {action.group!r} would be read as a side of the field. Rename it."
                )
            if are_found:
                confidence = 1.0 if action.probability is None else action.probability
                event |= {"half": "1", "confidence": confidence}
            else:
                event |= {"visibility": "visible"}
            events.append({**event, "team": action.group or "not applicable"})
        content = {"UrlLocal": video.path.name, _LISTS[are_found]: events}
        write_text(path, json.dumps(content, indent=1, ensure_ascii=False) + "\n")
        paths.append(path)
    return paths


SOCCERNET = LabelFormat(
    "soccernet",
    "action spotting of SoccerNet (.json)",
    "json",
    _recognises,
    _read,
    ".json",
    _write,
    writes_times=True,
)
