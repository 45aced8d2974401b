"""Temporal segments as ActivityNet has them, JSON; those of HACS, FineAction and many others are of the same form.

Labels are below ``database``, video by video: ``annotations``, a list of ``segment`` (start and end, seconds from the
beginning of the video) and ``label``; ``duration``, seconds; and ``subset``, training, validation or testing. Results
of a method are below ``results``: a list for each video of ``segment``, ``label`` and ``score``. A video is named by
its id, which ActivityNet's own files have with ``v_`` in front.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from vpdlib.atomic import write_text
from vpdlib.datasets.base import DatasetError
from vpdlib.interchange.csv_table import check_printable
from vpdlib.interchange.document import Document, entry
from vpdlib.interchange.formats import LabelFile, LabelFormat, LabelRow, WrittenVideo

_SPLITS = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("val", "valid", "validation"), "val"),
    **dict.fromkeys(("test", "testing"), "test"),
}
_CORRECT = "Correct it."


def _recognises(document: Document) -> bool:
    content = document.content
    if not isinstance(content, dict):
        return False
    database, results = content.get("database"), content.get("results")
    if isinstance(database, dict):
        return all(
            isinstance(one, dict) and isinstance(one.get("annotations", []), list)
            for one in database.values()
        ) and (not database or any("annotations" in one for one in database.values()))
    if not isinstance(results, dict) or not all(isinstance(one, list) for one in results.values()):
        return False
    first = next((one[0] for one in results.values() if one), None)
    if first is None:
        return content.keys() <= {"results", "version", "external_data"}
    return isinstance(first, dict) and "segment" in first


def _read(document: Document) -> LabelFile:
    path, content = document.path, document.content
    if isinstance(content.get("database"), dict):
        return _database(path, content["database"])
    rows: list[LabelRow] = []
    for video, segments in entry(content, "results", dict, str(path)).items():
        where = f"{path}: results of {video!r}"
        if not isinstance(segments, list):
            raise DatasetError(f"{where} are {segments!s:.40}, expected a list. {_CORRECT}")
        rows += (_row(video, one, f"{where}, {n}") for n, one in enumerate(segments, start=1))
    remark = f"{len(rows)} segments are a method's results, taken whatever their score"
    return LabelFile(rows, remarks=[remark] if rows else [])


def _database(path: Path, database: dict[str, Any]) -> LabelFile:
    rows: list[LabelRow] = []
    unknown: dict[str, int] = {}
    for video, one in database.items():
        where = f"{path}: {video!r}"
        annotations = one.get("annotations", []) if isinstance(one, dict) else None
        if not isinstance(annotations, list):
            raise DatasetError(f"{where} has no list of annotations. {_CORRECT}")
        subset = one.get("subset") or ""
        split = _SPLITS.get(str(subset).casefold(), "")
        if subset and not split:
            unknown[str(subset)] = unknown.get(str(subset), 0) + 1
        duration = one.get("duration")
        media_s = None if duration is None else float(entry(one, "duration", float, where))
        rows += (
            _row(video, each, f"{where}, annotation {n}", split, media_s)
            for n, each in enumerate(annotations, start=1)
        )
    return LabelFile(
        rows,
        remarks=[
            f"{count} videos are of the subset {name!r}, none of training, validation and testing: no split is taken"
            for name, count in unknown.items()
        ],
    )


def _row(
    video: str, one: Any, where: str, split: str = "", media_s: float | None = None
) -> LabelRow:
    segment = entry(one, "segment", list, where)
    if len(segment) != 2:
        raise DatasetError(
            f"{where}: segment is {segment!s:.60}, expected start and end. {_CORRECT}"
        )
    ends = dict(zip(("start", "end"), segment, strict=True))
    start_s, end_s = (entry(ends, name, float, where) for name in ends)
    if not start_s < end_s:
        raise DatasetError(f"{where}: it ends at {end_s} s and begins at {start_s} s. {_CORRECT}")
    group = one.get("group")
    return LabelRow(
        where,
        video,
        entry(one, "label", str, where).strip(),
        start=float(start_s),
        end=float(end_s),
        split=split,
        group=group.strip() if isinstance(group, str) else "",
        media_s=media_s,
        other_names=(f"v_{video}",),
    )


def _write(videos: Sequence[WrittenVideo], folder: Path, name: str) -> list[Path]:
    """All videos in one file; as results where any action has a probability."""
    path = folder / f"{name}.json"
    are_found = any(one.probability is not None for video in videos for one in video.actions)
    below: dict[str, Any] = {}
    for video in videos:
        segments = []
        for action in video.actions:
            check_printable(action.label, str(path), "label")
            segment: dict[str, Any] = {
                "segment": [action.start_s, action.end_s],
                "label": action.label,
            }
            if action.group:
                # An entry of our own: what reads this form takes the ones that it knows.
                segment["group"] = action.group
            if are_found:
                segment["score"] = 1.0 if action.probability is None else action.probability
            segments.append(segment)
        below[video.video_id] = (
            segments
            if are_found
            else {
                "duration": video.duration_s,
                "resolution": f"{video.width}x{video.height}",
                "subset": "",
                "annotations": segments,
            }
        )
    content: dict[str, Any] = {"version": "VERSION 1.3"}
    if are_found:
        content |= {"results": below, "external_data": {}}
    else:
        content |= {"taxonomy": [], "database": below}
    write_text(path, json.dumps(content, indent=1, ensure_ascii=False) + "\n")
    return [path]


ACTIVITYNET = LabelFormat(
    "activitynet",
    "segments in the form of ActivityNet (.json)",
    "json",
    _recognises,
    _read,
    ".json",
    _write,
)
