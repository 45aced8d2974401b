"""Tasks for Label Studio, as its import of JSON takes them; :mod:`.label_studio` has the conventions.

Actions that people labelled are an annotation, those that were found a prediction, which Label Studio shows to be
accepted or corrected: only then are they labels. A label's tag of the project is called `action`, the video's `video`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import Any
from urllib.parse import quote

from vpdlib.atomic import write_text
from vpdlib.interchange.formats import WrittenAction, WrittenVideo
from vpdlib.interchange.label_formats.frame_spans import frame_span

SUFFIX = ".json"
_TYPE = "timelinelabels"


def write(videos: Sequence[WrittenVideo], folder: Path, name: str) -> list[Path]:
    """A task per video; a probability is the `score` of a prediction's result."""
    path = folder / f"{name}{SUFFIX}"
    tasks = [_task(video) for video in videos]
    write_text(path, json.dumps(tasks, ensure_ascii=False, indent=1))
    return [path]


def _task(video: WrittenVideo) -> dict[str, Any]:
    labelled = [one for one in video.actions if one.probability is None]
    found = [one for one in video.actions if one.probability is not None]
    task: dict[str, Any] = {
        "data": {
            # As Label Studio serves files of its own disk; Video may have frameRate="$fps".
            "video": f"/data/local-files/?d={quote(video.path.as_posix())}",
            "fps": video.fps,
        },
        "annotations": [],
        "predictions": [],
    }
    if labelled:
        task["annotations"].append({"result": _results(labelled, video, 0)})
    if found:
        task["predictions"].append(
            {
                "model_version": "vpd",
                "score": round(fmean(one.probability or 0.0 for one in found), 6),
                "result": _results(found, video, len(labelled)),
            }
        )
    return task


def _results(
    actions: Sequence[WrittenAction], video: WrittenVideo, before: int
) -> list[dict[str, Any]]:
    results = []
    for number, action in enumerate(actions, start=before + 1):
        first, end = frame_span(action, video)
        result: dict[str, Any] = {
            "id": f"action{number}",
            "from_name": "action",
            "to_name": "video",
            "type": _TYPE,
            # From 1, and the last one is of it.
            "value": {"ranges": [{"start": first + 1, "end": end}], _TYPE: [action.label]},
        }
        if action.probability is not None:
            result["score"] = round(action.probability, 6)
        if action.group:
            result["meta"] = {"group": action.group}
        results.append(result)
    return results
