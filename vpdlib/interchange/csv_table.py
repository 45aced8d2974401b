"""Tables that a user brings as text: one row a line, cells between commas, semicolons or tabs.

Spreadsheets write all three, by the language they are set to, and UTF-8 or UTF-16; all of that is taken. What is taken
is found by a fixed rule, never by a guess: the separator is the one by which the header names the columns. What would
swallow or shift cells is refused by row: a quote that does not close in its line, a quote within a cell that is not in
quotes, a row of another length than the header. A row is called by its line in the file, as editors count it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from vpdlib.datasets.alike import spelled, without_invisible
from vpdlib.datasets.base import DatasetError
from vpdlib.interchange.document import A_WORKBOOK, LINE_END, WORKBOOKS, decode

#: Separators of cells, and what messages call them.
SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab"}
#: A table of more bytes than this is something else, such as a video.
MAX_BYTES = 1 << 30

#: Excel's own first line, which names the separator.
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?[ \r]*', re.IGNORECASE)
_QUOTED = re.compile(r'"((?:[^"]++|"")*+)"')
_QUOTES = (
    'write the cell in quotes and every quote within it twice ("5"" jump"), or leave quotes out'
)


@dataclass(frozen=True)
class HeaderNames:
    """How a header is read that may call its columns otherwise.

    Attributes
    ----------
    is_known : whether a cell of it, in small letters, is the name of something.
    names_of : from its cells, in small letters, to the name of each column; empty for one without a name, None for one
        that is left alone. Raises DatasetError.
    others : names that it may give besides the required and the optional ones.
    """

    is_known: Callable[[str], bool]
    names_of: Callable[[Sequence[str]], Sequence[str | None]]
    others: Sequence[str] = ()


@dataclass(frozen=True)
class TableRow:
    """A row: ``path:line``, and the cells by column without white space around them."""

    where: str
    cells: dict[str, str]


@dataclass(frozen=True)
class Table:
    """A table whose header is read; ``rows`` can be gone through once."""

    path: Path
    separator: str
    columns: tuple[str, ...]
    rows: Iterator[TableRow]


def read_table(
    path: Path,
    required: Sequence[str],
    optional: Sequence[str] = (),
    max_bytes: int = MAX_BYTES,
    header_names: HeaderNames | None = None,
) -> Table:
    """Open a table of known columns, in any order.

    Parameters
    ----------
    path : the file.
    required, optional : names of columns, in small letters; the header may write them otherwise.
    max_bytes : a larger file is refused.
    header_names : how other names of columns are understood; None where there are no others.

    Returns
    -------
    The table; rows come as they are asked for. Blank rows are left out.

    Raises
    ------
    DatasetError
        If the file is missing, too large or not text, or the header lacks a column or has an unknown one; and, while
        rows are asked for, naming the row, if one has more or fewer cells than the header, a quote is open or stray,
        or a cell holds a control character.
    """
    if not path.is_file():
        raise DatasetError(f"{path} does not exist. Correct the setting or make the file.")
    size = path.stat().st_size
    if size > max_bytes:
        raise DatasetError(
            f"{path}: {size} bytes, more than a table of this kind can have ({max_bytes}). Is it the right file?"
        )
    lines = _numbered_lines(_decode(path))
    number, header = next(lines, (1, ""))
    stated = _SEPARATOR_LINE.fullmatch(header)
    if stated:
        if stated[1] not in SEPARATORS:
            raise DatasetError(
                f"{path}:{number}: the separator is {stated[1]!r}. Use commas, semicolons or tabs."
            )
        number, header = next(lines, (number, ""))
    is_known = (
        {*required, *optional}.__contains__ if header_names is None else header_names.is_known
    )
    separator = stated[1] if stated else _separator(header, is_known)
    columns = [column_name(cell) for cell in _cells(header, separator, f"{path}:{number}")]
    names: tuple[str | None, ...] = tuple(columns)
    if header_names is not None:
        _check_twice(path, columns)
        names = tuple(header_names.names_of(columns))
        optional = (*optional, *header_names.others)
    _check_columns(path, names, columns, required, optional)
    return Table(path, separator, tuple(filter(None, names)), _rows(path, lines, separator, names))


def _decode(path: Path) -> str:
    data = path.read_bytes()
    if data.startswith(WORKBOOKS):
        raise DatasetError(f"{path}: {A_WORKBOOK}")
    return decode(str(path), data)


def _numbered_lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines that are not blank, and their numbers from 1."""
    number = start = 0
    while start <= len(text):
        found = LINE_END.search(text, start)
        line = text[start : found.start() if found else len(text)]
        number += 1
        if line.strip():
            yield number, line
        start = found.end() if found else len(text) + 1


