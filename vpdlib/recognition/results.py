"""What trials found as an artifact of kind "recognition", the same for heads and baselines; the mean of several."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from vpdlib.artifacts import ArtifactWriter, Provenance, read_artifact
from vpdlib.artifacts.recognition import Recognition
from vpdlib.progress import note
from vpdlib.recognition.actions import regime_name, shots_of
from vpdlib.recognition.trials import RecognitionResult, top1


def write_result(
    path: str | Path, provenance: Provenance, result: RecognitionResult, **attributes: Any
) -> None:
    """Write a result, and note its accuracy in the log.

    Parameters
    ----------
    path : of the artifact.
    provenance : of the job.
    result : of one regime.
    attributes : of the artifact beside the result's own, such as the feature set.
    """
    if result.test_ids:
        note(f"top-1 per trial: {np.round(100 * top1(result), 2).tolist()} %")
    if any(result.num_empty_train):
        note(
            f"training actions without a frame, left out per trial: {list(result.num_empty_train)}"
        )
    if result.num_empty_test:
        empty = [
            a for a, is_empty in zip(result.test_ids, result.is_empty_test, strict=True) if is_empty
        ]
        note(
            f"{len(empty)} of {len(result.test_ids)} test actions without the athlete got the commonest class: "
            f"{', '.join(empty)}"
        )
    with ArtifactWriter(path, Recognition, provenance) as artifact:
        artifact.set_attributes(
            head=result.head,
            regime=regime_name(result.shots),
            num_empty_test=result.num_empty_test,
            **attributes,
        )
        artifact.write("probabilities", result.probabilities)
        artifact.write("seed", np.array(result.seeds, np.int64))
        artifact.write("best_epoch", np.array(result.best_epochs, np.int64))
        artifact.write("num_val", np.array(result.num_val, np.int64))
        artifact.write("num_empty_train", np.array(result.num_empty_train, np.int64))
        artifact.write("label", result.true_labels)
        artifact.write("is_empty", result.is_empty_test)
        artifact.write("action", np.array(result.test_ids, object))
        artifact.write("class_name", np.array(result.class_names, object))
        for number, ids in enumerate(result.train_ids):
            artifact.write(f"train_action_{number}", np.array(ids, object))


def read_result(path: str | Path) -> RecognitionResult:
    """Read what :func:`write_result` wrote.

    Raises
    ------
    ArtifactError
        If the artifact is missing or damaged.
    """
    with read_artifact(path, Recognition) as artifact:

        def numbers(name: str) -> tuple[int, ...]:
            return tuple(int(value) for value in artifact.array(name))

        seeds = numbers("seed")
        return RecognitionResult(
            head=str(artifact.attributes["head"]),
            shots=shots_of(str(artifact.attributes["regime"])),
            probabilities=artifact.array("probabilities"),
            seeds=seeds,
            train_ids=tuple(artifact.texts(f"train_action_{index}") for index in range(len(seeds))),
            test_ids=artifact.texts("action"),
            true_labels=artifact.array("label"),
            class_names=artifact.texts("class_name"),
            is_empty_test=artifact.array("is_empty"),
            num_empty_train=numbers("num_empty_train"),
            num_val=numbers("num_val"),
            best_epochs=numbers("best_epoch"),
        )


def mean_result(parts: Mapping[str, RecognitionResult]) -> RecognitionResult:
    """Put the probabilities of several methods together, trial by trial, by their mean.

    The mean ranks classes as the sum of a late fusion does, and is itself a probability. A part in which a test action
    has no frames knows nothing of it, and has no say; where no part has frames, the commonest training class stays.

    Parameters
    ----------
    parts : at least one, of the same regime and trials, by what to call them in an error.

    Returns
    -------
    Probabilities are the mean, ``head`` is "ensemble" and ``best_epochs`` 0; empty are the test actions that are
    so in all parts; of the numbers of training actions dropped, the largest; all else, training actions too, is the
    first part's.

    Raises
    ------
    ValueError
        If the parts are of other settings, trials, test actions or classes.
    """
    first_name, first = next(iter(parts.items()))
    for name, part in parts.items():
        for what in ("shots", "seeds", "test_ids", "class_names"):
            if getattr(first, what) != getattr(part, what):
                raise ValueError(
                    f"{first_name} and {name} differ in {what!r}; rerun the rule that makes them"
                )
        if not np.array_equal(first.true_labels, part.true_labels):
            raise ValueError(
                f"{first_name} and {name} differ in 'true_labels'; rerun the rule that makes them"
            )
    probabilities = np.stack([part.probabilities for part in parts.values()]).astype(np.float64)
    is_empty = np.stack([part.is_empty_test for part in parts.values()])
    in_none = np.logical_and.reduce(is_empty, axis=0)
    # (parts, A): where no part knows anything, all have their say.
    weight = (~is_empty | in_none).astype(np.float64)
    mean = np.einsum("ptac,pa->tac", probabilities, weight / weight.sum(axis=0))
    empty = np.max([part.num_empty_train for part in parts.values()], axis=0)
    return replace(
        first,
        head="ensemble",
        probabilities=mean.astype(np.float32),
        is_empty_test=in_none,
        num_empty_train=tuple(int(number) for number in empty),
        best_epochs=(0,) * len(first.seeds),
    )
