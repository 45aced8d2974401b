"""Lists of most of whose pairs nothing was measured, against those of every pair."""

import numpy as np
import pytest

from vpdlib.recognition.dtw import dtw_distances, pack_sequences
from vpdlib.retrieval import nearest
from vpdlib.retrieval.nearest import NearestLists, nearest_sequences


def clusters(rng, num_sequences):
    """Sequences about a few shapes, so that most pairs are far apart; every seventh is the same as an earlier one."""
    shapes = [rng.normal(size=(40, 6)).cumsum(axis=0) for _ in range(12)]
    made = []
    for index in range(num_sequences):
        if index % 7 == 6:
            made.append(made[index - 3])
            continue
        shape = shapes[int(rng.integers(len(shapes)))][: int(rng.integers(15, 40))]
        made.append((shape + rng.normal(size=shape.shape) * 0.2).astype(np.float32))
    return made


def every_pair(queries, references, own, k):
    distances = dtw_distances(queries, references).astype(np.float32)
    rows = np.flatnonzero(own >= 0)
    distances[rows, own[rows]] = np.inf
    indices = np.argsort(distances, axis=1, kind="stable")[:, :k]
    return indices, np.take_along_axis(distances, indices, axis=1)


@pytest.fixture
def measured(monkeypatch):
    """How many pairs were measured."""
    counts = []
    original = nearest.listed_distances

    def counted(queries, references, query_of, reference_of, threads):
        counts.append(len(query_of))
        return original(queries, references, query_of, reference_of, threads)

    monkeypatch.setattr(nearest, "listed_distances", counted)
    return counts


@pytest.mark.parametrize("k", [1, 5, 40])
@pytest.mark.parametrize("threads", [1, 3])
def test_each_among_all(monkeypatch, measured, k, threads):
    monkeypatch.setattr(nearest, "_PAIRS_PER_BLOCK", 1000)
    sequences = clusters(np.random.default_rng(0), 300)
    packed = pack_sequences(sequences, "sequences")
    own = np.arange(len(sequences))
    found = nearest_sequences(packed, packed, own, k, threads)
    indices, distances = every_pair(sequences, sequences, own, k)
    np.testing.assert_array_equal(found.indices, indices)
    np.testing.assert_array_equal(found.distances, distances)
    # Ties are in it, and most pairs are not measured.
    assert (distances[:, :-1] == distances[:, 1:]).any() or k == 1
    assert sum(measured) < (0.6 if k == 40 else 0.25) * 300 * 299 / 2


def test_queries_of_which_some_are_in_the_corpus(measured):
    rng = np.random.default_rng(1)
    references = clusters(rng, 250)
    queries = [*clusters(rng, 20), references[17], references[3]]
    own = np.array([-1] * 20 + [17, 3])
    found = nearest_sequences(
        pack_sequences(queries, "queries"), pack_sequences(references, "references"), own, 7
    )
    indices, distances = every_pair(queries, references, own, 7)
    np.testing.assert_array_equal(found.indices, indices)
    np.testing.assert_array_equal(found.distances, distances)
    assert sum(measured) < 0.4 * 22 * 250


def test_nothing_is_alike():
    # No pair can be ruled out where all are equally far apart; the lists are right all the same.
    sequences = [np.eye(60, dtype=np.float32)[[index] * 20] for index in range(60)]
    packed = pack_sequences(sequences, "sequences")
    found = nearest_sequences(packed, packed, np.arange(60), 3)
    first_three = [[other for other in range(60) if other != index][:3] for index in range(60)]
    np.testing.assert_array_equal(found.indices, first_three)


def test_a_list_takes_pairs_in_any_order():
    lists = NearestLists.empty(2, 3)
    pairs = [
        (0, 8, 2.0),
        (0, 5, 1.0),
        (1, 4, 9.0),
        (0, 2, 2.0),
        (0, 9, 0.5),
        (0, 1, 2.0),
        (0, 0, 3.0),
    ]
    query_of, reference_of, distances = (np.array(column) for column in zip(*pairs, strict=True))
    lists.add(query_of, reference_of, distances.astype(np.float32))
    np.testing.assert_array_equal(lists.indices, [[9, 5, 1], [4, -1, -1]])
    np.testing.assert_array_equal(lists.distances, [[0.5, 1, 2], [9, np.inf, np.inf]])
