"""Blocks of test actions, put together, against one search."""

from dataclasses import fields, replace

import numpy as np
import pytest

from tests.recognition.test_trials import SETTINGS, dataset
from vpdlib.artifacts import Provenance
from vpdlib.recognition.actions import make_trials
from vpdlib.recognition.blocks import join_blocks, keep_tested, needed_actions, of_no_action
from vpdlib.recognition.results import read_result, write_result
from vpdlib.recognition.trials import run_regime

ORIGIN = Provenance("recognize_block", "c", "d", "i")


def assert_equal(found, expected):
    for field in fields(expected):
        ours, wanted = getattr(found, field.name), getattr(expected, field.name)
        if isinstance(wanted, np.ndarray):
            assert (ours.dtype, ours.shape) == (wanted.dtype, wanted.shape), field.name
            np.testing.assert_array_equal(ours, wanted)
        else:
            assert ours == wanted, field.name


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("shots", [None, 2])
@pytest.mark.parametrize("num_blocks", [1, 2, 3, 12])
def test_blocks_are_what_one_search_gives(tmp_path, shots, num_blocks):
    table, features = dataset(num_train=18, num_val=4, num_test=9, empty=("train02", "test24"))
    trials = make_trials(table, shots, 3, seed=0)
    whole = run_regime("nns", features, table, shots, trials, SETTINGS)
    tests = table.ids_of("test")
    blocks = []
    for block in range(num_blocks):
        mine = tests[block::num_blocks]
        actions = keep_tested(table, mine)
        if mine:
            assert actions.ids_of("test") == mine
            needed = needed_actions(actions, trials)
            own = {action: features[action] for action in needed}
            part = run_regime("nns", own, actions, shots, trials, SETTINGS)
        else:
            part = of_no_action(table, shots)
        write_result(tmp_path / f"{block}.h5", ORIGIN, part)
        blocks.append(read_result(tmp_path / f"{block}.h5"))
    assert_equal(join_blocks(blocks[::-1], tests), whole)


def test_a_block_needs_no_other_blocks_actions():
    table, _ = dataset(num_train=12, num_test=6)
    trials = make_trials(table, 2, 1, seed=0)
    needed = needed_actions(keep_tested(table, ["test13"]), trials)
    assert needed == {"test13", *trials[0].train_ids}


def test_what_does_not_fit_together_is_refused():
    table, features = dataset(num_train=12, num_test=6)
    trials = make_trials(table, 2, 2, seed=0)
    tests = table.ids_of("test")
    first, second = (
        run_regime("nns", features, keep_tested(table, part), 2, trials, SETTINGS)
        for part in (tests[:3], tests[3:])
    )
    for blocks in ([first], [first, first], [first, second, first]):
        with pytest.raises(ValueError, match="and 6 are asked for: remove the folder"):
            join_blocks(blocks, tests)
    with pytest.raises(ValueError, match="differ in 'seeds'"):
        join_blocks([first, replace(second, seeds=(0, 7))], tests)
    with pytest.raises(ValueError, match="no action is in split test"):
        join_blocks([of_no_action(table, 2)], ())
