"""Splitting by group where a dataset brings no split.

All actions of a group (a subject, a match, a source video) come to one side, so that near-duplicates
cannot be on both.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from vpdlib.datasets.base import Action, DatasetError, Split


def split_by_group(
    actions: Sequence[Action], test_fraction: float, val_fraction: float, seed: int
) -> list[Action]:
    """Give every action a split.

    Groups are visited in a seeded random order; a group goes to the test side (then to validation) if
    that brings the fractions of its classes nearer to what is wanted. A class whose actions all belong to
    one group stays in training.

    Parameters
    ----------
    actions : with ``split`` None; an empty ``group`` stands for the video.
    test_fraction, val_fraction : wanted fractions of each class's actions; 0 for no such split.
    seed : of the order of groups.

    Raises
    ------
    DatasetError
        If no action could be put into the test split without emptying a class's training set.
    """
    members: dict[str, list[Action]] = defaultdict(list)
    for action in sorted(actions, key=lambda a: a.action_id):
        members[action.group or action.video_id].append(action)
    names = sorted(members)
    order = np.random.default_rng(seed).permutation(len(names))
    total = Counter(a.label for a in actions)
    side: dict[str, Split] = {}
    taken = Counter[str]()
    for split, fraction in (("test", test_fraction), ("val", val_fraction)):
        held = Counter[str]()
        for index in order:
            name = names[int(index)]
            counts = Counter(a.label for a in members[name])
            if name in side or any(total[c] - taken[c] - n < 1 for c, n in counts.items()):
                continue
            gain = sum(
                abs(fraction * total[c] - held[c]) - abs(fraction * total[c] - held[c] - n)
                for c, n in counts.items()
            )
            if gain > 0:
                side[name] = split  # type: ignore[assignment]
                held += counts
                taken += counts
    if actions and test_fraction and "test" not in side.values():
        raise DatasetError(
            f"{actions[0].where}: of {len(names)} groups none can be held out for testing: each has all "
            f"actions of a class, or is far larger than the fraction {test_fraction:g} of its classes. Give "
            "a split or finer groups in the labels, or raise adapter.test_fraction; with 0 all are learnt from and "
            "nothing is measured."
        )
    return [
        replace(action, split=side.get(name, "train"))
        for name, group in members.items()
        for action in group
    ]


def group_of(video_id: str, pattern: str | None, where: str) -> str:
    """The group that a pattern finds in a video's id; empty without a pattern.

    Raises
    ------
    DatasetError
        If it finds none.
    """
    if pattern is None:
        return ""
    match = re.search(pattern, video_id)
    if match is None or not match.groupdict().get("group"):
        raise DatasetError(
            f"{where}: adapter.group_pattern {pattern!r} finds no group named 'group' in the id "
            f"{video_id!r}. Correct the pattern, for example '^(?P<group>[^_]+)_'."
        )
    return match["group"]
