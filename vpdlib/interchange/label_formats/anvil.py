"""Files of ANVIL, ``.anvil``: of every track the elements, whose attributes are the classes.

Times of a primary track are seconds from the beginning of the video. Elements of a span track are from one element to
another of the track that they refer to, given by their indices, not by times. An attribute's value is the class. The
tier is the track where its elements have one attribute, else ``track:attribute``; the attribute ``group`` is the
action's group and ``probability`` is not taken. Elements of other kinds of tracks are not taken, and that is said.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement

from vpdlib.datasets.base import DatasetError
from vpdlib.interchange.document import Document, listed
from vpdlib.interchange.formats import (
    LabelFile,
    LabelFormat,
    LabelRow,
    WrittenVideo,
    without_overlap,
)
from vpdlib.interchange.xml_parts import (
    attribute,
    number,
    seconds_text,
    text_of,
    whole,
    write_xml,
)

_TRACK, _CLASS, _GROUP, _PROBABILITY = "actions", "class", "group", "probability"
_NO_CLASS = (_GROUP, _PROBABILITY)


@dataclass
class _Track:
    """A track, and the times of its elements that are read: index -> start and end, seconds."""

    element: Element
    name: str
    where: str
    times_s: dict[int, tuple[float, float]] = field(default_factory=dict)


def _recognises(document: Document) -> bool:
    root: Element = document.content
    # Pascal VOC has the same root, and neither of these.
    return (
        root.tag == "annotation" and root.find("head") is not None and root.find("body") is not None
    )


def _read(document: Document) -> LabelFile:
    path, root = document.path, document.content
    remarks: list[str] = []
    video = _video(root, path, remarks)
    tracks: dict[str, _Track] = {}
    rows: list[LabelRow] = []
    skipped = Counter[str]()
    for element in root.iterfind("body/track"):
        name = attribute(element, "name", f"{path}: a track")
        if name in tracks:
            raise DatasetError(f"{path}: there are two tracks {name!r}. Rename one of them.")
        tracks[name] = _Track(element, name, f"{path}: track {name!r}")
    # A span track stands after the one that it refers to: ANVIL wants that itself.
    for track in tracks.values():
        kind = track.element.get("type", "primary")
        if kind in ("primary", "span"):
            for el in track.element.iterfind("el"):
                _add_times(el, kind, track, tracks)
        elif track.element.find("el") is not None:
            remarks.append(f"the track {track.name!r} is of the type {kind!r}, which is not read")
    for track in tracks.values():
        rows += _rows(track, video, skipped)
    probabilities = sum(
        one.get("name") == _PROBABILITY for one in root.iterfind("body/track/el/attribute")
    )
    if probabilities:
        remarks.append(f"{probabilities} probabilities are not taken")
    remarks += [f"{n} elements of the track {name!r} have no class" for name, n in skipped.items()]
    return LabelFile(rows, remarks=remarks)


def _video(root: Element, path: Path, remarks: list[str]) -> str:
    """The master video; the file's own name where there is none."""
    videos = [one for one in root.iterfind("head/video") if one.get("src", "").strip()]
    if not videos:
        return path.stem
    master = next((one for one in videos if one.get("master") == "true"), videos[0])
    src = attribute(master, "src", f"{path}: head").strip()
    others = [one.get("src", "") for one in videos if one is not master]
    if others:
        remarks.append(f"the labels are taken for {src!r}, the master, not for {listed(others)}")
    unknown = [
        f"{name}={value!r}" for name, value in master.items() if name not in ("src", "master")
    ]
    if unknown:
        remarks.append(f"of the video {', '.join(unknown)} is not looked at: do the times agree?")
    return src


