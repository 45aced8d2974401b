"""The formats of labelled actions, and which of them a file is of: told by its content, never by its name.

Each is a module of :mod:`vpdlib.interchange.label_formats`; docs/formats.md has their conventions.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from vpdlib.datasets.base import DatasetError
from vpdlib.datasets.settings import LabelFormatName
from vpdlib.interchange.document import Document, open_document
from vpdlib.interchange.formats import LabelFile, LabelFormat
from vpdlib.interchange.label_formats.activitynet import ACTIVITYNET
from vpdlib.interchange.label_formats.anvil import ANVIL
from vpdlib.interchange.label_formats.ava import AVA
from vpdlib.interchange.label_formats.boris import BORIS
from vpdlib.interchange.label_formats.boris_tables import BORIS_AGGREGATED, BORIS_EVENTS
from vpdlib.interchange.label_formats.cvat import CVAT
from vpdlib.interchange.label_formats.datavyu import DATAVYU
from vpdlib.interchange.label_formats.datumaro import DATUMARO
from vpdlib.interchange.label_formats.elan import ELAN
from vpdlib.interchange.label_formats.label_studio import LABEL_STUDIO
from vpdlib.interchange.label_formats.label_table import LABEL_TABLE
from vpdlib.interchange.label_formats.soccernet import SOCCERNET
from vpdlib.interchange.label_formats.sportscode import SPORTSCODE
from vpdlib.interchange.label_formats.subtitles import SRT, WEBVTT
from vpdlib.interchange.label_formats.textgrid import TEXTGRID
from vpdlib.interchange.label_formats.thumos import THUMOS
from vpdlib.interchange.label_formats.via import VIA

#: Those before the last are asked first: any text with a header may be meant as a table.
_FORMATS: tuple[LabelFormat, ...] = (
    BORIS,
    BORIS_EVENTS,
    BORIS_AGGREGATED,
    LABEL_STUDIO,
    VIA,
    DATUMARO,
    ANVIL,
    CVAT,
    ELAN,
    SPORTSCODE,
    TEXTGRID,
    SRT,
    WEBVTT,
    DATAVYU,
    SOCCERNET,
    ACTIVITYNET,
    AVA,
    THUMOS,
    LABEL_TABLE,
)
LABELS: Mapping[LabelFormatName, LabelFormat] = {one.name: one for one in _FORMATS}


def read_label_file(path: Path, insisted: LabelFormatName | None = None) -> LabelFile:
    """Read one file of labels.

    Parameters
    ----------
    path : the file.
    insisted : the format that it is of; None to tell by its content.

    Raises
    ------
    DatasetError
        If the file is missing, damaged, unsafe, of no format that is read or not of the one insisted on, or what is in
        it cannot be taken.
    """
    document = open_document(path)
    if _is_empty(document):
        return LabelFile([])
    return _format_of(document, insisted).read(document)


def read_if_labels(path: Path) -> LabelFile | None:
    """As `read_label_file`; None where the file is of no format of labels."""
    document = open_document(path)
    if _is_empty(document):
        return LabelFile([])
    found = _found(document)
    return None if found is None else found.read(document)


def find_format(path: Path) -> LabelFormat | None:
    """The format that a file is of; None where it is of none.

    Raises
    ------
    DatasetError
        As :func:`vpdlib.interchange.document.open_document`.
    """
    return _found(open_document(path))


def _is_empty(document: Document) -> bool:
    """Whether there is nothing in the file, as some tools write it of a video in which nothing happens."""
    return document.kind == "text" and not document.content.strip()


def _found(document: Document) -> LabelFormat | None:
    return next((one for one in LABELS.values() if _is_of(document, one)), None)


def _is_of(document: Document, one: LabelFormat) -> bool:
    return document.kind == one.kind and one.recognises(document)


def _format_of(document: Document, insisted: LabelFormatName | None) -> LabelFormat:
    found = _found(document)
    if insisted is not None:
        one = LABELS[insisted]
        # Text of any form may be handed to a reader of text, whose message then says what is wrong.
        if one.kind == document.kind and (document.kind == "text" or one.recognises(document)):
            return one
        raise DatasetError(
            f"{document.path}: label_format is {insisted}, {one.title}; the file is "
            f"{found.title if found else _described(document)}. Correct the setting or the file."
        )
    if found is not None:
        return found
    if document.kind == "text":
        # Its message says which columns are missing.
        return LABEL_TABLE
    of_kind = "; ".join(one.title for one in LABELS.values() if one.kind == document.kind)
    raise DatasetError(
        f"{document.path}: {_described(document)}, of no format of labels that is read (of this kind: "
        f"{of_kind or 'none'}). Export it as one of them; docs/formats.md says how."
    )


def _described(document: Document) -> str:
    content = document.content
    if document.kind == "xml":
        return f"XML whose root element is <{content.tag}>"
    if document.kind == "zip":
        return f"a zip archive of {', '.join(content.names[:5]) or 'nothing'}"
    if document.kind == "text":
        first = document.first_lines[:1]
        return f"text that begins {first[0][:60]!r}" if first else "empty"
    if isinstance(content, dict):
        return f"JSON, an object with the keys {', '.join(map(repr, list(content)[:8])) or 'none'}"
    return f"JSON, a list of {len(content)}"
