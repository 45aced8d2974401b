from dataclasses import replace

import numpy as np
import pytest

from vpdlib.datasets.tables import ActionRow
from vpdlib.recognition.actions import (
    ActionTable,
    Trial,
    hold_out,
    make_trials,
    published_subsets,
    regime_name,
    shots_of,
    trials_of_regime,
)
from vpdlib.recognition.settings import HEADS, BiGRUSettings, RecognitionSettings
from vpdlib.recognition.trials import run_regime, top1

SETTINGS = RecognitionSettings(
    bigru=BiGRUSettings(hidden=8, fc_width=8, epochs=15, batch_size=10, learning_rate=5e-3)
)
CLASSES = ("axel", "lutz", "flip")


def dataset(num_train=12, num_val=0, num_test=6, empty=()):
    """Actions whose class is the direction of their descriptors."""
    rng = np.random.default_rng(0)
    splits = ["train"] * num_train + ["val"] * num_val + ["test"] * num_test
    ids = [f"{split}{i:02d}" for i, split in enumerate(splits)]
    labels = [CLASSES[i % 3] for i in range(len(ids))]
    features = {}
    for action_id, label in zip(ids, labels, strict=True):
        frames = 0 if action_id in empty else int(rng.integers(4, 9))
        base = np.eye(3, 5)[CLASSES.index(label)]
        noise = rng.normal(size=(frames, 2, 5)) * 0.05
        features[action_id] = (base + noise).astype(np.float32)
    groups = [f"g{i // 3}" for i in range(len(ids))]
    table = ActionTable(tuple(ids), tuple(labels), tuple(splits), tuple(groups), CLASSES)
    return table, features


@pytest.mark.parametrize("head", HEADS)
def test_separable_actions_are_recognised_in_every_trial(head):
    table, features = dataset()
    trials = make_trials(table, 2, 3, seed=0)
    # Of eight units one training of eight misses an action.
    longer = SETTINGS.bigru.model_copy(update={"epochs": 80, "dropout": 0.2, "hidden": 16})
    result = run_regime(head, features, table, 2, trials, RecognitionSettings(bigru=longer))
    assert result.probabilities.shape == (3, 6, 3)
    assert result.probabilities.dtype == np.float32
    np.testing.assert_allclose(result.probabilities.sum(2), 1, atol=1e-5)
    assert top1(result).tolist() == [1.0, 1.0, 1.0]
    assert result.test_ids == table.ids_of("test")
    assert result.true_labels.tolist() == [0, 1, 2, 0, 1, 2]
    assert result.seeds == (0, 1, 2)
    assert all(len(ids) == 6 for ids in result.train_ids)
    assert result.num_empty_test == 0


def test_trial_columns_equal_a_search_of_their_own():
    table, features = dataset()
    trials = make_trials(table, 1, 4, seed=2)
    together = run_regime("nns", features, table, 1, trials, SETTINGS)
    for place, trial in enumerate(trials):
        alone = run_regime("nns", features, table, 1, [trial], SETTINGS)
        np.testing.assert_array_equal(together.probabilities[place], alone.probabilities[0])


def test_nns_on_all_training_data_runs_once():
    table, features = dataset()
    trials = make_trials(table, None, 5, seed=0)
    assert len(run_regime("nns", features, table, None, trials, SETTINGS).probabilities) == 1
    assert len(run_regime("bigru", features, table, None, trials[:2], SETTINGS).seeds) == 2


def test_bigru_does_not_depend_on_the_order_of_training_ids():
    table, features = dataset()
    ids = table.ids_of("train")
    results = [
        run_regime("bigru", features, table, None, [Trial(4, order)], SETTINGS)
        for order in (ids, ids[::-1])
    ]
    np.testing.assert_array_equal(results[0].probabilities, results[1].probabilities)


@pytest.mark.parametrize("head", ["nns", "bigru"])
def test_actions_without_frames(head):
    # lutz becomes the commonest class: one axel and one flip less in the trial.
    table, features = dataset(empty=("train00", "test13"))
    ids = tuple(a for a in table.ids_of("train") if a not in ("train03", "train05"))
    result = run_regime(head, features, table, None, [Trial(0, ids)], SETTINGS)
    assert result.num_empty_test == 1
    assert result.num_empty_train == (1,)
    assert "train00" not in result.train_ids[0]
    np.testing.assert_array_equal(result.probabilities[0, 1], [0, 1, 0])
    # A tie goes to the first class.
    tied = run_regime(head, features, table, None, [Trial(0, table.ids_of("train"))], SETTINGS)
    np.testing.assert_array_equal(tied.probabilities[0, 1], [1, 0, 0])


def test_all_test_actions_without_frames():
    table, features = dataset(num_test=2, empty=("test12", "test13"))
    for head in ("nns", "bigru"):
        result = run_regime(head, features, table, None, make_trials(table, None, 1, 0), SETTINGS)
        assert result.num_empty_test == 2
        np.testing.assert_array_equal(result.probabilities[0], [[1, 0, 0], [1, 0, 0]])


def test_validation_split_chooses_the_epoch():
    table, features = dataset(num_val=3)
    trials = make_trials(table, 2, 1, seed=0)
    assert trials[0].val_ids == table.ids_of("val")
    result = run_regime("bigru", features, table, 2, trials, SETTINGS)
    assert result.num_val == (3,)
    assert run_regime("nns", features, table, 2, trials, SETTINGS).num_val == (0,)


