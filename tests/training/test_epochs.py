"""The loop of all trainings: which epoch is kept, when it ends, how it goes on, and losses that are not finite."""

import math

import pytest
import torch
from torch import nn

from vpdlib.training.epochs import NonFiniteLossError, Training, run_epochs
from vpdlib.training.state import OtherTrainingError


class Scripted(Training):
    """Its weight is the number of the epoch; losses and scores are given."""

    what = "the toy"

    def __init__(self, scores=(), loss=1.0, amp_dtype=None):
        network = nn.Linear(1, 1, bias=False)
        nn.init.zeros_(network.weight)
        optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3)
        super().__init__(network=network, optimizer=optimizer, amp_dtype=amp_dtype)
        self.scores, self.loss = dict(enumerate(scores, start=1)), loss
        self.seen = []

    def train_pass(self, epoch):
        assert self.network.training
        assert torch.is_grad_enabled()
        self.seen.append(epoch)
        with torch.no_grad():
            self.network.weight.fill_(epoch)
        return {"train_loss": self.loss}

    def val_pass(self, epoch):
        assert not self.network.training
        assert not torch.is_grad_enabled()
        score = self.scores.get(epoch)
        return {"val_loss": 0.25 * epoch}, None if score is None else (score,)


def test_the_best_epoch_is_kept_and_the_history_is_of_all():
    training = Scripted([0.1, 0.7, 0.3, 0.7])
    said = []
    assert run_epochs(training, 4, None, on_epoch=said.append) == 2
    assert training.network.weight.item() == 2
    assert not training.network.training
    assert said == training.history
    assert [entry.keys() for entry in said] == [{"epoch", "train_loss", "val_loss", "seconds"}] * 4
    assert [entry["epoch"] for entry in said] == training.seen == [1, 2, 3, 4]


def test_without_a_score_the_last_epoch_is_kept():
    training = Scripted()
    assert run_epochs(training, 3, None, patience=1) == 3
    assert training.network.weight.item() == 3


@pytest.mark.parametrize(
    ("scores", "patience", "min_epochs", "last"),
    [
        ([9, 1, 1, 1, 1, 1, 1, 1], 2, 0, 3),
        ([9, 1, 1, 1, 1, 1, 1, 1], 2, 6, 6),
        ([9, 1, None, None, None, 1, 1, 1], 2, 0, 6),  # only an epoch with a score is the last
        ([9, 1, 10, 1, 1, 1, 1, 1], 2.5, 0, 6),
        ([1, 2, 3, 4, 5, 6, 7, 8], 1, 0, 8),
    ],
)
def test_it_ends_when_no_better_epoch_comes(scores, patience, min_epochs, last):
    training = Scripted(scores)
    run_epochs(training, 8, None, patience=patience, min_epochs=min_epochs)
    assert training.seen[-1] == len(training.history) == last


def test_what_tells_equal_scores_apart_chooses_and_keeps_nothing_alive():
    training = Scripted([0.5, 0.7, 0.7, 0.7, 0.7, 0.7])
    of_epochs = iter([(0.5, 0), (0.7, 1), (0.7, 2), (0.7, 3), (0.7, 4), (0.7, 5)])
    training.val_pass = lambda epoch: ({}, next(of_epochs))
    assert run_epochs(training, 6, None, patience=2) == 4
    assert len(training.history) == 4


def test_a_rise_within_its_margin_keeps_nothing_alive():
    """Against what the score last rose to: many small rises are one."""
    training = Scripted([0.5, 0.6, 0.65, 0.69, 0.75, 0.76, 0.77, 0.78])
    training.margin = lambda score: 0.1
    assert run_epochs(training, 8, None, patience=3) == 8
    training = Scripted([0.5, 0.6, 0.65, 0.69, 0.7, 0.7, 0.77, 0.78])
    training.margin = lambda score: 0.11
    # It rose in the third epoch; the fifth is the best all the same.
    assert run_epochs(training, 8, None, patience=3) == 5
    assert len(training.history) == 6


def test_validation_is_looked_at_every_few_epochs_and_in_the_end():
    training = Scripted([9, 2, 8, 3, 7])
    assert run_epochs(training, 5, None, validate_every=2) == 5
    looked = [entry["epoch"] for entry in training.history if "val_loss" in entry]
    assert looked == [2, 4, 5]


@pytest.mark.parametrize("loss", [math.nan, math.inf])
def test_a_loss_that_is_not_finite_ends_it(loss):
    says = f"the loss of the toy is {loss} in epoch 1: lower learning_rate"
    with pytest.raises(NonFiniteLossError, match=says):
        run_epochs(Scripted([1], loss), 2, None)


def test_what_is_said_of_epochs(read_log):
    run_epochs(Scripted(), 2, "learning", note_epochs=True)
    first, second, progress = read_log().splitlines()
    assert first.startswith("epoch 1/2: train 1.0000, val 0.2500 (")
    assert second.startswith("epoch 2/2: train 1.0000, val 0.5000 (")
    assert progress.startswith("learning: 2/2 epoch in")
    run_epochs(Scripted(), 2, None)
    assert read_log() == ""


def test_it_goes_on_from_a_checkpoint_with_the_best_epoch(tmp_path):
    saved_state = {"identity": "mine", "state_path": tmp_path / "c"}
    run_epochs(Scripted([0.1, 0.7]), 2, None, **saved_state)
    training = Scripted([0.1, 0.7, 0.3])
    assert run_epochs(training, 3, None, **saved_state) == 2
    assert training.seen == [3]
    assert training.network.weight.item() == 2
    assert [entry["epoch"] for entry in training.history] == [1, 2, 3]
    with pytest.raises(OtherTrainingError, match="is of 3 epochs, and 2 are asked for"):
        run_epochs(Scripted(), 2, None, **saved_state)


def test_one_step_by_hand():
    """A gradient of 6, shortened to 2; plain descent with the rate that is set."""
    training = Scripted()
    training.optimizer = torch.optim.SGD(training.network.parameters(), lr=1.0)
    training.set_rate(0.25)
    with training.autocast():
        training.descend(training.network(torch.full((1, 1), 6.0)).sum())
    assert training.network.weight.item() == -1.5
    training.descend(training.network(torch.full((1, 1), 6.0)).sum(), clip_norm=2.0)
    assert training.network.weight.item() == pytest.approx(-2.0)


@pytest.mark.parametrize(("saved", "resumed"), [("float16", None), (None, "float16")])
def test_a_training_goes_on_where_the_precision_is_another(saved, resumed):
    """Float16 is scaled, bfloat16 is not: the state of the scaler is empty, or one that nobody needs."""
    one, other = (
        Scripted(amp_dtype=amp and getattr(torch, amp), scores=[1]) for amp in (saved, resumed)
    )
    run_epochs(one, 1, None)
    other.load_state_dict(one.state_dict())
    assert bool(other.state_dict()["scaler"]) == (resumed == "float16")
    torch.testing.assert_close(other.network.weight, one.network.weight)


def test_the_scale_of_float16_is_resumed():
    one, other = Scripted(amp_dtype=torch.float16), Scripted(amp_dtype=torch.float16)
    state = one.state_dict()
    other.load_state_dict({**state, "scaler": {**state["scaler"], "scale": 128.0}})
    assert other.state_dict()["scaler"]["scale"] == 128.0
