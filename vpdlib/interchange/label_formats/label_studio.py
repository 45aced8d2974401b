"""Exports of Label Studio, JSON and JSON-MIN: ranges of a timeline, rectangles in a video, and classes of whole videos.

Frames are numbered from 1, and the last frame of a range is of it. How many there are in a second is a setting of the
project, `frameRate` of its tag Video, and 24 where it is not set; the export tells it for rectangles alone, by the time
of a key frame, which is its number divided by that rate (and so a frame later than the picture). The control's name is
the tier, and who completed the annotation the annotator. Predictions are a model's and no labels.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from vpdlib.datasets.base import DatasetError
from vpdlib.datasets.video_files import VIDEO_SUFFIXES
from vpdlib.interchange.document import Document, entry
from vpdlib.interchange.formats import FrameTime, LabelFile, LabelFormat, LabelRow
from vpdlib.interchange.label_formats.label_studio_writer import SUFFIX, write

_EXPORT = "Correct it in Label Studio and export again."
_TIMELINE, _RECTANGLE, _CHOICES = "timelinelabels", "videorectangle", "choices"
#: What uploads get in front of their name.
_UPLOAD = re.compile(r"[0-9a-f]{8}-(.+)")
#: Names of controls that say whom a region shows.
_GROUPS = frozenset({"group", "subject", "athlete"})
_KEYS_OF_MIN = ("annotation_id", "lead_time")
_DATES = frozenset({"created_at", "updated_at"})


@dataclass
class _Remarks:
    """What an export has that is not taken."""

    cancelled: int = 0
    predictions: int = 0
    types: Counter[str] = field(default_factory=Counter)
    again: list[str] = field(default_factory=list)
    without_rate: bool = False
    texts_of_min: set[str] = field(default_factory=set)

    def sentences(self) -> Iterator[str]:
        if self.cancelled:
            yield f"annotations that were skipped by their annotator, which are not taken: {self.cancelled}"
        if self.predictions:
            yield f"predictions of a model, which are no labels until somebody accepts them: {self.predictions}"
        for kind, number in self.types.items():
            yield f"results of the type {kind!r}, which are not taken: {number}"
        if self.again:
            yield f"several annotations of one person, all of which are taken, in {', '.join(self.again[:5])}"
        if self.texts_of_min:
            yield (
                "JSON-MIN does not say which of its texts are classes of whole videos or subjects of regions; none is "
                f"taken: {', '.join(sorted(self.texts_of_min)[:9])}"
            )


_WITHOUT_RATE = (
    "frames are counted at frameRate of the project's tag Video (24 where it has none), which the export does not say: "
    "they are read at each video's own rate. Set labels.fps if that is another one"
)


@dataclass(frozen=True)
class _Task:
    """What the regions of a task have in common."""

    where: str
    video: str
    other_names: tuple[str, ...]
    annotator: str = ""
    rate_fps: float | None = None


def _recognises(document: Document) -> bool:
    tasks = _tasks(document.content)
    return bool(tasks) and all(_is_task(one) or _is_min(one) for one in tasks[:20])


def _tasks(content: Any) -> Sequence[Any]:
    return content if isinstance(content, list) else [content]


def _is_task(one: Any) -> bool:
    return (
        isinstance(one, dict)
        and isinstance(one.get("data"), dict)
        and any(isinstance(one.get(name), list) for name in ("annotations", "predictions"))
    )


def _is_min(one: Any) -> bool:
    return isinstance(one, dict) and all(name in one for name in _KEYS_OF_MIN)


def _read(document: Document) -> LabelFile:
    remarks = _Remarks()
    rows: list[LabelRow] = []
    for number, task in enumerate(_tasks(document.content), start=1):
        known = task.get("id", number) if isinstance(task, dict) else number
        where = f"{document.path}: task {known!s:.20}"
        if _is_task(task):
            rows += _rows_of_task(task, where, remarks)
        elif _is_min(task):
            rows += _rows_of_min(task, where, remarks)
        else:
            raise DatasetError(f"{where} is no task with its annotations. {_EXPORT}")
    return LabelFile(
        rows,
        remarks=list(remarks.sentences()),
        without_rate=_WITHOUT_RATE if remarks.without_rate else "",
    )


def _rows_of_task(task: Mapping[str, Any], where: str, remarks: _Remarks) -> Iterator[LabelRow]:
    predictions = task.get("predictions")
    remarks.predictions += len(predictions) if isinstance(predictions, list) else 0
    annotations = [
        (one, entry(one, "result", list, f"{where}, an annotation"))
        for one in (entry(task, "annotations", list, where) if task.get("annotations") else ())
    ]
    rate_fps = _rate_fps(
        one.get("value") for _, own in annotations for one in own if isinstance(one, dict)
    )
    people = Counter[str]()
    for annotation, results in annotations:
        if annotation.get("was_cancelled"):
            remarks.cancelled += 1
            continue
        if not results:
            continue
        annotator = _annotator(annotation.get("completed_by"))
        people[annotator] += 1
        video, other_names = _video(task["data"], where)
        here = f"{where}, annotation {annotation.get('id', '')!s:.20}"
        common = _Task(here, video, other_names, annotator, rate_fps)
        yield from _rows_of_results(results, common, remarks)
    if any(number > 1 for number in people.values()):
        remarks.again.append(where.rsplit(": ", 1)[-1])


def _annotator(completed_by: Any) -> str:
    if isinstance(completed_by, dict):
        completed_by = completed_by.get("email") or completed_by.get("id")
    return "" if completed_by is None else str(completed_by)


def _rows_of_results(results: Sequence[Any], task: _Task, remarks: _Remarks) -> Iterator[LabelRow]:
    kinds = [entry(one, "type", str, f"{task.where}, a result") for one in results]
    ids = [str(one.get("id", "")) for one in results]
    regions = {
        known for known, kind in zip(ids, kinds, strict=True) if kind in (_TIMELINE, _RECTANGLE)
    } - {""}
    # What is said of a region stands in results of the region's id.
    groups = {
        known: _said(one)
        for known, one in zip(ids, results, strict=True)
        if known in regions and str(one.get("from_name")).lower() in _GROUPS
    }
    for number, (known, kind, one) in enumerate(zip(ids, kinds, results, strict=True), start=1):
        where = f"{task.where}, result {number}"
        is_of_region = known in regions
        if kind not in (_TIMELINE, _RECTANGLE, _CHOICES) or (kind == _CHOICES and is_of_region):
            if str(one.get("from_name")).lower() not in _GROUPS:
                remarks.types[kind] += 1
            continue
        value = entry(one, "value", dict, where)
        tier = entry(one, "from_name", str, where)
        meta = one.get("meta")
        group = meta.get("group", "") if isinstance(meta, dict) else ""
        group = groups.get(known, "") or (group if isinstance(group, str) else "")
        yield from _rows(value, where, tier, task, group, remarks)


def _said(result: Mapping[str, Any]) -> str:
    value = result.get("value")
    for name in (_CHOICES, "text"):
        said = value.get(name) if isinstance(value, dict) else None
        if isinstance(said, list) and len(said) == 1 and isinstance(said[0], str):
            return said[0].strip()
    return ""


def _rows_of_min(record: Mapping[str, Any], where: str, remarks: _Remarks) -> Iterator[LabelRow]:
    regions = {
        tier: [
            one
            for one in values
            if isinstance(one, dict) and (_TIMELINE in one or {"sequence", "labels"} <= one.keys())
        ]
        for tier, values in record.items()
        if isinstance(values, list)
    }
    if not any(regions.values()):
        return
    video, other_names = _video(record, where)
    rate_fps = _rate_fps(value for own in regions.values() for value in own)
    annotator = _annotator(record.get("annotator"))
    task = _Task(where, video, other_names, annotator, rate_fps)
    remarks.texts_of_min |= {
        name
        for name, value in record.items()
        if isinstance(value, str) and name not in _DATES and not _is_video(_path(value))
    }
    for tier, own in regions.items():
        for number, value in enumerate(own, start=1):
            yield from _rows(value, f"{where}, {tier} {number}", tier, task, "", remarks)


def _rows(
    value: Mapping[str, Any],
    where: str,
    tier: str,
    task: _Task,
    group: str,
    remarks: _Remarks,
) -> Iterator[LabelRow]:
    """The rows of one region: of each of its classes, in each of its stretches."""
    if "ranges" in value:
        labels = _texts(value, _TIMELINE, where)
        spans = [_range(one, where) for one in entry(value, "ranges", list, where)]
    elif "sequence" in value:
        labels = _texts(value, "labels", where) if "labels" in value else []
        spans = list(_lifespans(entry(value, "sequence", list, where), where))
        if not labels:
            remarks.types[f"{_RECTANGLE} without a label"] += 1
    else:
        for label in _texts(value, _CHOICES, where):
            yield LabelRow(
                where,
                task.video,
                label,
                tier=tier,
                annotator=task.annotator,
                other_names=task.other_names,
            )
        return
    rate_fps = task.rate_fps
    if labels and rate_fps is None:
        remarks.without_rate = True
    for first, last in spans:
        for label in labels:
            yield LabelRow(
                where,
                task.video,
                label,
                start=FrameTime(first - 1, rate_fps),
                end="" if last is None else FrameTime(last, rate_fps),
                group=group,
                tier=tier,
                annotator=task.annotator,
                other_names=task.other_names,
            )


def _texts(value: Mapping[str, Any], name: str, where: str) -> list[str]:
    texts = entry(value, name, list, where)
    if not all(isinstance(one, str) for one in texts):
        raise DatasetError(f"{where}: {name} is {texts!s:.60}, expected names. {_EXPORT}")
    return [one.strip() for one in texts]


def _range(one: Any, where: str) -> tuple[int, int | None]:
    first, last = _frame(one, "start", where), _frame(one, "end", where)
    if last < first:
        raise DatasetError(
            f"{where}: it ends in frame {last}, before frame {first}, where it begins. {_EXPORT}"
        )
    return first, last


def _lifespans(sequence: Sequence[Any], where: str) -> Iterator[tuple[int, int | None]]:
    """First and last frame in which a rectangle is shown: from a key frame to one that hides it; None: to the end."""
    keys = sorted((_frame(one, "frame", where), bool(one.get("enabled", True))) for one in sequence)
    first: int | None = None
    for frame, is_shown in keys:
        if first is None and is_shown:
            first = frame
        elif first is not None and not is_shown:
            yield first, frame
            first = None
    if first is not None:
        yield first, None


def _frame(holder: Any, name: str, where: str) -> int:
    number = entry(holder, name, float, where)
    if number != number or abs(number) > 1e9 or number != int(number) or number < 1:
        raise DatasetError(
            f"{where}: {name} is {number!s:.20}, expected the number of a frame, from 1. {_EXPORT}"
        )
    return int(number)


def _rate_fps(values: Iterable[Any]) -> float | None:
    """The rate by which the editor counted, of rectangles: the number of the latest key frame by its time."""
    latest = (0.0, 0.0)
    for value in values:
        sequence = value.get("sequence") if isinstance(value, dict) else None
        for one in sequence if isinstance(sequence, list) else ():
            frame, time_s = _key_frame(one)
            if 0 < frame < 1e9 and 0 < time_s < 1e9:
                latest = max(latest, (frame, time_s))
    return round(latest[0] / latest[1], 3) if latest[1] else None


def _key_frame(one: Any) -> tuple[float, float]:
    found = [one.get(name) if isinstance(one, dict) else None for name in ("frame", "time")]
    frame, time_s = (value if isinstance(value, int | float) else 0 for value in found)
    return frame, time_s


def _video(data: Mapping[str, Any], where: str) -> tuple[str, tuple[str, ...]]:
    """The video of a task, and its name before it was uploaded."""
    texts = {name: value for name, value in data.items() if isinstance(value, str) and value}
    named = {name: _path(value) for name, value in texts.items()}
    videos = [name for name, path in named.items() if _is_video(path)]
    key = videos[0] if len(videos) == 1 else "video"
    if key not in named:
        found = ", ".join(map(repr, videos or texts)) or "nothing"
        raise DatasetError(
            f"{where}: which of its data is the video cannot be told: {found}. Call it `video` in Label Studio."
        )
    path = named[key]
    upload = _UPLOAD.fullmatch(PurePosixPath(path.replace("\\", "/")).name)
    return path, (upload[1],) if upload else ()


def _is_video(path: str) -> bool:
    return PurePosixPath(path).suffix.lower() in VIDEO_SUFFIXES


def _path(address: str) -> str:
    """The path or the name that an address of a file has: of local files the path, of others the name."""
    if "/data/local-files/" in address and "?d=" in address:
        # Below a folder of the server's disk, wherever that is.
        return "/" + unquote(address.split("?d=", 1)[1].split("&")[0]).lstrip("/")
    if "://" in address:
        # Of stores and servers folders say nothing, and what follows the name are keys.
        try:
            return unquote(PurePosixPath(urlsplit(address).path).name) or address
        except ValueError:
            return address
    if address.startswith("/data/upload/"):
        return unquote(PurePosixPath(address).name)
    return address


LABEL_STUDIO = LabelFormat(
    "label_studio",
    "an export of Label Studio (JSON, JSON-MIN)",
    "json",
    _recognises,
    _read,
    SUFFIX,
    write,
)
