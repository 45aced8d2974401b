"""Tables for reading: Markdown whose columns are aligned, so that it reads as well in a terminal.

Ours stand as "mean ± deviation", the best of a column in bold (several if equal, none if all are), the paper's number
in parentheses in a column of its own. A table too wide for a terminal is cut into several, each with the same first
columns. What was not run is an empty cell; a column without any number is left out. Not by tabulate: it neither cuts
nor escapes bars, and widens every heading by two.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from vpdlib.atomic import write_text
from vpdlib.report.layouts import LAYOUTS, Layout

#: Widest table in characters.
MAX_WIDTH = 120

_NUM_DIGITS = 1
_SPREADS = ("_std", "_sd")
_SUFFIXES = (*_SPREADS, "_paper")


def write_markdown(path: str | Path, name: str, title: str, table: pd.DataFrame) -> None:
    """Write a table for reading, whole or not at all; arguments as for :func:`markdown`."""
    write_text(path, markdown(name, title, table))


def markdown(name: str, title: str, table: pd.DataFrame) -> str:
    """A table for reading.

    Parameters
    ----------
    name : of the table, in :data:`vpdlib.report.layouts.LAYOUTS`.
    title : name of the dataset.
    table : as its function makes it. Numbers ``<name>`` with, if known, ``<name>_std`` or ``<name>_sd`` and
        ``<name>_paper``.

    Returns
    -------
    Markdown, ending in a line break.
    """
    layout = LAYOUTS[name]
    headings = {key: text for key, text in layout.keys.items() if key in table}
    if layout.across:
        table = _widened(table, list(headings), *layout.across)
    keys = [_key_column(heading, table[key]) for key, heading in headings.items()]
    groups: list[list[list[str]]] = []
    has_paper = has_std = False
    for stem in _stems(table, layout):
        ours, paper = _numbers(table, stem), _numbers(table, f"{stem}_paper")
        std = [a or b for a, b in zip(*(_numbers(table, stem + s) for s in _SPREADS), strict=True)]
        group = []
        if any(ours) or any(paper):
            ranked = not layout.unranked or not re.fullmatch(layout.unranked, stem)
            group.append(_our_column(layout.heading(stem), ours, std, ranked))
        if any(paper):
            group.append(_column("paper", [f"({cell})" if cell else "" for cell in paper], True))
        if group:
            groups.append(group)
        has_paper, has_std = has_paper or any(paper), has_std or any(std)
    notes = [f"{layout.caption}."]
    if layout.unranked != ".*":
        notes.append("Best of ours per column in bold.")
    if has_std:
        notes.append("±: sample standard deviation over trials.")
    if has_paper:
        notes.append("In parentheses: the paper's (Hong et al., ICCV 2021).")
    blocks = ["\n".join(_lines(keys + columns)) for columns in _cut(keys, groups)]
    head = f"# {layout.name}. {' '.join(title.split())}\n\n{' '.join(notes)}"
    return "\n\n".join([head, *blocks]) + "\n"


def _stems(table: pd.DataFrame, layout: Layout) -> list[str]:
    """Names of the columns of our numbers."""
    names = [str(name) for name in table.columns]
    beside = {name + suffix for name in names for suffix in _SUFFIXES}
    keys = {*layout.keys, "head", "method"}
    return [name for name in names if name not in keys and name not in beside]


def _widened(table: pd.DataFrame, keys: list[str], column: str, measure: str) -> pd.DataFrame:
    """One row per combination of keys, and one group of columns per value of ``column``."""
    values = list(dict.fromkeys(table[column]))
    rows: dict[tuple[Any, ...], dict[str, Any]] = {}
    for record in table.to_dict("records"):
        key = tuple(record[name] for name in keys)
        row = rows.setdefault(key, dict(zip(keys, key, strict=True)))
        for suffix in ("", *_SUFFIXES):
            if measure + suffix in record:
                row[f"{record[column]}{suffix}"] = record[measure + suffix]
    names = [f"{value}{s}" for value in values for s in ("", *_SUFFIXES)]
    return pd.DataFrame(list(rows.values())).reindex(columns=[*keys, *names])


def _numbers(table: pd.DataFrame, name: str) -> list[str]:
    """Cells of a column to one decimal; texts and whole numbers as they are, empty where nothing is known."""
    if name not in table:
        return [""] * len(table)
    counts = pd.api.types.is_integer_dtype(table[name])

    def text(cell: Any) -> str:
        if pd.isna(cell):
            return ""
        return str(cell) if counts or isinstance(cell, str) else f"{cell:.{_NUM_DIGITS}f}"

    return [text(cell) for cell in table[name]]


def _column(heading: str, cells: Sequence[str], right: bool) -> list[str]:
    """Heading, rule and cells, all of one width; a bar within is escaped."""
    texts = [text.replace("|", r"\|") for text in (heading, *cells)]
    width = max(3, *map(len, texts))
    rule = "-" * (width - 1) + ":" if right else "-" * width
    head, *body = (text.rjust(width) if right else text.ljust(width) for text in texts)
    return [head, rule, *body]


def _key_column(heading: str, values: pd.Series) -> list[str]:
    texts = [
        "" if pd.isna(value) else f"{value:g}" if isinstance(value, float) else str(value)
        for value in values
    ]
    return _column(heading, texts, pd.api.types.is_numeric_dtype(values))


def _our_column(heading: str, means: list[str], stds: list[str], ranked: bool) -> list[str]:
    """Means and deviations below one another, the best in bold."""
    known = {mean for mean in means if mean}
    best = max(known, key=float) if ranked and len(known) > 1 else None
    mean_width, std_width = (
        max((len(text) for text in texts), default=0) for texts in (means, stds)
    )
    cells = []
    for mean, std in zip(means, stds, strict=True):
        mark = ("**" if mean == best else "  ") if best else ""
        spread = f" ± {std:>{std_width}}" if std else ""
        after = " " * (3 + std_width - len(spread) if std_width else 0)
        indent = " " * (mean_width - len(mean))
        # The marks stand close to the number, or they would not be bold.
        cells.append(f"{indent}{mark}{mean}{spread}{mark}{after}")
    return _column(heading, cells, True)


def _cut(keys: list[list[str]], groups: list[list[list[str]]]) -> list[list[list[str]]]:
    """Columns of each table, none of them wider than MAX_WIDTH if that can be; a group stays together."""
    blocks: list[list[list[str]]] = [[]]
    for group in groups:
        columns = keys + blocks[-1] + group
        if blocks[-1] and sum(len(column[0]) + 3 for column in columns) + 1 > MAX_WIDTH:
            blocks.append([])
        blocks[-1] = blocks[-1] + group
    return blocks


def _lines(columns: list[list[str]]) -> list[str]:
    return ["| " + " | ".join(cells) + " |" for cells in zip(*columns, strict=True)]
