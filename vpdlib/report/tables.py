"""Tables 1 and 3 and the table of Figure 3, and what all tables share; the paper's number stands beside ours.

Top-1 accuracy is over all test actions, in per cent. ``_std`` and ``_sd`` are the sample standard deviation over
trials (n - 1), empty where there is one trial. What was not run is an empty cell.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from vpdlib.artifacts import read_artifact
from vpdlib.artifacts.recognition import Recognition
from vpdlib.atomic import write_text
from vpdlib.recognition.settings import NETWORK_HEADS
from vpdlib.report.published import published_baseline, published_precision, published_top1
from vpdlib.retrieval.results import read_scores

#: Recognition artifacts by method, head and regime ("full" or "k<k>").
Cells = Mapping[tuple[str, str, str], Path]


def recognition_cells(
    paths: Iterable[str | Path], trained_as: Mapping[str, str] | None = None
) -> Cells:
    """Recognition artifacts ``<method>/<head>/<regime>.h5`` by what they are of.

    ``trained_as`` gives the feature sets that are trained by another name: an ablation may ask for what its student
    already is.
    """
    cells = {}
    for path in map(Path, paths):
        cells[path.parent.parent.name, path.parent.name, path.stem] = path
    for name, other in (trained_as or {}).items():
        cells |= {(name, head, k): path for (m, head, k), path in cells.items() if m == other}
    return cells


def baseline_cells(paths: Iterable[str | Path]) -> Cells:
    """Artifacts ``<baseline>/<regime>.h5`` by what they are of; a baseline has no head."""
    return {(path.parent.name, "", path.stem): path for path in map(Path, paths)}


def top1_per_trial(path: str | Path) -> np.ndarray:
    """Top-1 accuracy of every trial of a recognition artifact, (R,) float64 in per cent.

    Raises
    ------
    ValueError
        If there is no test action.
    ArtifactError
        If the artifact is missing or damaged.
    """
    with read_artifact(path, Recognition) as artifact:
        probabilities = artifact.array("probabilities")
        truth = artifact.array("label")
    if not len(truth):
        raise ValueError(f"{path} holds no test action; give the dataset a test split")
    return 100.0 * (probabilities.argmax(axis=2) == truth).mean(axis=1)


def top1_of(cells: Cells, method: str, head: str, shots: int | None) -> np.ndarray:
    """Top-1 accuracy of every trial, (R,) float64 in per cent; R is 0 where it was not run."""
    path = cells.get((method, head, "full" if shots is None else f"k{shots}"))
    return np.empty(0) if path is None else top1_per_trial(path)


def mean_and_std(values: np.ndarray) -> tuple[float | None, float | None]:
    """Mean and sample standard deviation (n - 1) of R values, to two decimals; None of too few values."""
    mean = round(float(values.mean()), 2) if len(values) else None
    return mean, round(float(values.std(ddof=1)), 2) if len(values) > 1 else None


def accuracy_table(
    cells: Cells,
    methods: Sequence[str],
    heads: Sequence[str],
    shots: Sequence[int | None],
    paper_column: str | None,
    ensembles: Sequence[str] = (),
) -> pd.DataFrame:
    """One row per method, head and number of shots (Table 1, Figure 3).

    Parameters
    ----------
    cells : see :func:`recognition_cells`.
    methods, heads : what to tabulate, in order.
    shots : examples per class; None is all training data.
    paper_column : see :mod:`vpdlib.report.published`.
    ensembles : methods that have a row for every head that is a network; they come last.

    Returns
    -------
    Columns method, head, k (if any is not None), trials (0 where not run), top1, top1_std, top1_paper.
    """
    rows = []
    for method in (*methods, *ensembles):
        for head in heads:
            if method in ensembles and head not in NETWORK_HEADS:
                continue
            for k in shots:
                top1 = top1_of(cells, method, head, k)
                mean, std = mean_and_std(top1)
                rows.append(
                    {
                        "method": method,
                        "head": head,
                        "k": k,
                        "trials": len(top1),
                        "top1": mean,
                        "top1_std": std,
                        "top1_paper": published_top1(method, head, k, paper_column),
                    }
                )
    table = pd.DataFrame(rows)
    return table.drop(columns="k") if all(k is None for k in shots) else table


def baseline_table(
    cells: Cells,
    baselines: Sequence[tuple[str, str, str]],
    shots: Sequence[int | None],
    paper_column: str | None,
) -> pd.DataFrame:
    """One row per baseline and number of shots (Table 1, Figure 3).

    Parameters
    ----------
    cells : see :func:`baseline_cells`.
    baselines : name, the paper's name of the row or empty text, and what weights the network starts from.
    shots, paper_column : as for :func:`accuracy_table`.

    Returns
    -------
    Columns as of :func:`accuracy_table`, with k, and weights; the head is empty.
    """
    rows = []
    for name, paper_row, weights in baselines:
        for k in shots:
            top1 = top1_of(cells, name, "", k)
            mean, std = mean_and_std(top1)
            rows.append(
                {
                    "method": name,
                    "head": "",
                    "k": k,
                    "trials": len(top1),
                    "top1": mean,
                    "top1_std": std,
                    "top1_paper": published_baseline(paper_row, k, paper_column),
                    "weights": weights,
                }
            )
    return pd.DataFrame(rows)


def trivial_table(classes_csv: str | Path, paper_column: str | None) -> pd.DataFrame:
    """What is right without looking: one class of C at random, and always the commonest class of the training.

    Parameters
    ----------
    classes_csv : ``classes.csv`` of the dataset, with the numbers of actions by class and split.
    paper_column : see :mod:`vpdlib.report.published`.

    Returns
    -------
    Columns method, head, trials (0: nothing was trained), top1, top1_paper.
    """
    # Without this, a class called "null" or "nan" would lose its name.
    counts = pd.read_csv(classes_csv, keep_default_na=False)
    commonest = counts["train"].to_numpy().argmax()
    fractions = {
        "random": ("Random", 1 / len(counts)),
        "top_class": ("Top class", counts["test"][commonest] / counts["test"].sum()),
    }
    rows = [
        {
            "method": name,
            "head": "",
            "trials": 0,
            "top1": round(100 * float(fraction), 2),
            "top1_paper": published_baseline(paper_row, None, paper_column),
        }
        for name, (paper_row, fraction) in fractions.items()
    ]
    return pd.DataFrame(rows)


def with_baselines(
    trivial: pd.DataFrame, baselines: pd.DataFrame, heads: pd.DataFrame, weights: Mapping[str, str]
) -> pd.DataFrame:
    """Table 1 with all its rows: trivial ones, baselines, and methods under their heads.

    Parameters
    ----------
    trivial, baselines, heads : see :func:`trivial_table`, :func:`baseline_table` and :func:`accuracy_table`.
    weights : what weights methods start from, of those of which the table is to say so.

    Returns
    -------
    The columns of :func:`accuracy_table`, and weights: pretrained, from scratch, or empty.
    """
    rows = [
        row
        for table in (trivial, baselines, heads)
        for row in table.astype(object).to_dict("records")
    ]
    table = pd.DataFrame(rows, columns=[*heads.columns, "weights"])
    # Without a baseline no row has weights yet, and the column would be one of numbers.
    table["weights"] = table["weights"].astype(object)
    missing = table["weights"].isna()
    table.loc[missing, "weights"] = table.loc[missing, "method"].map(weights).fillna("")
    return table


def retrieval_table(
    retrieval_dir: Path, methods: Sequence[str], ks: Sequence[int], paper_column: str | None
) -> pd.DataFrame:
    """One row per method: precision@k and hit@k in per cent, the paper's precision@k beside ours (Table 3).

    Parameters
    ----------
    retrieval_dir : folder with ``<method>.h5``.
    methods, ks : what to tabulate, in order.
    paper_column : see :mod:`vpdlib.report.published`.
    """
    rows = []
    for method in methods:
        scores = read_scores(retrieval_dir / f"{method}.h5")
        row: dict[str, object] = {"method": method, "queries": scores[ks[0]].num_queries}
        for k in ks:
            row[f"p{k}"] = round(100 * scores[k].precision, 2)
            row[f"p{k}_paper"] = published_precision(method, k, paper_column)
            row[f"hit{k}"] = round(100 * scores[k].hit, 2)
        rows.append(row)
    return pd.DataFrame(rows)


def write_table(path: str | Path, table: pd.DataFrame) -> None:
    """Write a table as CSV, whole or not at all; what was not run is an empty cell."""
    write_text(path, table.to_csv(index=False, lineterminator="\n"))
