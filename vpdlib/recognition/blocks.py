"""Nearest neighbours of a part of the test actions, found by several jobs and put together to what one would find.

What a test action's neighbour is depends on no other test action, so that the result is the same to the last bit.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np

from vpdlib.datasets.base import UNTESTED
from vpdlib.datasets.blocks import check_each_once
from vpdlib.recognition.actions import ActionTable, Trial
from vpdlib.recognition.trials import RecognitionResult


def keep_tested(actions: ActionTable, test_ids: Collection[str]) -> ActionTable:
    """The table of actions without the test actions that are not named."""
    kept = [
        row
        for row, (action, split) in enumerate(zip(actions.action_ids, actions.splits, strict=True))
        if split != "test" or action in test_ids
    ]
    return ActionTable(
        action_ids=tuple(actions.action_ids[row] for row in kept),
        labels=tuple(actions.labels[row] for row in kept),
        splits=tuple(actions.splits[row] for row in kept),
        groups=tuple(actions.groups[row] for row in kept),
        class_names=actions.class_names,
    )


def of_no_action(actions: ActionTable, shots: int | None) -> RecognitionResult:
    """What a block is that has no test action; it knows of no trial either."""
    return RecognitionResult(
        head="nns",
        shots=shots,
        probabilities=np.zeros((0, 0, len(actions.class_names)), np.float32),
        seeds=(),
        train_ids=(),
        test_ids=(),
        true_labels=np.zeros(0, np.int64),
        class_names=actions.class_names,
        is_empty_test=np.zeros(0, np.bool_),
        num_empty_train=(),
        num_val=(),
        best_epochs=(),
    )


def needed_actions(actions: ActionTable, trials: Sequence[Trial]) -> set[str]:
    """The actions whose sequences a search needs: those that some trial trains on, and those that are tested."""
    return {*actions.ids_of("test"), *(action for trial in trials for action in trial.train_ids)}


def join_blocks(blocks: Sequence[RecognitionResult], test_ids: Sequence[str]) -> RecognitionResult:
    """Put the blocks together.

    Parameters
    ----------
    blocks : at least one, of one regime; some may have no test action.
    test_ids : all test actions, in the order wanted.

    Raises
    ------
    ValueError
        If there is no test action, if the blocks are of other trials or classes, or if they have not each test action
        once.
    """
    blocks = [block for block in blocks if block.test_ids]
    if not blocks:
        raise ValueError(UNTESTED.format("action"))
    first = blocks[0]
    for block in blocks:
        for what in ("shots", "seeds", "train_ids", "class_names", "num_empty_train"):
            if getattr(block, what) != getattr(first, what):
                raise ValueError(
                    f"the blocks differ in {what!r}: remove the folder recognition_blocks and run again"
                )
    found = [action for block in blocks for action in block.test_ids]
    check_each_once(found, test_ids, "test actions", "recognition_blocks")
    row_of = {action: row for row, action in enumerate(found)}
    rows = [row_of[action] for action in test_ids]
    return replace(
        first,
        probabilities=np.concatenate([block.probabilities for block in blocks], axis=1)[:, rows],
        test_ids=tuple(test_ids),
        true_labels=np.concatenate([block.true_labels for block in blocks])[rows],
        is_empty_test=np.concatenate([block.is_empty_test for block in blocks])[rows],
    )
