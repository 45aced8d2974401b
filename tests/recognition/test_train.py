import numpy as np
import pytest
import torch

from vpdlib.recognition.settings import HEADS, BiGRUSettings, RecognitionSettings, architecture_of
from vpdlib.recognition.train import (
    ClassifierData,
    learning_rate_at,
    predict_probabilities,
    train_classifier,
    train_classifiers,
)

SMALL = BiGRUSettings(
    hidden=12, fc_width=16, epochs=40, batch_size=10, learning_rate=5e-3, saturated_loss=0.0
)


NETWORKS = [head for head in HEADS if head != "nns"]


def train(data, labels, num_classes, settings, seed, val=None, head="bigru"):
    architecture = architecture_of(head, RecognitionSettings())
    return train_classifier(data, labels, num_classes, architecture, settings, seed, val)


def toy(num, seed=0, num_classes=3):
    """Classes that differ by the direction in which the descriptor travels."""
    rng = np.random.default_rng(seed)
    directions = np.eye(num_classes, 6)
    labels = np.arange(num) % num_classes
    data = []
    for label in labels:
        ramp = np.linspace(0, 2, rng.integers(3, 12))[:, None, None]
        noise = rng.normal(size=(len(ramp), 2, 6)) * 0.1
        data.append((ramp * directions[label] + noise).astype(np.float32))
    return data, labels


@pytest.mark.parametrize("head", NETWORKS)
def test_learns_a_separable_problem_and_generalises(head):
    data, labels = toy(24)
    model = train(data, labels, 3, SMALL, seed=1, head=head)
    assert (predict_probabilities(model, data).argmax(1) == labels).mean() == 1.0
    unseen, truth = toy(30, seed=9)
    probabilities = predict_probabilities(model, unseen)
    assert (probabilities.argmax(1) == truth).mean() == 1.0
    assert probabilities.dtype == np.float32
    np.testing.assert_allclose(probabilities.sum(1), 1, atol=1e-5)
    assert model.best_epoch == 40
    assert len(model.history) == 40
    assert model.history[-1]["train_loss"] < model.history[0]["train_loss"]


@pytest.mark.parametrize("head", NETWORKS)
def test_same_seed_same_bits_and_no_trace_in_the_global_state(head):
    data, labels = toy(9)
    settings = SMALL.model_copy(update={"epochs": 4})
    torch.manual_seed(3)
    state = torch.get_rng_state()
    first = predict_probabilities(train(data, labels, 3, settings, seed=5, head=head), data)
    assert torch.equal(torch.get_rng_state(), state)
    torch.manual_seed(77)
    second = predict_probabilities(train(data, labels, 3, settings, seed=5, head=head), data)
    np.testing.assert_array_equal(first, second)
    other = predict_probabilities(train(data, labels, 3, settings, seed=6, head=head), data)
    assert np.abs(first - other).max() > 1e-4


@pytest.mark.parametrize("head", NETWORKS)
def test_an_action_alone_and_in_a_batch_of_longer_ones_gets_the_same_probabilities(head):
    data, labels = toy(12)
    settings = SMALL.model_copy(update={"epochs": 3})
    model = train(data, labels, 3, settings, seed=0, head=head)
    long = np.random.default_rng(0).normal(size=(60, 2, 6)).astype(np.float32)
    together = predict_probabilities(model, [*data, long])
    alone = np.concatenate([predict_probabilities(model, [sequence]) for sequence in [*data, long]])
    np.testing.assert_allclose(together, alone, atol=1e-6)


def moments(num, seed):
    """Noise with a bump of two frames somewhere, whose sign is the class."""
    rng = np.random.default_rng(seed)
    labels = np.arange(num) % 2
    data = []
    for label in labels:
        sequence = rng.normal(size=(30, 2, 2)).astype(np.float32) * 0.1
        at = rng.integers(28)
        sequence[at : at + 2, :, 0] = 1 if label else -1
        data.append(sequence)
    return data, labels


@pytest.mark.parametrize("head", NETWORKS)
def test_a_short_moment_is_found_wherever_it_lies(head):
    data, labels = moments(40, seed=0)
    unseen, truth = moments(40, seed=1)
    model = train(data, labels, 2, SMALL, seed=0, head=head)
    assert (predict_probabilities(model, unseen).argmax(1) == truth).mean() > 0.9


def test_flipped_rows_are_averaged():
    data, labels = toy(12)
    model = train(data, labels, 3, SMALL.model_copy(update={"epochs": 3}), seed=0)
    swapped = predict_probabilities(model, [sequence[:, ::-1] for sequence in data])
    np.testing.assert_allclose(predict_probabilities(model, data), swapped, atol=1e-6)
    row = [
        predict_probabilities(model, [np.repeat(data[0][:, i : i + 1], 2, axis=1)]) for i in (0, 1)
    ]
    np.testing.assert_allclose(
        predict_probabilities(model, data[:1]), (row[0] + row[1]) / 2, atol=1e-6
    )


def test_flipped_rows_are_trained_on():
    # The regular row says nothing; only the flipped row tells the classes apart.
    data, labels = toy(24)
    data = [np.stack([np.ones_like(s[:, 0]), s[:, 1]], axis=1) for s in data]
    model = train(data, labels, 3, SMALL, seed=0)
    assert (predict_probabilities(model, data).argmax(1) == labels).mean() == 1.0


