"""Labelled actions dealt to blocks, so that a search of many pairs becomes several jobs."""

from __future__ import annotations

from collections.abc import Sequence

from vpdlib.datasets.tables import ActionRow


def actions_of_block(
    actions: Sequence[ActionRow], block: int, num_blocks: int
) -> tuple[ActionRow, ...]:
    """The actions of one block.

    They are dealt from the longest to the shortest, to and fro, since what one costs to compare grows with its length:
    blocks then take about equally long. Which block an action is in follows from the labels alone, so that it is known
    before any feature is read.

    Parameters
    ----------
    actions : labelled actions, each once.
    block : 0 up to ``num_blocks`` - 1.
    num_blocks : 1 or more; there may be more of them than actions, and some are then empty.

    Returns
    -------
    In the order given.

    Raises
    ------
    ValueError
        For a block that there is not.
    """
    if not 0 <= block < num_blocks:
        raise ValueError(f"block {block} of {num_blocks}: they are numbered from 0")
    by_length = sorted(actions, key=lambda action: (action.start - action.end, action.action))
    turn = 2 * num_blocks
    mine = {
        action.action
        for place, action in enumerate(by_length)
        if min(place % turn, turn - 1 - place % turn) == block
    }
    return tuple(action for action in actions if action.action in mine)


def check_each_once(found: Sequence[str], asked: Sequence[str], what: str, folder: str) -> None:
    """Refuse blocks that have not each thing once that is asked for.

    Parameters
    ----------
    found : ids of what the blocks have, all together.
    asked : ids of what all of them together should have.
    what, folder : how they are called, and the folder of the blocks, for the message.

    Raises
    ------
    ValueError
        If one is missing, too much, or there twice.
    """
    if sorted(found) != sorted(asked):
        raise ValueError(
            f"the blocks have {len(found)} {what}, and {len(asked)} are asked for: remove the folder "
            f"{folder} and run again"
        )
