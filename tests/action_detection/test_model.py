"""The classifier of frames: windows, folds, scores."""

import numpy as np
import pytest
import torch

from vpdlib.action_detection.model import (
    EnsembleData,
    FrameBiGRU,
    _Windows,
    predict_scores,
    train_ensemble,
    train_ensembles,
    window_weights,
)
from vpdlib.action_detection.settings import FrameBiGRUSettings
from vpdlib.recognition.packing import SequenceStore

SMALL = FrameBiGRUSettings(
    hidden=8,
    layers=1,
    fc_width=8,
    window=20,
    windows_per_epoch=40,
    batch_size=20,
    epochs=3,
    min_epochs=1,
    learning_rate=1e-2,
    folds=2,
)


def toy(num, frames=50, seed=0):
    """Videos with a bump in channel 0 during one event."""
    rng = np.random.default_rng(seed)
    sequences, labels = {}, {}
    for index in range(num):
        start = int(rng.integers(5, frames - 15))
        inside = np.zeros(frames, bool)
        inside[start : start + 8] = True
        values = rng.normal(size=(frames, 2, 3)) * 0.3
        values[inside, :, 0] += 2
        sequences[f"v{index}"] = values.astype(np.float32)
        labels[f"v{index}"] = inside
    return sequences, labels


def test_weights_of_sequences():
    lengths = np.array([10, 100, 250, 300, 499, 500, 4000])
    drop = FrameBiGRUSettings(short_sequences="drop")
    assert window_weights(lengths, drop).tolist() == [0, 0, 0, 50, 249, 250, 3750]
    pad = window_weights(lengths, FrameBiGRUSettings())
    assert pad.tolist() == [10, 100, 250, 250, 250, 250, 3750]


def test_windows_hold_their_own_frames_and_labels():
    # Every number says which frame of which row of which video it is.
    lengths = (30, 7, 50)
    sequences = [
        1000 * v + 500 * np.arange(2)[None, :, None] + np.arange(n)[:, None, None]
        for v, n in enumerate(lengths)
    ]
    store = SequenceStore([s.astype(np.float32) for s in sequences], False, torch.device("cpu"))
    data = _Windows(store, store.frames[:, 0].long())
    chosen, offset = torch.tensor([0, 4, 5, 0, 2]), torch.tensor([3, 0, 30, 0, 11])
    length = torch.tensor([20, 7, 20, 20, 20])
    batch, labels = data.cut(chosen, offset, length)
    assert torch.equal(batch.frames[:, 0].long(), labels)
    wanted = [
        list(range(first, first + n))
        for first, n in zip([3, 1500, 2530, 0, 2011], length.tolist(), strict=True)
    ]
    assert sorted(labels.tolist()) == sorted(frame for window in wanted for frame in window)
    # Packed by step: the first frames of all windows come first.
    assert sorted(labels[:5].tolist()) == sorted(window[0] for window in wanted)
    # Whole sequences, each frame exactly once.
    rows = torch.cat([labels for _, labels in data.whole(torch.arange(6))])
    assert sorted(rows.tolist()) == sorted(store.frames[:, 0].long().tolist())


def test_batches_of_whole_sequences_are_bounded(monkeypatch):
    sequences, labels = toy(5)
    model = train_ensemble(sequences, labels, SMALL, seed=0)
    together = predict_scores(model, sequences)
    monkeypatch.setattr("vpdlib.action_detection.model._PREDICT_FRAMES", 60)
    for video, scores in predict_scores(model, sequences).items():
        np.testing.assert_allclose(scores, together[video], atol=1e-6)


@pytest.mark.parametrize("num_frames", [121, 200, 301])
def test_a_long_video_is_read_in_parts_and_scored_as_a_whole(num_frames, monkeypatch):
    sequences, labels = toy(4)
    model = train_ensemble(sequences, labels, SMALL, seed=0)
    values = np.random.default_rng(0).normal(size=(num_frames, 2, 3)).astype(np.float32)
    long = {"short": values[:50], "long": values, "other": values[::-1].copy()}
    whole = predict_scores(model, long)
    passes = []
    monkeypatch.setattr("vpdlib.action_detection.model._PREDICT_FRAMES", 120)
    monkeypatch.setattr("vpdlib.action_detection.model._FORGOTTEN", 40)
    cut = _Windows.cut
    monkeypatch.setattr(
        _Windows, "cut", lambda *given: passes.append(int(given[-1].sum())) or cut(*given)
    )
    for video, scores in predict_scores(model, long).items():
        np.testing.assert_allclose(scores, whole[video], atol=1e-5)
    assert max(passes) <= 120


