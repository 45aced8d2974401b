"""The epoch that is kept."""

import math

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
    better = []
    for epoch, (accuracy, loss) in enumerate(looks, start=1):
        with torch.no_grad():
            trained.weight.fill_(epoch)
        better.append(best.look(epoch, accuracy, loss))
    assert better == [True, False, True, False, False, False]
    assert best.accuracy == 0.5
    assert best.restore(len(looks)) == best.epoch == 3
    assert trained.weight.item() == 3


def test_without_a_look_the_last_epoch_stays():
    trained = network(7)
    best = BestEpoch(trained)
    assert (best.epoch, math.isnan(best.accuracy)) == (0, True)
    assert best.restore(20) == 20
    assert trained.weight.item() == 7