def _add_times(el: Element, kind: str, track: _Track, tracks: Mapping[str, _Track]) -> None:
    index = whole(attribute(el, "index", track.where), "the index of an element", track.where)
    where = f"{track.where}, element {index}"
    if index in track.times_s:
        raise DatasetError(f"{where} is there twice. Save the file again.")
    first, last = (attribute(el, name, where) for name in ("start", "end"))
    if kind == "span":
        other = tracks.get(track.element.get("ref", ""))
        start, end = whole(first, "start", where), whole(last, "end", where)
        if other is None or start not in other.times_s or end not in other.times_s:
            raise DatasetError(
                f"{where} runs from element {start} to {end} of the track {track.element.get('ref')!r}, which has no "
                "such elements with times. Correct it."
            )
        start_s, end_s = other.times_s[start][0], other.times_s[end][1]
    else:
        start_s, end_s = number(first, "start", where), number(last, "end", where)
    if end_s < start_s:
        raise DatasetError(
            f"{where} ends at {end_s:g} s, before it begins at {start_s:g} s. Correct it."
        )
    track.times_s[index] = start_s, end_s


def _rows(track: _Track, video: str, skipped: Counter[str]) -> Iterator[LabelRow]:
    elements = [el for el in track.element.iterfind("el") if track.times_s]
    names = {
        name for el in elements for name in _attributes(el, track.where) if name not in _NO_CLASS
    }
    for el in elements:
        index = int(el.get("index", ""))
        start_s, end_s = track.times_s[index]
        values = _attributes(el, track.where)
        classes = {name: one for name, one in values.items() if one and name not in _NO_CLASS}
        skipped[track.name] += not classes
        for name, label in classes.items():
            yield LabelRow(
                f"{track.where}, element {index}",
                video,
                label,
                start_s,
                end_s,
                group=values.get(_GROUP, ""),
                tier=track.name if len(names) == 1 else f"{track.name}:{name}",
            )
    if not skipped[track.name]:
        del skipped[track.name]


def _attributes(el: Element, where: str) -> dict[str, str]:
    return {attribute(one, "name", where): text_of(one) for one in el.iterfind("attribute")}


def _write(videos: Sequence[WrittenVideo], folder: Path, name: str) -> list[Path]:
    """A file for each video, and one with the specification that ANVIL wants; overlapping actions in further tracks."""
    specification = f"{name}_specification.xml"
    paths = []
    most_layers = 1
    for video in videos:
        root = Element("annotation")
        head = SubElement(root, "head")
        SubElement(head, "specification", src=specification)
        SubElement(head, "video", src=video.path.as_posix(), master="true")
        body = SubElement(root, "body")
        layers = without_overlap(video.actions)
        most_layers = max(most_layers, len(layers))
        for n, layer in enumerate(layers):
            track = SubElement(body, "track", name=_track_name(n), type="primary")
            for index, action in enumerate(layer):
                el = SubElement(
                    track,
                    "el",
                    index=str(index),
                    start=seconds_text(action.start_s),
                    end=seconds_text(action.end_s),
                )
                SubElement(el, "attribute", name=_CLASS).text = action.label
                if action.group:
                    SubElement(el, "attribute", name=_GROUP).text = action.group
                if action.probability is not None:
                    SubElement(
                        el, "attribute", name=_PROBABILITY
                    ).text = f"{action.probability:.4f}"
        paths.append(folder / f"{video.video_id}.anvil")
        write_xml(paths[-1], root)
    paths.append(folder / specification)
    write_xml(paths[-1], _specification(most_layers))
    return paths


def _track_name(layer: int) -> str:
    return _TRACK if layer == 0 else f"{_TRACK}_{layer + 1}"


def _specification(layers: int) -> Element:
    root = Element("annotation-spec")
    body = SubElement(root, "body")
    for n in range(layers):
        track = SubElement(body, "track-spec", name=_track_name(n), type="primary")
        for name in (_CLASS, _GROUP, _PROBABILITY):
            SubElement(track, "attribute", name=name, valuetype="String")
    return root


ANVIL = LabelFormat(
    "anvil",
    "a file of ANVIL (.anvil)",
    "xml",
    _recognises,
    _read,
    ".anvil",
    _write,
    writes_times=True,
)
