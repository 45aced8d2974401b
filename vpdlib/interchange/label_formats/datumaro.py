"""Annotations of Datumaro, JSON: classes of frames and of stretches of videos.

Frames are counted from 0 as they are decoded. A frame is an item with `video_frame`, or with its number as the
attribute `frame`, as CVAT exports them; consecutive ones of one class and object are an action, which ends before the
next frame. A stretch is an item with `video`, whose `end_frame` is of it. A label's attribute group, subject or athlete
says whom it shows.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import Any

from vpdlib.atomic import write_text
from vpdlib.datasets.base import SPLITS, DatasetError
from vpdlib.interchange.document import Document, entry
from vpdlib.interchange.formats import (
    FrameTime,
    LabelFile,
    LabelFormat,
    LabelRow,
    WrittenVideo,
)
from vpdlib.interchange.label_formats.frame_spans import frame_span

_EXPORT = "Correct it in Datumaro and export again."
_VERSION = "1.0"
_GROUPS = ("group", "subject", "athlete")
_TIMES = ("time_start", "time_end")
#: Datumaro's number of a media type: a video.
_VIDEOS = 5


@dataclass(frozen=True)
class _Label:
    """A label of an item: its class, whom it shows, and the object that it follows, if that is said."""

    name: str
    group: str
    thing: int
    times_s: tuple[float, float] | None


@dataclass(frozen=True)
class _Frame:
    """A frame that has a label."""

    number: int
    where: str


def _recognises(document: Document) -> bool:
    content = document.content
    return (
        isinstance(content, dict)
        and isinstance(content.get("items"), list)
        and isinstance(content.get("categories"), dict)
        and ("dm_format_version" in content or "infos" in content or "info" in content)
    )


def _read(document: Document) -> LabelFile:
    content, where = document.content, str(document.path)
    names = _names(content, where)
    not_taken = Counter[str]()
    rows: list[LabelRow] = []
    frames: dict[tuple[str, _Label], list[_Frame]] = defaultdict(list)
    listed: dict[str, set[int]] = defaultdict(set)
    for number, item in enumerate(content["items"], start=1):
        here = f"{where}: item {number}"
        known = entry(item, "id", str, here)
        here = f"{where}: item {known!r:.80}"
        labels = list(_labels(item, names, here, not_taken))
        if isinstance(item.get("video"), dict):
            rows += _stretches(item["video"], labels, here)
            continue
        place = _place(item, known, document.path, here)
        if place is None:
            not_taken["labels of pictures whose video is not said"] += len(labels)
            continue
        video, frame = place
        listed[video].add(frame)
        for label in labels:
            frames[video, label].append(_Frame(frame, here))
    steps = {video: _step(numbers) for video, numbers in listed.items()}
    for (video, label), own in frames.items():
        rows += _actions(video, label, own, steps[video])
    split = document.path.stem if document.path.parent.name == "annotations" else ""
    if split in SPLITS:
        rows = [replace(row, split=split) for row in rows]
    return LabelFile(rows, remarks=list(_remarks(content, not_taken, steps)))


def _remarks(
    content: Mapping[str, Any], not_taken: Counter[str], steps: Mapping[str, int]
) -> Iterator[str]:
    version = content.get("dm_format_version", _VERSION)
    if version != _VERSION:
        yield f"its version {version!s:.20} was not tried ({_VERSION} was); look at what was read of it"
    for what, number in not_taken.items():
        if number:
            yield f"{what}, which are not taken: {number}"
    for video, step in steps.items():
        if step > 1:
            yield f"{video!r}: every {step}th frame is listed; a label holds until the next one"


def _names(content: Mapping[str, Any], where: str) -> list[str]:
    categories = entry(content, "categories", dict, where)
    if "label" not in categories:
        raise DatasetError(f"{where}: it has no classes (categories: label). {_EXPORT}")
    here = f"{where}: categories, label"
    labels = entry(entry(content, "categories", dict, where), "label", dict, where)
    return [entry(one, "name", str, here).strip() for one in entry(labels, "labels", list, here)]


def _labels(
    item: Mapping[str, Any], names: Sequence[str], where: str, not_taken: Counter[str]
) -> Iterator[_Label]:
    for one in entry(item, "annotations", list, where):
        kind = entry(one, "type", str, f"{where}, an annotation")
        if kind != "label":
            not_taken[f"annotations of the type {kind!r:.20}"] += 1
            continue
        number = entry(one, "label_id", int, f"{where}, a label")
        if not 0 <= number < len(names):
            raise DatasetError(
                f"{where}: label_id is {number}, of {len(names)} classes from 0. {_EXPORT}"
            )
        attributes = one.get("attributes")
        attributes = attributes if isinstance(attributes, dict) else {}
        group = next(
            (attributes[name] for name in _GROUPS if isinstance(attributes.get(name), str)), ""
        )
        thing = one.get("object_id")
        yield _Label(
            names[number],
            group.strip(),
            thing if isinstance(thing, int) else -1,
            _times_s(attributes, where),
        )


def _times_s(attributes: Mapping[str, Any], where: str) -> tuple[float, float] | None:
    """Seconds, as Datumaro keeps them of Kinetics."""
    if not all(name in attributes for name in _TIMES):
        return None
    start_s, end_s = (float(entry(attributes, name, float, where)) for name in _TIMES)
    return start_s, end_s


def _stretches(
    video: Mapping[str, Any], labels: Sequence[_Label], where: str
) -> Iterator[LabelRow]:
    path = entry(video, "path", str, f"{where}, video")
    first = _number(video, "start_frame", where) if "start_frame" in video else 0
    last = _number(video, "end_frame", where) if video.get("end_frame") is not None else None
    if last is not None and last < first:
        raise DatasetError(f"{where}: it ends in frame {last}, before frame {first}. {_EXPORT}")
    for label in labels:
        start: float | str | FrameTime = "" if last is None and not first else _time(first)
        end: float | str | FrameTime = "" if last is None else _time(last + 1)
        if label.times_s is not None and last is None:
            start, end = label.times_s
        yield LabelRow(where, path, label.name, start, end, group=label.group)


def _place(item: Mapping[str, Any], known: str, path: Path, where: str) -> tuple[str, int] | None:
    """The video and the number of a frame; None where the item is none of a video."""
    frame = item.get("video_frame")
    if isinstance(frame, dict):
        return entry(frame, "video_path", str, where), _number(frame, "frame_index", where)
    attributes = item.get("attr")
    if isinstance(attributes, dict) and "frame" in attributes:
        # A file of CVAT is of one video, which it does not name; folders of frames are called as theirs.
        folder = str(PurePosixPath(known).parent)
        return path.stem if folder == "." else folder, _number(attributes, "frame", where)
    return None


def _number(holder: Mapping[str, Any], name: str, where: str) -> int:
    number = entry(holder, name, int, where)
    if not 0 <= number < 10**9:
        raise DatasetError(
            f"{where}: {name} is {number!s:.20}, expected the number of a frame. {_EXPORT}"
        )
    return int(number)


def _step(frames: set[int]) -> int:
    """How many frames the listed ones are apart: 1, or more where all are as far apart, from the beginning on."""
    numbers = sorted(frames)
    apart = {after - before for before, after in pairwise(numbers)}
    step = apart.pop() if len(apart) == 1 and len(numbers) > 2 else 1
    return step if numbers[0] < step else 1


def _actions(video: str, label: _Label, frames: Sequence[_Frame], step: int) -> Iterator[LabelRow]:
    """Runs of frames; two labels of one class and object in a frame are one."""
    by_number = {frame.number: frame for frame in reversed(frames)}
    first: _Frame | None = None
    for number in sorted(by_number):
        first = first or by_number[number]
        if number + step not in by_number:
            yield LabelRow(
                first.where,
                video,
                label.name,
                _time(first.number),
                _time(number + step),
                group=label.group,
            )
            first = None


def _time(frame: int) -> FrameTime:
    return FrameTime(frame, counts="pictures")


def _write(videos: Sequence[WrittenVideo], folder: Path, name: str) -> list[Path]:
    """An item per action, a stretch of a video; a probability is the label's attribute `score`."""
    labels = list(dict.fromkeys(action.label for video in videos for action in video.actions))
    content = {
        "dm_format_version": _VERSION,
        "media_type": _VIDEOS,
        "infos": {},
        "categories": {
            "label": {
                "labels": [{"name": label, "parent": "", "attributes": []} for label in labels],
                "label_groups": [],
                "attributes": [],
            }
        },
        "items": [item for video in videos for item in _items(video, labels)],
    }
    path = folder / f"{name}.json"
    write_text(path, json.dumps(content, ensure_ascii=False, indent=1))
    return [path]


def _items(video: WrittenVideo, labels: Sequence[str]) -> Iterator[dict[str, Any]]:
    # Datumaro takes paths below its own folder of videos alone.
    media: dict[str, Any] = {"path": video.path.name, "step": 1, "start_frame": 0}
    if not video.actions:
        yield {"id": video.video_id, "annotations": [], "video": media}
    for number, action in enumerate(video.actions, start=1):
        first, end = frame_span(action, video, "pictures")
        attributes: dict[str, Any] = {}
        if action.probability is not None:
            attributes["score"] = round(action.probability, 6)
        if action.group:
            attributes["group"] = action.group
        yield {
            "id": f"{video.video_id}/{number:06d}",
            "annotations": [
                {
                    "id": 0,
                    "type": "label",
                    "attributes": attributes,
                    "group": 0,
                    "label_id": labels.index(action.label),
                }
            ],
            "video": {**media, "start_frame": first, "end_frame": end - 1},
        }


DATUMARO = LabelFormat(
    "datumaro",
    "annotations of Datumaro (JSON)",
    "json",
    _recognises,
    _read,
    ".json",
    _write,
)
