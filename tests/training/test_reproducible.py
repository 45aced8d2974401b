"""Threads and random draws of a training, and that the caller's come back."""

import pytest
import torch

from vpdlib.training.reproducible import seeded, torch_threads


def test_draws_are_those_of_the_seed_and_the_state_comes_back():
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(5)
    before = torch.get_rng_state()
    with seeded(3):
        assert torch.equal(torch.rand(2), expected)
    assert torch.equal(torch.get_rng_state(), before)


def test_threads_come_back_also_after_an_error():
    before = torch.get_num_threads()

    def fails():
        with torch_threads(before + 1):
            assert torch.get_num_threads() == before + 1
            raise KeyError

    with pytest.raises(KeyError):
        fails()
    assert torch.get_num_threads() == before
    with pytest.raises(ValueError, match="threads is 0; give at least 1"), torch_threads(0):
        pass
