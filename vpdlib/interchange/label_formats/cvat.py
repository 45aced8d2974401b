"""XML 1.1 of CVAT: tracks of "CVAT for video", tags of whole frames of "CVAT for images".

Frames are pictures of the video, numbered from 0 in the video itself, whatever part and step of it a task shows. A
track is there from a frame on until one whose shape is ``outside``, which is no longer of it; where none is, to the end
of the task. Tags make segments of frames that follow each other. The tier ``label`` has the labels as classes; each
attribute is a tier of its own whose values are classes, for a label may be the athlete and an attribute the action. Of
a checkbox the attribute's name is the class while it is set. The attribute ``group`` is the action's group, and
``probability`` is not taken; numbers are not either. Shapes of single images, and where shapes are, are not looked at.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree.ElementTree import Element

from vpdlib.datasets.base import DatasetError
from vpdlib.interchange.document import Document, listed
from vpdlib.interchange.formats import FrameTime, LabelFile, LabelFormat, LabelRow
from vpdlib.interchange.label_formats.cvat_states import (
    Classes,
    Segment,
    Task,
    TrackStates,
    tag_segments,
)
from vpdlib.interchange.label_formats.cvat_writer import GROUP, PROBABILITY, write
from vpdlib.interchange.xml_parts import attribute, text_of, whole

_LABEL = "label"
_STEP = re.compile(r"\s*step\s*=\s*([1-9]\d{0,5})\s*", re.ASCII)


@dataclass
class _Export:
    """An export that is read.

    Attributes
    ----------
    path : the file.
    tasks : task id -> task; of an export of one task or job its key is empty.
    kinds : label and attribute -> its input_type.
    numbers : attributes that are not taken since they are numbers.
    probabilities : how many there are.
    """

    path: Path
    tasks: dict[str, Task]
    kinds: dict[tuple[str, str], str]
    numbers: list[str] = field(default_factory=list)
    probabilities: int = 0

    def task_of(self, element: Element, where: str) -> Task:
        if "" in self.tasks:
            return self.tasks[""]
        found = self.tasks.get(attribute(element, "task_id", where))
        if found is None:
            raise DatasetError(
                f"{where} is of a task that the file does not list. Export it again."
            )
        return found

    def classes(self, label: str, values: Mapping[str, str]) -> Classes:
        """Tier -> class of something with a label and attributes."""
        found = {_LABEL: label}
        for name, value in values.items():
            kind = self.kinds.get((label, name), "text")
            tier = f"attribute {name}" if name == _LABEL else name
            if name == PROBABILITY:
                self.probabilities += 1
            elif kind == "number":
                self.numbers.append(name)
            elif kind == "checkbox":
                if value.lower() == "true":
                    found[tier] = name
            elif value and name != GROUP:
                found[tier] = value
        return found


def _recognises(document: Document) -> bool:
    root: Element = document.content
    meta = root.find("meta")
    return (
        root.tag == "annotations"
        and meta is not None
        and any(meta.find(kind) is not None for kind in ("task", "job", "project"))
    )


def _read(document: Document) -> LabelFile:
    path, root = document.path, document.content
    export = _Export(path, _tasks(root, path), _kinds(root))
    remarks = []
    version = text_of(root.find("version"))
    if version != "1.1":
        remarks.append(
            f"the file is of version {version!r}, what was seen is 1.1: compare some times"
        )
    rows: list[LabelRow] = []
    open_tracks: list[str] = []
    for track in root.iterfind("track"):
        rows += _track_rows(track, export, open_tracks)
    rows += _tag_rows(root, export)
    if open_tracks:
        remarks.append(
            f"{len(open_tracks)} tracks have no end and are taken to last to the end of the task, as CVAT shows them: "
            f"{listed(open_tracks)}"
        )
    shapes = sum(one.tag not in ("tag", "attribute") for one in root.iterfind("image/*"))
    if shapes:
        remarks.append(
            f"{shapes} shapes of images are not taken; export as `CVAT for video` if they are actions"
        )
    if export.numbers:
        remarks.append(f"attributes that are numbers are not taken: {listed(export.numbers)}")
    if export.probabilities:
        remarks.append("probabilities are not taken")
    return LabelFile(rows, remarks=remarks)


def _tasks(root: Element, path: Path) -> dict[str, Task]:
    meta = root.find("meta")
    assert meta is not None
    one = next((found for kind in ("task", "job") if (found := meta.find(kind)) is not None), None)
    if one is not None:
        source = text_of(one.find("source")) or text_of(meta.find("source"))
        return {"": _task(one, source, path, 0)}
    tasks: dict[str, Task] = {}
    offset, subset = 0, None
    for element in meta.iterfind("project/tasks/task"):
        # The frames of a subset's tasks are numbered on, from task to task.
        if text_of(element.find("subset")) != subset:
            offset, subset = 0, text_of(element.find("subset"))
        task = _task(element, text_of(element.find("source")), path, offset)
        tasks[text_of(element.find("id"))] = task
        where = f"{path}: task {task.video!r}"
        size = whole(text_of(element.find("size")), "size", where)
        offset += task.start - task.offset + task.step * size
    return tasks


def _task(element: Element, source: str, path: Path, offset: int) -> Task:
    name = text_of(element.find("name"))
    video = source or path.stem
    where = f"{path}: task {name or video!r}"
    first, last, size = (
        whole(text, tag, where) if (text := text_of(element.find(tag))) else None
        for tag in ("start_frame", "stop_frame", "size")
    )
    start = first or 0
    found = _STEP.fullmatch(text_of(element.find("frame_filter")))
    step = int(found[1]) if found else 1
    stops = [] if last is None else [last]
    if size:
        # Datumaro's stop_frame is one frame more than there is.
        stops.append(start + step * size - 1)
    stop = min(stops, default=None)
    return Task(
        video,
        (name,) if name else (),
        start + offset,
        None if stop is None else stop + offset,
        step,
        offset,
    )


def _kinds(root: Element) -> dict[tuple[str, str], str]:
    return {
        (text_of(label.find("name")), text_of(one.find("name"))): text_of(one.find("input_type"))
        for label in root.iterfind("meta//labels/label")
        for one in label.iterfind("attributes/attribute")
    }


def _track_rows(track: Element, export: _Export, open_tracks: list[str]) -> list[LabelRow]:
    where = f"{export.path}: track {track.get('id', '?')}"
    label = attribute(track, "label", where)
    task = export.task_of(track, where)
    states = TrackStates()
    shapes = sorted(
        ((_frame(shape, "frame", where), n, shape) for n, shape in enumerate(track)),
        key=lambda one: one[:2],
    )
    values: dict[str, str] = {}
    for frame, _, shape in shapes:
        if frame in states.states:
            raise DatasetError(f"{where} has two shapes in frame {frame}. Export it again.")
        # What a shape does not say is as before.
        values |= _values(shape, where)
        states.states[frame] = None if _is_gone(shape) else export.classes(label, values)
    if not shapes:
        return []
    states.group = values.get(GROUP, "")
    if states.is_open(task):
        open_tracks.append(track.get("id", "?"))
    return [_row(segment, task, where) for segment in states.segments(task)]


def _is_gone(shape: Element) -> bool:
    """Whether a shape, or all parts of a skeleton, are outside."""
    parts = [one.get("outside") for one in shape if one.tag != "attribute"]
    return all(one == "1" for one in parts) if parts else shape.get("outside") == "1"


def _values(element: Element, where: str) -> dict[str, str]:
    return {attribute(one, "name", where): text_of(one) for one in element.iterfind("attribute")}


def _frame(element: Element, name: str, where: str) -> int:
    return whole(attribute(element, name, where), name, where)


def _tag_rows(root: Element, export: _Export) -> Iterator[LabelRow]:
    of_task: dict[Task, dict[int, list[tuple[str, str, str]]]] = defaultdict(dict)
    for image in root.iterfind("image"):
        where = f"{export.path}: image {image.get('id', '?')}"
        task = export.task_of(image, where)
        tags = of_task[task].setdefault(_frame(image, "id", where), [])
        for tag in image.iterfind("tag"):
            values = _values(tag, where)
            classes = export.classes(attribute(tag, "label", where), values)
            tags += [(tier, label, values.get(GROUP, "")) for tier, label in classes.items()]
    for task, frames in of_task.items():
        for segment in tag_segments(frames, task):
            yield _row(segment, task, f"{export.path}: tag in frame {segment.start}")


def _row(segment: Segment, task: Task, where: str) -> LabelRow:
    return LabelRow(
        where,
        task.video,
        segment.label.strip(),
        FrameTime(segment.start - task.offset, counts="pictures"),
        FrameTime(segment.end - task.offset, counts="pictures"),
        group=segment.group,
        tier=segment.tier,
        other_names=task.other_names,
    )


CVAT = LabelFormat("cvat", "XML 1.1 of CVAT (.xml)", "xml", _recognises, _read, ".xml", write)
