"""The card of a shared model, ``card.md``: what it learnt from, how good it was on held-out videos, how to use it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import vpdlib
from vpdlib.datasets.tables import ActionRow, VideoRow
from vpdlib.finding import recogniser_folder
from vpdlib.finding.finder_record import FinderRecord
from vpdlib.pipeline.networks import needed_networks
from vpdlib.pipeline.settings import ModelSettings

_KINDS = {
    "joints": "the teacher's joints",
    "vipe": "view-invariant embedding of the teacher's joints",
    "student": "student of crops",
    "concat": "feature sets side by side",
    "fused": "the teacher's joints, mended by a student",
    "r3d": "3D residual network of crops",
}


def card_text(
    settings: ModelSettings,
    finder: FinderRecord,
    recognisers: Sequence[tuple[str, Path]],
    videos: Sequence[VideoRow],
    actions: Sequence[ActionRow],
) -> str:
    """The text of a model's card, Markdown.

    Parameters
    ----------
    settings : of the model.
    finder : its finder's record.
    recognisers : names of feature sets, and the folders of their recognisers.
    videos, actions : of the dataset.

    Raises
    ------
    FileNotFoundError, ValueError
        If a recogniser is missing or damaged.
    """
    learnt = [action for action in actions if action.split != "test"]
    in_videos = {action.video for action in learnt}
    groups = {row.group for row in videos if row.video in in_videos and row.group}
    of_groups = f" of {len(groups)} groups (athletes, matches)" if groups else ""
    counts = Counter(action.label for action in learnt)
    lines = [
        f"# Model: {settings.title}",
        "",
        "Finds every action of these classes in any video of the sport, and names it.",
        "",
        "```",
        "python -m vpdlib find --model THIS_FOLDER my_video.mp4 --out my_results",
        "```",
        "",
        f"It learnt from {len(learnt)} actions in {len(in_videos)} videos{of_groups}.",
        "",
        "| class | actions |",
        "|---|---|",
        *(f"| {name} | {counts[name]} |" for name in finder.class_names),
        "",
        f"Method `{settings.method}`, head `{settings.head}`, of "
        + ", ".join(f"`{name}` ({_KINDS[r.kind]})" for name, r in settings.features.items())
        + ".",
        "",
        "## How good it was",
        "",
        "Measured on training videos, each answered for by what had not learnt from its group:",
        "",
        "| | |",
        "|---|---|",
        *(f"| {what} | {value} |" for what, value in _held_out(finder)),
    ]
    for name, folder in recognisers:
        record = recogniser_folder.FOLDER.read_record(folder)
        lines.append(
            f"| named rightly when the times are given, `{name}` | {_per_cent(record.accuracy)} of "
            f"{record.num_segments} segments |"
        )
    networks = ", ".join(f"`{network.name}`" for network in needed_networks(settings)) or "none"
    lines += [
        "",
        "Expect less from other cameras, places and levels of skill than those of the training videos.",
        "",
        "## What it needs",
        "",
        f"vpdlib {vpdlib.__version__}, or a version that reads `model.json`; and these networks, which it fetches: "
        f"{networks}.",
        "",
    ]
    return "\n".join(lines)


def _held_out(finder: FinderRecord) -> list[tuple[str, str]]:
    if not finder.is_uncut:
        return [("videos", "each is one action, and named as a whole")]
    return [
        ("an answer counts from this probability on", f"{finder.threshold:.3f}"),
        (
            f"of its answers, right (time and class, tIoU {finder.settings.operating_tiou:g})",
            _per_cent(finder.precision),
        ),
        (
            "of the actions, found",
            f"{_per_cent(finder.recall)} of {finder.num_actions}",
        ),
        (
            "calibration error of its probabilities",
            "not measured"
            if finder.calibration_error is None
            else f"{finder.calibration_error:.3f}",
        ),
    ]


def _per_cent(fraction: float | None) -> str:
    return "not measured" if fraction is None else f"{100 * fraction:.1f} %"
