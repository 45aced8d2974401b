"""Tables 4 and S3: average precision of few-shot temporal detection, the paper's number beside ours.

AP is in per cent, mean and sample standard deviation (n - 1) over trials.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from vpdlib.action_detection.results import read_average_precision
from vpdlib.report.published import published_ap, published_sweep
from vpdlib.report.tables import mean_and_std

#: The temporal overlap of Table S3.
SWEEP_TIOU = 0.5


def detection_table(
    detection_dir: Path, methods: Sequence[str], paper_column: str | None
) -> pd.DataFrame:
    """One row per method and tIoU, at the reported threshold (Table 4).

    Parameters
    ----------
    detection_dir : folder with ``<method>.h5``.
    methods : what to tabulate, in order.
    paper_column : see :mod:`vpdlib.report.published`.

    Returns
    -------
    Columns method, tiou, threshold, trials, ap, ap_std, ap_paper.
    """
    rows = []
    for method in methods:
        found = read_average_precision(detection_dir / f"{method}.h5")
        reported = found.threshold
        at = 100 * found.ap[:, int(np.abs(found.thresholds - reported).argmin())]
        for index, tiou in enumerate(found.tious):
            mean, std = mean_and_std(at[:, index])
            rows.append(
                {
                    "method": method,
                    "tiou": round(float(tiou), 2),
                    "threshold": round(reported, 3),
                    "trials": len(at),
                    "ap": mean,
                    "ap_std": std,
                    "ap_paper": published_ap(method, float(tiou), paper_column),
                }
            )
    return pd.DataFrame(rows)


def sweep_table(
    detection_dir: Path, methods: Sequence[str], paper_column: str | None
) -> pd.DataFrame:
    """One row per method: AP at tIoU 0.5 by activation threshold (Table S3).

    Parameters as of `detection_table`.

    Returns
    -------
    Columns method, and by rising threshold t<threshold>, t<threshold>_std, t<threshold>_paper.

    Raises
    ------
    ValueError
        If a method was not evaluated at tIoU 0.5.
    """
    found: dict[str, dict[float, np.ndarray]] = {}
    for method in methods:
        path = detection_dir / f"{method}.h5"
        read = read_average_precision(path)
        thresholds = [round(float(value), 4) for value in read.thresholds]
        at = np.flatnonzero(np.isclose(read.tious, SWEEP_TIOU))
        if not len(at):
            raise ValueError(
                f"{path} was evaluated at tIoU {read.tious.tolist()}; add {SWEEP_TIOU} to detection.tious"
            )
        found[method] = dict(zip(thresholds, 100 * read.ap[:, :, at[0]].T, strict=True))
    every = sorted({threshold for by_threshold in found.values() for threshold in by_threshold})
    rows = []
    for method, by_threshold in found.items():
        row: dict[str, object] = {"method": method}
        for threshold in every:
            stem = f"t{threshold:g}"
            row[stem], row[f"{stem}_std"] = mean_and_std(by_threshold.get(threshold, np.empty(0)))
            row[f"{stem}_paper"] = published_sweep(method, threshold, paper_column)
        rows.append(row)
    return pd.DataFrame(rows)
