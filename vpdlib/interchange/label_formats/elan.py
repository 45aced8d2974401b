"""Annotation documents of ELAN, ``.eaf``: the annotations of all tiers, each tier by its name.

Times are whole milliseconds of a clock that all media of a document share; ``TIME_ORIGIN`` of a medium is where in it
that clock begins, so that its own time is the annotation's plus that. The labels are taken for the first video, which
is ELAN's master. A value is the class, the tier's participant the group, its annotator the annotator; annotations
without a value are passed over, and that is said. :mod:`~vpdlib.interchange.label_formats.elan_times` has the times of
annotations that have none of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement

from vpdlib.datasets.base import DatasetError
from vpdlib.interchange.document import Document, listed
from vpdlib.interchange.formats import (
    LabelFile,
    LabelFormat,
    LabelRow,
    WrittenAction,
    WrittenVideo,
    without_overlap,
)
from vpdlib.interchange.label_formats.elan_times import Tier, each_annotation, read_tiers
from vpdlib.interchange.xml_parts import (
    attribute,
    text_of,
    whole,
    write_xml,
)

#: The newest form of documents whose conventions were seen.
_NEWEST = (3, 0)
_FORMAT = "2.8"
_TIER, _TYPE = "actions", "action"
#: The type of tiers of probabilities, by which they are known again.
_PROBABILITY_TYPE = "vpd probability"
_ASSOCIATION = "Symbolic_Association"
_MIME = {
    ".avi": "video/x-msvideo",
    ".mov": "video/quicktime",
    ".mp4": "video/mp4",
    ".mpeg": "video/mpeg",
    ".mpg": "video/mpeg",
}
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
#: A document must have a date; this one's, so that the same labels give the same file.
_DATE = "2000-01-01T00:00:00+00:00"


@dataclass(frozen=True)
class _Media:
    """The video that labels are of, other names of it, and the time in it where the annotations' clock begins."""

    name: str
    other_names: tuple[str, ...] = ()
    origin_ms: int = 0


def _recognises(document: Document) -> bool:
    return bool(document.content.tag == "ANNOTATION_DOCUMENT")


def _read(document: Document) -> LabelFile:
    path, root = document.path, document.content
    remarks: list[str] = []
    _check_version(root, remarks)
    header = root.find("HEADER")
    if header is None or root.find("TIME_ORDER") is None:
        raise DatasetError(
            f"{path}: no HEADER or no TIME_ORDER: no whole document. Save it again in ELAN."
        )
    units = header.get("TIME_UNITS", "milliseconds")
    if units != "milliseconds":
        raise DatasetError(
            f"{path}: TIME_UNITS is {units!r}, read are milliseconds. Save it again in ELAN."
        )
    media = _media(header, path, remarks)
    rows: list[LabelRow] = []
    for tier in read_tiers(root, str(path)):
        own = list(_rows(tier, media))
        if tier.element.get("LINGUISTIC_TYPE_REF") == _PROBABILITY_TYPE:
            remarks.append(f"the tier {tier.name!r} has probabilities, which are not taken")
            continue
        rows += [row for row in own if row.label]
        empty = sum(not row.label for row in own)
        if empty:
            remarks.append(f"{empty} annotations of the tier {tier.name!r} have no value")
    return LabelFile(rows, remarks=remarks)


def _check_version(root: Element, remarks: list[str]) -> None:
    version = root.get("FORMAT", "")
    if re.fullmatch(r"\d{1,4}\.\d{1,4}", version, re.ASCII):
        major, minor = map(int, version.split("."))
        if (major, minor) <= _NEWEST:
            return
    remarks.append(
        f"the document is of the form {version!r}, those seen are up to {_NEWEST[0]}.{_NEWEST[1]}: compare some times"
    )


def _media(header: Element, path: Path, remarks: list[str]) -> _Media:
    """The first video; the first medium where none is a video, and the document's own name where there is none."""
    media = [one for one in header.iterfind("MEDIA_DESCRIPTOR") if one.get("MEDIA_URL", "").strip()]
    if not media:
        # Documents of the first years name it so.
        return _Media(header.get("MEDIA_FILE", "").strip() or path.stem)
    videos = [one for one in media if not one.get("MIME_TYPE", "").startswith("audio")]
    first = (videos or media)[0]
    url = attribute(first, "MEDIA_URL", str(path)).strip()
    others = [one.get("MEDIA_URL", "") for one in videos if one is not first]
    if others:
        remarks.append(
            f"the labels are taken for {url!r}, the first of the videos, not for {listed(others)}"
        )
    relative = first.get("RELATIVE_MEDIA_URL", "").strip()
    origin = first.get("TIME_ORIGIN", "0")
    return _Media(
        url,
        (relative,) if relative else (),
        whole(origin, "TIME_ORIGIN", f"{path}: medium {url!r}"),
    )


def _rows(tier: Tier, media: _Media) -> Iterator[LabelRow]:
    for name, element in each_annotation(tier):
        if name not in tier.times_ms:
            raise DatasetError(
                f"{tier.where}, annotation {name}: <{element.tag}> has no time. Save the file again in ELAN."
            )
        start_ms, end_ms = tier.times_ms[name]
        yield LabelRow(
            f"{tier.where}, annotation {name}",
            media.name,
            text_of(element.find("ANNOTATION_VALUE")),
            (start_ms + media.origin_ms) / 1000,
            (end_ms + media.origin_ms) / 1000,
            group=tier.element.get("PARTICIPANT", "").strip(),
            tier=tier.name,
            annotator=tier.element.get("ANNOTATOR", "").strip(),
            other_names=media.other_names,
        )


