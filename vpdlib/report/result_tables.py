"""Tables of results for a page: cells as text and number, the best of ours marked, the paper's number beside.

They are read as their Markdown is (:mod:`vpdlib.report.render`), by the same layouts, but more is said of them:
which numbers lie within the deviation of the best, how many trials there were, what an empty cell is.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from vpdlib.recognition.settings import HEADS
from vpdlib.report.layouts import LAYOUTS, Layout

_SPREADS = ("_std", "_sd")
_SUFFIXES = (*_SPREADS, "_paper")

Row = Mapping[str, str]


@dataclass(frozen=True)
class Column:
    """A column.

    Attributes
    ----------
    heading : to print.
    kind : "text" (a key), "number" (ours) or "paper".
    """

    heading: str
    kind: str


@dataclass(frozen=True)
class Cell:
    """A cell.

    Attributes
    ----------
    text : what is printed.
    value : the number that it is sorted by.
    best : whether it is the best of its column.
    near : whether it is less below the best than the best's deviation over trials.
    """

    text: str
    value: float | None = None
    best: bool = False
    near: bool = False


@dataclass(frozen=True)
class ResultTable:
    """A table as a page shows it.

    Attributes
    ----------
    name : of its file, such as ``table1``.
    title, caption : as of its Markdown.
    columns, rows : its cells.
    plain, reading : as of its layout.
    trials : how many there were, in words, by head where they differ.
    """

    name: str
    title: str
    caption: str
    columns: list[Column]
    rows: list[list[Cell]]
    plain: str
    reading: str
    trials: str

    @property
    def heading(self) -> str:
        """Its name, and what it answers."""
        return f"{self.title}: {self.plain}" if self.plain else self.title

    @property
    def numbers(self) -> list[Cell]:
        """The cells of our numbers."""
        kinds = [column.kind for column in self.columns]
        return [row[at] for row in self.rows for at, kind in enumerate(kinds) if kind == "number"]


def read_result_table(path: Path) -> ResultTable:
    """Read a table that a rule of the workflow wrote, ``<name>.csv``.

    Raises
    ------
    ValueError
        If the table has no heading or a row is cut: it names the file.
    """
    name = path.stem
    with path.open(newline="", encoding="utf-8") as stream:
        reader = csv.DictReader(stream)
        names = list(reader.fieldnames or [])
        rows: list[Row] = list(reader)
    if not names or any(None in row or None in row.values() for row in rows):
        raise ValueError(
            f"{path}: a row is cut or the heading is missing; delete it to have it made anew"
        )
    layout = LAYOUTS.get(name) or Layout(name, name, {})
    keys = [key for key in layout.keys if key in names]
    trials = _trials(rows)
    if layout.across and layout.across[0] in names:
        names, rows = _widened(names, rows, keys, *layout.across)
    return _table(name, layout, keys, names, rows, trials)


def _table(
    name: str,
    layout: Layout,
    keys: Sequence[str],
    names: Sequence[str],
    rows: Sequence[Row],
    trials: str,
) -> ResultTable:
    columns, cells = [], []
    for key in keys:
        columns.append(Column(layout.keys[key], "text"))
        cells.append([Cell(_key(row[key]), _number(row[key])) for row in rows])
    for stem in _stems(names, keys):
        ours = [row[stem] for row in rows]
        papers = [row.get(f"{stem}_paper", "") for row in rows]
        if not any(ours) and not any(papers):
            continue
        ranked = not layout.unranked or not re.fullmatch(layout.unranked, stem)
        spreads = [next((row[stem + s] for s in _SPREADS if row.get(stem + s)), "") for row in rows]
        columns.append(Column(layout.heading(stem), "number"))
        cells.append(_ours(ours, spreads, ranked))
        if any(papers):
            columns.append(Column("paper", "paper"))
            cells.append([Cell(_printed(one), _number(one)) for one in papers])
    by_row = [list(row) for row in zip(*cells, strict=True)]
    return ResultTable(
        name,
        layout.name,
        layout.caption,
        columns,
        by_row,
        layout.plain,
        layout.reading,
        trials,
    )


def _trials(rows: Sequence[Row]) -> str:
    """How many trials the numbers are of: ``5``, or ``BiGRU 5, NNS (DTW) 1``; empty where the table does not say."""
    by_head: dict[str, set[int]] = {}
    for row in rows:
        trials = int(row.get("trials") or 0)
        if trials:
            by_head.setdefault(row.get("head", ""), set()).add(trials)
    counts = {head: _range(found) for head, found in by_head.items()}
    if len(set(counts.values())) <= 1:
        return next(iter(counts.values()), "")
    titles = {head: HEADS[head].title if head in HEADS else head or "others" for head in counts}
    return ", ".join(f"{titles[head]} {count}" for head, count in counts.items())


def _range(numbers: set[int]) -> str:
    least, most = min(numbers), max(numbers)
    return str(least) if least == most else f"{least} to {most}"


def _stems(names: Sequence[str], keys: Sequence[str]) -> list[str]:
    """Names of the columns of our numbers, in order."""
    beside = {name + suffix for name in names for suffix in _SUFFIXES}
    return [name for name in names if name not in (*keys, "head", "method") and name not in beside]


def _widened(
    names: Sequence[str], rows: Sequence[Row], keys: Sequence[str], column: str, measure: str
) -> tuple[list[str], list[Row]]:
    """One row per combination of keys, and one group of columns per value of ``column``."""
    suffixes = [suffix for suffix in ("", *_SUFFIXES) if measure + suffix in names]
    values = list(dict.fromkeys(row[column] for row in rows))
    found: dict[tuple[str, ...], dict[str, str]] = {}
    wide = [f"{value}{suffix}" for value in values for suffix in suffixes]
    for row in rows:
        key = tuple(row[one] for one in keys)
        target = found.setdefault(
            key, {**dict.fromkeys(wide, ""), **dict(zip(keys, key, strict=True))}
        )
        for suffix in suffixes:
            target[f"{row[column]}{suffix}"] = row[measure + suffix]
    return [*keys, *wide], list(found.values())


def _ours(means: Sequence[str], spreads: Sequence[str], ranked: bool) -> list[Cell]:
    """Our numbers with their deviations; the best of different ones is marked, as it is printed, and who is near it.

    Near is who lies less below the best than the deviation of the best: another draw might have put it first.
    """
    printed = [_printed(mean) for mean in means]
    known = {text for text in printed if _number(text) is not None}
    best = max(known, key=float) if ranked and len(known) > 1 else None
    bests = [
        (_number(mean) or 0.0) - (_number(spread) or 0.0)
        for text, mean, spread in zip(printed, means, spreads, strict=True)
        if text == best
    ]
    least = min(bests, default=None)
    cells = []
    for text, mean, spread in zip(printed, means, spreads, strict=True):
        value, is_best = _number(mean), text == best
        near = not is_best and least is not None and value is not None and value >= least
        cells.append(Cell(f"{text} ± {_printed(spread)}" if spread else text, value, is_best, near))
    return cells


def _number(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        # A text, such as "<1" of the paper's.
        return None


def _printed(cell: str) -> str:
    """To one decimal; texts and whole numbers as they are."""
    number = _number(cell)
    return cell if number is None or re.fullmatch(r"-?\d+", cell) else f"{number:.1f}"


def _key(cell: str) -> str:
    number = _number(cell)
    return cell if number is None or not re.fullmatch(r"-?[\d.]+", cell) else f"{number:g}"
