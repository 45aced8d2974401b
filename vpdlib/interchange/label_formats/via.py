"""Projects of the VGG Image Annotator 3 (VIA), JSON: temporal segments of videos.

Times are seconds on the player's clock: two of a segment, one of a still frame, none of the whole file. A segment has
values of attributes: of a text it is the text itself, of a choice the number of an option. The attribute's name is the
tier; one that is called group, subject or athlete says whom the segment shows, and `probability` how sure a model was.
Regions of the picture are not taken.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from vpdlib.atomic import write_text
from vpdlib.datasets.base import DatasetError
from vpdlib.interchange.document import Document, entry
from vpdlib.interchange.formats import LabelFile, LabelFormat, LabelRow, WrittenVideo

_PARTS = ("project", "attribute", "file", "view", "metadata")
#: VIA 3.0.10 writes none into new projects.
_VERSIONS = (None, "3.1.0", "3.1.1")
_SAVE = "Correct it in VIA and save the project."
_IMAGE = 2
_LOCAL, _URI_HTTP, _URI_FILE = 1, 2, 3
_TEXT, _CHECKBOX, _SELECT = 1, 2, 4
#: Names of attributes that say something of a segment besides its class.
_GROUPS = frozenset({"group", "subject", "athlete"})
_PROBABILITY = "probability"
_OF_A_SEGMENT = "FILE1_Z2_XY0"


@dataclass
class _Remarks:
    """What a project has that is not taken, and how often."""

    counts: Counter[str] = field(default_factory=Counter)

    def sentences(self) -> Iterator[str]:
        for said, number in self.counts.items():
            yield f"{said}: {number}"


@dataclass(frozen=True)
class _Attribute:
    """An attribute: what its values are called, by their number; None of a text."""

    name: str
    options: Mapping[str, str] | None
    is_several: bool

    def values(self, value: str) -> list[str]:
        parts = value.split(",") if self.is_several else [value]
        # A group that was typed into the timeline stands among the numbers as itself.
        named = [(self.options or {}).get(part, part).strip() for part in parts]
        return [one for one in named if one]


def _recognises(document: Document) -> bool:
    content = document.content
    return (
        isinstance(content, dict)
        and all(isinstance(content.get(name), dict) for name in _PARTS)
        and ("data_format_version" in content["project"] or "pid" in content["project"])
    )


def _read(document: Document) -> LabelFile:
    project, where = document.content, str(document.path)
    remarks = _Remarks()
    attributes = {
        key: _attribute(one, f"{where}: attribute {key!r}")
        for key, one in entry(project, "attribute", dict, where).items()
    }
    files = {key: one for key in project["view"] if (one := _file(project, key, where, remarks))}
    rows: list[LabelRow] = []
    for key, one in entry(project, "metadata", dict, where).items():
        rows += _rows(one, f"{where}: segment {key!r}", attributes, files, remarks)
    version = project["project"].get("data_format_version")
    newer = (
        []
        if version in _VERSIONS
        else [
            f"its version {version!s:.20} was not tried (3.1.0 and 3.1.1 were); look at what was read of it"
        ]
    )
    return LabelFile(rows, remarks=[*newer, *remarks.sentences()])


def _attribute(one: Any, where: str) -> _Attribute:
    kind = entry(one, "type", int, where)
    options = one.get("options") or {}
    if not isinstance(options, dict) or not all(isinstance(v, str) for v in options.values()):
        raise DatasetError(f"{where}: its options are {options!s:.60}, expected names. {_SAVE}")
    name = entry(one, "aname", str, where).strip()
    return _Attribute(name, None if kind == _TEXT else options, kind == _CHECKBOX)


def _file(project: Mapping[str, Any], view: str, where: str, remarks: _Remarks) -> str:
    """The video that a view shows; empty where it shows none."""
    here = f"{where}: view {view!r}"
    ids = entry(project["view"][view], "fid_list", list, here)
    if not ids:
        return ""
    if len(ids) > 1:
        remarks.counts["views of several files, whose segments are taken as of the first"] += 1
    one = project["file"].get(str(ids[0]))
    if not isinstance(one, dict):
        raise DatasetError(f"{here}: there is no file {ids[0]!s:.20}. {_SAVE}")
    if one.get("type") == _IMAGE:
        return ""
    name = entry(one, "fname", str, f"{where}: file {ids[0]!s:.20}")
    source = one.get("src")
    if one.get("loc") not in (_URI_HTTP, _URI_FILE) or not isinstance(source, str) or not source:
        return name
    config = project.get("config")
    prefix: Any = config
    for key in ("file", "loc_prefix", str(one["loc"])):
        prefix = prefix.get(key) if isinstance(prefix, dict) else None
    whole = f"{prefix if isinstance(prefix, str) else ''}{source}"
    if "://" in whole and not whole.lower().startswith("file:"):
        try:
            return unquote(PurePosixPath(urlsplit(whole).path).name) or name
        except ValueError:
            return name
    return whole


def _rows(
    one: Any,
    where: str,
    attributes: Mapping[str, _Attribute],
    files: Mapping[str, str],
    remarks: _Remarks,
) -> Iterator[LabelRow]:
    if entry(one, "xy", list, where):
        remarks.counts["regions of a picture, which are not taken"] += 1
        return
    video = files.get(str(one.get("vid")))
    if video is None:
        remarks.counts[
            "labels of pictures or of views that are not there, which are not taken"
        ] += 1
        return
    times = entry(one, "z", list, where)
    start, end = _times_s(times, where)
    values: dict[str, list[str]] = {}
    for key, value in entry(one, "av", dict, where).items():
        attribute = attributes.get(key)
        if attribute is None or not isinstance(value, str):
            raise DatasetError(
                f"{where}: attribute {key!r} is {value!s:.60}, expected a text of an attribute of the project. {_SAVE}"
            )
        values.setdefault(attribute.name, []).extend(attribute.values(value))
    group = next((v[0] for name, v in values.items() if v and name.lower() in _GROUPS), "")
    labels = [
        (name, label)
        for name, said in values.items()
        if name.lower() not in _GROUPS and name.lower() != _PROBABILITY
        for label in said
    ]
    if not labels:
        remarks.counts["segments without a class, which are not taken"] += 1
    for tier, label in labels:
        yield LabelRow(
            where, video, label, start, end, group=group, tier=tier, is_point=len(times) == 1
        )


def _times_s(times: Sequence[Any], where: str) -> tuple[float | str, float | str]:
    if len(times) > 2 or any(
        isinstance(one, bool) or not isinstance(one, int | float) for one in times
    ):
        raise DatasetError(f"{where}: its times are {times!s:.60}, expected two numbers. {_SAVE}")
    if not times:
        return "", ""
    # What is no time of a video is refused with the rows of all formats.
    start, *end = (float(one) if abs(one) < 1e12 else math.inf for one in times)
    if end and end[0] < start < math.inf:
        raise DatasetError(
            f"{where}: it ends at {end[0]:g} s, before {start:g} s, where it begins. {_SAVE}"
        )
    return start, end[0] if end else ""


def _write(videos: Sequence[WrittenVideo], folder: Path, name: str) -> list[Path]:
    """A project with a view per video; a probability and a group are attributes of a segment."""
    actions = [action for video in videos for action in video.actions]
    labels = list(dict.fromkeys(action.label for action in actions))
    option_of = {label: str(number) for number, label in enumerate(labels)}
    attributes = {
        "1": _written_attribute("action", _SELECT, {v: k for k, v in option_of.items()}),
        "2": _written_attribute("group", _TEXT, {}),
        "3": _written_attribute(_PROBABILITY, _TEXT, {}),
    }
    segments: dict[str, dict[str, Any]] = {}
    for number, video in enumerate(videos, start=1):
        for n, action in enumerate(video.actions, start=1):
            values = {"1": option_of[action.label]}
            if action.group:
                values["2"] = action.group
            if action.probability is not None:
                values["3"] = f"{action.probability:.3f}"
            # VIA takes any number of decimals, and rounds to three when a segment is moved.
            times = [round(action.start_s, 6), round(action.end_s, 6)]
            segments[f"{number}_{n:06d}"] = {
                "vid": str(number),
                "flg": 0,
                "z": times,
                "xy": [],
                "av": values,
            }
    keys = [str(number) for number in range(1, len(videos) + 1)]
    project = {
        "project": {
            "pid": "__VIA_PROJECT_ID__",
            "rev": "__VIA_PROJECT_REV_ID__",
            "rev_timestamp": "__VIA_PROJECT_REV_TIMESTAMP__",
            "pname": name,
            "data_format_version": _VERSIONS[-1],
            "creator": "vpd",
            "created": 0,
            "vid_list": keys,
        },
        "config": {
            "file": {"loc_prefix": {str(loc): "" for loc in (1, 2, 3, 4)}},
            "ui": {
                "file_content_align": "center",
                "file_metadata_editor_visible": True,
                "spatial_metadata_editor_visible": True,
                "spatial_region_label_attribute_id": "",
                "gtimeline_visible_row_count": "4",
            },
        },
        "attribute": {
            key: one
            for key, one in attributes.items()
            if key == "1" or any(key in segment["av"] for segment in segments.values())
        },
        "file": {key: _written_file(key, video) for key, video in zip(keys, videos, strict=True)},
        "metadata": segments,
        "view": {key: {"fid_list": [key]} for key in keys},
    }
    path = folder / f"{name}.json"
    write_text(path, json.dumps(project, ensure_ascii=False, indent=1))
    return [path]


def _written_attribute(name: str, kind: int, options: Mapping[str, str]) -> dict[str, Any]:
    return {
        "aname": name,
        "anchor_id": _OF_A_SEGMENT,
        "type": kind,
        "desc": "",
        "options": options,
        "default_option_id": "",
    }


def _written_file(key: str, video: WrittenVideo) -> dict[str, Any]:
    """A file of the user's disk, which VIA asks for once by its name."""
    return {"fid": key, "fname": video.path.name, "type": 4, "loc": _LOCAL, "src": ""}


VIA = LabelFormat(
    "via",
    "a project of the VGG Image Annotator 3 (JSON)",
    "json",
    _recognises,
    _read,
    ".json",
    _write,
)
