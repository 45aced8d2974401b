"""Files of other tools, opened safely: what a file is follows from its content, whatever it is called.

A `Document` is JSON, XML, a zip archive or text. Nothing in one is executed, no other file is read because of one, and
what would take more memory than the file accounts for is refused: large files, archives that unpack to much more than
they hold, entities of XML, nesting without end.
"""

from __future__ import annotations

import codecs
import gzip
import io
import json
import re
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal
from xml.etree import ElementTree
from xml.parsers import expat

from vpdlib.datasets.base import DatasetError

Kind = Literal["json", "xml", "zip", "text"]

#: Hundreds of thousands of events; a larger file is something else.
MAX_BYTES = 1 << 28
#: A zip archive or gzip file of labels unpacks to no more than this, and to no more than so many times its own size.
_MAX_UNPACKED_BYTES = 1 << 28
_MAX_RATIO = 200
_SMALL_BYTES = 1 << 20
_MAX_MEMBERS = 10_000
_MAX_DEPTH = 200

LINE_END = re.compile(r"\r\n|\n|\r")
_ZIP, _GZIP, _OLD_WORKBOOK = b"PK\x03\x04", b"\x1f\x8b", b"\xd0\xcf\x11\xe0"
#: Beginnings of files that spreadsheets keep for themselves: zip (xlsx, ods, numbers) and the old binary xls.
WORKBOOKS = (_ZIP, _OLD_WORKBOOK)
_UTF8 = "Save it as UTF-8 (in a spreadsheet: CSV UTF-8)"
A_WORKBOOK = "a spreadsheet's own file, not text. Save it from the spreadsheet as CSV UTF-8."


class Archive:
    """A zip archive in memory, whose files are read one by one.

    Attributes
    ----------
    names : of the files in it, without folders.
    """

    def __init__(self, path: Path, data: bytes) -> None:
        self._path = path
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
            entries = self._zip.infolist()
        except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
            raise DatasetError(
                f"{path}: a damaged zip archive ({error}). Save it again."
            ) from error
        unpacked = sum(entry.file_size for entry in entries)
        if len(entries) > _MAX_MEMBERS or unpacked > _most_unpacked(len(data)):
            raise DatasetError(
                f"{path}: {len(entries)} files of {unpacked} bytes in {len(data)} are more than an archive of labels "
                "holds. Is it the right file?"
            )
        self.names = tuple(entry.filename for entry in entries if not entry.is_dir())

    def text(self, name: str) -> str:
        """One file of it as text.

        Raises
        ------
        DatasetError
            If it is not there, damaged, locked by a password or not text.
        """
        return decode(f"{self._path}, {name}", self.data(name))

    def data(self, name: str) -> bytes:
        """One file of it.

        Raises
        ------
        DatasetError
            If it is not there, damaged or locked by a password.
        """
        if name not in self.names:
            raise DatasetError(f"{self._path}: there is no {name} in it; found {self.names[:9]}.")
        where = f"{self._path}, {name}"
        try:
            with self._zip.open(name) as stream:
                data = stream.read(_MAX_UNPACKED_BYTES + 1)
        except (
            zipfile.BadZipFile,
            zlib.error,
            RuntimeError,
            NotImplementedError,
            EOFError,
        ) as error:
            raise DatasetError(f"{where}: damaged, or locked ({error}). Save it again.") from error
        if len(data) > _MAX_UNPACKED_BYTES:
            raise DatasetError(f"{where}: larger than a file of labels can be.")
        return data


@dataclass(frozen=True)
class Document:
    """A file that was opened.

    Attributes
    ----------
    path : the file.
    kind : what it is.
    content : of JSON what it says; of XML the root element; of a zip archive an `Archive`; of text the text. An
        archive of a single file is what that file is.
    """

    path: Path
    kind: Kind
    content: Any

    @cached_property
    def first_lines(self) -> tuple[str, ...]:
        """The first ten lines of a text that are not blank; none of other files."""
        if self.kind != "text":
            return ()
        lines = (line.strip() for line in LINE_END.split(self.content[:20_000]))
        return tuple(line for line in lines if line)[:10]


