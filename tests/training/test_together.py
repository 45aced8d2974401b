"""Trainings that step together: each as alone, with other numbers of steps, and one that ends before the others."""

from typing import ClassVar

import pytest
import torch
from torch import nn

from vpdlib.training.epochs import NonFiniteLossError, run_epochs
from vpdlib.training.together import Step, Stepwise, run_together


class Toy(Stepwise):
    """A linear classifier of two numbers; it says how many networks were asked at once."""

    asked: ClassVar[list[int]] = []

    @staticmethod
    def together(networks, batches):
        Toy.asked.append(len(networks))
        return [network(batch) for network, batch in zip(networks, batches, strict=True)]

    def __init__(self, seed, num_steps, scores=(), done_after=99):
        torch.manual_seed(seed)
        network = nn.Linear(2, 2)
        optimizer = torch.optim.SGD(network.parameters(), lr=0.5)
        super().__init__(network=network, optimizer=optimizer, amp_dtype=None)
        self.data = torch.randn(num_steps, 6, 2)
        self.scores, self.done_after = dict(enumerate(scores, start=1)), done_after

    def steps(self, epoch):
        assert self.network.training
        for batch in self.data:
            yield Step(batch, (batch[:, 0] > 0).long(), 6)

    def val_steps(self):
        assert not self.network.training
        yield Step(self.data[0], (self.data[0, :, 0] > 0).long(), 6)

    def measure(self, answers):
        ((step, logits),) = answers
        assert not logits.requires_grad
        score = self.scores.get(len(self.history) + 1)
        return {"val_accuracy": float((logits.argmax(1) == step.truth).float().mean())}, score

    def is_done(self):
        return len(self.history) >= self.done_after - 1


def same(one, other):
    for ours, theirs in zip(one.network.parameters(), other.network.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs)
    kept = [{k: v for k, v in entry.items() if k != "seconds"} for entry in one.history]
    assert kept == [{k: v for k, v in entry.items() if k != "seconds"} for entry in other.history]


def test_each_comes_out_as_alone():
    def made():
        return [Toy(0, 3), Toy(1, 1), Toy(2, 2, [(3,), (9,), (1,), (1,), (1,)])]

    together = made()
    assert run_together(together, 5, None, patience=2) == [5, 5, 2]
    assert [len(one.history) for one in together] == [5, 5, 4]
    for one, other in zip(together, made(), strict=True):
        assert run_epochs(other, 5, None, patience=2) == (5 if not other.scores else 2)
        same(one, other)


def test_only_those_that_still_learn_are_asked():
    Toy.asked.clear()
    both = [Toy(0, 2), Toy(1, 1, done_after=2)]
    run_together(both, 3, None, validate_every=3)
    # Two steps an epoch, of which the second training takes one; it is validated after its last epoch, the other then.
    assert Toy.asked == [2, 1, 2, 1, 1, 1, 1, 1]
    assert ["val_accuracy" in entry for entry in both[1].history] == [False, True]


def test_a_loss_of_one_that_is_not_finite_ends_all():
    both = [Toy(0, 1), Toy(1, 1)]
    both[1].data[0, 0, 0] = torch.inf
    with pytest.raises(NonFiniteLossError, match="in epoch 1"):
        run_together(both, 2, None)