def _write(videos: Sequence[WrittenVideo], folder: Path, name: str) -> list[Path]:
    """A document for each video; probabilities on a tier that refers to that of the actions."""
    del name
    paths = []
    for video in videos:
        path = folder / f"{video.video_id}.eaf"
        write_xml(path, _document(video, path))
        paths.append(path)
    return paths


def _document(video: WrittenVideo, path: Path) -> Element:
    root = Element(
        "ANNOTATION_DOCUMENT",
        {
            "AUTHOR": "vpd",
            "DATE": _DATE,
            "FORMAT": _FORMAT,
            "VERSION": _FORMAT,
            "xmlns:xsi": _XSI,
            "xsi:noNamespaceSchemaLocation": f"http://www.mpi.nl/tools/elan/EAFv{_FORMAT}.xsd",
        },
    )
    header = SubElement(root, "HEADER", MEDIA_FILE="", TIME_UNITS="milliseconds")
    place = video.path.as_posix()
    if video.path.is_absolute():
        # With the one slash more that ELAN writes where a drive comes first.
        place = f"file://{place}" if place.startswith("/") else f"file:///{place}"
    SubElement(
        header,
        "MEDIA_DESCRIPTOR",
        MEDIA_URL=place,
        MIME_TYPE=_MIME.get(video.path.suffix.lower(), "unknown"),
        RELATIVE_MEDIA_URL=f"./{video.path.name}",
    )
    order = SubElement(root, "TIME_ORDER")
    edges: list[tuple[int, Element, str]] = []
    number = 0
    for tier_name, group, layer in _tiers(video.actions):
        tier = _tier(root, tier_name, _TYPE, group)
        references = []
        for action in layer:
            number += 1
            start_ms, end_ms = _times_ms(action, path)
            annotation = SubElement(
                SubElement(tier, "ANNOTATION"), "ALIGNABLE_ANNOTATION", ANNOTATION_ID=f"a{number}"
            )
            SubElement(annotation, "ANNOTATION_VALUE").text = action.label
            edges += [
                (start_ms, annotation, "TIME_SLOT_REF1"),
                (end_ms, annotation, "TIME_SLOT_REF2"),
            ]
            references.append((f"a{number}", action.probability))
        if any(probability is not None for _, probability in references):
            further = _tier(
                root, f"probability of {tier_name}", _PROBABILITY_TYPE, group, tier_name
            )
            for reference, probability in references:
                if probability is not None:
                    number += 1
                    _refer(further, f"a{number}", reference, f"{probability:.4f}")
    for n, (time_ms, annotation, end) in enumerate(sorted(edges, key=lambda one: one[0]), start=1):
        SubElement(order, "TIME_SLOT", TIME_SLOT_ID=f"ts{n}", TIME_VALUE=str(time_ms))
        annotation.set(end, f"ts{n}")
    _end(root)
    return root


def _tiers(actions: Sequence[WrittenAction]) -> Iterator[tuple[str, str, list[WrittenAction]]]:
    """Name, participant and actions of every tier: one for a group, and more where its actions overlap."""
    groups = sorted({action.group for action in actions}) or [""]
    used: set[str] = set()
    for group in groups:
        first = _TIER if len(groups) == 1 or not group else f"{_TIER}@{group}"
        layers = without_overlap([action for action in actions if action.group == group])
        for layer in layers or [[]]:
            free = (first if n == 1 else f"{first}_{n}" for n in count(1))
            name = next(one for one in free if one not in used)
            used.add(name)
            yield name, group, layer


def _tier(root: Element, name: str, kind: str, participant: str, parent: str = "") -> Element:
    tier = SubElement(root, "TIER", LINGUISTIC_TYPE_REF=kind, TIER_ID=name)
    if participant:
        tier.set("PARTICIPANT", participant)
    if parent:
        tier.set("PARENT_REF", parent)
    return tier


def _refer(tier: Element, name: str, reference: str, value: str) -> None:
    annotation = SubElement(
        SubElement(tier, "ANNOTATION"),
        "REF_ANNOTATION",
        ANNOTATION_ID=name,
        ANNOTATION_REF=reference,
    )
    SubElement(annotation, "ANNOTATION_VALUE").text = value


def _times_ms(action: WrittenAction, path: Path) -> tuple[int, int]:
    start_ms, end_ms = round(1000 * action.start_s), round(1000 * action.end_s)
    if not 0 <= start_ms < end_ms:
        raise DatasetError(
            f"{path}: {action.label!r} from {action.start_s:g} to {action.end_s:g} s; ELAN holds times from 0 on and "
            "actions of a millisecond and more. Correct it."
        )
    return start_ms, end_ms


def _end(root: Element) -> None:
    """The types of tiers, and what ELAN says of their constraints."""
    SubElement(
        root,
        "LINGUISTIC_TYPE",
        GRAPHIC_REFERENCES="false",
        LINGUISTIC_TYPE_ID=_TYPE,
        TIME_ALIGNABLE="true",
    )
    SubElement(
        root,
        "LINGUISTIC_TYPE",
        CONSTRAINTS=_ASSOCIATION,
        GRAPHIC_REFERENCES="false",
        LINGUISTIC_TYPE_ID=_PROBABILITY_TYPE,
        TIME_ALIGNABLE="false",
    )
    SubElement(
        root,
        "CONSTRAINT",
        DESCRIPTION="1-1 association with a parent annotation",
        STEREOTYPE=_ASSOCIATION,
    )


ELAN = LabelFormat(
    "elan",
    "an annotation document of ELAN (.eaf)",
    "xml",
    _recognises,
    _read,
    ".eaf",
    _write,
    writes_times=True,
)
