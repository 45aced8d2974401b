"""``table1.csv`` and ``figure3.csv``: mean and deviation over trials, the paper's number beside ours.

Top-1 accuracy is over all test actions, in per cent. ``top1_std`` is the sample standard deviation over
trials (n - 1), empty where there is one trial.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from vpdlib.artifacts import read_artifact
from vpdlib.report.published import published_ap, published_precision, published_top1


def top1_per_trial(path: str | Path) -> np.ndarray:
    """Top-1 accuracy of every trial of a recognition artifact, (R,) float64 in per cent."""
    with read_artifact(path, "recognition") as artifact:
        probabilities = artifact.array("probabilities")
        truth = artifact.array("label")
    if not len(truth):
        raise ValueError(f"{path} holds no test action; give the dataset a test split")
    return 100.0 * (probabilities.argmax(axis=2) == truth).mean(axis=1)


def accuracy_table(
    recognition_dir: Path,
    methods: Sequence[str],
    heads: Sequence[str],
    shots: Sequence[int | None],
    paper_column: str | None,
) -> pd.DataFrame:
    """One row per method, head and number of shots.

    Parameters
    ----------
    recognition_dir : folder with ``<method>/<head>/<setting>.h5``.
    methods, heads : what to tabulate, in order.
    shots : examples per class; None is all training data.
    paper_column : see :func:`vpdlib.report.published.published_top1`.

    Returns
    -------
    Columns method, head, k (if any is not None), trials, top1, top1_std, top1_paper.
    """
    rows = []
    for method in methods:
        for head in heads:
            for k in shots:
                setting = "full" if k is None else f"k{k}"
                top1 = top1_per_trial(recognition_dir / method / head / f"{setting}.h5")
                rows.append(
                    {
                        "method": method,
                        "head": head,
                        "k": k,
                        "trials": len(top1),
                        "top1": round(float(top1.mean()), 2),
                        "top1_std": round(float(top1.std(ddof=1)), 2) if len(top1) > 1 else None,
                        "top1_paper": published_top1(method, head, k, paper_column),
                    }
                )
    table = pd.DataFrame(rows)
    return table.drop(columns="k") if all(k is None for k in shots) else table


def retrieval_table(
    retrieval_dir: Path, methods: Sequence[str], ks: Sequence[int], paper_column: str | None
) -> pd.DataFrame:
    """One row per method: precision@k and hit@k in per cent, the paper's precision@k beside ours (Table 3).

    Parameters
    ----------
    retrieval_dir : folder with ``<method>.h5``.
    methods, ks : what to tabulate, in order.
    paper_column : see :func:`vpdlib.report.published.published_precision`.
    """
    rows = []
    for method in methods:
        with read_artifact(retrieval_dir / f"{method}.h5", "retrieval") as artifact:
            precision, hit = artifact.array("precision"), artifact.array("hit")
            stored = list(artifact.array("k"))
            row: dict[str, object] = {"method": method, "queries": len(artifact.array("query"))}
        for k in ks:
            place = stored.index(k)
            row[f"p{k}"] = round(100 * float(precision[place]), 2)
            row[f"p{k}_paper"] = published_precision(method, k, paper_column)
            row[f"hit{k}"] = round(100 * float(hit[place]), 2)
        rows.append(row)
    return pd.DataFrame(rows)


def detection_table(
    detection_dir: Path, methods: Sequence[str], paper_column: str | None
) -> pd.DataFrame:
    """One row per method and tIoU: AP in per cent, mean and deviation over trials, the paper's beside (Table 4).

    Parameters
    ----------
    detection_dir : folder with ``<method>.h5``.
    methods : what to tabulate, in order.
    paper_column : see :func:`vpdlib.report.published.published_ap`.
    """
    rows = []
    for method in methods:
        with read_artifact(detection_dir / f"{method}.h5", "detection") as artifact:
            ap, tious = 100 * artifact.array("ap"), artifact.array("tiou")
            thresholds = artifact.array("threshold")
            reported = float(artifact.attributes["threshold"])
        at = ap[:, int(np.abs(thresholds - reported).argmin())]
        rows += [
            {
                "method": method,
                "tiou": round(float(tiou), 2),
                "threshold": round(reported, 3),
                "trials": len(at),
                "ap": round(float(at[:, place].mean()), 2),
                "ap_std": round(float(at[:, place].std(ddof=1)), 2) if len(at) > 1 else None,
                "ap_paper": published_ap(method, float(tiou), paper_column),
            }
            for place, tiou in enumerate(tious)
        ]
    return pd.DataFrame(rows)


def write_table(path: str | Path, table: pd.DataFrame) -> None:
    """Write a table as CSV, whole or not at all; what was not run is an empty cell."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        table.to_csv(temporary, index=False)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
