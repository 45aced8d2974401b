"""Recognition without training: the label of the nearest training action under DTW.

An action is an array (T, 2, d) of floats, T >= 1: row 0 the regular descriptors of its frames, row 1 those of
the horizontally flipped frames. The distance of two actions is the least DTW distance over the four choices
{regular, flipped} x {regular, flipped} (paper supplement, docs/method.md section 9), so that an action finds its
flipped image. Distances do not depend on labels: they are computed once for a feature set, and every few-shot
trial looks at its own columns of the one matrix.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vpdlib.progress import track
from vpdlib.recognition.dtw import PackedSequences, pack_sequences, packed_distances

# Distances held beside the result while test actions are worked off in blocks (64 MB of float64).
_PAIRS_PER_BLOCK = 8_000_000


@dataclass(frozen=True)
class NearestNeighbours:
    """The nearest training action of every test action.

    Attributes
    ----------
    probabilities : (A, num_classes) float32, 1 at the neighbour's label, else 0.
    distances : (A,) float64.
    indices : (A,) int64 into the training actions; of equally near ones the first.
    """

    probabilities: NDArray[np.float32]
    distances: NDArray[np.float64]
    indices: NDArray[np.int64]


def unit_norm(sequence: NDArray[np.floating]) -> NDArray[np.floating]:
    """Divide every descriptor by its Euclidean norm.

    Parameters
    ----------
    sequence : (..., d) floats.

    Returns
    -------
    The same shape and dtype; a descriptor of norm zero stays zero.
    """
    norm = np.linalg.norm(sequence.astype(np.float64), axis=-1, keepdims=True)
    return (sequence / np.where(norm > 0, norm, 1.0)).astype(sequence.dtype)


def flip_min_distances(
    test_sequences: Sequence[NDArray[np.floating]],
    train_sequences: Sequence[NDArray[np.floating]],
    normalise: bool = True,
    threads: int = 1,
    description: str | None = None,
) -> NDArray[np.float64]:
    """DTW distances of actions, the least over the four flip combinations.

    Parameters
    ----------
    test_sequences : Q arrays (n_i, 2, d), n_i >= 1.
    train_sequences : R arrays (m_j, 2, d), m_j >= 1.
    normalise : scale every descriptor to unit norm first.
    threads : number of threads; the result does not depend on it.
    description : what a progress report is called; None reports nothing.

    Returns
    -------
    (Q, R) float64.

    Raises
    ------
    ValueError
        For a wrong shape, an action without frames, differing d, NaN or infinity.
    """
    train = _pack_both_rows(train_sequences, "train_sequences", normalise)
    num_test, num_train = len(test_sequences), len(train_sequences)
    distances = np.empty((num_test, num_train), dtype=np.float64)
    per_block = max(1, _PAIRS_PER_BLOCK // max(1, 4 * num_train))
    blocks = range(0, num_test, per_block)
    for first in blocks if description is None else track(blocks, description, unit="block"):
        test = _pack_both_rows(
            test_sequences[first : first + per_block], "test_sequences", normalise, first
        )
        four = packed_distances(test, train, threads)
        distances[first : first + per_block] = four.reshape(-1, 2, num_train, 2).min(axis=(1, 3))
    return distances


def nearest_from_distances(
    distances: NDArray[np.float64], train_labels: NDArray[np.integer], num_classes: int
) -> NearestNeighbours:
    """Nearest neighbours from distances that are computed already.

    Parameters
    ----------
    distances : (A, R) float64, R >= 1.
    train_labels : (R,) integers in [0, num_classes).
    num_classes : C.

    Raises
    ------
    ValueError
        For lengths that differ, no training action, NaN distances and labels out of range.
    """
    train_labels = np.asarray(train_labels, dtype=np.int64)
    if distances.ndim != 2 or distances.shape[1] != len(train_labels):
        raise ValueError(
            f"distances have shape {distances.shape} but there are {len(train_labels)} training labels"
        )
    if len(train_labels) == 0:
        raise ValueError("no training action to be near to: the training set is empty")
    if train_labels.min() < 0 or train_labels.max() >= num_classes:
        raise ValueError(
            f"training labels span {train_labels.min()}..{train_labels.max()}, classes 0..{num_classes - 1}"
        )
    if np.isnan(distances).any():
        raise ValueError("distances hold NaN: were all test actions measured?")
    indices = distances.argmin(axis=1)
    rows = np.arange(len(distances))
    probabilities = np.zeros((len(distances), num_classes), dtype=np.float32)
    probabilities[rows, train_labels[indices]] = 1.0
    return NearestNeighbours(probabilities, distances[rows, indices], indices)


def nearest_neighbour_probabilities(
    train_sequences: Sequence[NDArray[np.floating]],
    train_labels: NDArray[np.integer],
    test_sequences: Sequence[NDArray[np.floating]],
    num_classes: int,
    normalise: bool = True,
    threads: int = 1,
) -> NearestNeighbours:
    """Label every test action as its nearest training action.

    Parameters
    ----------
    train_sequences : R >= 1 arrays (m_j, 2, d), m_j >= 1.
    train_labels : (R,) integers in [0, num_classes).
    test_sequences : A arrays (n_i, 2, d), n_i >= 1.
    num_classes : C.
    normalise : scale every descriptor to unit norm first.
    threads : number of threads; the result does not depend on it.

    Raises
    ------
    ValueError
        As `flip_min_distances` and `nearest_from_distances`.
    """
    distances = flip_min_distances(test_sequences, train_sequences, normalise, threads)
    return nearest_from_distances(distances, train_labels, num_classes)


def _pack_both_rows(
    sequences: Sequence[NDArray[np.floating]], name: str, normalise: bool, first: int = 0
) -> PackedSequences:
    """Pack regular and flipped rows in turn: sequence 2 i is regular, 2 i + 1 flipped."""
    rows = []
    for index, sequence in enumerate(sequences, start=first):
        if sequence.ndim != 3 or sequence.shape[1] != 2 or sequence.shape[0] == 0:
            raise ValueError(
                f"{name}[{index}] has shape {sequence.shape}; needed is (frames, 2, d) with at least "
                "one frame: leave out actions without frames beforehand"
            )
        scaled = unit_norm(sequence) if normalise else sequence
        rows += [scaled[:, 0], scaled[:, 1]]
    return pack_sequences(rows, f"rows of {name}")
