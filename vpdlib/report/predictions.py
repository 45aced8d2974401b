"""What every test action was taken for: one row for each action, feature set and head."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from vpdlib.datasets.tables import ActionRow
from vpdlib.recognition.results import read_result
from vpdlib.report.tables import Cells

#: Columns of the table, in order.
COLUMNS = (
    "features", "head", "video", "start", "end", "label",
    "predicted", "probability", "agreement", "correct", "has_athlete", "action",
)  # fmt: skip


def prediction_table(cells: Cells, actions: Sequence[ActionRow]) -> pd.DataFrame:
    """List the test actions with the class that each head takes them for, by its trials together.

    Parameters
    ----------
    cells : recognition artifacts of one regime each, by feature set, head and regime.
    actions : of the dataset.

    Returns
    -------
    Sorted as `cells`, then by video and start. ``start``, ``end`` in seconds; ``predicted`` is the class of the
    highest mean probability over the trials, ``probability`` that mean (of nearest neighbours, the fraction of trials),
    ``agreement`` the fraction of trials that say so alone, ``correct`` and ``has_athlete`` 1 or 0. An action without
    the athlete is given the commonest class, as the tables count it, and neither probability nor agreement.

    Raises
    ------
    ValueError
        If an action of a result is not among the actions.
    ArtifactError
        If an artifact is missing or damaged.
    """
    known = {row.action: row for row in actions}
    tables = [
        _one_result(features, head, Path(path), known)
        for (features, head, _), path in cells.items()
    ]
    if not tables:
        return pd.DataFrame(columns=list(COLUMNS))
    return pd.concat(tables, ignore_index=True)


def _one_result(features: str, head: str, path: Path, known: dict[str, ActionRow]) -> pd.DataFrame:
    result = read_result(path)
    missing = [action for action in result.test_ids if action not in known]
    if missing:
        raise ValueError(
            f"{path}: test actions that actions.csv does not have, such as {missing[0]!r}; "
            "delete the file to have it made again"
        )
    mean = result.probabilities.mean(axis=0, dtype=np.float64)
    predicted = mean.argmax(axis=1)
    rows = [known[action] for action in result.test_ids]
    agreement = (result.probabilities.argmax(axis=2) == predicted).mean(axis=0)
    # Nothing was seen of it, so nothing speaks for its class.
    unknown = np.where(result.is_empty_test, np.nan, 1.0)
    table = pd.DataFrame(
        {
            "features": features,
            "head": head,
            "video": [row.video for row in rows],
            "start": [row.start for row in rows],
            "end": [row.end for row in rows],
            "label": [result.class_names[index] for index in result.true_labels],
            "predicted": [result.class_names[index] for index in predicted],
            "probability": (unknown * mean.max(axis=1)).round(4),
            "agreement": (unknown * agreement).round(4),
            "correct": (predicted == result.true_labels).astype(int),
            "has_athlete": (~result.is_empty_test).astype(int),
            "action": result.test_ids,
        },
        columns=list(COLUMNS),
    )
    return table.sort_values(["video", "start", "action"], kind="stable")
