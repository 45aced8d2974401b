"""Tables that BORIS exports, as ``.tsv`` or ``.csv``: events, a row each, and aggregated events, a row per action.

Both name the files of the observation, their lengths and its time offset in every row. Times are on the clock of the
observation, see :mod:`vpdlib.interchange.label_formats.boris_media`, which says where in which file an event is: the
column of the file's name is not read, since BORIS looks it up without taking the offset away. In 8.9 a table of
events has what is said of the observation above the header instead, and not the lengths.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count

from vpdlib.datasets.base import DatasetError
from vpdlib.interchange.document import LINE_END, Document
from vpdlib.interchange.formats import LabelFile, LabelFormat, LabelRow
from vpdlib.interchange.label_formats.boris_media import Medium, end_in, enqueued, place_of

_EVENTS = ("Source", "Subject", "Behavior", "Behavior type", "Time", "Media duration (s)")
_OLD_EVENTS = ("Time", "Media file path", "Subject", "Behavior", "Status")
_AGGREGATED = (
    "Source",
    "Subject",
    "Behavior",
    "Behavior type",
    "Start (s)",
    "Stop (s)",
    "Media duration (s)",
)
_OFFSET = "Time offset (s)"
_NOBODY = "No focal subject"
_MODIFIER = "Modifier"
_OTHER_SOURCES = ("Live observation", "From pictures", "From directories of images")
_EXPORT = "Export it from BORIS again, as TSV."
_MAX_ROWS_ABOVE = 2000


@dataclass(frozen=True)
class _Row:
    """A row: file and line, and the cells by column."""

    where: str
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells[column].strip()

    @property
    def subject(self) -> str:
        return "" if self["Subject"] == _NOBODY else self["Subject"]

    @property
    def modifiers(self) -> tuple[str, ...]:
        return tuple(
            cell.strip() for name, cell in self.cells.items() if name.startswith(_MODIFIER)
        )


@dataclass(frozen=True)
class _Table:
    """A table: what stands above its header, the columns and the rows."""

    above: Sequence[Sequence[str]]
    columns: Sequence[str]
    rows: Sequence[_Row]


def _recognises_events(document: Document) -> bool:
    lines = document.first_lines
    if not lines:
        return False
    if _has(lines[0], _EVENTS):
        return True
    # Above the header of an old table there is a line per player, and one per independent variable.
    return lines[0].startswith("Observation id") and any(
        line.rstrip("\t,;") in ("Media file(s)", "Live observation") for line in lines[1:3]
    )


def _recognises_aggregated(document: Document) -> bool:
    lines = document.first_lines
    return bool(lines) and _has(lines[0], _AGGREGATED)


def _has(line: str, columns: Sequence[str]) -> bool:
    return any(
        set(columns) <= {cell.strip().strip('"') for cell in line.split(separator)}
        for separator in "\t,;"
    )


def _read_events(document: Document) -> LabelFile:
    table = _table(document, (_EVENTS, _OLD_EVENTS))
    is_old = "Status" in table.columns
    old_media = _old_media(table, str(document.path)) if is_old else []
    remarks = _Remarks(table)
    rows: list[LabelRow] = []
    begun: dict[tuple[str, ...], tuple[_Row, float]] = {}
    for row in table.rows:
        media = old_media if is_old else _media(row)
        if not media or (is_old and row["Media file path"] in ("", "NA")):
            remarks.no_video += 1
            continue
        kind, time_s = row["Status" if is_old else "Behavior type"], _seconds(row, "Time")
        if kind == "POINT":
            rows.append(_label_row(row, time_s, None, media))
            continue
        if kind not in ("START", "STOP"):
            raise DatasetError(f"{row.where}: an event of the type {kind!r:.30}. {_EXPORT}")
        key = (row.cells.get("Observation id", ""), row.subject, row["Behavior"], *row.modifiers)
        if (kind == "STOP") != (key in begun):
            found = "ends without a beginning" if kind == "STOP" else "begins twice"
            raise DatasetError(
                f"{row.where}: {row['Behavior']!r} {found}. Export whole observations from BORIS."
            )
        if kind == "START":
            begun[key] = row, time_s
        else:
            start, start_s = begun.pop(key)
            rows.append(_label_row(start, start_s, time_s, media))
    for start, _ in begun.values():
        raise DatasetError(
            f"{start.where}: {start['Behavior']!r} begins and does not end. Export whole observations from BORIS."
        )
    return LabelFile(rows, remarks=list(remarks.sentences()))


def _read_aggregated(document: Document) -> LabelFile:
    table = _table(document, (_AGGREGATED,))
    remarks = _Remarks(table)
    rows = []
    for row in table.rows:
        media = _media(row)
        if not media:
            remarks.no_video += 1
            continue
        kind, start_s = row["Behavior type"], _seconds(row, "Start (s)")
        if kind not in ("POINT", "STATE"):
            raise DatasetError(f"{row.where}: an event of the type {kind!r:.30}. {_EXPORT}")
        end_s = None if kind == "POINT" else _seconds(row, "Stop (s)")
        rows.append(_label_row(row, start_s, end_s, media))
    return LabelFile(rows, remarks=list(remarks.sentences()))


def _label_row(row: _Row, start_s: float, end_s: float | None, media: Sequence[Medium]) -> LabelRow:
    place = place_of(start_s, media, row.where)
    return LabelRow(
        row.where,
        place.medium.path,
        row["Behavior"],
        start=place.time_s,
        end="" if end_s is None else end_in(end_s, place.medium, len(media) > 1, row.where),
        group=row.subject,
        is_point=end_s is None,
        media_s=place.medium.length_s,
    )


class _Remarks:
    """What a table has that is not taken."""

    def __init__(self, table: _Table) -> None:
        self._has_offset = _OFFSET in table.columns or bool(table.above)
        self._modified = sum(any(row.modifiers) for row in table.rows)
        self._players = sum("|player #" in row.cells.get("Source", "") for row in table.rows)
        self.no_video = 0

    def sentences(self) -> Iterator[str]:
        if not self._has_offset:
            yield f"it has no column {_OFFSET!r}, as BORIS 8.15 wrote it: read as if no observation had an offset"
        for number, said in (
            (self.no_video, "rows of no video file, which are not taken"),
            (self._players, "rows of several players, taken as of the files of player 1"),
            (self._modified, "rows with modifiers, which are no part of a label"),
        ):
            if number:
                yield f"{said}: {number}"


def _table(document: Document, layouts: Sequence[Sequence[str]]) -> _Table:
    """The table, whose header is the first line with the columns of a layout."""
    path, text = document.path, document.content
    lines = LINE_END.split(text)
    heads = (
        number
        for number, line in enumerate(lines[:_MAX_ROWS_ABOVE])
        if any(_has(line, layout) for layout in layouts)
    )
    number = next(heads, None)
    if number is None:
        raise DatasetError(
            f"{path}: the columns {', '.join(layouts[0])} are not there, which BORIS exports. {_EXPORT}"
        )
    separator = max("\t,;", key=lines[number].count)
    columns = _cells(lines[number], separator, f"{path}:{number + 1}")
    above = [_cells(one, separator, f"{path}:{n}") for n, one in zip(count(1), lines[:number])]
    rows = []
    for n, one in enumerate(lines[number + 1 :], start=number + 2):
        where = f"{path}:{n}"
        cells = _cells(one, separator, where)
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(columns):
            raise DatasetError(
                f"{where}: the row has {len(cells)} cells, the header {len(columns)}. {_EXPORT}"
            )
        rows.append(_Row(where, dict(zip(columns, cells, strict=True))))
    return _Table(above, columns, rows)


def _cells(line: str, separator: str, where: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=separator, strict=True), [])
    except csv.Error as error:
        raise DatasetError(
            f"{where}: a quote that is not closed in its row ({error}). {_EXPORT}"
        ) from error


def _media(row: _Row) -> list[Medium]:
    """The files of player 1, from the row that names them; none of an observation of no video."""
    source = row["Source"]
    if not source.startswith("player #1:"):
        if source in ("", "NA") or row.cells.get("Observation type", "") in _OTHER_SOURCES:
            return []
        raise DatasetError(f"{row.where}: the source is {source!r:.60}, no files. {_EXPORT}")
    paths = source.removeprefix("player #1:").split("|player #")[0].split(";")
    lengths = row["Media duration (s)"].split("|")[0].split(";")
    if len(lengths) != len(paths):
        raise DatasetError(
            f"{row.where}: {len(paths)} files and {len(lengths)} lengths: {source!r:.80}. A semicolon in a file's name "
            "cannot be told from that between files: give the project (.boris) instead."
        )
    lengths_s = [_number(text, row.where, "Media duration (s)") for text in lengths]
    offset = row.cells.get(_OFFSET, "0")
    return enqueued(paths, lengths_s, _number(offset, row.where, _OFFSET), row.where)


def _old_media(table: _Table, where: str) -> list[Medium]:
    """The files of player 1, from above the header."""
    said = [(cells[0].strip(), cells[1].strip()) for cells in table.above if len(cells) > 1]
    paths = [value for name, value in said if name == "Player #1"]
    offset = next((value for name, value in said if name == _OFFSET), "0")
    return enqueued(paths, [None] * len(paths), _number(offset, where, _OFFSET), where)


def _seconds(row: _Row, column: str) -> float:
    text = row[column]
    if not text or text == "NA":
        raise DatasetError(f"{row.where}: {column} is {text!r}. {_EXPORT}")
    return _number(text, row.where, column)


def _number(text: str, where: str, column: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise DatasetError(f"{where}: {column} is {text!r:.30}, expected seconds. {_EXPORT}")
    return value


BORIS_EVENTS = LabelFormat(
    "boris_events",
    "a table of events exported by BORIS (.tsv, .csv)",
    "text",
    _recognises_events,
    _read_events,
)
BORIS_AGGREGATED = LabelFormat(
    "boris_aggregated",
    "a table of aggregated events exported by BORIS (.tsv, .csv)",
    "text",
    _recognises_aggregated,
    _read_aggregated,
)
