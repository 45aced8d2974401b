"""The table of labelled actions, ``labels.csv``, and tables of the kind that other programs write.

It has a header and the columns ``video`` and ``label``, and optionally ``start``, ``end`` (times as a player shows
them; empty: from the beginning, to the end) or ``duration``, ``split`` (train, val, test), ``group``, ``probability``
and ``replaces`` (start and end of an earlier file's label, such as ``12.400-13.920``; the row is in its place, or takes
it away where its label is empty); other programs call them otherwise, see
:mod:`vpdlib.interchange.label_formats.table_columns`.
``found.csv`` is such a table, too.
:mod:`vpdlib.interchange.csv_table` says what text is taken for a table.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from vpdlib.atomic import write_text
from vpdlib.datasets.base import DatasetError
from vpdlib.interchange.csv_table import SEPARATORS, HeaderNames, TableRow, column_name, read_table
from vpdlib.interchange.document import Document
from vpdlib.interchange.formats import LabelFile, LabelFormat, LabelRow, WrittenVideo
from vpdlib.interchange.label_formats.milliseconds import span_ms
from vpdlib.interchange.label_formats.table_columns import (
    OPTIONAL,
    REQUIRED,
    Columns,
    columns_of,
    is_header,
    is_known,
)
from vpdlib.interchange.times import TimeCell, read_times

#: A million rows; a larger file is something else.
_MAX_BYTES = 1 << 26
_PROBABILITY = re.compile(r"0?\.[0-9]+|[01](?:\.0*)?|[0-9](?:\.[0-9]+)?[eE]-[0-9]{1,2}")
_SPAN = re.compile(r"([0-9]{1,9}(?:\.[0-9]+)?) *- *([0-9]{1,9}(?:\.[0-9]+)?)")
_MILLISECONDS = re.compile(r"[0-9]{1,12}(?:\.[0-9]*)?")


def _recognises(document: Document) -> bool:
    # Excel's own line may stand before the header.
    return any(
        is_header(column_name(cell.strip().strip('"')) for cell in line.split(separator))
        for line in document.first_lines[:2]
        for separator in SEPARATORS
    )


def _read(document: Document) -> LabelFile:
    path = document.path
    found: list[Columns] = []

    def names_of(header: Sequence[str]) -> Sequence[str | None]:
        found.append(columns_of(path, header))
        return found[0].names

    table = read_table(
        path, REQUIRED, OPTIONAL, _MAX_BYTES, HeaderNames(is_known, names_of, ("duration",))
    )
    (columns,) = found
    given = list(table.rows)
    rows = []
    for row in given:
        cells = row.cells
        start, end = (_time(row, name, columns) for name in ("start", "end"))
        split, group = cells.get("split", ""), cells.get("group", "")
        rows.append(
            LabelRow(
                row.where,
                cells["video"],
                cells["label"],
                start,
                end,
                split,
                group,
                probability=_probability(row),
                replaces=_replaces(row),
            )
        )
    left = [f"the columns {list(columns.left)} are not read"] if columns.left else []
    if "duration" in columns.names and "end" not in columns.names:
        rows = _with_ends(given, rows, columns, table.separator)
    return LabelFile(rows, table.separator, left, "replaces" in columns.names)


def _time(row: TableRow, name: str, columns: Columns) -> float | str:
    """A time as it stands there, or seconds where the header says that it is in milliseconds."""
    text = row.cells.get(name, "")
    if not text and name in columns.names and not columns.is_own:
        # Here it is the beginning or the end of the video; what it is to another program nobody knows.
        raise DatasetError(f"{row.where}: {name} is empty. Fill it in or remove the row.")
    if not text or name not in columns.in_ms:
        return text
    if not _MILLISECONDS.fullmatch(text):
        raise DatasetError(
            f"{row.where}: {name} is {text!r}, expected milliseconds as a number, as the header says. Correct it."
        )
    return float(text) / 1000


def _probability(row: TableRow) -> float | None:
    text = row.cells.get("probability", "")
    if not text:
        return None
    if not _PROBABILITY.fullmatch(text):
        raise DatasetError(f"{row.where}: probability is {text!r}, expected 0 to 1. Correct it.")
    return float(text)


def _replaces(row: TableRow) -> tuple[float, float] | None:
    text = row.cells.get("replaces", "")
    if not text:
        return None
    found = _SPAN.fullmatch(text)
    if not found or not float(found[1]) < float(found[2]):
        raise DatasetError(
            f"{row.where}: replaces is {text!r}, expected start and end of the earlier label in seconds, such as "
            "12.400-13.920. Correct it."
        )
    return float(found[1]), float(found[2])


def _with_ends(
    given: Sequence[TableRow], rows: Sequence[LabelRow], columns: Columns, separator: str
) -> list[LabelRow]:
    """The rows with the end that follows from a duration; one of 0 is of an event without duration."""
    times = [
        (_time(one, "start", columns) or "0", _time(one, "duration", columns)) for one in given
    ]
    for one, (_, duration) in zip(given, times, strict=True):
        if duration == "":
            raise DatasetError(f"{one.where}: duration is empty. Fill it in or remove the row.")
    texts = [
        TimeCell(one.where, name, text)
        for one, pair in zip(given, times, strict=True)
        for name, text in zip(("start", "duration"), pair, strict=True)
        if isinstance(text, str)
    ]
    read = iter(read_times(texts, separator))
    with_ends = []
    for row, pair in zip(rows, times, strict=True):
        start_s, duration_s = (next(read) if isinstance(one, str) else one for one in pair)
        with_ends.append(
            replace(row, start=start_s, end=start_s + duration_s, is_point=duration_s == 0)
        )
    return with_ends


def _write(videos: Sequence[WrittenVideo], folder: Path, name: str) -> list[Path]:
    """The table, times to the millisecond; groups and probabilities have a column where there are any."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    actions = [action for video in videos for action in video.actions]
    has_groups = any(action.group for action in actions)
    has_probabilities = any(action.probability is not None for action in actions)
    has_splits = any(action.split for action in actions)
    others = [("split", has_splits), ("group", has_groups), ("probability", has_probabilities)]
    rows.writerow(
        ("video", "start", "end", "label", *(name for name, is_there in others if is_there))
    )
    for video in videos:
        for action in video.actions:
            span = span_ms(action.start_s, action.end_s, video.fps)
            times = [f"{ms / 1000:.3f}" for ms in span]
            group = (action.group,) if has_groups else ()
            sure = "" if action.probability is None else f"{action.probability:.4g}"
            probability = (sure,) if has_probabilities else ()
            split = (action.split,) if has_splits else ()
            rows.writerow((video.path.name, *times, action.label, *split, *group, *probability))
    path = folder / f"{name}.csv"
    write_text(path, text.getvalue())
    return [path]


LABEL_TABLE = LabelFormat(
    "table",
    "a table of labels (.csv)",
    "text",
    _recognises,
    _read,
    ".csv",
    _write,
    writes_times=True,
)
