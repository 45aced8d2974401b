"""Which actions a trial trains on, validates on and is tested on.

Nothing is ever chosen on test actions: the epoch of a recurrent classifier comes from the dataset's validation
actions, from a part of the training actions, or is the last (docs/method.md section 12, rows 10
and 11).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from vpdlib.datasets.fewshot import draw_subsets, subsets_from_column
from vpdlib.datasets.tables import ActionRow
from vpdlib.progress import note


@dataclass(frozen=True)
class ActionTable:
    """The labelled actions of a dataset, one entry an action in every tuple.

    Attributes
    ----------
    action_ids : unique ids.
    labels : class names.
    splits : "train", "val" or "test".
    groups : what must not be torn apart between splits (a routine, a match); may be empty text.
    class_names : all classes, in the order of the probabilities.

    Raises
    ------
    ValueError
        For tuples of different length, repeated ids or classes, an unknown label or split.
    """

    action_ids: tuple[str, ...]
    labels: tuple[str, ...]
    splits: tuple[str, ...]
    groups: tuple[str, ...]
    class_names: tuple[str, ...]

    def __post_init__(self) -> None:
        lengths = {len(self.action_ids), len(self.labels), len(self.splits), len(self.groups)}
        if len(lengths) != 1:
            raise ValueError("action_ids, labels, splits and groups differ in length")
        if len(set(self.action_ids)) != len(self.action_ids):
            raise ValueError("an action id occurs twice in the table of actions")
        if len(set(self.class_names)) != len(self.class_names):
            raise ValueError(f"a class name occurs twice: {self.class_names}")
        for action_id, label, split in zip(self.action_ids, self.labels, self.splits, strict=True):
            if label not in self.class_names:
                raise ValueError(f"action {action_id!r} has label {label!r}, which is no class")
            if split not in ("train", "val", "test"):
                raise ValueError(f"action {action_id!r} has split {split!r}: train, val or test")

    @classmethod
    def from_rows(cls, rows: Sequence[ActionRow], class_names: Sequence[str]) -> ActionTable:
        """Take the columns from the rows of ``actions.csv``."""
        return cls(
            action_ids=tuple(row.action for row in rows),
            labels=tuple(row.label for row in rows),
            splits=tuple(row.split for row in rows),
            groups=tuple(row.group for row in rows),
            class_names=tuple(class_names),
        )

    def ids_of(self, split: str) -> tuple[str, ...]:
        """Ids of one split, in the order of the table."""
        return tuple(
            action_id
            for action_id, its_split in zip(self.action_ids, self.splits, strict=True)
            if its_split == split
        )

    def class_index(self) -> dict[str, int]:
        """For every action id the index of its class."""
        place = {name: index for index, name in enumerate(self.class_names)}
        return {a: place[label] for a, label in zip(self.action_ids, self.labels, strict=True)}

    def group_of(self) -> dict[str, str]:
        """For every action id its group."""
        return dict(zip(self.action_ids, self.groups, strict=True))


@dataclass(frozen=True)
class Trial:
    """What one trial trains on and, if anything, validates on.

    Attributes
    ----------
    seed : of the classifier.
    train_ids : training actions.
    val_ids : actions that choose the epoch; empty if there are none.
    """

    seed: int
    train_ids: tuple[str, ...]
    val_ids: tuple[str, ...] = ()


def make_trials(
    actions: ActionTable,
    shots: int | None,
    num_trials: int,
    seed: int,
    subsets: Sequence[Sequence[str]] | None = None,
) -> list[Trial]:
    """Trials of a regime: seeds seed, seed + 1, ..., each with the dataset's whole validation split.

    Parameters
    ----------
    actions : the dataset.
    shots : k; None for all training actions in every trial.
    num_trials : how many.
    seed : of the first trial, and of the draw where no ``subsets`` are given.
    subsets : training ids of trial 0, 1, ... as published with the dataset (only with ``shots``).

    Raises
    ------
    ValueError
        For fewer subsets than trials, subsets without shots, and as `draw_subsets`.
    """
    if num_trials < 1:
        raise ValueError(f"num_trials is {num_trials}; give at least 1")
    train_ids, val_ids = actions.ids_of("train"), actions.ids_of("val")
    chosen: Sequence[Sequence[str]]
    if shots is None:
        if subsets is not None:
            raise ValueError("subsets are given but shots is None: give k with them")
        chosen = [train_ids] * num_trials
    elif subsets is None:
        label_of = dict(zip(actions.action_ids, actions.labels, strict=True))
        labels = [label_of[action_id] for action_id in train_ids]
        chosen = draw_subsets(train_ids, labels, shots, num_trials, seed)
    else:
        if len(subsets) < num_trials:
            raise ValueError(
                f"{num_trials} trials wanted for k={shots}, but {len(subsets)} subsets are "
                "published with the dataset: lower `trials`"
            )
        chosen = subsets[:num_trials]
    return [Trial(seed + place, tuple(ids), val_ids) for place, ids in enumerate(chosen)]


def published_subsets(rows: Sequence[ActionRow], shots: int) -> list[list[str]] | None:
    """Training ids of trial 0, 1, ... for k = ``shots``, from the column ``few_shot`` of ``actions.csv``.

    Returns
    -------
    None where none are published for this k.

    Raises
    ------
    ValueError
        As `subsets_from_column`.
    """
    subsets = subsets_from_column([row.action for row in rows], [row.few_shot for row in rows])
    return subsets.get(shots)


def regime_name(shots: int | None) -> str:
    """What a regime is called in paths and artifacts: "full", or "k8" for 8 examples a class."""
    return "full" if shots is None else f"k{shots}"


def shots_of(regime: str) -> int | None:
    """Number of examples a class, k, of a regime called as by :func:`regime_name`; None for "full".

    Raises
    ------
    ValueError
        For any other name.
    """
    digits = regime.removeprefix("k")
    if regime != "full" and (digits == regime or not digits.isdecimal() or int(digits) < 1):
        raise ValueError(f"regime {regime!r}: expected full, or k and a number such as k8")
    return None if regime == "full" else int(digits)


def trials_of_regime(
    rows: Sequence[ActionRow], actions: ActionTable, shots: int | None, num_trials: int, seed: int
) -> list[Trial]:
    """Trials of a regime; few-shot subsets are the published ones or, where there are none for this k, drawn.

    Parameters
    ----------
    rows : of ``actions.csv``.
    actions : the same actions as a table.
    shots, num_trials, seed : as for :func:`make_trials`.

    Raises
    ------
    ValueError
        As :func:`published_subsets` and :func:`make_trials`.
    """
    subsets = None if shots is None else published_subsets(rows, shots)
    return make_trials(actions, shots, num_trials, seed, subsets)


def hold_out(trial: Trial, actions: ActionTable, fraction: float) -> Trial:
    """Move a fraction of the training actions to validation where the dataset gives none.

    Whole groups move, in seeded random order, until the fraction is reached; with fewer than two groups,
    single actions. At least one action stays for training of every class that has one: an action that is
    its class's last is not moved, nor is its group.
    """
    if trial.val_ids or fraction == 0:
        return trial
    group_of, class_of = actions.group_of(), actions.class_index()
    ids = sorted(trial.train_ids)
    by_group = len({group_of[a] for a in ids}) >= 2 and all(group_of[a] for a in ids)
    units: dict[str, list[str]] = {}
    for action_id in ids:
        units.setdefault(group_of[action_id] if by_group else action_id, []).append(action_id)
    remaining = np.bincount([class_of[a] for a in ids])
    generator = np.random.default_rng([trial.seed, len(ids)])
    names = sorted(units)
    wanted = fraction * len(ids)
    held: list[str] = []
    for place in generator.permutation(len(names)):
        unit = units[names[place]]
        taken = np.bincount([class_of[a] for a in unit], minlength=len(remaining))
        loses_class = ((taken > 0) & (taken >= remaining)).any()
        if loses_class or len(held) + len(unit) > max(wanted, 1):
            continue
        held += unit
        remaining -= taken
    if not held:
        note(
            f"seed {trial.seed}: no training action or group can be held out without losing a "
            "class or holding out more than the wanted fraction; the last epoch is used"
        )
    kept = set(ids) - set(held)
    return Trial(trial.seed, tuple(a for a in trial.train_ids if a in kept), tuple(sorted(held)))


def check_trial(trial: Trial, actions: ActionTable, features: Mapping[str, object]) -> None:
    """Refuse a trial that mixes splits or names actions that are not there.

    Raises
    ------
    ValueError
        For test actions in training or validation, overlap of the two, and as `check_ids`.
    """
    check_ids(trial.train_ids, actions, features, "training")
    check_ids(trial.val_ids, actions, features, "validation")
    test = set(actions.ids_of("test"))
    for name, ids in (("training", trial.train_ids), ("validation", trial.val_ids)):
        leaked = sorted(test.intersection(ids))
        if leaked:
            raise ValueError(
                f"test action {leaked[0]!r} (and {len(leaked) - 1} more) is among the {name} "
                "actions: mend the splits of the dataset"
            )
    both = sorted(set(trial.train_ids).intersection(trial.val_ids))
    if both:
        raise ValueError(f"action {both[0]!r} is a training and a validation action at once")


def check_ids(
    ids: Sequence[str],
    actions: ActionTable,
    features: Mapping[str, object],
    name: str,
) -> None:
    """Refuse repeated ids, ids out of the table and ids without an entry in the features.

    Raises
    ------
    ValueError
        Naming the id; ``name`` says what the ids are.
    """
    known = set(actions.action_ids)
    if len(set(ids)) != len(ids):
        raise ValueError(f"a {name} id occurs twice in one trial")
    for action_id in ids:
        if action_id not in known:
            raise ValueError(f"{name} action {action_id!r} is not in the table of actions")
        if action_id not in features:
            raise ValueError(
                f"{name} action {action_id!r} has no entry in the features: give an array of zero "
                "frames where nobody was found"
            )
