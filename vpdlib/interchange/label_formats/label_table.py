"""The table of labelled actions, ``labels.csv``.

It has a header and the columns ``video`` and ``label``, and optionally ``start``, ``end`` (times as a player shows
them; empty: from the beginning, to the end), ``split`` (train, val, test) and ``group``.
:mod:`vpdlib.interchange.csv_table` says what text is taken for a table.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from vpdlib.atomic import write_text
from vpdlib.interchange.csv_table import read_table
from vpdlib.interchange.document import Document
from vpdlib.interchange.formats import LabelFile, LabelFormat, LabelRow, WrittenVideo

#: A million rows; a larger file is something else.
_MAX_BYTES = 1 << 26
_COLUMNS = ("video", "label")


def _recognises(document: Document) -> bool:
    head = " ".join(document.first_lines[:2]).lower()
    return all(name in head for name in _COLUMNS)


def _read(document: Document) -> LabelFile:
    table = read_table(document.path, _COLUMNS, ("start", "end", "split", "group"), _MAX_BYTES)
    rows = []
    for row in table.rows:
        cells = row.cells
        start, end = cells.get("start", ""), cells.get("end", "")
        split, group = cells.get("split", ""), cells.get("group", "")
        rows.append(LabelRow(row.where, cells["video"], cells["label"], start, end, split, group))
    return LabelFile(rows, table.separator)


def _write(videos: Sequence[WrittenVideo], folder: Path, name: str) -> list[Path]:
    """The table, times to the millisecond; a probability has no column."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    has_groups = any(action.group for video in videos for action in video.actions)
    rows.writerow(("video", "start", "end", "label", *(("group",) if has_groups else ())))
    for video in videos:
        for action in video.actions:
            times = (f"{action.start_s:.3f}", f"{action.end_s:.3f}")
            group = (action.group,) if has_groups else ()
            rows.writerow((video.path.name, *times, action.label, *group))
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
