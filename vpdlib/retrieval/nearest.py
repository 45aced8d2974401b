"""The k nearest sequences of each query under DTW, most pairs ruled out by a bound in place of being measured.

What comes out is what measuring every pair and sorting would give, ties included. First the pairs are measured whose
reduced sequences, resampled to a few frames, look most alike, 2 k a query: the k-th distance among them is a limit. A
pair whose lower bound (`vpdlib.recognition.dtw_bounds`) is above the limits of both its actions is in neither list.
Memory is that of the lists, of the sequences and of one block of bounds, whatever the number of pairs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vpdlib.compiled import compiled
from vpdlib.progress import track
from vpdlib.recognition.dtw import PackedSequences, listed_distances
from vpdlib.recognition.dtw_bounds import Basis, ReducedSequences, lower_bounds, reduce_sequences

# Queries whose bounds are held at once.
_QUERIES_PER_BLOCK = 64
# Frames that a sequence is resampled to, to guess what is near.
_FRAMES_OF_GUESS = 12
# Pairs measured in one go.
_PAIRS_PER_BLOCK = 100_000


@dataclass
class NearestLists:
    """The nearest references of each query so far.

    Attributes
    ----------
    indices : (Q, k) int32, nearest first and of equally near ones the smallest number; -1 past a list's end.
    distances : (Q, k) float32, infinite past a list's end.
    """

    indices: NDArray[np.int32]
    distances: NDArray[np.float32]

    @classmethod
    def empty(cls, num_queries: int, k: int) -> NearestLists:
        """Lists that hold nothing."""
        return cls(
            np.full((num_queries, k), -1, np.int32), np.full((num_queries, k), np.inf, np.float32)
        )

    def add(
        self,
        query_of: NDArray[np.int64],
        reference_of: NDArray[np.int64],
        distances: NDArray[np.float32],
    ) -> None:
        """Take pairs into the lists; none may be there already."""
        _insert(self.indices, self.distances, query_of, reference_of, distances)


def nearest_sequences(
    queries: PackedSequences,
    references: PackedSequences,
    own: NDArray[np.integer],
    k: int,
    threads: int = 1,
    description: str | None = None,
) -> NearestLists:
    """The k nearest references of every query, by float32 distances and then by number.

    Parameters
    ----------
    queries, references : the same object where each is looked for among all: a pair then serves both of its actions.
    own : (Q,) the reference that is the query itself and is left out; -1 for none.
    k : 1 or more, at most a quarter of the references.
    threads : number of threads.
    description : what a progress report is called; None reports nothing.
    """
    same = queries is references
    basis = Basis.of(references)
    reduced = reduce_sequences(references, basis)
    reduced_queries = reduced if same else reduce_sequences(queries, basis)
    lists = NearestLists.empty(len(queries), k)

    def measure(query_of: NDArray[np.int64], reference_of: NDArray[np.int64]) -> None:
        found = listed_distances(queries, references, query_of, reference_of, threads)
        distances = found.astype(np.float32)
        lists.add(query_of, reference_of, distances)
        if same:
            lists.add(reference_of, query_of, distances)

    guesses = _likely_pairs(reduced_queries, reduced, own, k, same)
    for first in range(0, len(guesses), _PAIRS_PER_BLOCK):
        measure(*np.divmod(guesses[first : first + _PAIRS_PER_BLOCK], len(references)))
    # Queries by length, as groups are: where they are the same, a block need not look back at earlier groups.
    order = np.argsort(np.diff(queries.starts), kind="stable")
    position = np.empty(len(order), np.int64)
    position[order] = np.arange(len(order))
    blocks = range(0, len(order), _QUERIES_PER_BLOCK)
    for first in blocks if description is None else track(blocks, description, unit="block"):
        block = order[first : first + _QUERIES_PER_BLOCK]
        limits = lists.distances[:, -1]
        if same:
            wanted = np.maximum(limits[block][:, None], limits)
            allowed = position > position[block][:, None]
        else:
            wanted = limits[block][:, None]
            allowed = np.arange(len(references)) != own[block][:, None]
        first_group = int(reduced.group_of[block].min()) if same else 0
        bounds = lower_bounds(reduced_queries, block, reduced, first_group, threads)
        row, reference_of = np.nonzero((bounds <= wanted) & allowed)
        query_of = block[row]
        keys = _keys(query_of, reference_of, len(references), same)
        place = np.minimum(np.searchsorted(guesses, keys), len(guesses) - 1)
        new = guesses[place] != keys
        measure(query_of[new], reference_of[new])
    return lists


def _likely_pairs(
    queries: ReducedSequences,
    references: ReducedSequences,
    own: NDArray[np.integer],
    k: int,
    same: bool,
) -> NDArray[np.int64]:
    """Pairs of sequences that look alike, more than k of each query, as sorted keys."""
    looks, looks_of_queries = _resampled(references), _resampled(queries)
    norms = (looks**2).sum(axis=1)
    keys = []
    for first in range(0, len(queries), _QUERIES_PER_BLOCK):
        block = np.arange(first, min(first + _QUERIES_PER_BLOCK, len(queries)))
        unlike = norms - 2 * looks_of_queries[block] @ looks.T
        has_own = own[block] >= 0
        unlike[has_own, own[block][has_own]] = np.inf
        alike = np.argpartition(unlike, 2 * k - 1, axis=1)[:, : 2 * k]
        keys.append(_keys(np.repeat(block, 2 * k), alike.reshape(-1), len(references), same))
    return np.unique(np.concatenate(keys))


def _keys(
    query_of: NDArray[np.integer],
    reference_of: NDArray[np.integer],
    num_references: int,
    same: bool,
) -> NDArray[np.int64]:
    """A number for each pair; the same one for both of its directions where queries are the references."""
    first, second = query_of, reference_of
    if same:
        first, second = np.minimum(first, second), np.maximum(first, second)
    return first * np.int64(num_references) + second


def _resampled(reduced: ReducedSequences) -> NDArray[np.float32]:
    """A few frames of each of S sequences, (S, 12 x 21)."""
    first, length = reduced.starts[:-1, None], np.diff(reduced.starts)[:, None]
    share = np.linspace(0, 1, _FRAMES_OF_GUESS)
    rows = first + np.rint(share * (length - 1)).astype(np.int64)
    return reduced.frames[rows].reshape(len(reduced), -1)


@compiled
def _insert(indices, lists, query_of, reference_of, distances):  # type: ignore[no-untyped-def]
    last = lists.shape[1] - 1
    for pair in range(len(distances)):
        distance, reference = distances[pair], reference_of[pair]
        held, number = lists[query_of[pair]], indices[query_of[pair]]
        if not _is_nearer(distance, reference, held[last], number[last]):
            continue
        place = last
        while place > 0 and _is_nearer(distance, reference, held[place - 1], number[place - 1]):
            held[place], number[place] = held[place - 1], number[place - 1]
            place -= 1
        held[place], number[place] = distance, reference


@compiled
def _is_nearer(distance, reference, held, number):  # type: ignore[no-untyped-def]
    # A place past the end is held by none, and any comes before it.
    return number < 0 or distance < held or (distance == held and reference < number)
