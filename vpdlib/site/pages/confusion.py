"""Which class the test actions are taken for: a matrix for every feature set and head, and the actions of each cell."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from vpdlib.site.plain_text import plain
from vpdlib.site.site import Page, Site
from vpdlib.site.trial_answers import TrialAnswers, read_trial_answers

#: Classes above which a figure's cells are too small for their numbers.
_MOST_NUMBERED = 30


def build(site: Site) -> Page | None:
    """The page of confusions, or None where no head has been run with all training data."""
    answers = read_trial_answers(site)
    if not answers:
        return None
    choices = []
    for number, one in enumerate(answers):
        counts = confusion_matrix(one)
        # What a cell's list needs is loaded when a cell is opened.
        site.shard(f"confusion_{number}", {"classes": one.class_names, "counts": counts.tolist()})
        site.shard(f"confusion_{number}_actions", _actions(site, one))
        name = f"confusion_{number}_{one.features}_{one.head}"
        site.figure(name, _draw(one, counts), _table(one, counts), f"Confusion, {one.name}")
        choices.append(
            {
                "name": one.name,
                "figure": name,
                "trials": len(one.predicted),
                "actions": len(one.actions),
                "top1": round(100 * float(one.right.mean()), 1),
            }
        )
    return Page("confusion", "Confusion", {"choices": choices})


def confusion_matrix(answers: TrialAnswers) -> np.ndarray:
    """(C, C) int: how often actions of the class of a row are taken for that of a column, over all trials."""
    size = len(answers.class_names)
    counts = np.zeros((size, size), dtype=int)
    labels = np.broadcast_to(answers.labels, answers.predicted.shape)
    np.add.at(counts, (labels, answers.predicted), 1)
    return counts


def _actions(site: Site, answers: TrialAnswers) -> list[list[object]]:
    """For each action: id, video, start, end, true class, the class of every trial."""
    known = {action.action: action for action in site.actions}
    rows: list[list[object]] = []
    for index, name in enumerate(answers.actions):
        action = known[name]
        predicted = answers.predicted[:, index].tolist()
        label = int(answers.labels[index])
        rows.append([name, action.video, action.start, action.end, label, predicted])
    return rows


def _table(answers: TrialAnswers, counts: np.ndarray) -> pd.DataFrame:
    """A row for each pair of classes that there is."""
    rows, columns = np.nonzero(counts)
    return pd.DataFrame(
        {
            "label": [answers.class_names[row] for row in rows],
            "predicted": [answers.class_names[column] for column in columns],
            "answers": counts[rows, columns],
            "percent_of_label": (100 * counts[rows, columns] / counts.sum(axis=1)[rows]).round(2),
        }
    )


def _draw(answers: TrialAnswers, counts: np.ndarray) -> Figure:
    size = len(answers.class_names)
    side = max(3.5, 0.3 * size)
    figure = Figure(figsize=(side, side))
    axes = figure.subplots()
    share = counts / np.maximum(1, counts.sum(axis=1, keepdims=True))
    axes.imshow(share, cmap="Blues", vmin=0, vmax=1)
    names = [plain(name) for name in answers.class_names]
    axes.set_xticks(range(size), names, rotation=90, fontsize=8)
    axes.set_yticks(range(size), names, fontsize=8)
    axes.set_xlabel("taken for")
    axes.set_ylabel("label")
    axes.set_title(plain(answers.name), fontsize=10)
    if size <= _MOST_NUMBERED:
        for row, column in zip(*np.nonzero(counts), strict=True):
            colour = "white" if share[row, column] > 0.5 else "black"
            count = str(counts[row, column])
            axes.text(column, row, count, ha="center", va="center", color=colour, fontsize=8)
    return figure
