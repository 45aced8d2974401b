"""One cell of a results table: a head, a number of shots, several trials, and the probabilities they give.

Features are a mapping from action id to an array (T, 2, d): row 0 the regular descriptors of the action's frames,
row 1 those of the flipped frames; T is 0 where nobody was found. Nothing is ever chosen on test actions: the
epoch of a network comes from validation actions, from a part of the training actions, or is the
last (docs/method.md section 12, rows 10 and 11).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from vpdlib.datasets.base import UNTESTED
from vpdlib.progress import note
from vpdlib.recognition.actions import ActionTable, Trial, check_ids, check_trial, hold_out
from vpdlib.recognition.settings import (
    HEADS,
    RecognitionSettings,
    architecture_of,
    check_head,
)

#: Probabilities (trials, A, C) float32 and the epoch of each trial's weights.
Predicted = tuple[NDArray[np.float32], tuple[int, ...]]


@dataclass(frozen=True)
class RecognitionResult:
    """What the trials of one regime found.

    Attributes
    ----------
    head : one of `vpdlib.recognition.settings.HEADS`, or the kind of a baseline.
    shots : k, or None for all training data.
    probabilities : (trials, A, C) float32 for the A test actions.
    seeds : one a trial.
    train_ids : per trial, the training actions used (those without frames are left out).
    test_ids : the A test actions.
    true_labels : (A,) int64 into ``class_names``.
    class_names : the C classes.
    is_empty_test : (A,) bool, test actions without frames, predicted as the commonest training class.
    num_empty_train : per trial, training actions dropped for want of frames.
    num_val : per trial, actions that chose the epoch.
    best_epochs : per trial, the epoch of the weights (0 for "nns").
    """

    head: str
    shots: int | None
    probabilities: NDArray[np.float32]
    seeds: tuple[int, ...]
    train_ids: tuple[tuple[str, ...], ...]
    test_ids: tuple[str, ...]
    true_labels: NDArray[np.int64]
    class_names: tuple[str, ...]
    is_empty_test: NDArray[np.bool_]
    num_empty_train: tuple[int, ...]
    num_val: tuple[int, ...]
    best_epochs: tuple[int, ...]

    @property
    def num_empty_test(self) -> int:
        """Number of test actions without frames."""
        return int(self.is_empty_test.sum())


def run_regime(
    head: str,
    features: Mapping[str, NDArray[np.floating]],
    actions: ActionTable,
    shots: int | None,
    trials: Sequence[Trial],
    settings: RecognitionSettings,
    device: str = "cpu",
    threads: int = 1,
) -> RecognitionResult:
    """Train and test one head on every trial.

    Training actions without frames are dropped; test actions without frames are predicted as the
    trial's commonest training class (ties by the order of the classes) and counted. The nearest
    neighbour draws no random numbers, so trials that train on the same actions are run once.

    Parameters
    ----------
    head : one of `vpdlib.recognition.settings.HEADS`.
    features : action id to (T, 2, d); what the trials need is held at once.
    actions : the dataset; its test split is what is predicted.
    shots : recorded in the result.
    trials : at least one.
    settings : of all heads.
    device : "cpu" or "cuda", for all but "nns".
    threads : of the head.

    Raises
    ------
    ValueError
        For an unknown head, no trial, no test action, an id that is unknown or without an entry in ``features``, test
        actions among training or validation actions, overlap of the two, and a trial whose training
        actions all lack frames.
    """
    check_head(head)
    if head == "nns" and len({frozenset(trial.train_ids) for trial in trials}) == 1:
        trials = trials[:1]
    wanted = {*actions.ids_of("test"), *(a for t in trials for a in t.train_ids + t.val_ids)}
    lengths = {a: len(features[a]) for a in wanted if a in features}
    class_of, num_classes = actions.class_index(), len(actions.class_names)

    def predict(kept: Sequence[Trial], test_ids: Sequence[str]) -> Predicted:
        if head == "nns":
            return _run_nns(features, kept, test_ids, class_of, num_classes, settings, threads)
        return _run_network(
            head, features, kept, test_ids, class_of, num_classes, settings, device, threads
        )

    fraction = 0.0 if head == "nns" else settings.bigru.holdout_fraction
    if head == "nns":
        # A search has nothing to validate.
        trials = [Trial(trial.seed, trial.train_ids) for trial in trials]
    return run_trials(head, lengths, actions, shots, trials, fraction, predict)


def run_trials(
    head: str,
    lengths: Mapping[str, int],
    actions: ActionTable,
    shots: int | None,
    trials: Sequence[Trial],
    holdout_fraction: float,
    predict: Callable[[Sequence[Trial], Sequence[str]], Predicted],
) -> RecognitionResult:
    """Run the trials of anything that is trained on actions and tested on actions.

    Actions without frames take no part: those of training and validation are dropped, those of the test are
    predicted as the trial's commonest training class, and counted.

    Parameters
    ----------
    head : recorded in the result.
    lengths : action id to number of frames.
    actions, shots, trials : as for `run_regime`.
    holdout_fraction : fraction of the training actions for validation where there is none; see `hold_out`.
    predict : gets the trials and the A test actions that have frames, and returns probabilities (trials, A, C) and the
        epoch of each trial's weights.

    Raises
    ------
    ValueError
        As `run_regime`, about trials and ids.
    """
    test_ids = actions.ids_of("test")
    if not trials:
        raise ValueError("no trial: give at least one")
    if not test_ids:
        raise ValueError(UNTESTED.format("action"))
    for trial in trials:
        check_trial(trial, actions, lengths)
    check_ids(test_ids, actions, lengths, "test")
    class_of, num_classes = actions.class_index(), len(actions.class_names)
    is_empty = np.array([lengths[action_id] == 0 for action_id in test_ids])
    kept_trials = [
        Trial(
            trial.seed,
            tuple(a for a in trial.train_ids if lengths[a]),
            tuple(a for a in trial.val_ids if lengths[a]),
        )
        for trial in trials
    ]
    for index, kept in enumerate(kept_trials):
        if not kept.train_ids:
            raise ValueError(
                f"trial {index}: none of its {len(trials[index].train_ids)} training actions has a "
                "frame with features: was the athlete tracked in these videos?"
            )
    without = sorted({a for t in trials for a in t.train_ids + t.val_ids if not lengths[a]})
    if without:
        note(f"without a frame, and so not learnt from: {', '.join(without)}")
    kept_trials = [hold_out(kept, actions, holdout_fraction) for kept in kept_trials]
    predicted, best_epochs = predict(kept_trials, [a for a in test_ids if lengths[a]])
    probabilities = np.zeros((len(trials), len(test_ids), num_classes), dtype=np.float32)
    probabilities[:, ~is_empty] = predicted
    for index, trial in enumerate(trials):
        counts = np.bincount([class_of[a] for a in trial.train_ids], minlength=num_classes)
        probabilities[index, is_empty, counts.argmax()] = 1.0
    return RecognitionResult(
        head=head,
        shots=shots,
        probabilities=probabilities,
        seeds=tuple(trial.seed for trial in trials),
        train_ids=tuple(kept.train_ids for kept in kept_trials),
        test_ids=test_ids,
        true_labels=np.array([class_of[action_id] for action_id in test_ids], dtype=np.int64),
        class_names=actions.class_names,
        is_empty_test=is_empty,
        num_empty_train=tuple(
            sum(lengths[action_id] == 0 for action_id in trial.train_ids) for trial in trials
        ),
        num_val=tuple(len(kept.val_ids) for kept in kept_trials),
        best_epochs=best_epochs,
    )


def top1(result: RecognitionResult) -> NDArray[np.float64]:
    """Fraction of test actions whose most probable class is the true one: (trials,) float64 in [0, 1]."""
    predicted = result.probabilities.argmax(axis=2)
    fraction: NDArray[np.float64] = (predicted == result.true_labels).mean(axis=1)
    return fraction


def _run_nns(
    features: Mapping[str, NDArray[np.floating]],
    trials: Sequence[Trial],
    test_ids: Sequence[str],
    class_of: Mapping[str, int],
    num_classes: int,
    settings: RecognitionSettings,
    threads: int,
) -> Predicted:
    """Probabilities (trials, A, C); distances are computed once for every action some trial trains on."""
    from vpdlib.recognition.nns import flip_min_distances, nearest_from_distances

    pool = sorted({action_id for trial in trials for action_id in trial.train_ids})
    distances = flip_min_distances(
        [np.asarray(features[action_id]) for action_id in test_ids],
        [np.asarray(features[action_id]) for action_id in pool],
        settings.nns.normalise,
        threads,
        description="DTW distances",
    )
    column_of = {action_id: column for column, action_id in enumerate(pool)}
    found = []
    for trial in trials:
        # Sorted, so that equally near neighbours are told apart by id, not by the order of a list.
        ids = sorted(trial.train_ids)
        columns = distances[:, [column_of[action_id] for action_id in ids]]
        labels = np.array([class_of[action_id] for action_id in ids])
        found.append(nearest_from_distances(columns, labels, num_classes).probabilities)
    return np.stack(found), (0,) * len(trials)


def _run_network(
    head: str,
    features: Mapping[str, NDArray[np.floating]],
    trials: Sequence[Trial],
    test_ids: Sequence[str],
    class_of: Mapping[str, int],
    num_classes: int,
    settings: RecognitionSettings,
    device: str,
    threads: int,
) -> Predicted:
    """Probabilities (trials, A, C) and the epoch of each trial's weights."""
    from vpdlib.recognition.train import ClassifierData, predict_probabilities, train_classifiers

    @cache
    def sequences_and_labels(
        ids: tuple[str, ...],
    ) -> tuple[list[NDArray[np.floating]], NDArray[np.int64]]:
        labels = np.array([class_of[action_id] for action_id in ids], dtype=np.int64)
        return [np.asarray(features[action_id]) for action_id in ids], labels

    wanted = []
    for trial in trials:
        # Sorted: the result must not depend on how a caller orders its ids.
        sequences, labels = sequences_and_labels(tuple(sorted(trial.train_ids)))
        val = sequences_and_labels(tuple(sorted(trial.val_ids))) if trial.val_ids else None
        wanted.append(ClassifierData(sequences, labels, trial.seed, val))
    models = train_classifiers(
        wanted,
        num_classes,
        architecture_of(head, settings),
        settings.bigru,
        device,
        threads,
        description=f"{HEADS[head].title}, trial",
    )
    test_sequences = [np.asarray(features[action_id]) for action_id in test_ids]
    found = [predict_probabilities(model, test_sequences, threads) for model in models]
    return np.stack(found), tuple(model.best_epoch for model in models)
