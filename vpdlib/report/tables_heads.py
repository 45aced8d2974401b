"""Tables S2 and S4: recognition heads beside one another, the paper's number beside ours."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from vpdlib.recognition.settings import HEADS
from vpdlib.report.published import published_top1
from vpdlib.report.tables import Cells, mean_and_std, top1_of


def few_shot_table(
    cells: Cells, methods: Sequence[str], shots: Sequence[int], paper_column: str | None
) -> pd.DataFrame:
    """One row per method: few-shot top-1 in per cent, BiGRU beside the nearest neighbour (Table S2).

    Parameters
    ----------
    cells : see :func:`vpdlib.report.tables.recognition_cells`.
    methods, shots : what to tabulate, in order.
    paper_column : see :mod:`vpdlib.report.published`.

    Returns
    -------
    Columns method, and per k bigru<k>, bigru<k>_sd, bigru<k>_paper, nns<k>, nns<k>_sd, nns<k>_paper.
    """
    rows = []
    for method in methods:
        row: dict[str, object] = {"method": method}
        for k in shots:
            for head in ("bigru", "nns"):
                stem = f"{head}{k}"
                row[stem], row[f"{stem}_sd"] = mean_and_std(top1_of(cells, method, head, k))
                row[f"{stem}_paper"] = published_top1(method, head, k, paper_column)
        rows.append(row)
    return pd.DataFrame(rows)


def heads_table(cells: Cells, methods: Sequence[str], paper_column: str | None) -> pd.DataFrame:
    """One row per head: top-1 in per cent with all training data (Table S4).

    Parameters
    ----------
    cells : see :func:`vpdlib.report.tables.recognition_cells`.
    methods : what to tabulate, in order.
    paper_column : see :mod:`vpdlib.report.published`.

    Returns
    -------
    Columns head, label (the paper's name of it), and per method <method>, <method>_std, <method>_paper. The paper's
    BiGRU is that of its Table 1, which has more feature sets than Table S4.
    """
    rows = []
    for head, spec in HEADS.items():
        row: dict[str, object] = {"head": head, "label": spec.title}
        for method in methods:
            row[method], row[f"{method}_std"] = mean_and_std(top1_of(cells, method, head, None))
            row[f"{method}_paper"] = published_top1(method, head, None, paper_column)
        rows.append(row)
    return pd.DataFrame(rows)
