"""The paper's published numbers, as data beside ours. Source: paper Table 1, supplement Tables S2, S4.

The CSV files in ``vpdlib/report/paper/`` are transcriptions of the tables of Hong et al., ICCV 2021;
``sources.csv`` there says which is which. A number is only ever printed in a column that says so; it never
stands in for one of ours.
"""

from __future__ import annotations

import csv
from functools import cache
from importlib import resources

#: Our feature sets by the paper's names.
PAPER_NAMES: dict[str, str] = {
    "joints2d": "Normalized 2D joints",
    "vpd2d": "2D-VPD",
    "vipe": "VIPE*",
    "vpdvi": "VI-VPD",
    "vpdconcat": "Concat-VPD",
}


@cache
def _rows(name: str) -> tuple[dict[str, str], ...]:
    text = (resources.files("vpdlib.report") / "paper" / name).read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))


def _number(cell: str | None) -> float | None:
    return float(cell) if cell else None


def published_precision(method: str, k: int, column: str | None) -> float | None:
    """The paper's retrieval precision@k in per cent (Table 3), or None; arguments as for :func:`published_top1`."""
    name = PAPER_NAMES.get(method)
    if name is None or column is None:
        return None
    for row in _rows("table3.csv"):
        if row["features"] == name:
            return _number(row.get(f"{column}_p{k}"))
    return None


#: The task of the paper's Table 4 by dataset.
_DETECTION_TASKS = {
    "FSJump6": "FS jumps (5 routines)",
    "Tennis7": "Tennis swings 200ms (5 points)",
}


def published_ap(method: str, tiou: float, column: str | None) -> float | None:
    """The paper's few-shot detection AP in per cent (Table 4), or None; arguments as for :func:`published_top1`."""
    name, task = PAPER_NAMES.get(method), _DETECTION_TASKS.get(column or "")
    if name is None or task is None:
        return None
    for row in _rows("table4.csv"):
        if row["task"] == task and row["features"] == name:
            return _number(row.get(f"tiou{tiou:.1f}"))
    return None


def published_top1(method: str, head: str, shots: int | None, column: str | None) -> float | None:
    """The paper's top-1 accuracy in per cent.

    Parameters
    ----------
    method : feature set, such as "vpd2d".
    head : "bigru" or "nns".
    shots : examples per class, or None for all training data.
    column : "FSJump6", "Tennis7", "FX35", "Diving48", or None for a dataset that the paper lacks.

    Returns
    -------
    The number, or None where the paper has none.
    """
    name = PAPER_NAMES.get(method)
    if name is None or column is None:
        return None
    if shots is None and head == "bigru":
        for row in _rows("table1.csv"):
            if row["method"] == name:
                return _number(row[column])
    elif shots is None:
        for row in _rows("tableS4.csv"):
            if row["architecture"] == "NNS (DTW)":
                return _number(row.get(f"{column}_{name}"))
    else:
        for row in _rows("tableS2.csv"):
            if row["dataset"] == column and row["features"] == name:
                return _number(row.get(f"{head}{shots}"))
    return None
