"""The common loop: schedules by hand, learning, choosing the epoch, and the same bits from the same seed."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from vpdlib.baselines.kinds import TrainingSettings
from vpdlib.baselines.train import predict_probabilities, rate_at, train_network
from vpdlib.training.epochs import NonFiniteLossError


class Points:
    """Clips that are noisy points about +1 or -1, by the sign in their name; at index 1 flipped."""

    num_views = 2

    def draw(self, action_ids, rng):
        noise = rng.normal(0, 0.3, (len(action_ids), 4)).astype(np.float32)
        return (self._centres(action_ids) + torch.from_numpy(noise),)

    def view(self, action_ids, index):
        return (self._centres(action_ids) * (1 + index),)

    def inputs(self, batch):
        return batch

    def _centres(self, action_ids):
        signs = [1.0 if a.startswith("plus") else -1.0 for a in action_ids]
        return torch.tensor(signs)[:, None].expand(-1, 4)


IDS = [f"{sign}{n}" for sign in ("plus", "minus") for n in range(5)]
CLASS_OF = {a: int(a.startswith("plus")) for a in IDS}
SETTINGS = TrainingSettings(
    learning_rate=0.1, weight_decay=0.0, schedule="cosine", epochs=6, batch_size=4
)


def network():
    return nn.Sequential(
        nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.2), nn.Linear(8, 2)
    )


def train(settings=SETTINGS, seed=0, ids=IDS, val=(), class_of=CLASS_OF, build=network):
    return train_network(build, Points(), ids, val, class_of, settings, seed)


def test_step_schedule_by_hand():
    settings = TrainingSettings(
        learning_rate=0.1, schedule="step", milestones=(10, 50), epochs=80, warmup_epochs=5
    )
    rates = {at: rate_at(settings, at) for at in (0, 2.5, 5, 9.99, 10, 49, 50, 79)}
    expected = {0: 0, 2.5: 0.05, 5: 0.1, 9.99: 0.1, 10: 0.01, 49: 0.01, 50: 0.001, 79: 0.001}
    assert rates == pytest.approx(expected)


def test_cosine_schedule_by_hand():
    settings = TrainingSettings(learning_rate=0.01, epochs=60, warmup_epochs=10)
    for at in (10, 20, 35, 60):
        expected = 0.005 * (1 + math.cos(math.pi * (at - 10) / 50))
        assert rate_at(settings, at) == pytest.approx(expected)
    assert rate_at(settings, 5) == pytest.approx(0.005)


@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_it_learns_and_predicts_probabilities(optimizer):
    settings = SETTINGS.model_copy(update={"optimizer": optimizer, "epochs": 15})
    trained = train(settings)
    assert trained.best_epoch == 15
    assert trained.history[-1]["train_loss"] < 0.5 * trained.history[0]["train_loss"]
    found = predict_probabilities(trained.network, Points(), IDS, settings)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-6)
    assert (found.argmax(axis=1) == [CLASS_OF[a] for a in IDS]).all()
    # The mean of the softmax of both places, in the order asked for.
    with torch.no_grad():
        by_hand = sum(trained.network(*Points().view(IDS, p)).softmax(1) for p in range(2)) / 2
    np.testing.assert_allclose(found, by_hand.numpy(), atol=1e-6)


def test_the_same_seed_gives_the_same_bits_whatever_the_order_and_the_workers():
    weights = [
        train(settings, seed, ids).network.state_dict()
        for settings, seed, ids in (
            (SETTINGS, 0, IDS),
            (SETTINGS, 0, IDS[::-1]),
            (SETTINGS.model_copy(update={"num_workers": 2}), 0, IDS),
            (SETTINGS, 1, IDS),
        )
    ]
    for other in weights[1:3]:
        assert all(torch.equal(weights[0][name], other[name]) for name in weights[0])
    assert not torch.equal(weights[0]["0.weight"], weights[3]["0.weight"])


def test_training_leaves_the_global_random_state_alone():
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    train()
    assert torch.equal(torch.rand(1), expected)


def test_the_epoch_of_the_best_validation_is_kept():
    """Training teaches the opposite of what validation asks: the first look is the best one."""
    held = ["plus8", "minus8"]
    class_of = {**CLASS_OF, "plus8": 0, "minus8": 1}
    settings = SETTINGS.model_copy(update={"validate_every": 2})
    trained = train(settings, val=held, class_of=class_of)
    looked = [entry for entry in trained.history if "val_accuracy" in entry]
    assert [entry["epoch"] for entry in looked] == [2, 4, 6]
    best = min(looked, key=lambda entry: (-entry["val_accuracy"], entry["val_loss"]))
    assert trained.best_epoch == best["epoch"]
    found = predict_probabilities(trained.network, Points(), held, settings)
    loss = -np.log(found[[0, 1], [0, 1]]).mean()
    assert loss == pytest.approx(best["val_loss"], rel=1e-4)


def test_one_action_is_refused():
    with pytest.raises(ValueError, match="1 training action"):
        train(ids=IDS[:1])


def test_a_loss_that_is_not_finite_is_said():
    def broken():
        made = network()
        with torch.no_grad():
            made[0].weight.fill_(math.inf)
        return made

    with pytest.raises(NonFiniteLossError, match=r"in epoch 1: lower training\.learning_rate"):
        train(build=broken)
