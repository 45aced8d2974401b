"""Ranking every action of a corpus by its likeness to each query, under dynamic time warping.

An action is an array (T, 2, d): the regular and the flipped descriptor of each frame. Unlike nearest-neighbour
recognition, which takes the least of four distances, retrieval compares one sequence an action, whose frames
are the two descriptors side by side, (T, 2 d) (docs/method.md section 10 and row 17 of section 12). The
distance is that of `vpdlib.recognition.dtw`: `symmetricP2`, or `symmetric2` where the lengths differ too much, over
n + m. An action never finds itself. Actions without frames are in no list and have an empty one.

The distance is the same to the last bit in both directions (the two bent steps mirror each other, and so do
the sums), so where queries and corpus are the same actions only half of the pairs are looked at; of a large corpus
most pairs are ruled out by a lower bound (`vpdlib.retrieval.nearest`), with the same lists.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from vpdlib.progress import track
from vpdlib.recognition.dtw import PackedSequences, pack_sequences, packed_distances
from vpdlib.recognition.nns import unit_norm
from vpdlib.retrieval.nearest import NearestLists, nearest_sequences
from vpdlib.retrieval.results import RetrievalResult
from vpdlib.retrieval.settings import RetrievalSettings

# Queries measured in one go: enough pairs to share among threads, little measured twice on the diagonal.
_QUERIES_PER_BLOCK = 64
# Where a list holds more than one in so many of the corpus, hardly a pair can be ruled out.
_CORPUS_PER_RESULT = 20


def rank_actions(
    sequences: Mapping[str, NDArray[np.floating]],
    query_ids: Sequence[str],
    corpus_ids: Sequence[str],
    settings: RetrievalSettings,
    threads: int = 1,
    description: str | None = None,
) -> RetrievalResult:
    """Rank the corpus for every query.

    Equally distant actions (as float32) stand in the order of their ids. The result depends neither on the
    order of ``corpus_ids`` nor on ``threads``; the memory is about three copies of the sequences and 8 Q K bytes for
    lists of K, or 8 Q C bytes and more where lists hold more than a twentieth of the corpus.

    Parameters
    ----------
    sequences : action id -> (T, 2, d) floats; T may be 0.
    query_ids : what to look for, each once; in the corpus or not.
    corpus_ids : where to look, each once.
    settings : unit norm, and the length of the lists.
    threads : number of threads that share the pairs.
    description : what a progress report is called; None reports nothing.

    Raises
    ------
    ValueError
        For a repeated id, one without a sequence, a wrong shape, differing d, NaN or infinity.
    """
    for name, ids in (("query", query_ids), ("corpus", corpus_ids)):
        if len(set(ids)) != len(ids):
            raise ValueError(f"a {name} id occurs twice: list every action once")
        missing = sorted(set(ids) - set(sequences))
        if missing:
            raise ValueError(
                f"{name} action {missing[0]!r} (and {len(missing) - 1} more) has no sequence: give an "
                "array of zero frames where nobody was found"
            )
    corpus = sorted(corpus_ids)
    used = sorted({*query_ids, *corpus})
    joined = {action: _joined(action, sequences[action], settings.normalise) for action in used}
    measured_corpus = [action for action in corpus if len(joined[action])]
    measured_queries = sorted(action for action in query_ids if len(joined[action]))
    lists = _ranked(joined, measured_queries, measured_corpus, settings.top_k, threads, description)

    index_in_corpus = {action: index for index, action in enumerate(corpus)}
    # The last place stands for none, -1.
    places = np.array([*(index_in_corpus[action] for action in measured_corpus), -1], np.int32)
    row_of = {action: row for row, action in enumerate(measured_queries)}
    length = lists.indices.shape[1]
    indices = np.full((len(query_ids), length), -1, dtype=np.int32)
    distances = np.full((len(query_ids), length), np.inf, dtype=np.float32)
    for out, action in enumerate(query_ids):
        if action in row_of:
            indices[out] = places[lists.indices[row_of[action]]]
            distances[out] = lists.distances[row_of[action]]
    # Without itself every query may have one result less than the corpus has actions.
    longest = int((indices >= 0).sum(axis=1).max(initial=0))
    return RetrievalResult(
        query_ids=tuple(query_ids),
        corpus_ids=tuple(corpus),
        indices=indices[:, :longest],
        distances=distances[:, :longest],
        top_k=settings.top_k,
        num_empty_queries=len(query_ids) - len(measured_queries),
        num_empty_corpus=len(corpus) - len(measured_corpus),
    )


def _joined(action: str, sequence: NDArray[np.floating], normalise: bool) -> NDArray[np.floating]:
    """Regular and flipped descriptors side by side: (T, 2, d) to (T, 2 d)."""
    sequence = np.asarray(sequence)
    if sequence.ndim != 3 or sequence.shape[1] != 2:
        raise ValueError(
            f"action {action!r} has shape {sequence.shape}; needed is (frames, 2, d), regular and flipped"
        )
    if not np.isfinite(sequence).all():
        raise ValueError(
            f"action {action!r} holds NaN or infinity: leave such frames out of its sequence"
        )
    scaled = unit_norm(sequence) if normalise else sequence
    # Not -1: NumPy cannot infer a length for an action without frames.
    return scaled.reshape(len(scaled), 2 * scaled.shape[2])


def _ranked(
    joined: Mapping[str, NDArray[np.floating]],
    queries: Sequence[str],
    corpus: Sequence[str],
    top_k: int | None,
    threads: int,
    description: str | None,
) -> NearestLists:
    """Lists of the corpus for each query, both sorted by id and free of empty actions."""
    length = len(corpus) if top_k is None else min(top_k, len(corpus))
    if not queries:
        return NearestLists.empty(0, length)
    references = pack_sequences([joined[action] for action in corpus], "sequences of the corpus")
    same = list(queries) == list(corpus)
    packed = (
        references
        if same
        else pack_sequences([joined[action] for action in queries], "sequences of the queries")
    )
    place_of = {action: place for place, action in enumerate(corpus)}
    own = np.array([place_of.get(action, -1) for action in queries], np.int64)
    if 0 < length * _CORPUS_PER_RESULT <= len(corpus):
        return nearest_sequences(packed, references, own, length, threads, description)
    matrix = _all_distances(packed, references, threads, description)
    matrix[np.flatnonzero(own >= 0), own[own >= 0]] = np.inf
    lists = NearestLists.empty(len(queries), length)
    for row, distances in enumerate(matrix):
        # Columns are sorted by id, so that a stable sort leaves ties in the order of ids.
        order = np.argsort(distances, kind="stable")[:length]
        lists.distances[row] = distances[order]
        lists.indices[row] = np.where(np.isfinite(distances[order]), order, -1)
    return lists


def _all_distances(
    queries: PackedSequences,
    references: PackedSequences,
    threads: int,
    description: str | None,
) -> NDArray[np.float32]:
    """All distances (Q, R); of one object given twice half of them are measured."""
    same = queries is references
    found = np.empty((len(queries), len(references)), dtype=np.float32)
    blocks = range(0, len(queries), _QUERIES_PER_BLOCK)
    for first in blocks if description is None else track(blocks, description, unit="block"):
        end = min(first + _QUERIES_PER_BLOCK, len(queries))
        from_column = first if same else 0
        found[first:end, from_column:] = packed_distances(
            _part(queries, first, end), _part(references, from_column, len(references)), threads
        )
        if same:
            found[end:, first:end] = found[first:end, end:].T
    return found


def _part(packed: PackedSequences, first: int, end: int) -> PackedSequences:
    """Sequences first, ..., end - 1, without copying their frames."""
    starts = packed.starts[first : end + 1]
    return PackedSequences(packed.frames[starts[0] : starts[-1]], starts - starts[0])