def _separator(header: str, is_known: Callable[[str], bool]) -> str:
    """The separator by which the header names most of the known columns; a cell never holds two of them."""

    def named(separator: str) -> tuple[int, int]:
        cells = [column_name(cell.strip().strip('"')) for cell in header.split(separator)]
        return len(set(filter(is_known, cells))), len(cells)

    return max(SEPARATORS, key=named)


def column_name(cell: str) -> str:
    """A cell of a header in small letters, without what cannot be seen around it."""
    return without_invisible(cell).strip().lower()


def _check_twice(path: Path, columns: Sequence[str]) -> None:
    named = [name for name in columns if name]
    if len(set(named)) < len(named):
        raise DatasetError(f"{path}: a column occurs twice in {named}. Remove one of them.")


def _check_columns(
    path: Path,
    names: Sequence[str | None],
    columns: Sequence[str],
    required: Sequence[str],
    optional: Sequence[str],
) -> None:
    """Refuse a header that lacks a column or has an unknown one; ``columns`` are called as the file has them."""
    named = [name for name in names if name]
    for name in required:
        if name not in named:
            raise DatasetError(
                f"{path}: column {name!r} is missing; found {[one for one in columns if one]}. Add it to the first "
                "row; commas, semicolons or tabs are between columns."
            )
    _check_twice(path, columns)
    unknown = sorted(set(named) - {*required, *optional})
    if unknown:
        known = [*required, *optional]
        raise DatasetError(
            f"{path}: unknown columns {unknown}; known: {known}. Rename or remove them."
        )


def _rows(
    path: Path, lines: Iterator[tuple[int, str]], separator: str, columns: tuple[str | None, ...]
) -> Iterator[TableRow]:
    for number, line in lines:
        where = f"{path}:{number}"
        cells = _cells(line, separator, where)
        if not any(cells):
            # What spreadsheets leave of rows that were emptied.
            continue
        if len(cells) != len(columns):
            raise DatasetError(
                f"{where}: the row has more or fewer cells than the header ({len(cells)}, not {len(columns)}). A cell "
                f"that holds a {SEPARATORS[separator]} goes in quotes."
            )
        row = {}
        for name, cell in zip(columns, cells, strict=True):
            if name:
                check_printable(cell, where, name)
                row[name] = cell
            elif cell and name is not None:
                raise DatasetError(f"{where}: {cell!r} is in a column without a name. Name it.")
        yield TableRow(where, row)


def _cells(line: str, separator: str, where: str) -> list[str]:
    if '"' not in line:
        return [cell.strip() for cell in line.split(separator)]
    cells, start = [], 0
    while True:
        place = _past_blanks(line, start, separator)
        if line[place : place + 1] == '"':
            quoted = _QUOTED.match(line, place)
            if quoted is None:
                raise DatasetError(
                    f"{where}: a quote opens before {line[place + 1 : place + 31]!r} and is not closed in its row. "
                    "Close it; a cell holds no line break."
                )
            end = _past_blanks(line, quoted.end(), separator)
            if line[end : end + 1] not in ("", separator):
                raise DatasetError(
                    f"{where}: {line[end : end + 30]!r} follows a closing quote. Close every quote that opens, or "
                    f"{_QUOTES}."
                )
            cells.append(quoted[1].replace('""', '"').strip())
        else:
            end = line.find(separator, start)
            end = len(line) if end < 0 else end
            cell = line[start:end].strip()
            if '"' in cell:
                raise DatasetError(f"{where}: a quote within {cell!r}: {_QUOTES}.")
            cells.append(cell)
        if end >= len(line):
            return cells
        start = end + 1


def _past_blanks(line: str, start: int, separator: str) -> int:
    while start < len(line) and line[start] != separator and line[start].isspace():
        start += 1
    return start


def check_printable(cell: str, where: str, column: str) -> None:
    """Refuse line breaks, other control characters, and the mark of a letter that a conversion has lost."""
    if cell.isascii() and cell.isprintable():
        return
    for character in cell:
        if unicodedata.category(character) in ("Cc", "Zl", "Zp"):
            raise DatasetError(
                f"{where}: {column} holds {spelled(character)}: {cell!a}. Take it out."
            )
        if character == "\N{REPLACEMENT CHARACTER}":
            raise DatasetError(
                f"{where}: {column} is {cell!r}, in which a letter was lost when the table was converted. Write "
                "it again."
            )
