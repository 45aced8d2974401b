"""Figure 3: top-1 accuracy against the number of training examples per class."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from vpdlib.atomic import replacing

_COLOURS = (
    "#7f8fa6",
    "#c23616",
    "#0097e6",
    "#44bd32",
    "#8c7ae6",
    "#e1b12c",
    "#e377c2",
    "#17becf",
    "#8c564b",
    "#2f3640",
)
#: As many as have no common factor with the colours, so that 70 methods are told apart.
_MARKERS = ("o", "s", "^", "D", "v", "P", "*")

#: A longer legend stands beside the curves.
_MOST_WITHIN = 8


def draw_figure3(table: pd.DataFrame, title: str, paths: list[Path]) -> None:
    """Draw the few-shot curves, one colour and marker per method, one line style and cross per head.

    Parameters
    ----------
    table : columns method, head, k, top1, top1_std, top1_paper; what was not run has no top1.
    title : name of the dataset.
    paths : files to write; the ending decides the format.
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(5.2, 3.8), constrained_layout=True)
    styles, crosses = {"bigru": "-", "nns": "--"}, {"bigru": "x", "nns": "+"}
    methods = list(dict.fromkeys(table["method"]))
    for (method, head), rows in table.groupby(["method", "head"], sort=False):
        place = methods.index(method)
        # A baseline has no head.
        label = f"{method}, {head}" if head else method
        colour = _COLOURS[place % len(_COLOURS)]
        run = rows.dropna(subset=["top1"])
        if len(run):
            axes.errorbar(
                run["k"],
                run["top1"].astype(float),
                yerr=run["top1_std"].astype(float),
                color=colour,
                linestyle=styles.get(head, ":"),
                marker=_MARKERS[place % len(_MARKERS)],
                markersize=4,
                capsize=3,
                label=label,
            )
        published = rows.dropna(subset=["top1_paper"])
        if len(published):
            axes.plot(
                published["k"],
                published["top1_paper"].astype(float),
                color=colour,
                linestyle="none",
                marker=crosses.get(head, "x"),
                label=f"{label}, paper",
            )
    ticks = sorted(table["k"].unique())
    axes.set_xscale("log", base=2)
    axes.set_xticks(ticks, [str(k) for k in ticks])
    axes.minorticks_off()
    axes.set_xlabel("training examples per class, k")
    axes.set_ylabel("top-1 accuracy, %")
    axes.set_title(title, fontsize=10)
    axes.grid(alpha=0.3)
    if len(axes.get_legend_handles_labels()[0]) <= _MOST_WITHIN:
        axes.legend(fontsize=7, handlelength=4)
    else:
        figure.set_figwidth(7.2)
        figure.legend(fontsize=7, handlelength=4, loc="outside right upper")
    for path in map(Path, paths):
        with replacing(path) as temporary:
            figure.savefig(temporary, dpi=150, format=path.suffix.removeprefix("."))
    plt.close(figure)