def test_a_last_batch_of_one_and_a_single_action_do_not_crash():
    data, labels = toy(8)  # 16 rows in batches of 5: 5, 5, 5, 1
    settings = SMALL.model_copy(update={"epochs": 2, "batch_size": 5})
    assert predict_probabilities(train(data, labels, 3, settings, seed=0), data).shape == (8, 3)
    one = train(data[:1], labels[:1], 3, settings, seed=0)
    assert np.isfinite(predict_probabilities(one, data)).all()
    assert predict_probabilities(one, []).shape == (0, 3)


def test_validation_chooses_the_epoch_and_ends_training_early():
    data, labels = toy(12)
    settings = SMALL.model_copy(update={"validate_every": 2})
    val_data, val_labels = toy(12, seed=4)
    model = train(data, labels, 3, settings, seed=0, val=(val_data, val_labels))
    looked = [entry for entry in model.history if "val_accuracy" in entry]
    best = max(looked, key=lambda e: (e["val_accuracy"], -e["val_loss"], -e["epoch"]))
    assert best["epoch"] == model.best_epoch
    assert all(entry["epoch"] % 2 == 0 for entry in looked)
    # The weights are those of that epoch, not of the last one.
    probabilities = predict_probabilities(model, val_data)
    loss = -np.log(probabilities[np.arange(12), val_labels]).mean()
    assert loss == pytest.approx(best["val_loss"], rel=1e-4)
    # Validation labels that training can only get worse at.
    wrong = (val_labels + 1) % 3
    stopped = train(data, labels, 3, settings, seed=0, val=(val_data, wrong))
    assert len(stopped.history) < settings.epochs


@pytest.mark.parametrize("head", NETWORKS)
def test_classifiers_learn_together_as_each_would_alone(head):
    """Another number of actions, and thus of steps an epoch; one has validation, and ends before the others."""
    settings = SMALL.model_copy(update={"epochs": 6, "validate_every": 1, "layers": 1})
    val_data, val_labels = toy(6, seed=4)
    wrong = (val_data, (val_labels + 1) % 3)
    wanted = [
        ClassifierData(*toy(12), seed=3),
        ClassifierData(*toy(17, seed=1), seed=4),
        ClassifierData(*toy(9, seed=2), seed=5, val=wrong),
    ]
    architecture = architecture_of(head, RecognitionSettings())
    together = train_classifiers(wanted, 3, architecture, settings)
    for data, found in zip(wanted, together, strict=True):
        (alone,) = train_classifiers([data], 3, architecture, settings)
        assert found.best_epoch == alone.best_epoch
        assert len(found.history) == len(alone.history)
        for ours, theirs in zip(found.history, alone.history, strict=True):
            assert ours["train_loss"] == pytest.approx(theirs["train_loss"], rel=1e-2)
        np.testing.assert_allclose(
            predict_probabilities(found, data.sequences),
            predict_probabilities(alone, data.sequences),
            atol=2e-2,
        )
    assert len(together[2].history) < len(together[0].history) == 6


def test_a_saturated_training_goes_through_its_schedule_faster():
    data, labels = toy(24)
    settings = SMALL.model_copy(update={"epochs": 60, "saturated_loss": 0.3})
    model = train(data, labels, 3, settings, seed=1)
    below = [entry["train_loss"] < 0.3 for entry in model.history].index(True) + 1
    # After the first epoch below, five at a time; the last may go beyond the schedule, where the rate is at its floor.
    assert len(model.history) == below + -(-(60 - below) // 5)
    assert model.best_epoch == len(model.history)
    assert model.history[below - 1]["learning_rate"] == learning_rate_at(settings, below)
    assert model.history[below]["learning_rate"] == learning_rate_at(settings, below + 5)
    assert model.history[-1]["learning_rate"] == pytest.approx(settings.min_learning_rate)
    assert (predict_probabilities(model, data).argmax(1) == labels).mean() == 1.0


def test_schedules():
    cosine = BiGRUSettings()
    assert learning_rate_at(cosine, 0) == pytest.approx(1e-3)
    assert learning_rate_at(cosine, 250) == pytest.approx((1e-3 + 1e-7) / 2)
    assert learning_rate_at(cosine, 500) == pytest.approx(1e-7)
    restarts = BiGRUSettings(schedule="cosine_restarts")
    for restart in (0, 50, 150, 350):
        assert learning_rate_at(restarts, restart) == pytest.approx(1e-3)
    assert learning_rate_at(restarts, 49.999) == pytest.approx(1e-7, rel=1e-2)
    # docs/method.md section 9: ends in mid-period at 0.69 of the base rate.
    assert learning_rate_at(restarts, 500) == pytest.approx(0.69e-3, rel=5e-3)


def test_bad_input_is_refused():
    data, labels = toy(6)
    settings = SMALL.model_copy(update={"epochs": 1})
    with pytest.raises(ValueError, match=r"classes are 0\.\.1"):
        train(data, labels, 2, settings, seed=0)
    with pytest.raises(ValueError, match="6 sequences"):
        train(data, labels[:5], 3, settings, seed=0)
    with pytest.raises(ValueError, match="validation descriptors"):
        train(data, labels, 3, settings, 0, val=([np.ones((2, 2, 4))], np.array([0])))
    model = train(data, labels, 3, settings, seed=0)
    with pytest.raises(ValueError, match="trained on 6"):
        predict_probabilities(model, [np.ones((2, 2, 4), dtype=np.float32)])
    with pytest.raises(ValueError, match="threads is 0"):
        predict_probabilities(model, data, threads=0)
    # Overflows to infinity as the input dropout scales what it keeps.
    huge = [np.full_like(sequence, 3e38) for sequence in data]
    with pytest.raises(ArithmeticError, match="the loss of the classifier"):
        train(huge, labels, 3, settings, seed=0)
