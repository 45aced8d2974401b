"""All trials of a baseline in one setting, and the sum of several baselines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from vpdlib.artifacts import Artifact
from vpdlib.baselines.build import build_network
from vpdlib.baselines.clips import Clips
from vpdlib.baselines.methods import TrainedMethod
from vpdlib.baselines.train import predict_probabilities, train_network
from vpdlib.recognition.actions import ActionTable, Trial
from vpdlib.recognition.trials import Predicted, RecognitionResult, run_trials


def run_baseline(
    settings: TrainedMethod,
    clips: Clips,
    lengths: Mapping[str, int],
    actions: ActionTable,
    shots: int | None,
    trials: Sequence[Trial],
    weights: Path | None = None,
    device: str = "cpu",
    threads: int = 1,
) -> RecognitionResult:
    """Train and test a baseline on every trial; a network of its own for each.

    Parameters
    ----------
    settings : of the method.
    clips : what its network is fed.
    lengths : action id to number of frames; actions without any take no part (`run_trials`).
    actions : the dataset; its test split is what is predicted.
    shots : recorded in the result.
    trials : at least one.
    weights : file of pretrained weights; None: from scratch.
    device : "cpu" or "cuda".
    threads : of torch on the CPU; the trials follow one another.

    Raises
    ------
    ValueError
        As `run_trials` and `train_network`.
    """
    class_of, num_classes = actions.class_index(), len(actions.class_names)

    def predict(kept: Sequence[Trial], test_ids: Sequence[str]) -> Predicted:
        found, epochs = [], []
        for place, trial in enumerate(kept):
            trained = train_network(
                partial(build_network, settings, num_classes, weights),
                clips,
                trial.train_ids,
                trial.val_ids,
                class_of,
                settings.training,
                trial.seed,
                device,
                threads,
                f"{settings.kind}, trial {place + 1} of {len(kept)}",
            )
            found.append(
                predict_probabilities(trained.network, clips, test_ids, settings.training, threads)
                if test_ids
                else np.empty((0, num_classes), np.float32)
            )
            epochs.append(trained.best_epoch)
        return np.stack(found), tuple(epochs)

    return run_trials(
        settings.kind,
        lengths,
        actions,
        shots,
        trials,
        settings.training.holdout_fraction,
        predict,
    )


def mean_result(parts: Sequence[Artifact], shots: int | None) -> RecognitionResult:
    """Put the probabilities of several baselines together, trial by trial, by their mean.

    The mean ranks classes as the published sum does, and is itself a probability.

    Parameters
    ----------
    parts : recognition artifacts of the same trials.
    shots : recorded in the result.

    Raises
    ------
    ValueError
        If the artifacts are of other trials, test actions or classes.
    """
    first = parts[0]
    for part in parts[1:]:
        for name in ("seed", "action", "class_name", "label"):
            if not np.array_equal(first.array(name), part.array(name)):
                raise ValueError(
                    f"{first.path} and {part.path} differ in {name!r}; rerun the rule that makes them"
                )
    probabilities = np.mean([part.array("probabilities") for part in parts], axis=0)
    num_trials = len(probabilities)
    empty = max(int(part.attributes["num_empty_test"]) for part in parts)
    train_ids = tuple(_texts(first.array(f"train_action_{n}")) for n in range(num_trials))
    return RecognitionResult(
        head="ensemble",
        shots=shots,
        probabilities=probabilities.astype(np.float32),
        seeds=tuple(int(seed) for seed in first.array("seed")),
        train_ids=train_ids,
        test_ids=_texts(first.array("action")),
        true_labels=first.array("label"),
        class_names=_texts(first.array("class_name")),
        num_empty_test=empty,
        num_empty_train=(0,) * num_trials,
        num_val=(0,) * num_trials,
        best_epochs=(0,) * num_trials,
    )


def _texts(array: np.ndarray) -> tuple[str, ...]:
    return tuple(value.decode() if isinstance(value, bytes) else str(value) for value in array)
