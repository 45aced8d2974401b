"""What every feature set and head, and every late fusion, takes the test actions for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vpdlib.recognition.results import RecognitionResult
from vpdlib.site.site import Site


@dataclass(frozen=True)
class Answers:
    """Of one feature set and head, the mean over its trials.

    Attributes
    ----------
    features, head : which.
    probabilities : (A, C) float64, classes in the order of the dataset; of nearest neighbours, the fraction of trials.
    place : of a test action among the A, by its id.
    is_empty : (A,) bool: the athlete was not seen in it, so that it was given the commonest class.
    """

    features: str
    head: str
    probabilities: NDArray[np.float64]
    place: dict[str, int]
    is_empty: NDArray[np.bool_]


def read_answers(site: Site) -> list[Answers]:
    """Read what there is, in the order of the dataset's methods and heads, late fusion last.

    Raises
    ------
    ValueError
        If a result has other classes than the dataset.
    ArtifactError
        If an artifact is damaged.
    """
    return [_answers(site, *one) for one in site.results]


def _answers(
    site: Site, features: str, head: str, path: Path, result: RecognitionResult
) -> Answers:
    if sorted(result.class_names) != sorted(site.classes):
        raise ValueError(
            f"{path}: its classes are not those of dataset/classes.csv; delete the file to have it made again"
        )
    order = [result.class_names.index(label) for label in site.classes]
    return Answers(
        features,
        head,
        result.probabilities.mean(axis=0, dtype=np.float64)[:, order],
        {action: place for place, action in enumerate(result.test_ids)},
        np.asarray(result.is_empty_test, bool),
    )
