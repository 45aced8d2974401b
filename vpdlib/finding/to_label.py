"""What to label next: the candidates from which the heads learn most, best first.

Candidates are N unlabelled segments. Each is asked for in turn that brings labelled examples nearest to what is not
near one yet (facility location, after Wei et al., ICML 2015): a reference r whose nearest labelled or chosen example is
m_r away gains sqrt(m_r) - sqrt(d_jr) by candidate j where that is positive. So typical segments come before outliers,
and none before one that is like it and was not chosen. References count more where their class is unsure (margin),
candidates more where they look like classes with few labels and come from a video or athlete with few. With few labels,
typical and different examples teach more than unsure ones (TypiClust, ProbCover: Hacohen et al., ICML 2022, Yehuda et
al., NeurIPS 2022), which held of what was measured here (``benchmarks/label_curve.py``).

Distances are in any one unit, such as the DTW distances of `vpdlib.recognition.nns.flip_min_distances`. For thousands
of candidates those of `pooled_distances` cost a fraction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from vpdlib.finding.settings import ToLabelSettings
from vpdlib.recognition.nns import unit_norm

#: From K candidates (K,) int64 to the distances (N, K) float64 of all N candidates to them.
DistancesTo = Callable[[NDArray[np.int64]], NDArray[np.float64]]

# Numbers held at once while gains are summed (32 MB of float64).
_GAINS_PER_BLOCK = 4_000_000
# Multiples of the median distance among which a temperature is looked for.
_TEMPERATURES = 2.0 ** np.arange(-5, 2)
# Parts of a sequence that are pooled each for itself.
_NUM_PARTS = 4


def to_label(
    probabilities: NDArray[np.floating],
    to_labelled: NDArray[np.floating],
    among: DistancesTo,
    groups: Sequence[str],
    label_counts: Sequence[int] | NDArray[np.integer],
    labelled_groups: Sequence[str] = (),
    settings: ToLabelSettings | None = None,
    background: int | None = None,
) -> NDArray[np.int64]:
    """Choose the candidates to label next. The same input gives the same choice.

    Parameters
    ----------
    probabilities : (N, C) calibrated class probabilities of the candidates.
    to_labelled : (N, L) distances of the candidates to the labelled examples; L may be 0.
    among : distances among the candidates, asked for as they are needed: at most `num_references` columns, and one for
        each chosen. Of a matrix, ``lambda columns: matrix[:, columns]``.
    groups : N names of videos or athletes, over which the choice is spread.
    label_counts : (C,) labelled examples of every class.
    labelled_groups : L names, of the labelled examples; none where they come from elsewhere.
    settings : None takes the defaults.
    background : column of what is no action; candidates that look like it are no rare class. None: there is none.

    Returns
    -------
    (K,) int64 distinct candidates, best first. K is `num`, or fewer where the others are not told apart from what is
    labelled or chosen: their distance is 0.

    Raises
    ------
    ValueError
        For shapes that do not fit, probabilities out of [0, 1], negative counts, distances that are negative or no
        numbers, and a background that is no column.
    """
    settings = settings or ToLabelSettings()
    counts = np.asarray(label_counts)
    num = _check(probabilities, to_labelled, groups, counts, background)
    if num == 0:
        return np.empty(0, np.int64)
    step = max(1, -(-num // settings.num_references))
    references = np.arange(0, num, step)
    # In roots: what was far and becomes a little nearer counts less than what becomes near.
    root_to = np.sqrt(_check_distances(among(references), (num, len(references))))
    # With nothing labelled, all are as far from an example as candidates are from each other.
    nearest = np.full(num, root_to.max() or 1.0)
    if to_labelled.shape[1]:
        nearest = np.sqrt(to_labelled.min(axis=1).astype(np.float64))

    weight = _mix(settings.unsure_weight, unsureness(probabilities))
    rarity = _mix(settings.rare_weight, _rarity(probabilities, counts, background))
    seen = Counter(labelled_groups)
    is_reference = np.zeros(num, bool)
    is_reference[references] = True
    left = np.ones(num, bool)
    chosen: list[int] = []
    while len(chosen) < settings.num:
        left &= nearest > 0
        if not left.any():
            break
        # A reference stands for those between it and the next, but for the candidate, which stands for itself.
        gain = step * _gains(root_to, nearest[references], weight[references])
        gain += np.where(is_reference, 0.0, weight * nearest)
        spread = np.array([(1.0 + seen[group]) ** -settings.group_power for group in groups])
        # A gain may be nothing at weight 0; it still comes before what is not left.
        best = int(np.where(left, gain * rarity * spread, -1.0).argmax())
        chosen.append(best)
        left[best] = False
        seen[groups[best]] += 1
        column = _check_distances(among(np.array([best])), (num, 1))[:, 0]
        nearest = np.minimum(nearest, np.sqrt(column))
    return np.array(chosen, np.int64)


def unsureness(probabilities: NDArray[np.floating]) -> NDArray[np.float64]:
    """How unsure a class is: 1 less the margin of the most probable over the next.

    Parameters
    ----------
    probabilities : (N, C).

    Returns
    -------
    (N,) float64 in [0, 1]; 0 with a single class.
    """
    if probabilities.shape[1] < 2:
        return np.zeros(len(probabilities))
    two = np.sort(probabilities.astype(np.float64), axis=1)[:, -2:]
    unsure: NDArray[np.float64] = 1.0 - (two[:, 1] - two[:, 0])
    return unsure


def nearest_probabilities(
    to_labelled: NDArray[np.floating],
    labels: NDArray[np.integer],
    num_classes: int,
    temperature: float,
) -> NDArray[np.float64]:
    """Class probabilities by nearest neighbours: softmax over minus the distance to each class's nearest example.

    Parameters
    ----------
    to_labelled : (N, L) distances to the labelled examples, L >= 1.
    labels : (L,) integers in [0, num_classes).
    num_classes : C.
    temperature : > 0, what distances are divided by; see `fit_temperature`.

    Returns
    -------
    (N, C) float64; rows sum to 1, and a class without an example has 0.

    Raises
    ------
    ValueError
        For no example, lengths that differ, labels out of range and a temperature that is not positive.
    """
    labels = np.asarray(labels, np.int64)
    if to_labelled.ndim != 2 or to_labelled.shape[1] != len(labels) or len(labels) == 0:
        raise ValueError(
            f"distances have shape {to_labelled.shape}, but there are {len(labels)} labels: give a column for each, "
            "and at least one"
        )
    if labels.min() < 0 or labels.max() >= num_classes:
        raise ValueError(
            f"labels span {labels.min()}..{labels.max()}, classes 0..{num_classes - 1}"
        )
    if not temperature > 0:
        raise ValueError(f"temperature {temperature} is not positive: see `fit_temperature`")
    nearest = np.full((len(to_labelled), num_classes), np.inf)
    for label in np.unique(labels):
        nearest[:, label] = to_labelled[:, labels == label].min(axis=1)
    likelihood = np.exp((nearest.min(axis=1, keepdims=True) - nearest) / temperature)
    probabilities: NDArray[np.float64] = likelihood / likelihood.sum(axis=1, keepdims=True)
    return probabilities


def fit_temperature(among_labelled: NDArray[np.floating], labels: NDArray[np.integer]) -> float:
    """The temperature of `nearest_probabilities` under which each labelled example is best told from the others.

    Parameters
    ----------
    among_labelled : (L, L) distances.
    labels : (L,) non-negative integers.

    Returns
    -------
    The one of the least mean log loss, each example left out in turn, among 1/32 to 2 times the median distance to the
    nearest. Half of it where no class has two examples, 1 where all distances are 0 or there is one example.

    Raises
    ------
    ValueError
        For distances that are no such square.
    """
    labels = np.asarray(labels, np.int64)
    if among_labelled.shape != (len(labels), len(labels)):
        raise ValueError(
            f"distances have shape {among_labelled.shape}, but there are {len(labels)} labels"
        )
    others = np.array(among_labelled, np.float64)
    np.fill_diagonal(others, np.inf)
    median = float(np.median(others.min(axis=1))) if len(labels) > 1 else 1.0
    if median == 0:
        return 1.0
    rows = np.flatnonzero(np.bincount(labels)[labels] > 1)
    if len(rows) == 0:
        return median / 2 if len(labels) > 1 else 1.0
    losses = []
    for temperature in median * _TEMPERATURES:
        found = nearest_probabilities(others[rows], labels, int(labels.max()) + 1, temperature)
        losses.append(-np.log(np.maximum(found[np.arange(len(rows)), labels[rows]], 1e-9)).mean())
    return float(median * _TEMPERATURES[int(np.argmin(losses))])


def pooled_distances(
    sequences: Sequence[NDArray[np.floating]], others: Sequence[NDArray[np.floating]] | None = None
) -> DistancesTo:
    """Cheap distances of actions: of the mean descriptors of their four quarters, least over the flips.

    Parameters
    ----------
    sequences : N arrays (T, 2, d), T >= 1, regular and flipped; descriptors are scaled to unit norm.
    others : those to which distances are asked for; None: the sequences themselves.

    Returns
    -------
    A function from K indices into the others to (N, K) float64, Euclidean.

    Raises
    ------
    ValueError
        For an action without frames.
    """
    rows = _pool(sequences)
    columns = rows if others is None else _pool(others)

    def distances_to(indices: NDArray[np.int64]) -> NDArray[np.float64]:
        found = np.full((len(rows), len(indices)), np.inf)
        for place, index in enumerate(indices):
            # Both flipped is not both regular: an action need not be pooled into mirror images.
            for one in (0, 1):
                for other in (0, 1):
                    apart = rows[:, one] - columns[index, other]
                    found[:, place] = np.minimum(found[:, place], np.linalg.norm(apart, axis=1))
        return found

    return distances_to


def _pool(sequences: Sequence[NDArray[np.floating]]) -> NDArray[np.float64]:
    """(N, 2, 4 d) means of the quarters; a sequence of fewer frames than quarters repeats some."""
    pooled = []
    for index, sequence in enumerate(sequences):
        if len(sequence) == 0:
            raise ValueError(f"sequence {index} has no frames: leave it out beforehand")
        edges = np.arange(_NUM_PARTS + 1) * len(sequence) // _NUM_PARTS
        scaled = unit_norm(sequence.astype(np.float64))
        parts = [scaled[first : max(first + 1, end)].mean(axis=0) for first, end in pairwise(edges)]
        pooled.append(np.concatenate(parts, axis=1))
    return np.stack(pooled) if pooled else np.empty((0, 2, 0))


def _gains(
    root_to: NDArray[np.float64], nearest: NDArray[np.float64], weight: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(N,) sum over references of weight times how much nearer a candidate brings an example."""
    num, num_references = root_to.shape
    rows = max(1, _GAINS_PER_BLOCK // num_references)
    return np.concatenate(
        [
            np.maximum(nearest - root_to[first : first + rows], 0.0) @ weight
            for first in range(0, num, rows)
        ]
    )


def _rarity(
    probabilities: NDArray[np.floating], counts: NDArray[np.integer], background: int | None
) -> NDArray[np.float64]:
    """(N,) in [0, 1]: the expected 1 / (1 + labels of its class), as a fraction of the rarest class's."""
    of_class = 1.0 / (1.0 + counts)
    if background is not None:
        of_class[background] = 0.0
    most = of_class.max()
    return probabilities.astype(np.float64) @ (of_class / most if most > 0 else of_class)


def _mix(weight: float, value: NDArray[np.float64]) -> NDArray[np.float64]:
    return 1.0 - weight + weight * value


def _check(
    probabilities: NDArray[np.floating],
    to_labelled: NDArray[np.floating],
    groups: Sequence[str],
    counts: NDArray[np.integer],
    background: int | None,
) -> int:
    """N, the number of candidates, of input that fits together."""
    if probabilities.ndim != 2 or probabilities.shape[1] == 0:
        raise ValueError(
            f"probabilities have shape {probabilities.shape}: candidates x classes are needed"
        )
    num, num_classes = probabilities.shape
    if to_labelled.ndim != 2 or len(to_labelled) != num or len(groups) != num:
        raise ValueError(
            f"there are probabilities of {num} candidates, {len(groups)} groups, and distances to labelled examples "
            f"of shape {to_labelled.shape}: give a row of each for every candidate"
        )
    if not ((probabilities >= 0) & (probabilities <= 1 + 1e-6)).all():
        raise ValueError("probabilities are not all in [0, 1]: give a softmax, not scores")
    if counts.shape != (num_classes,) or (counts < 0).any():
        raise ValueError(
            f"label_counts are {counts.tolist()}: give one number, at least 0, for each of {num_classes} classes"
        )
    if background is not None and not 0 <= background < num_classes:
        raise ValueError(f"background is column {background}, columns are 0..{num_classes - 1}")
    _check_distances(to_labelled, to_labelled.shape)
    return num


def _check_distances(
    distances: NDArray[np.floating], shape: tuple[int, ...]
) -> NDArray[np.float64]:
    """Distances that are numbers of the shape, in float64."""
    if distances.shape != shape:
        raise ValueError(f"distances have shape {distances.shape}; {shape} is needed")
    if not (np.isfinite(distances) & (distances >= 0)).all():
        raise ValueError("distances are negative, infinite or NaN: were all segments measured?")
    return distances.astype(np.float64, copy=False)
