"""The rows of every table, by its name: from files and settings, as ``vpdlib/config/tables.py`` lists them.

Each function takes the files by what they are, the settings, and the paper's column (``vpdlib.report.published``), and
returns the table that is written as CSV.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from vpdlib.datasets.tables import read_actions
from vpdlib.report.tables import (
    accuracy_table,
    baseline_cells,
    baseline_table,
    recognition_cells,
    retrieval_table,
    trivial_table,
    with_baselines,
)
from vpdlib.report.tables_ablations import (
    ablation_table,
    fraction_kept,
    threshold_table,
    vipe_table,
)
from vpdlib.report.tables_detection import detection_table, sweep_table
from vpdlib.report.tables_finding import finding_table
from vpdlib.report.tables_heads import few_shot_table, heads_table

Files = Mapping[str, Sequence[str]]
Settings = Mapping[str, Any]


def _table1(files: Files, settings: Settings, paper_column: str | None) -> pd.DataFrame:
    cells = recognition_cells(files["recognition"])
    heads, ensembles = settings["heads"], settings["ensembles"]
    table = accuracy_table(cells, settings["methods"], heads, [None], paper_column, ensembles)
    if not files["classes"]:
        return table
    found = baseline_cells(files["baselines"])
    return with_baselines(
        trivial_table(files["classes"][0], paper_column),
        baseline_table(found, settings["baselines"], [None], paper_column),
        table,
        settings["weights"],
    )


def _figure3(files: Files, settings: Settings, paper_column: str | None) -> pd.DataFrame:
    cells = recognition_cells(files["recognition"])
    table = accuracy_table(
        cells,
        settings["methods"],
        settings["heads"],
        settings["shots"],
        paper_column,
        settings["ensembles"],
    )
    if not files["baselines"]:
        return table
    found = baseline_cells(files["baselines"])
    shots = settings["baseline_shots"]
    baselines = baseline_table(found, settings["baselines"], shots, paper_column)
    return pd.concat([table, baselines[table.columns]], ignore_index=True)


def _table2(files: Files, settings: Settings, paper_column: str | None) -> pd.DataFrame:
    cells = recognition_cells(files["recognition"], settings["trained_as"])
    return ablation_table(cells, settings["methods"], settings["k"], paper_column)


def _table3(files: Files, settings: Settings, paper_column: str | None) -> pd.DataFrame:
    return retrieval_table(
        _folder(files["retrieval"]), settings["methods"], settings["ks"], paper_column
    )


def _table4(files: Files, settings: Settings, paper_column: str | None) -> pd.DataFrame:
    table = detection_table(_folder(files["detection"]), settings["methods"], paper_column)
    if settings["weights"]:
        table.insert(1, "weights", table["method"].map(settings["weights"]).fillna(""))
    return table


def _table_s1(files: Files, settings: Settings, paper_column: str | None) -> pd.DataFrame:
    actions = read_actions(files["actions"][0])
    least = [min_score for min_score, _ in settings["students"]]
    return threshold_table(
        recognition_cells(files["recognition"], settings["trained_as"]),
        settings["teacher"],
        settings["students"],
        fraction_kept(files["labels"], files["tracks"], actions, least),
        settings["k"],
        paper_column,
    )


def _table_s2(files: Files, settings: Settings, paper_column: str | None) -> pd.DataFrame:
    cells = recognition_cells(files["recognition"])
    return few_shot_table(cells, settings["methods"], settings["shots"], paper_column)


def _table_s3(files: Files, settings: Settings, paper_column: str | None) -> pd.DataFrame:
    return sweep_table(_folder(files["detection"]), settings["methods"], paper_column)


def _table_s4(files: Files, settings: Settings, paper_column: str | None) -> pd.DataFrame:
    return heads_table(recognition_cells(files["recognition"]), settings["methods"], paper_column)


def _table_s8(files: Files, settings: Settings, paper_column: str | None) -> pd.DataFrame:
    return vipe_table(recognition_cells(files["recognition"]), settings["methods"], paper_column)


def _found_accuracy(files: Files, settings: Settings, paper_column: str | None) -> pd.DataFrame:
    return finding_table(files, settings["methods"], settings["head"], settings["parts"])


def _folder(files: Sequence[str]) -> Path:
    """Where artifacts ``<method>.h5`` lie."""
    return Path(files[0]).parent


ROWS: dict[str, Callable[[Files, Settings, str | None], pd.DataFrame]] = {
    "figure3": _figure3,
    "table1": _table1,
    "table2": _table2,
    "table3": _table3,
    "table4": _table4,
    "tableS1": _table_s1,
    "tableS2": _table_s2,
    "tableS3": _table_s3,
    "tableS4": _table_s4,
    "tableS8": _table_s8,
    "found_accuracy": _found_accuracy,
}
