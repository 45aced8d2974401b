"""Few-shot training subsets: fixed, balanced draws of k labelled actions a class.

The paper's protocol (docs/method.md section 2.4): for each k several subsets ("trials"), each with
min(k, class size) actions of every class, drawn independently of one another. Every head and every feature set
trains on the same subsets. Published ones travel with the table of actions as one text column of words such as
``k4t0 k8t3`` (the action belongs to trial 0 of k = 4 and to trial 3 of k = 8). Others are drawn where they are needed:
the draw depends on nothing but the actions, the seed, k and the trial, so another k remakes nothing that is there.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

_WORD = re.compile(r"k([1-9][0-9]*)t(0|[1-9][0-9]*)")


def draw_subsets(
    action_ids: Sequence[str],
    labels: Sequence[str],
    shots: int,
    num_trials: int,
    seed: int,
) -> list[list[str]]:
    """Draw balanced training subsets.

    A class's draw depends on the seed, k, the trial, the class name and the ids of that class only, so neither the
    order of the rows nor a class that is added or left out changes it.

    Parameters
    ----------
    action_ids : ids of the training actions, each once.
    labels : class name of each action.
    shots : k, actions a class; a class with fewer gives all it has.
    num_trials : number of independent subsets.
    seed : non-negative.

    Returns
    -------
    One sorted list of ids a trial.

    Raises
    ------
    ValueError
        For lists of different length, a repeated id, and ``shots``, ``num_trials`` or ``seed`` out of range.
    """
    if len(action_ids) != len(labels):
        raise ValueError(
            f"{len(action_ids)} action ids but {len(labels)} labels: give one label an id"
        )
    if shots < 1 or num_trials < 1 or seed < 0:
        raise ValueError(
            f"shots {shots}, num_trials {num_trials}, seed {seed}: the first two must be at least 1, "
            "the seed at least 0"
        )
    _refuse_repeated(action_ids)
    members: dict[str, list[str]] = defaultdict(list)
    for action_id, label in zip(action_ids, labels, strict=True):
        members[label].append(action_id)
    subsets = []
    for trial in range(num_trials):
        chosen: list[str] = []
        for label in sorted(members):
            pool = sorted(members[label])
            digest = hashlib.blake2b(label.encode(), digest_size=8).digest()
            generator = np.random.default_rng([seed, shots, trial, int.from_bytes(digest, "big")])
            order = generator.permutation(len(pool))[:shots]
            chosen.extend(pool[index] for index in order)
        subsets.append(sorted(chosen))
    return subsets


def encode_membership(memberships: Iterable[tuple[int, int]]) -> str:
    """Write (k, trial) pairs as one cell, sorted: ``{(8, 3), (4, 0)}`` gives ``"k4t0 k8t3"``.

    Raises
    ------
    ValueError
        For k below 1 or a trial below 0.
    """
    words = []
    for shots, trial in sorted(set(memberships)):
        if shots < 1 or trial < 0:
            raise ValueError(f"membership (k={shots}, trial={trial}): k starts at 1, trials at 0")
        words.append(f"k{shots}t{trial}")
    return " ".join(words)


def parse_membership(cell: str) -> frozenset[tuple[int, int]]:
    """Read a cell written by `encode_membership`; an empty cell is the empty set.

    Raises
    ------
    ValueError
        For a word that is not ``k<shots>t<trial>``.
    """
    pairs = set()
    for word in cell.split():
        match = _WORD.fullmatch(word)
        if match is None:
            raise ValueError(
                f"few-shot membership {cell!r}: {word!r} is not of the form k<shots>t<trial>, "
                "for example k4t0"
            )
        pairs.add((int(match[1]), int(match[2])))
    return frozenset(pairs)


def membership_column(
    action_ids: Sequence[str], subsets: Mapping[int, Sequence[Sequence[str]]]
) -> list[str]:
    """Turn subsets into one cell an action.

    Parameters
    ----------
    action_ids : all rows of the table of actions, in its order.
    subsets : for every k, the id lists of trial 0, 1, ...

    Raises
    ------
    ValueError
        For a repeated row id, and for a subset with an id that is no row.
    """
    _refuse_repeated(action_ids)
    pairs: dict[str, set[tuple[int, int]]] = {action_id: set() for action_id in action_ids}
    for shots, trials in subsets.items():
        for trial, chosen in enumerate(trials):
            for action_id in chosen:
                if action_id not in pairs:
                    raise ValueError(
                        f"few-shot subset k={shots} trial {trial} names {action_id!r}, which is "
                        "no action of the table: draw from the table's own ids"
                    )
                pairs[action_id].add((shots, trial))
    return [encode_membership(pairs[action_id]) for action_id in action_ids]


def subsets_from_column(
    action_ids: Sequence[str], column: Sequence[str]
) -> dict[int, list[list[str]]]:
    """Undo `membership_column`.

    Returns
    -------
    For every k, in rising order, one sorted list of ids a trial.

    Raises
    ------
    ValueError
        For an unreadable cell, a repeated row id, and a k whose trials have a gap (1 without 0).
    """
    _refuse_repeated(action_ids)
    found: dict[int, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    for action_id, cell in zip(action_ids, column, strict=True):
        for shots, trial in parse_membership(cell):
            found[shots][trial].append(action_id)
    subsets = {}
    for shots in sorted(found):
        trials = found[shots]
        missing = sorted(set(range(max(trials) + 1)) - set(trials))
        if missing:
            raise ValueError(
                f"few-shot membership for k={shots} lacks trial {missing[0]} though trial "
                f"{max(trials)} is there: was the table cut?"
            )
        subsets[shots] = [sorted(trials[trial]) for trial in range(len(trials))]
    return subsets


def _refuse_repeated(action_ids: Sequence[str]) -> None:
    if len(set(action_ids)) == len(action_ids):
        return
    seen: set[str] = set()
    for action_id in action_ids:
        if action_id in seen:
            raise ValueError(f"action id {action_id!r} occurs twice: ids must be unique")
        seen.add(action_id)