def test_logits_of_frames_do_not_depend_on_other_sequences():
    sequences, _ = toy(3)
    torch.manual_seed(0)
    network = FrameBiGRU(3, SMALL).eval()
    store = SequenceStore([sequences["v0"], sequences["v1"][:9]], False, torch.device("cpu"))
    data = _Windows(store, torch.arange(len(store.frames)))
    with torch.no_grad():
        (batch, rows), *rest = data.whole(torch.arange(4))
        assert not rest
        logits = network(batch)[torch.argsort(rows)]
        for sequence in range(4):
            ((alone, its_rows),) = data.whole(torch.tensor([sequence]))
            np.testing.assert_allclose(network(alone), logits[its_rows], atol=1e-6)


def test_scores_are_the_mean_over_models_and_rows():
    sequences, labels = toy(4)
    model = train_ensemble(sequences, labels, SMALL, seed=0)
    assert len(model.networks) == 2
    scores = predict_scores(model, sequences)
    for video, values in sequences.items():
        singles = []
        for network in model.networks:
            for row in (0, 1):
                store = SequenceStore([values[:, [row, row]]], False, torch.device("cpu"))
                ((batch, _),) = _Windows(store, torch.arange(100)).whole(torch.tensor([0]))
                with torch.no_grad():
                    singles.append(network(batch).softmax(1)[:, 1].numpy())
        assert scores[video].dtype == np.float32
        np.testing.assert_allclose(scores[video], np.mean(singles, axis=0), atol=1e-6)


def test_same_seed_same_bits_and_no_trace_in_the_global_state():
    sequences, labels = toy(4)
    torch.manual_seed(3)
    state = torch.get_rng_state()
    first = predict_scores(train_ensemble(sequences, labels, SMALL, seed=5), sequences)
    assert torch.equal(torch.get_rng_state(), state)
    torch.manual_seed(77)
    backwards = dict(reversed(sequences.items()))
    second = predict_scores(train_ensemble(backwards, labels, SMALL, seed=5), sequences)
    other = predict_scores(train_ensemble(sequences, labels, SMALL, seed=6), sequences)
    for video in sequences:
        np.testing.assert_array_equal(first[video], second[video])
        assert np.abs(first[video] - other[video]).max() > 1e-4


def test_each_model_validates_on_its_own_fold_and_one_video_on_none():
    sequences, labels = toy(5)
    model = train_ensemble(sequences, labels, SMALL.model_copy(update={"folds": 9, "epochs": 2}), 0)
    assert sorted(model.val_videos) == [(f"v{i}",) for i in range(5)]
    assert len(model.networks) == 5
    assert all(0 <= accuracy <= 1 for accuracy in model.val_accuracy)
    single = {"v0": sequences["v0"]}
    model = train_ensemble(single, labels, SMALL, 0)
    assert (model.val_videos, model.best_epochs) == (((),), (3,))
    assert np.isnan(model.val_accuracy[0])


def test_ensembles_learn_together_as_each_would_alone(monkeypatch):
    """Other videos, lengths and numbers of models; stacks of two, so that one holds models of both."""
    monkeypatch.setattr("vpdlib.recognition.stacks._STATES_OF_A_STEP", 2 * 2 * 20 * 8)
    wanted = [EnsembleData(*toy(3), seed=1), EnsembleData(*toy(4, frames=25, seed=7), seed=2)]
    settings = SMALL.model_copy(update={"folds": 3})
    together = train_ensembles(wanted, settings)
    assert [len(ensemble.networks) for ensemble in together] == [3, 3]
    for data, ensemble in zip(wanted, together, strict=True):
        alone = train_ensemble(data.sequences, data.labels, settings, data.seed)
        assert alone.val_videos == ensemble.val_videos
        ours, theirs = (predict_scores(one, data.sequences) for one in (ensemble, alone))
        for video in data.sequences:
            np.testing.assert_allclose(ours[video], theirs[video], atol=2e-2)


def test_no_model_is_of_videos_without_an_event():
    """Held out with all events there are, a fold would leave a model that says nothing but no."""
    sequences, labels = toy(4)
    quiet = {video: np.zeros_like(of) for video, of in labels.items()}
    one = {**quiet, "v2": labels["v2"]}
    settings = SMALL.model_copy(update={"folds": 4, "epochs": 2})
    model = train_ensemble(sequences, one, settings, 0)
    assert sorted(video for fold in model.val_videos for video in fold) == ["v0", "v1", "v3"]
    assert len(model.networks) == len(model.best_epochs) == 3
    assert len(train_ensemble(sequences, quiet, settings, 0).networks) == 4


