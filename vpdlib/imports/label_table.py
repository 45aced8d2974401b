"""The table of labelled actions, ``labels.csv``.

It has a header and the columns ``video`` and ``label``, and optionally ``start``, ``end`` (times as a player shows
them; empty: from the beginning, to the end), ``split`` (train, val, test) and ``group``.
:mod:`vpdlib.imports.csv_table` says what text is taken for a table.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from vpdlib.imports.csv_table import read_table
from vpdlib.imports.formats import LabelFormat, LabelRow

#: A million rows; a larger file is something else.
_MAX_BYTES = 1 << 26


def _read(path: Path) -> tuple[Sequence[LabelRow], str]:
    table = read_table(path, ("video", "label"), ("start", "end", "split", "group"), _MAX_BYTES)
    return [LabelRow(row.where, **row.cells) for row in table.rows], table.separator


LABEL_TABLE = LabelFormat((".csv",), _read)
