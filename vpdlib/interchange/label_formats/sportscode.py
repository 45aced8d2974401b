"""XML of Hudl Sportscode, which Nacsport, LongoMatch and other programs of sports analysis write and read too.

A list of instances, each with ``start`` and ``end`` in seconds from the beginning of the video, a ``code``, which is
the class, and any number of labels: a ``text``, perhaps of a ``group``. No video is named: it is the one that is called
as the file. A label of the group ``group`` is the action's group; all other labels are not taken, and that is said.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement

from vpdlib.datasets.base import DatasetError
from vpdlib.interchange.document import Document, listed
from vpdlib.interchange.formats import LabelFile, LabelFormat, LabelRow, WrittenVideo
from vpdlib.interchange.xml_parts import number, seconds_text, text_of, write_xml

_GROUP, _PROBABILITY = "group", "probability"


def _recognises(document: Document) -> bool:
    root: Element = document.content
    return root.tag == "file" and root.find("ALL_INSTANCES") is not None


def _read(document: Document) -> LabelFile:
    path, root = document.path, document.content
    rows = []
    not_taken = Counter[str]()
    instances = [one for holder in root.findall("ALL_INSTANCES") for one in holder]
    for n, instance in enumerate(instances, start=1):
        if instance.tag != "instance":
            raise DatasetError(
                f"{path}: entry {n} of ALL_INSTANCES is <{instance.tag}>, expected <instance>. Export it again."
            )
        rows.append(_row(instance, path, f"{path}: instance {n}", not_taken))
    remarks = []
    if not_taken:
        remarks.append(
            f"{sum(not_taken.values())} labels of instances are not taken, the code alone is the class; groups: "
            f"{listed(list(not_taken))}"
        )
    return LabelFile(rows, remarks=remarks)


def _row(instance: Element, path: Path, where: str, not_taken: Counter[str]) -> LabelRow:
    start, end = (_time_s(instance, name, where) for name in ("start", "end"))
    if end < start:
        raise DatasetError(
            f"{where} ends at {end:g} s, before it begins at {start:g} s. Correct it."
        )
    group = ""
    for label in instance.findall("label"):
        name = text_of(label.find("group"))
        if name == _GROUP and not group:
            group = text_of(label.find("text"))
        else:
            not_taken[name or "(none)"] += 1
    return LabelRow(where, path.stem, text_of(instance.find("code")), start, end, group=group)


def _time_s(instance: Element, name: str, where: str) -> float:
    found = instance.find(name)
    if found is None:
        raise DatasetError(f"{where} has no {name}. Correct it in the tool and export it again.")
    return number(text_of(found), name, where)


def _write(videos: Sequence[WrittenVideo], folder: Path, name: str) -> list[Path]:
    """A file for each video; a group and a probability are labels of those groups."""
    del name
    paths = []
    for video in videos:
        root = Element("file")
        instances = SubElement(root, "ALL_INSTANCES")
        for n, action in enumerate(video.actions, start=1):
            instance = SubElement(instances, "instance")
            SubElement(instance, "ID").text = str(n)
            SubElement(instance, "start").text = seconds_text(action.start_s)
            SubElement(instance, "end").text = seconds_text(action.end_s)
            SubElement(instance, "code").text = action.label
            if action.group:
                _add_label(instance, _GROUP, action.group)
            if action.probability is not None:
                _add_label(instance, _PROBABILITY, f"{action.probability:.4f}")
        path = folder / f"{video.video_id}.xml"
        write_xml(path, root)
        paths.append(path)
    return paths


def _add_label(instance: Element, group: str, text: str) -> None:
    label = SubElement(instance, "label")
    SubElement(label, "group").text = group
    SubElement(label, "text").text = text


SPORTSCODE = LabelFormat(
    "sportscode",
    "XML of Sportscode or Nacsport (.xml)",
    "xml",
    _recognises,
    _read,
    ".xml",
    _write,
    writes_times=True,
)
