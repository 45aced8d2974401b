"""The figures of the page of curves, as Matplotlib draws them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vpdlib.site.plain_text import plain

#: Okabe and Ito's colours, as of the pages.
_COLOURS = (
    "#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#8c6d1f", "#7f7f7f",
)  # fmt: skip
_MARKERS = ("o", "s", "^", "D", "v", "x", "+")
_STYLES = ("-", "--", ":", "-.")
#: Marks of one number of examples lie side by side: so far apart, as factors of it, but no farther in all.
_STEP, _SPREAD = 1.025, 1.2
#: Lines up to which a legend stands within the figure.
_MOST_WITHIN = 6


def draw_few_shot(ks: Sequence[int], lines: Sequence[Mapping[str, Any]]) -> Figure:
    """Accuracy by examples per class: colour and marker of the feature set, dashes of the head, hollow the paper's."""
    figure, axes = _axes()
    step = min(_STEP, _SPREAD ** (1 / max(1, len(lines) - 1)))
    for place, line in enumerate(lines):
        beside = np.array(ks) * step ** (place - (len(lines) - 1) / 2)
        method, style = line["method"], _STYLES[line["head"] % len(_STYLES)]
        look: dict[str, Any] = {
            "color": _COLOURS[method % len(_COLOURS)],
            "marker": _MARKERS[method % len(_MARKERS)],
            "markersize": 4,
        }
        if any(value is not None for value in line["top1"]):
            top1, std = (np.array(line[name], dtype=float) for name in ("top1", "std"))
            axes.errorbar(
                beside,
                top1,
                yerr=std,
                linestyle=style,
                capsize=3,
                label=plain(line["name"]),
                **look,
            )
        if any(value is not None for value in line["paper"]):
            label = plain(f"{line['name']}, paper")
            paper = np.array(line["paper"], dtype=float)
            axes.plot(beside, paper, linestyle="none", markerfacecolor="none", label=label, **look)
    axes.set_xscale("log", base=2)
    axes.set_xticks(ks, [str(k) for k in ks])
    axes.minorticks_off()
    axes.set_xlabel("training examples per class, k")
    axes.set_ylabel("top-1 accuracy, %")
    _legend(figure, axes)
    return figure


def draw_learning(name: str, history: pd.DataFrame, best_epoch: int) -> Figure:
    """A student's losses by epoch, and the epoch whose weights it has."""
    figure, axes = _axes()
    axes.plot(history["epoch"], history["train_loss"], "--", color=_COLOURS[1], label="training")
    axes.plot(history["epoch"], history["val_loss"], "-", color=_COLOURS[0], label="validation")
    axes.axvline(best_epoch, color="black", linestyle=":", label=f"best epoch, {best_epoch}")
    axes.set_xlabel("epoch")
    axes.set_ylabel("loss (small is good)")
    axes.set_title(plain(name), fontsize=10)
    _legend(figure, axes)
    return figure


def draw_scores(edges: np.ndarray, counts: np.ndarray, min_score: float | None) -> Figure:
    """Frames by the teacher's mean joint score: all (row 0) and kept (row 1); the score from which they are kept."""
    figure, axes = _axes()
    axes.stairs(
        counts[0], edges, fill=True, color=_COLOURS[4], alpha=0.5, label="frames with an athlete"
    )
    axes.stairs(counts[1], edges, fill=True, color=_COLOURS[0], label="kept as weak labels")
    if min_score is not None:
        label = f"kept from {min_score:g}"
        axes.axvline(min_score, color="black", linestyle=":", label=label)
    axes.set_xlabel("teacher's mean joint score")
    axes.set_ylabel("frames")
    _legend(figure, axes)
    return figure


def draw_ranks(names: Sequence[str], percent: np.ndarray, what: str) -> Figure:
    """Accuracies of athletes or videos, from the worst to the best, a line for each of `names`."""
    figure, axes = _axes()
    for index, (name, row) in enumerate(zip(names, percent, strict=True)):
        ranked = np.sort(row[np.isfinite(row)])
        axes.plot(
            np.arange(1, len(ranked) + 1),
            ranked,
            color=_COLOURS[index % len(_COLOURS)],
            linestyle=_STYLES[index // len(_COLOURS) % len(_STYLES)],
            marker=_MARKERS[index % len(_MARKERS)],
            markevery=max(1, len(ranked) // 8),
            markersize=4,
            label=plain(name),
        )
    axes.set_xlabel(f"{what}s, from the worst to the best")
    axes.set_ylabel("test actions named rightly, %")
    _legend(figure, axes)
    return figure


def _axes() -> tuple[Figure, Axes]:
    figure = Figure(figsize=(5.6, 3.8), layout="constrained")
    axes = figure.subplots()
    axes.grid(alpha=0.3)
    return figure, axes


def _legend(figure: Figure, axes: Axes) -> None:
    if len(axes.get_legend_handles_labels()[0]) <= _MOST_WITHIN:
        axes.legend(fontsize=7, handlelength=4)
    else:
        figure.set_figwidth(7.6)
        figure.legend(fontsize=7, handlelength=4, loc="outside right upper")
