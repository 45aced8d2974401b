"""The epoch that is kept."""

import math

import pytest
import torch

from vpdlib.training.best_epoch import BestEpoch


def network(value):
    made = torch.nn.Linear(1, 1, bias=False)
    with torch.no_grad():
        made.weight.fill_(value)
    return made


def test_accuracy_then_loss_then_the_first():
    trained = network(0)
    best = BestEpoch(trained)
    looks = [(0.5, 2.0), (0.4, 0.1), (0.5, 1.0), (0.5, 1.0), (0.5, math.nan), (0.3, 0.0)]
    found = []
    for epoch, (accuracy, loss) in enumerate(looks, start=1):
        with torch.no_grad():
            trained.weight.fill_(epoch)
        best.look(epoch, (accuracy, -loss))
        found.append(best.epoch)
    assert found == [1, 1, 3, 3, 3, 3]
    assert best.score == (0.5, -1.0)
    assert best.restore(len(looks)) == 3
    assert trained.weight.item() == 3


@pytest.mark.parametrize("loss", [math.inf, math.nan])
def test_a_loss_that_is_not_finite_is_never_the_best(loss):
    best = BestEpoch(network(7))
    best.look(1, (-loss,))
    assert (best.epoch, best.score) == (0, (-math.inf,))


def test_without_a_look_the_last_epoch_stays():
    trained = network(7)
    best = BestEpoch(trained)
    assert (best.epoch, best.score) == (0, (-math.inf,))
    assert best.restore(20) == 20
    assert trained.weight.item() == 7


def test_it_goes_on_from_its_state():
    best, again = BestEpoch(network(7)), BestEpoch(trained := network(8))
    best.look(2, (0.5,))
    again.load_state_dict(best.state_dict())
    again.look(3, (0.4,))
    assert again.restore(3) == 2
    assert trained.weight.item() == 7
