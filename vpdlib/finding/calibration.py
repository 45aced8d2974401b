"""Calibration: probabilities that are right as often as they say, fitted to what a model has not learnt from.

Class probabilities are scaled by a temperature (Guo et al., "On Calibration of Modern Neural Networks", ICML 2017): the
logarithms are divided by it and normalised anew. Whether a found segment is right follows from its detection score and
its class probability by logistic regression (Platt 1999).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize, minimize_scalar
from scipy.special import expit

# Probabilities are kept this far from 0 and 1, where logarithms end.
_LEAST = 1e-6
#: Temperatures that are looked for.
_LOWEST, _HIGHEST = 0.05, 20.0


def temper(probabilities: NDArray[np.floating], temperature: float) -> NDArray[np.float64]:
    """Scale class probabilities (..., C) by a temperature: above 1 they become less sure."""
    logits = np.log(np.maximum(probabilities, _LEAST)) / temperature
    scaled = np.exp(logits - logits.max(axis=-1, keepdims=True))
    tempered: NDArray[np.float64] = scaled / scaled.sum(axis=-1, keepdims=True)
    return tempered


def fit_temperature(probabilities: NDArray[np.floating], labels: NDArray[np.integer]) -> float:
    """The temperature of the least negative log-likelihood, penalised.

    A penalty draws its logarithm to 0, as much as one observation would, so that a few actions that are all right, or
    all wrong, give no temperature that makes every answer sure, or none.

    Parameters
    ----------
    probabilities : (A, C) of actions that were not learnt from.
    labels : (A,) their classes.

    Returns
    -------
    Between 0.05 and 20; 1 without an action.
    """
    if len(labels) == 0:
        return 1.0
    rows = np.arange(len(labels))

    def loss(log_temperature: float) -> float:
        tempered = temper(probabilities, float(np.exp(log_temperature)))
        # Never 0, by the floor: without it a sure and wrong answer would cost the same at any low temperature.
        return float(-np.log(tempered[rows, labels]).sum() + log_temperature**2 / 2)

    # Over the logarithm the loss may have more than one valley: the lowest of a grid, then down from there.
    grid = np.linspace(np.log(_LOWEST), np.log(_HIGHEST), 61)
    lowest = int(np.argmin([loss(value) for value in grid]))
    around = grid[max(lowest - 1, 0)], grid[min(lowest + 1, len(grid) - 1)]
    found = minimize_scalar(loss, bounds=around, method="bounded", options={"xatol": 1e-4})
    return float(np.exp(found.x))


def expected_calibration_error(
    probability: NDArray[np.floating], right: NDArray[np.bool_], num_bins: int = 15
) -> float:
    """Mean distance between how sure answers are and how often they are right (Guo et al. 2017).

    Parameters
    ----------
    probability : (A,) of the answers given.
    right : (A,) whether they are right.
    num_bins : of equal width, over [0, 1].

    Returns
    -------
    A fraction of 1; NaN without an answer.
    """
    if len(right) == 0:
        return float("nan")
    bins = np.minimum((np.asarray(probability) * num_bins).astype(int), num_bins - 1)
    error = 0.0
    for each in np.unique(bins):
        inside = bins == each
        error += inside.mean() * abs(right[inside].mean() - probability[inside].mean())
    return float(error)


@dataclass(frozen=True)
class Acceptance:
    """How probable it is that a found segment has the right time and class.

    The logit is ``detection`` times that of the detection score plus ``recognition`` times that of the class
    probability plus ``bias``.
    """

    detection: float = 1.0
    recognition: float = 1.0
    bias: float = 0.0

    def probability(
        self, score: NDArray[np.floating], class_probability: NDArray[np.floating]
    ) -> NDArray[np.float64]:
        """Of scores and class probabilities of one shape, fractions of 1."""
        logits = (
            self.detection * _logit(score)
            + self.recognition * _logit(class_probability)
            + self.bias
        )
        accepted: NDArray[np.float64] = expit(logits)
        return accepted


def answer_probabilities(
    acceptance: Acceptance, score: NDArray[np.floating], classes: NDArray[np.floating]
) -> NDArray[np.float64]:
    """How probable it is that segments have the right time and each class: (N, C), rows sum to at most 1.

    The best class has what ``acceptance`` says, which was fitted to best classes; the others share what is left, as
    their probabilities do, and have no more than ``acceptance`` gives them.

    Parameters
    ----------
    acceptance : fitted.
    score : (N,) of the detector.
    classes : (N, C) of the recogniser; rows may sum to less than 1, the rest being background.
    """
    found = acceptance.probability(np.broadcast_to(score[:, None], classes.shape), classes)
    rows, best = np.arange(len(classes)), classes.argmax(axis=1)
    left = 1 - found[rows, best]
    share = classes / np.maximum(1 - classes[rows, best], _LEAST)[:, None]
    shared = np.minimum(found, left[:, None] * np.minimum(share, 1.0))
    shared[rows, best] = found[rows, best]
    return shared


def fit_acceptance(
    score: NDArray[np.floating],
    class_probability: NDArray[np.floating],
    right: NDArray[np.bool_],
) -> Acceptance:
    """Fit :class:`Acceptance` by penalised logistic regression.

    A penalty draws the weights to 1 and the bias to 0, as much as one observation would, so that a few segments that
    are all right, or all wrong, give no infinite weights. No weight is below 0: a better score is no argument against.

    Parameters
    ----------
    score, class_probability : (N,) of segments of videos that were not learnt from.
    right : (N,) whether time and class are right.
    """
    if len(right) == 0:
        return Acceptance()
    start = np.array([1.0, 1.0, 0.0])
    inputs = np.stack([_logit(score), _logit(class_probability), np.ones(len(right))], axis=1)
    # Logits of the answer that would have been right.
    inputs *= np.where(right, 1.0, -1.0)[:, None]

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        """The penalised negative log-likelihood, which is convex, and its gradient."""
        logits, drawn = inputs @ weights, weights - start
        value = np.logaddexp(0, -logits).sum() + drawn @ drawn / 2
        return float(value), drawn - inputs.T @ expit(-logits)

    fitted = minimize(
        loss,
        start,
        jac=True,
        method="L-BFGS-B",
        bounds=[(0, None), (0, None), (None, None)],
        options={"ftol": 1e-14, "gtol": 1e-8, "maxiter": 1000},
    )
    return Acceptance(*(float(weight) for weight in fitted.x))


def _logit(probability: NDArray[np.floating]) -> NDArray[np.float64]:
    inside = np.clip(np.asarray(probability, dtype=np.float64), _LEAST, 1 - _LEAST)
    logit: NDArray[np.float64] = np.log(inside) - np.log1p(-inside)
    return logit
