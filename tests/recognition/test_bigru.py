import numpy as np
import pytest
import torch
from pydantic import ValidationError

from vpdlib.recognition.bigru import learning_rate_at, predict_bigru, train_bigru
from vpdlib.recognition.settings import BiGRUSettings, RecognitionSettings

SMALL = BiGRUSettings(hidden=12, fc_width=16, epochs=40, batch_size=10, learning_rate=5e-3)


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


def test_learns_a_separable_problem_and_generalises():
    data, labels = toy(24)
    model = train_bigru(data, labels, 3, SMALL, seed=1)
    assert (predict_bigru(model, data).argmax(1) == labels).mean() == 1.0
    unseen, truth = toy(30, seed=9)
    probabilities = predict_bigru(model, unseen)
    assert (probabilities.argmax(1) == truth).mean() == 1.0
    assert probabilities.dtype == np.float32
    np.testing.assert_allclose(probabilities.sum(1), 1, atol=1e-5)
    assert model.best_epoch == 40
    assert len(model.history) == 40
    assert model.history[-1].train_loss < model.history[0].train_loss


def test_same_seed_same_bits_and_no_trace_in_the_global_state():
    data, labels = toy(9)
    settings = SMALL.model_copy(update={"epochs": 4})
    torch.manual_seed(3)
    state = torch.get_rng_state()
    first = predict_bigru(train_bigru(data, labels, 3, settings, seed=5), data)
    assert torch.equal(torch.get_rng_state(), state)
    torch.manual_seed(77)
    second = predict_bigru(train_bigru(data, labels, 3, settings, seed=5), data)
    np.testing.assert_array_equal(first, second)
    other = predict_bigru(train_bigru(data, labels, 3, settings, seed=6), data)
    assert np.abs(first - other).max() > 1e-4


def test_an_action_alone_and_in_a_batch_of_longer_ones_gets_the_same_probabilities():
    data, labels = toy(12)
    model = train_bigru(data, labels, 3, SMALL.model_copy(update={"epochs": 3}), seed=0)
    long = np.random.default_rng(0).normal(size=(60, 2, 6)).astype(np.float32)
    together = predict_bigru(model, [*data, long])
    alone = np.concatenate([predict_bigru(model, [sequence]) for sequence in [*data, long]])
    np.testing.assert_allclose(together, alone, atol=1e-6)


def test_flipped_rows_are_averaged():
    data, labels = toy(12)
    model = train_bigru(data, labels, 3, SMALL.model_copy(update={"epochs": 3}), seed=0)
    swapped = predict_bigru(model, [sequence[:, ::-1] for sequence in data])
    np.testing.assert_allclose(predict_bigru(model, data), swapped, atol=1e-6)
    row = [predict_bigru(model, [np.repeat(data[0][:, i : i + 1], 2, axis=1)]) for i in (0, 1)]
    np.testing.assert_allclose(predict_bigru(model, data[:1]), (row[0] + row[1]) / 2, atol=1e-6)


def test_flipped_rows_are_trained_on():
    # The regular row says nothing; only the flipped row tells the classes apart.
    data, labels = toy(24)
    data = [np.stack([np.ones_like(s[:, 0]), s[:, 1]], axis=1) for s in data]
    model = train_bigru(data, labels, 3, SMALL, seed=0)
    assert (predict_bigru(model, data).argmax(1) == labels).mean() == 1.0


def test_a_last_batch_of_one_and_a_single_action_do_not_crash():
    data, labels = toy(8)  # 16 rows in batches of 5: 5, 5, 5, 1
    settings = SMALL.model_copy(update={"epochs": 2, "batch_size": 5})
    assert predict_bigru(train_bigru(data, labels, 3, settings, seed=0), data).shape == (8, 3)
    one = train_bigru(data[:1], labels[:1], 3, settings, seed=0)
    assert np.isfinite(predict_bigru(one, data)).all()
    assert predict_bigru(one, []).shape == (0, 3)


def test_validation_chooses_the_epoch_and_ends_training_early():
    data, labels = toy(12)
    settings = SMALL.model_copy(update={"validate_every": 2})
    val_data, val_labels = toy(12, seed=4)
    model = train_bigru(data, labels, 3, settings, seed=0, val=(val_data, val_labels))
    looked = [record for record in model.history if record.val_accuracy is not None]
    best = max(looked, key=lambda record: (record.val_accuracy, -record.val_loss, -record.epoch))
    assert best.epoch == model.best_epoch
    assert all(record.epoch % 2 == 0 for record in looked)
    # The weights are those of that epoch, not of the last one.
    probabilities = predict_bigru(model, val_data)
    loss = -np.log(probabilities[np.arange(12), val_labels]).mean()
    assert loss == pytest.approx(best.val_loss, rel=1e-4)
    # Validation labels that training can only get worse at.
    wrong = (val_labels + 1) % 3
    stopped = train_bigru(data, labels, 3, settings, seed=0, val=(val_data, wrong))
    assert len(stopped.history) < settings.epochs


def test_schedules():
    cosine = BiGRUSettings()
    assert learning_rate_at(cosine, 0) == pytest.approx(1e-3)
    assert learning_rate_at(cosine, 250) == pytest.approx((1e-3 + 1e-7) / 2)
    assert learning_rate_at(cosine, 500) == pytest.approx(1e-7)
    restarts = BiGRUSettings(schedule="cosine_restarts")
    for restart in (0, 50, 150, 350):
        assert learning_rate_at(restarts, restart) == pytest.approx(1e-3)
    assert learning_rate_at(restarts, 49.999) == pytest.approx(1e-7, rel=1e-2)
    # Specification section 9: ends in mid-period at 0.69 of the base rate.
    assert learning_rate_at(restarts, 500) == pytest.approx(0.69e-3, rel=5e-3)


def test_bad_input_is_refused():
    data, labels = toy(6)
    settings = SMALL.model_copy(update={"epochs": 1})
    with pytest.raises(ValueError, match=r"classes are 0\.\.1"):
        train_bigru(data, labels, 2, settings, seed=0)
    with pytest.raises(ValueError, match="6 sequences"):
        train_bigru(data, labels[:5], 3, settings, seed=0)
    with pytest.raises(ValueError, match="validation descriptors"):
        train_bigru(data, labels, 3, settings, 0, val=([np.ones((2, 2, 4))], np.array([0])))
    model = train_bigru(data, labels, 3, settings, seed=0)
    with pytest.raises(ValueError, match="trained on 6"):
        predict_bigru(model, [np.ones((2, 2, 4), dtype=np.float32)])
    with pytest.raises(ValueError, match="threads is 0"):
        predict_bigru(model, data, threads=0)
    # Overflows to infinity as the input dropout scales what it keeps.
    huge = [np.full_like(sequence, 3e38) for sequence in data]
    with pytest.raises(ArithmeticError, match="the loss of the recurrent"):
        train_bigru(huge, labels, 3, settings, seed=0)


def test_settings_refuse_unknown_keys_and_describe_every_field():
    with pytest.raises(ValidationError):
        BiGRUSettings(hiden=3)
    with pytest.raises(ValidationError):
        BiGRUSettings().hidden = 3
    assert RecognitionSettings().bigru.epochs == 500
    for model in (BiGRUSettings, RecognitionSettings):
        assert all(field.description for field in model.model_fields.values())
