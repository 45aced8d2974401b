"""Tables 2, S1 and S8: what students and teachers learn from, the paper's number beside ours.

Top-1 accuracy in per cent with the BiGRU, mean and sample standard deviation (n - 1) over trials.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from vpdlib.artifacts import read_artifact
from vpdlib.artifacts.tracks import Tracks
from vpdlib.artifacts.weak_labels import WeakLabels
from vpdlib.datasets.base import frames_within
from vpdlib.datasets.tables import ActionRow
from vpdlib.poses.weak_labels import reaches_score
from vpdlib.report.published import (
    ablation_label,
    published_ablation,
    published_threshold,
    published_vipe,
)
from vpdlib.report.tables import Cells, mean_and_std, top1_of

#: Fraction of all frames and of the frames in actions, in per cent; None where there is no such frame.
Fractions = tuple[float | None, float | None]


def ablation_table(
    cells: Cells, methods: Sequence[tuple[str, str]], k: int | None, paper_column: str | None
) -> pd.DataFrame:
    """One row per method, in full and with k examples per class (Table 2).

    Parameters
    ----------
    cells : see :func:`vpdlib.report.tables.recognition_cells`.
    methods : part of the table (a, b, c) and feature set, in order.
    k : examples per class; None where there are no few-shot subsets.
    paper_column : see :mod:`vpdlib.report.published`.

    Returns
    -------
    Columns part, method, label, full, full_std, full_paper, k<k>, k<k>_std, k<k>_paper.
    """
    rows = []
    for part, method in methods:
        row: dict[str, object] = {"part": part, "method": method, "label": ablation_label(method)}
        for stem, shots in _settings(k):
            row[stem], row[f"{stem}_std"] = mean_and_std(top1_of(cells, method, "bigru", shots))
            row[f"{stem}_paper"] = published_ablation(method, shots, paper_column)
        rows.append(row)
    return pd.DataFrame(rows)


def _settings(k: int | None) -> list[tuple[str, int | None]]:
    """Names of the columns, and the number of examples a class; None is all data."""
    return [("full", None)] if k is None else [("full", None), (f"k{k}", k)]


def fraction_kept(
    labels_paths: Sequence[str | Path],
    tracks_paths: Sequence[str | Path],
    actions: Sequence[ActionRow],
    min_scores: Sequence[float],
) -> dict[float, Fractions]:
    """Fraction of the frames with an athlete whose weak label would be kept, by smallest score.

    A frame counts where its mean joint score reaches the smallest one and it has a motion target, as in
    :func:`vpdlib.poses.weak_labels.select_weak_labels`; plausibility is as the labels were made with.

    Parameters
    ----------
    labels_paths, tracks_paths : artifacts "weak_labels" and "tracks", one per shard in the same order.
    actions : all labelled actions; a frame in several counts once.
    min_scores : smallest mean joint scores, fractions of 1.

    Returns
    -------
    Per smallest score the fractions of all frames and of those in actions, in per cent.
    """
    kept: dict[float, list[np.ndarray]] = {t: [np.empty(0, bool)] for t in min_scores}
    insides = [np.empty(0, bool)]
    segments: dict[str, list[tuple[float, float]]] = {}
    for action in actions:
        segments.setdefault(action.video, []).append((action.start, action.end))
    for labels_path, tracks_path in zip(labels_paths, tracks_paths, strict=True):
        with (
            read_artifact(labels_path, WeakLabels) as labels,
            read_artifact(tracks_path, Tracks) as tracks,
        ):
            for video in labels.videos():
                time_s = tracks[video.video_id].time_s[video.frame]
                inside = np.zeros(len(time_s), bool)
                for start_s, end_s in segments.get(video.video_id, ()):
                    inside |= frames_within(time_s, start_s, end_s)
                insides.append(inside)
                score, motion = video.score, video.motion_norm
                for min_score, flags in kept.items():
                    flags.append(reaches_score(score, motion, min_score))
    in_action = np.concatenate(insides)
    together = {min_score: np.concatenate(flags) for min_score, flags in kept.items()}
    return {t: (_percent(flags), _percent(flags[in_action])) for t, flags in together.items()}


def _percent(flags: np.ndarray) -> float | None:
    return round(100 * float(flags.mean()), 2) if len(flags) else None


def threshold_table(
    cells: Cells,
    teacher: str,
    students: Sequence[tuple[float, str]],
    fractions: Mapping[float, Fractions],
    k: int | None,
    paper_column: str | None,
) -> pd.DataFrame:
    """One row for the teacher and one per smallest score of the weak labels (Table S1).

    Parameters
    ----------
    cells : see :func:`vpdlib.report.tables.recognition_cells`.
    teacher : feature set of the first row.
    students : smallest score and the feature set distilled with it, in order.
    fractions : see :func:`fraction_kept`.
    k : examples per class; None where there are no few-shot subsets.
    paper_column : see :mod:`vpdlib.report.published`.

    Returns
    -------
    Columns min_score (empty for the teacher), method, pct_all, pct_all_paper, pct_action, pct_action_paper,
    full, full_std, full_paper, k<k>, k<k>_std, k<k>_paper.
    """
    rows = []
    for min_score, method in [(None, teacher), *students]:
        row: dict[str, object] = {"min_score": min_score, "method": method}
        kept: Fractions = (None, None) if min_score is None else fractions[min_score]
        for stem, fraction in zip(("pct_all", "pct_action"), kept, strict=True):
            row[stem] = fraction
            row[f"{stem}_paper"] = published_threshold(method, min_score, stem, paper_column)
        for stem, shots in _settings(k):
            row[stem], row[f"{stem}_std"] = mean_and_std(top1_of(cells, method, "bigru", shots))
            quantity = "full" if shots is None else str(shots)
            row[f"{stem}_paper"] = published_threshold(method, min_score, quantity, paper_column)
        rows.append(row)
    return pd.DataFrame(rows)


def vipe_table(
    cells: Cells, methods: Sequence[tuple[str, str]], paper_column: str | None
) -> pd.DataFrame:
    """One row per VIPE* feature set, with all training data (Table S8).

    Parameters
    ----------
    cells : see :func:`vpdlib.report.tables.recognition_cells`.
    methods : feature set and the VIPE* model that it comes from, in order.
    paper_column : see :mod:`vpdlib.report.published`.

    Returns
    -------
    Columns method, model, top1, top1_std, top1_paper.
    """
    rows = []
    for method, model in methods:
        mean, std = mean_and_std(top1_of(cells, method, "bigru", None))
        rows.append(
            {
                "method": method,
                "model": model,
                "top1": mean,
                "top1_std": std,
                "top1_paper": published_vipe(method, paper_column),
            }
        )
    return pd.DataFrame(rows)
