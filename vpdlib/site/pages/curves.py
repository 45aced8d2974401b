"""Curves: few-shot accuracy, students' learning, the teacher's scores, accuracy by athlete and by video."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from vpdlib.artifacts import read_artifact
from vpdlib.artifacts.weak_labels import WeakLabels
from vpdlib.site.curve_figures import draw_few_shot, draw_learning, draw_ranks, draw_scores
from vpdlib.site.site import Page, Site
from vpdlib.site.trial_answers import (
    TrialAnswers,
    feature_order,
    head_order,
    in_order,
    read_trial_answers,
)

#: Bins of the teacher's mean joint scores, from 0 to 1.
_BINS = 50


def build(site: Site) -> Page | None:
    """The page of curves, or None where there is nothing to draw."""
    answers = read_trial_answers(site)
    parts = {
        "few_shot": _few_shot(site),
        "learning": _learning(site),
        "scores": _scores(site),
        "group": _accuracy_by(site, answers, "group"),
        "video": _accuracy_by(site, answers, "video"),
    }
    one_each = _is_one_each(site, answers)
    if one_each:
        # The same chart twice.
        parts["group"] = None
    there = {name: data for name, data in parts.items() if data is not None}
    if not there:
        return None
    for name, data in there.items():
        site.shard(f"curves_{name}", data)
    return Page("curves", "Curves", {"parts": parts, "one_each": one_each})


def _few_shot(site: Site) -> dict[str, Any] | None:
    """Accuracy by the number of examples, a line for each feature set and head."""
    path = site.file("figure3.csv")
    if path is None:
        return None
    # A feature set may be called "null"; a number that is not there is an empty cell.
    table = pd.read_csv(path, keep_default_na=False, dtype={"method": str, "head": str})
    for column in ("top1", "top1_std", "top1_paper"):
        table[column] = pd.to_numeric(table[column])
    if table[["top1", "top1_paper"]].isna().all(axis=None):
        return None
    ks = sorted({int(k) for k in table["k"]})
    methods = in_order(table["method"], feature_order(site))
    heads = in_order(table["head"], head_order(site))
    lines = []
    for (method, head), rows in table.groupby(["method", "head"], sort=False):
        by_k = rows.set_index("k").reindex(ks)
        lines.append(
            {
                "name": f"{method}, {head}" if head else method,
                "method": methods.index(method),
                "head": heads.index(head),
                "top1": [_plain(value) for value in by_k["top1"]],
                "std": [_plain(value) for value in by_k["top1_std"]],
                "paper": [_plain(value) for value in by_k["top1_paper"]],
            }
        )
    lines.sort(key=lambda line: (line["method"], line["head"]))
    caption = "Top-1 accuracy by the number of training examples per class"
    site.figure("few_shot", draw_few_shot(ks, lines), table, caption)
    return {"ks": ks, "lines": lines}


def _learning(site: Site) -> dict[str, Any] | None:
    """The losses of every student by epoch."""
    found: list[dict[str, Any]] = []
    for name, record in site.students.items():
        path = site.sources.results / "students" / name / "history.csv"
        if not path.is_file():
            continue
        history = pd.read_csv(path)
        best = int(record["best_epoch"])
        figure = f"learning_{len(found)}_{name}"
        caption = f"Losses of {name} by epoch"
        site.figure(figure, draw_learning(name, history, best), history, caption)
        found.append(
            {
                "name": name,
                "figure": figure,
                "best": best,
                "window": int(record["settings"]["select_window"]),
                "epochs": history["epoch"].tolist(),
                "train": [_plain(loss) for loss in history["train_loss"]],
                "val": [_plain(loss) for loss in history["val_loss"]],
            }
        )
    return {"students": found} if found else None


def _scores(site: Site) -> dict[str, Any] | None:
    """How sure the teacher is, and of which frames it is believed."""
    edges = np.linspace(0, 1, _BINS + 1)
    counts = np.zeros((2, _BINS), dtype=int)
    video_rows = []
    for name in site.files("weak_labels/pose2d/"):
        path = site.file(name)
        assert path is not None, "it is listed"
        with read_artifact(path, WeakLabels) as labels:
            for video in labels.videos():
                score, kept = video.score, video.kept
                # Another tool's scores may go beyond 1; they belong to the last bin.
                score = np.clip(np.nan_to_num(score), 0, 1)
                counts[0] += np.histogram(score, edges)[0]
                counts[1] += np.histogram(score[kept], edges)[0]
                frames = int(video.attributes["num_video_frames"])
                video_rows.append((video.video_id, frames, len(score), int(kept.sum())))
    if not video_rows:
        return None
    split_of = {video.video: video.split for video in site.videos}
    by_video = pd.DataFrame(video_rows, columns=["video", "frames", "with_athlete", "kept"])
    by_split = by_video.assign(split=by_video["video"].map(split_of).fillna(""))
    sums = by_split.groupby("split")[["frames", "with_athlete", "kept"]].sum()
    table = pd.DataFrame(
        {"score_from": edges[:-1], "score_to": edges[1:], "frames": counts[0], "kept": counts[1]}
    ).round(4)
    min_score = site.sources.settings.get("weak_labels", {}).get("min_score")
    site.figure("teacher_scores", draw_scores(edges, counts, min_score), table, "Teacher's scores")
    rows = [{"split": split or "–", **_counted(row)} for split, row in sums.iterrows()]
    rows.append({"split": "all", **_counted(by_video[["frames", "with_athlete", "kept"]].sum())})
    centres = ((edges[:-1] + edges[1:]) / 2).round(4).tolist()
    return {
        "centres": centres,
        "all": counts[0].tolist(),
        "kept": counts[1].tolist(),
        "min_score": min_score,
        "rows": rows,
    }


def _counted(row: pd.Series) -> dict[str, int]:
    return {str(name): int(value) for name, value in row.items()}


def _is_one_each(site: Site, answers: Sequence[TrialAnswers]) -> bool:
    """Whether every athlete with a test action has one video of them, and every such video one athlete."""
    tested = {action for one in answers for action in one.actions}
    pairs = {(action.group, action.video) for action in site.actions if action.action in tested}
    return len({group for group, _ in pairs}) == len({video for _, video in pairs}) == len(pairs)


def _accuracy_by(site: Site, answers: Sequence[TrialAnswers], what: str) -> dict[str, Any] | None:
    """How many of the test actions of each athlete, or video, are named rightly; `what` is group or video."""
    if not answers:
        return None
    names = {action.action: getattr(action, what) for action in site.actions}
    tested = sorted({names[action] for one in answers for action in one.actions})
    place = {name: index for index, name in enumerate(tested)}
    counts = np.zeros((len(answers), len(tested)), dtype=int)
    right = np.zeros((len(answers), len(tested)))
    for row, one in enumerate(answers):
        where = [place[names[action]] for action in one.actions]
        np.add.at(counts[row], where, 1)
        np.add.at(right[row], where, one.right)
    percent = 100 * right / np.where(counts, counts, np.nan)
    table = pd.DataFrame({what: tested, "actions": counts.max(axis=0)})
    for row, one in enumerate(answers):
        table[one.name] = percent[row].round(2)
    title = {"group": "athlete", "video": "video"}[what]
    figure = draw_ranks([one.name for one in answers], percent, title)
    site.figure(f"accuracy_by_{what}", figure, table, f"Accuracy by {title}")
    order = in_order((one.features for one in answers), feature_order(site))
    heads = in_order((one.head for one in answers), head_order(site))
    return {
        "lines": [
            {"name": one.name, "method": order.index(one.features), "head": heads.index(one.head)}
            for one in answers
        ],
        "names": [name or "–" for name in tested],
        "actions": counts.max(axis=0).tolist(),
        "percent": [[_plain(value, 2) for value in row] for row in percent],
    }


def _plain(value: Any, digits: int = 6) -> float | None:
    """A finite number, or None."""
    if value is None or not np.isfinite(value):
        return None
    return round(float(value), digits)
