"""All trials of a baseline in one regime."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from vpdlib.baselines.build import build_network
from vpdlib.baselines.clips import Clips
from vpdlib.baselines.kinds import TrainedBaseline
from vpdlib.baselines.train import predict_probabilities, train_network
from vpdlib.recognition.actions import ActionTable, Trial
from vpdlib.recognition.trials import Predicted, RecognitionResult, run_trials


def run_baseline(
    settings: TrainedBaseline,
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
        for index, trial in enumerate(kept):
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
                f"{settings.kind}, trial {index + 1} of {len(kept)}",
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