def test_hold_out_takes_whole_groups_and_keeps_every_class():
    table, _ = dataset(num_train=30)
    trial = Trial(0, table.ids_of("train"))
    held = hold_out(trial, table, 0.2)
    assert len(held.val_ids) == 6
    assert not set(held.val_ids) & set(held.train_ids)
    assert sorted(held.val_ids + held.train_ids) == sorted(trial.train_ids)
    group_of = table.group_of()
    assert not {group_of[a] for a in held.val_ids} & {group_of[a] for a in held.train_ids}
    assert held == hold_out(trial, table, 0.2)
    assert hold_out(trial, table, 0.0) == trial
    # One action a class: nothing can be spared.
    single = Trial(0, trial.train_ids[:3])
    assert hold_out(single, table, 0.5) == single
    # A dataset's own validation split is left alone.
    given = Trial(0, trial.train_ids[3:], trial.train_ids[:3])
    assert hold_out(given, table, 0.5) == given


def test_hold_out_by_action_without_groups():
    table, _ = dataset(num_train=30)
    bare = ActionTable(table.action_ids, table.labels, table.splits, ("",) * 36, CLASSES)
    held = hold_out(Trial(0, bare.ids_of("train")), bare, 0.3)
    assert len(held.val_ids) == 9


def test_test_actions_can_never_be_trained_or_selected_on():
    table, features = dataset(num_val=3)
    train, test = table.ids_of("train"), table.ids_of("test")
    cases = [
        (Trial(0, (*train, test[0])), "among the training"),
        (Trial(0, train, test), "among the validation"),
        (Trial(0, train, train[:1]), "training and a validation action"),
        (Trial(0, (*train, train[0])), "occurs twice"),
        (Trial(0, ("nobody",)), "not in the table"),
    ]
    for trial, message in cases:
        with pytest.raises(ValueError, match=message):
            run_regime("bigru", features, table, None, [trial], SETTINGS)


def test_bad_calls_are_refused():
    table, features = dataset(empty=("train00", "train01"))
    with pytest.raises(ValueError, match="none of its 2 training actions"):
        run_regime("nns", features, table, None, [Trial(0, ("train00", "train01"))], SETTINGS)
    with pytest.raises(ValueError, match="no trial"):
        run_regime("nns", features, table, None, [], SETTINGS)
    with pytest.raises(ValueError, match="head 'svm' is unknown: one of nns, cnn"):
        run_regime("svm", features, table, None, make_trials(table, None, 1, 0), SETTINGS)
    learnt = replace(table, splits=("train",) * len(table.splits))
    with pytest.raises(ValueError, match=r"no action is in split test: .* found\.csv"):
        run_regime("nns", features, learnt, None, make_trials(table, None, 1, 0), SETTINGS)
    del features["test12"]
    with pytest.raises(ValueError, match=r"test12.*no entry in the features"):
        run_regime("nns", features, table, None, make_trials(table, None, 1, 0), SETTINGS)
    with pytest.raises(ValueError, match="2 trials wanted for k=4"):
        make_trials(table, 4, 2, 0, subsets=[["train00"]])
    with pytest.raises(ValueError, match="no class"):
        ActionTable(("a",), ("b",), ("train",), ("",), ("c",))
    with pytest.raises(ValueError, match="train, val or test"):
        ActionTable(("a",), ("c",), ("dev",), ("",), ("c",))


def test_rows_of_the_table_of_actions():
    rows = [
        ActionRow("a1", "v1", 0, 1, "axel", "train", "g1", "k1t0 k1t1"),
        ActionRow("a2", "v1", 1, 2, "axel", "train", "g1", "k2t0"),
        ActionRow("a3", "v2", 0, 1, "lutz", "test", "g2", ""),
    ]
    table = ActionTable.from_rows(rows, CLASSES)
    assert table.ids_of("train") == ("a1", "a2")
    assert table.class_index() == {"a1": 0, "a2": 0, "a3": 1}
    assert published_subsets(rows, 1) == [["a1"], ["a1"]]
    assert published_subsets(rows, 4) is None
    trials = trials_of_regime(rows, table, 1, 2, seed=7)
    assert [(trial.seed, trial.train_ids) for trial in trials] == [(7, ("a1",)), (8, ("a1",))]
    with pytest.raises(ValueError, match="3 trials wanted for k=1, but 2 subsets are published"):
        trials_of_regime(rows, table, 1, 3, seed=7)
    drawn = trials_of_regime(rows, table, 4, 3, seed=7)
    assert drawn == make_trials(table, 4, 3, 7)
    (trial,) = trials_of_regime(rows, table, None, 1, seed=7)
    assert trial.train_ids == ("a1", "a2")


@pytest.mark.parametrize(("shots", "name"), [(None, "full"), (1, "k1"), (16, "k16")])
def test_settings_are_read_as_they_are_called(shots, name):
    assert regime_name(shots) == name
    assert shots_of(name) == shots


@pytest.mark.parametrize("name", ["", "8", "k", "k0", "k-1", "all", "kk8"])
def test_other_names_are_no_setting(name):
    with pytest.raises(ValueError, match=f"regime {name!r}: expected full"):
        shots_of(name)
