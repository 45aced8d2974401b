"""Parts of XML files: attributes, times and texts of elements, checked; and elements written as a file."""

from __future__ import annotations

import math
import re
from pathlib import Path
from xml.etree import ElementTree

from vpdlib.atomic import write_text
from vpdlib.datasets.base import DatasetError

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_WHOLE = re.compile(r"[+-]?\d{1,15}", re.ASCII)
#: What XML 1.0 cannot hold, in any way of writing it.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def attribute(element: ElementTree.Element, name: str, where: str) -> str:
    """An attribute of an element, which must be there.

    Raises
    ------
    DatasetError
        Else; ``where`` names the element.
    """
    value = element.get(name)
    if value is None:
        raise DatasetError(
            f"{where}: <{element.tag}> has no {name}. Save it again in the tool, or complete it."
        )
    return value


def number(text: str, what: str, where: str) -> float:
    """A number, such as seconds, as tools write it: digits, a point.

    Raises
    ------
    DatasetError
        For other text, ``nan`` and ``inf`` included, and for numbers without end.
    """
    text = text.strip()
    value = float(text) if _NUMBER.fullmatch(text) else math.nan
    if not math.isfinite(value):
        raise DatasetError(
            f"{where}: {what} is {text[:40]!r}, expected a number with a point, such as 12.5. Correct it."
        )
    return value


def whole(text: str, what: str, where: str) -> int:
    """A whole number.

    Raises
    ------
    DatasetError
        For other text.
    """
    text = text.strip()
    if not _WHOLE.fullmatch(text):
        raise DatasetError(
            f"{where}: {what} is {text[:40]!r}, expected a whole number. Correct it."
        )
    return int(text)


def seconds_text(time_s: float) -> str:
    """Seconds to the microsecond, never with an exponent: 12.5, 3.0."""
    text = f"{time_s:.6f}".rstrip("0")
    return f"{text}0" if text.endswith(".") else text


def text_of(element: ElementTree.Element | None) -> str:
    """The text in an element, without white space around it; empty where there is no element."""
    return "" if element is None else (element.text or "").strip()


def write_xml(path: Path, root: ElementTree.Element) -> None:
    """Write a file, in UTF-8, indented.

    Raises
    ------
    DatasetError
        If a text has a character that XML cannot hold.
    """
    for element in root.iter():
        for text in (element.text or "", *element.attrib.values()):
            found = _NOT_XML.search(text)
            if found:
                raise DatasetError(
                    f"{path}: {text[:60]!r} holds {found[0]!r}, which XML cannot hold. Rename it."
                )
    ElementTree.indent(root)
    body = ElementTree.tostring(root, encoding="unicode")
    write_text(path, f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n')