def open_document(path: Path) -> Document:
    """Open a file of labels.

    Raises
    ------
    DatasetError
        If the file is missing, too large, damaged or unsafe.
    """
    if not path.is_file():
        raise DatasetError(f"{path} does not exist. Correct the setting or make the file.")
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise DatasetError(
            f"{path}: {size} bytes, more than a file of labels can have ({MAX_BYTES}). Is it the right file?"
        )
    data = path.read_bytes()
    if data.startswith(_GZIP):
        data = _unpacked(path, data)
    if data.startswith(_OLD_WORKBOOK):
        raise DatasetError(f"{path}: {A_WORKBOOK}")
    if data.startswith(_ZIP):
        archive = Archive(path, data)
        if "[Content_Types].xml" in archive.names or "content.xml" in archive.names:
            raise DatasetError(f"{path}: {A_WORKBOOK}")
        if len(archive.names) != 1:
            return Document(path, "zip", archive)
        # An export that is packed.
        data = archive.data(archive.names[0])
    if _begins_as_xml(data):
        return Document(path, "xml", _parsed_xml(path, data))
    text = decode(str(path), data)
    if text.lstrip()[:1] in ("{", "["):
        return Document(path, "json", parsed_json(path, text))
    return Document(path, "text", text)


def decode(where: str, data: bytes) -> str:
    """UTF-8 text, or UTF-16 with its mark.

    Raises
    ------
    DatasetError
        For other bytes; the row is named.
    """
    encoding = "utf-8-sig"
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        if encoding == "utf-16":
            raise DatasetError(f"{where}: not whole UTF-16 text ({error}). {_UTF8}.") from error
        row = 1 + len(LINE_END.findall(data[: error.start].decode("latin-1")))
        byte = data[error.start : error.start + 1]
        letter = byte.decode("cp1252", errors="replace")
        perhaps = f", {letter!r} in Windows-1252" if letter.isprintable() else ""
        raise DatasetError(
            f"{where}:{row}: not UTF-8 text (byte 0x{byte.hex().upper()}{perhaps}). {_UTF8}."
        ) from error
    if "\0" in text:
        row = 1 + len(LINE_END.findall(text[: text.index("\0")]))
        raise DatasetError(
            f"{where}:{row}: a zero byte: not text, or UTF-16 without its mark. {_UTF8}."
        )
    return text


def entry(holder: Any, name: str, kind: type, where: str) -> Any:
    """An entry of a JSON object, which must be there and of a type.

    Raises
    ------
    DatasetError
        Else; ``where`` names the object.
    """
    value = holder.get(name) if isinstance(holder, Mapping) else None
    taken = (int, float) if kind is float else kind
    if not isinstance(value, taken) or (kind is not bool and isinstance(value, bool)):
        found = "missing" if value is None else f"{value!s:.60}"
        raise DatasetError(
            f"{where}: {name} is {found}, expected {_NAMES[kind]}. Save or export it again."
        )
    return value


def listed(names: Sequence[str], most: int = 8) -> str:
    """Names for a message: each once, the first ones only."""
    each = list(dict.fromkeys(names))
    more = f" and {len(each) - most} more" if len(each) > most else ""
    return ", ".join(map(repr, each[:most])) + more


_NAMES = {
    dict: "an object",
    list: "a list",
    str: "a text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
}


def _unpacked(path: Path, data: bytes) -> bytes:
    most = _most_unpacked(len(data))
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
            unpacked = stream.read(most + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise DatasetError(f"{path}: a damaged gzip file ({error}). Save it again.") from error
    if len(unpacked) > most:
        raise DatasetError(f"{path}: unpacks to more than {most} bytes. Is it the right file?")
    return unpacked


def _most_unpacked(size: int) -> int:
    return min(_MAX_UNPACKED_BYTES, max(_SMALL_BYTES, _MAX_RATIO * size))


def _begins_as_xml(data: bytes) -> bool:
    head = data[:200]
    for mark, encoding in (
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF8, "utf-8"),
    ):
        if head.startswith(mark):
            head = head[len(mark) :].decode(encoding, errors="ignore").encode()
            break
    return head.lstrip().startswith(b"<")


def parsed_json(path: Path, text: str) -> Any:
    """What a text of JSON says.

    Raises
    ------
    DatasetError
        If it is none, or not whole.
    """
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DatasetError(
            f"{path}: begins as JSON and is none, or is cut ({error}). Save or export it again."
        ) from error


def _parsed_xml(path: Path, data: bytes) -> ElementTree.Element:
    """The root element; entities and deep nesting are refused."""
    builder = ElementTree.TreeBuilder()
    parser = expat.ParserCreate()
    depth = 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > _MAX_DEPTH:
            raise DatasetError(
                f"{path}: nested deeper than a file of labels is. Is it the right file?"
            )
        builder.start(tag, attributes)

    def end(tag: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(tag)

    def entity(*_: Any) -> None:
        raise DatasetError(f"{path}: declares entities, which are not read. Save it without them.")

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = builder.data
    parser.EntityDeclHandler = entity
    parser.buffer_text = True
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, LookupError, ValueError) as error:
        if isinstance(error, DatasetError):
            raise
        raise DatasetError(f"{path}: no whole XML ({error}). Save or export it again.") from error
    return builder.close()
