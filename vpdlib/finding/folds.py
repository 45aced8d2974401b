"""Which training videos each model of a recogniser or detector is held out from.

Recogniser and detector of one dataset have the same folds, since both follow from the training actions, their groups
and the seed alone: what one member of each says of a held-out video is what they would say of a new one.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

from vpdlib.datasets.tables import ActionRow, VideoRow
from vpdlib.progress import note

#: Per fold, the videos that its member did not learn from; one empty fold where nothing can be held out.
Folds = tuple[tuple[str, ...], ...]


def held_out_folds(
    actions: Sequence[ActionRow], rows: Mapping[str, VideoRow], num_folds: int, seed: int
) -> Folds:
    """Divide training videos into folds, whole groups at a time.

    The actions of a class are spread over the folds as evenly as its groups allow, rare classes first: what a member
    never saw it cannot name in the videos that it is asked about.

    Parameters
    ----------
    actions : that are learnt from; their videos are divided.
    rows : id -> row, of their videos at least.
    num_folds : wanted; never more than groups, or than videos where they are of fewer than two groups.
    seed : of the draw.
    """
    videos = sorted({action.video for action in actions})
    group_of = {video: rows[video].group or f"video {video}" for video in videos}
    if len(set(group_of.values())) < 2:
        if len(videos) > 1:
            note(
                f"the {len(videos)} training videos are of one group: videos in place of groups are held out, and "
                "what is calibrated on them is too sure of itself for another group"
            )
        group_of = {video: video for video in videos}
    num_folds = min(num_folds, len(set(group_of.values())))
    if num_folds < 2:
        note("there is one training video: nothing can be held out, and nothing is calibrated")
        return ((),)
    fold_of_group = _spread(actions, group_of, num_folds, seed)
    return tuple(
        tuple(video for video in videos if fold_of_group[group_of[video]] == fold)
        for fold in range(num_folds)
    )


def _spread(
    actions: Sequence[ActionRow], group_of: Mapping[str, str], num_folds: int, seed: int
) -> dict[str, int]:
    """Group -> fold: each goes where there is least of its classes, then where there are fewest actions."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for action in actions:
        counts[group_of[action.video]][action.label] += 1
    # In how many groups a class is.
    spread = Counter(label for own in counts.values() for label in own)
    names = sorted(counts)
    drawn = [names[i] for i in np.random.default_rng([seed, len(names)]).permutation(len(names))]
    held = [Counter[str]() for _ in range(num_folds)]
    found = {}
    for name in sorted(drawn, key=lambda name: min(spread[label] for label in counts[name])):
        own = counts[name]

        def cost(fold: int, own: Counter[str] = own) -> tuple[float, int]:
            there = held[fold]
            return sum(
                there[label] * n / spread[label] ** 2 for label, n in own.items()
            ), there.total()

        found[name] = min(range(num_folds), key=cost)
        held[found[name]] += own
    return found


def fold_of(folds: Folds, video: str) -> int | None:
    """The fold that a video is held out in; None of a video that no member learnt from."""
    return next((index for index, fold in enumerate(folds) if video in fold), None)