def test_validation_videos_are_not_trained_on():
    # Another label for the validation video alone must not change that model's weights before a choice.
    sequences, labels = toy(2)
    settings = SMALL.model_copy(update={"epochs": 1})
    model = train_ensemble(sequences, labels, settings, 0)
    for fold, (held,) in enumerate(model.val_videos):
        changed = {**labels, held: ~labels[held]}
        again = train_ensemble(sequences, changed, settings, 0)
        for name, value in model.networks[fold].state_dict().items():
            assert torch.equal(value, again.networks[fold].state_dict()[name])
        unlike = [
            not torch.equal(value, again.networks[1 - fold].state_dict()[name])
            for name, value in model.networks[1 - fold].state_dict().items()
        ]
        assert any(unlike)


@pytest.mark.parametrize(
    ("min_epochs", "patience", "expected"), [(6, 3, 6), (2, 8, 9), (9, 99, 12)]
)
def test_training_stops_without_progress(monkeypatch, min_epochs, patience, expected):
    looks = []

    def never_better(*_):
        looks.append(0)
        return 0.5, 1.0

    monkeypatch.setattr("vpdlib.action_detection.model._accuracy_and_loss", never_better)
    sequences, labels = toy(2)
    changes = {"epochs": 12, "patience": patience, "min_epochs": min_epochs}
    changes |= {"windows_per_epoch": 2}
    model = train_ensemble(sequences, labels, SMALL.model_copy(update=changes), 0)
    assert model.best_epochs == (1, 1)
    assert len(looks) == 2 * expected


def test_the_epoch_with_the_best_accuracy_is_kept(monkeypatch):
    # The third epoch is best by accuracy, the fourth equal with a higher loss, the fifth has less loss only.
    # Two models learn together, and are looked at in turn.
    of_epochs = [(0.5, 1.0), (0.4, 0.1), (0.7, 0.5), (0.7, 0.6), (0.6, 0.0)]
    scores = iter([score for score in of_epochs for _ in range(2)])
    monkeypatch.setattr("vpdlib.action_detection.model._accuracy_and_loss", lambda *_: next(scores))
    sequences, labels = toy(2)
    model = train_ensemble(sequences, labels, SMALL.model_copy(update={"epochs": 5}), 0)
    assert model.best_epochs == (3, 3)
    assert model.val_accuracy == (0.7, 0.7)
    scores = iter([score for score in [(0.1, 0.0), (0.2, 0.0), (0.3, 0.0)] for _ in range(2)])
    until_then = train_ensemble(sequences, labels, SMALL.model_copy(update={"epochs": 3}), 0)
    for kept, last in zip(model.networks, until_then.networks, strict=True):
        for name, value in kept.state_dict().items():
            assert torch.equal(value, last.state_dict()[name])


def test_short_videos_are_learnt_from_or_left_out():
    sequences, labels = toy(4, frames=30)
    long_window = SMALL.model_copy(update={"window": 250, "epochs": 1})
    train_ensemble(sequences, labels, long_window, 0)
    with pytest.raises(ValueError, match="set it to pad"):
        train_ensemble(
            sequences, labels, long_window.model_copy(update={"short_sequences": "drop"}), 0
        )
    # A single frame, alone in a batch, has no variance and is passed over.
    one = {"v": np.ones((1, 2, 3), np.float32)}
    train_ensemble(one, {"v": np.ones(1, bool)}, SMALL.model_copy(update={"batch_size": 1}), 0)


def test_bad_input_is_refused():
    sequences, labels = toy(2)
    with pytest.raises(ValueError, match="'v1' has 50 frames and 3 labels"):
        train_ensemble(sequences, {**labels, "v1": labels["v1"][:3]}, SMALL, 0)
    with pytest.raises(ValueError, match="NaN"):
        train_ensemble({"v0": sequences["v0"] * np.nan}, labels, SMALL, 0)
    with pytest.raises(ArithmeticError, match="lower learning_rate"):
        train_ensemble(sequences, labels, SMALL.model_copy(update={"learning_rate": 1e30}), 0)
    model = train_ensemble(sequences, labels, SMALL.model_copy(update={"epochs": 1}), 0)
    with pytest.raises(ValueError, match="trained on 3"):
        predict_scores(model, {"v": sequences["v0"][:, :, :2]})
    assert predict_scores(model, {}) == {}
