"""What every trial says of the test actions, for every feature set and head that was run with all training data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from vpdlib.site.site import Site


@dataclass(frozen=True)
class TrialAnswers:
    """The answers of one feature set and head to A test actions of C classes in R trials.

    Attributes
    ----------
    features, head : whose they are.
    actions : (A,) ids.
    labels : (A,) indices of the true classes.
    predicted : (R, A) indices of the classes that each trial gives.
    class_names : (C,).
    """

    features: str
    head: str
    actions: tuple[str, ...]
    labels: np.ndarray
    predicted: np.ndarray
    class_names: tuple[str, ...]

    @property
    def name(self) -> str:
        """To print."""
        return f"{self.features}, {self.head}"

    @property
    def right(self) -> np.ndarray:
        """(A,) float64: the fraction of trials that are right."""
        found: np.ndarray = (self.predicted == self.labels).mean(axis=0)
        return found


def read_trial_answers(site: Site) -> list[TrialAnswers]:
    """The answers that are there, in the order of the settings, late fusion last.

    Raises
    ------
    ArtifactError
        If an artifact is damaged.
    ValueError
        If one is of an action that ``actions.csv`` does not have.
    """
    known = {action.action for action in site.actions}
    found = []
    for features, head, path, result in site.results:
        gone = [action for action in result.test_ids if action not in known]
        if gone:
            raise ValueError(
                f"{path}: test actions that actions.csv does not have, such as {gone[0]!r}; "
                "delete the file to have it made again"
            )
        if result.test_ids:
            found.append(
                TrialAnswers(
                    features,
                    head,
                    result.test_ids,
                    result.true_labels.astype(int),
                    result.probabilities.argmax(axis=2),
                    result.class_names,
                )
            )
    return found


def feature_order(site: Site) -> list[str]:
    """Feature sets as the settings list them, late fusion last."""
    settings = site.sources.settings
    return [*settings.get("methods", ()), *settings.get("ensembles", {})]


def head_order(site: Site) -> list[str]:
    """Heads as the settings list them."""
    return list(site.sources.settings.get("heads", ()))


def in_order(names: Iterable[str], order: Iterable[str]) -> list[str]:
    """Different names, those that `order` has first and as it has them, the others by name."""
    given = set(names)
    listed = [name for name in dict.fromkeys(order) if name in given]
    return [*listed, *sorted(given.difference(listed))]
