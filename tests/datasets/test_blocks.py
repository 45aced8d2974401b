"""Dealing actions to blocks."""

import numpy as np
import pytest

from vpdlib.datasets.blocks import actions_of_block
from vpdlib.datasets.tables import ActionRow


def rows(lengths):
    return [
        ActionRow(f"a{place:03d}", "v", 1.0, 1.0 + length, "jump", "test", "", "")
        for place, length in enumerate(lengths)
    ]


@pytest.mark.parametrize("num_blocks", [1, 2, 3, 7, 60])
def test_every_action_is_in_one_block_in_the_order_given(num_blocks):
    actions = rows(np.random.default_rng(0).uniform(1, 9, 50))[::-1]
    blocks = [actions_of_block(actions, block, num_blocks) for block in range(num_blocks)]
    assert sorted(a.action for block in blocks for a in block) == sorted(a.action for a in actions)
    for block in blocks:
        assert list(block) == [action for action in actions if action in block]
    sizes = [len(block) for block in blocks]
    assert max(sizes) - min(sizes) <= 1


def test_blocks_are_about_equally_long():
    actions = rows(np.random.default_rng(1).exponential(5, 2000))
    sums = [
        sum(action.end - action.start for action in actions_of_block(actions, block, 8))
        for block in range(8)
    ]
    assert max(sums) < 1.05 * min(sums)


def test_which_block_it_is_does_not_depend_on_the_order_of_the_table():
    actions = rows([3.0, 3.0, 3.0, 1.0, 2.0, 2.0])
    names = {a.action for a in actions_of_block(actions, 1, 3)}
    assert names == {a.action for a in actions_of_block(actions[::-1], 1, 3)}


@pytest.mark.parametrize("block", [-1, 3])
def test_a_block_that_there_is_not_is_refused(block):
    with pytest.raises(ValueError, match=f"block {block} of 3"):
        actions_of_block(rows([1.0]), block, 3)
