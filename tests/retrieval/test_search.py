"""Ranking under DTW against a naive loop."""

import numpy as np
import pytest
from pydantic import ValidationError

from vpdlib.recognition.dtw import dtw_distance, dtw_distances
from vpdlib.retrieval import search
from vpdlib.retrieval.search import rank_actions
from vpdlib.retrieval.settings import RetrievalSettings

ALL = RetrievalSettings(top_k=None)


def random_actions(num, seed=0, dim=4, longest=14, dtype=np.float32):
    rng = np.random.default_rng(seed)
    return {
        f"a{i:03d}": rng.normal(size=(rng.integers(1, longest), 2, dim)).astype(dtype)
        for i in rng.permutation(num)
    }


def naive_lists(sequences, queries, corpus, normalise=True):
    """Ids and distances of every list by a plain loop."""

    def vector(action):
        rows = [frame / np.linalg.norm(frame) if normalise else frame for frame in action[:, 0]]
        flips = [frame / np.linalg.norm(frame) if normalise else frame for frame in action[:, 1]]
        return np.concatenate([np.array(rows), np.array(flips)], axis=1).astype(np.float32)

    lists = []
    for query in queries:
        found = []
        for other in corpus:
            if other != query and len(sequences[other]) and len(sequences[query]):
                distance = dtw_distance(vector(sequences[query]), vector(sequences[other]))
                found.append((np.float32(distance), other))
        lists.append(sorted(found))
    return lists


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_distance_is_symmetric_to_the_last_bit(dtype):
    # Lengths 1 to 30 meet every pair of lengths, with and without a symmetricP2 path.
    rng = np.random.default_rng(1)
    for dim in (1, 5, 52):
        rows = [rng.normal(size=(n, dim)).astype(dtype) for n in range(1, 31)]
        distances = dtw_distances(rows, rows)
        np.testing.assert_array_equal(distances, distances.T)
        np.testing.assert_array_equal(np.diag(distances), 0)


@pytest.mark.parametrize("normalise", [True, False])
@pytest.mark.parametrize("block", [1, 7, 64])
def test_whole_corpus_against_a_loop(monkeypatch, normalise, block):
    monkeypatch.setattr(search, "_QUERIES_PER_BLOCK", block)
    sequences = random_actions(20)
    ids = list(sequences)
    settings = RetrievalSettings(top_k=None, normalise=normalise)
    result = rank_actions(sequences, ids, ids[::-1], settings, threads=2)
    expected = naive_lists(sequences, ids, ids, normalise)
    assert result.ranked_ids == tuple(tuple(name for _, name in row) for row in expected)
    np.testing.assert_allclose(result.distances, [[d for d, _ in row] for row in expected], 1e-5)
    assert result.distances.dtype == np.float32
    assert result.distances.shape == result.indices.shape == (20, 19)
    assert result.query_ids == tuple(ids)
    assert result.corpus_ids == tuple(sorted(ids))


def test_half_the_pairs_give_what_all_pairs_give(monkeypatch):
    sequences = random_actions(9)
    ids = sorted(sequences)
    monkeypatch.setattr(search, "_QUERIES_PER_BLOCK", 2)
    whole = rank_actions(sequences, ids, ids, ALL)
    for query in ids:
        one = rank_actions(sequences, [query], ids, ALL)
        np.testing.assert_array_equal(one.indices[0], whole.indices[ids.index(query)])
        np.testing.assert_array_equal(one.distances[0], whole.distances[ids.index(query)])


def test_queries_inside_and_outside_the_corpus():
    sequences = random_actions(12)
    ids = sorted(sequences)
    queries, corpus = [ids[7], ids[0], ids[9]], ids[:8]
    result = rank_actions(sequences, queries, corpus, ALL)
    expected = naive_lists(sequences, queries, corpus)
    assert result.ranked_ids == tuple(tuple(name for _, name in row) for row in expected)
    assert [len(row) for row in result.ranked_ids] == [7, 7, 8]
    assert result.indices[0, -1] == -1
    assert np.isinf(result.distances[0, -1])


def test_lists_are_cut():
    sequences = random_actions(12)
    ids = sorted(sequences)
    whole = rank_actions(sequences, ids, ids, ALL)
    cut = rank_actions(sequences, ids, ids, RetrievalSettings(top_k=3, ks=(1, 3)))
    np.testing.assert_array_equal(cut.indices, whole.indices[:, :3])
    np.testing.assert_array_equal(cut.distances, whole.distances[:, :3])
    assert (cut.top_k, whole.top_k) == (3, None)


def test_ties_stand_in_the_order_of_ids():
    one, other = np.ones((4, 2, 3), np.float32), np.ones((4, 2, 3), np.float32)
    other[:, 0, 0] = -1
    sequences = {"d": one, "b": one, "a": other, "c": one, "e": other}
    result = rank_actions(sequences, ["c", "a"], ["e", "d", "c", "b", "a"], ALL)
    assert result.ranked_ids == (("b", "d", "a", "e"), ("e", "b", "c", "d"))
    assert result.distances[0].tolist()[:2] == [0, 0]


def test_the_flipped_row_counts_in_its_own_place():
    # Retrieval joins the rows: a flipped image is not at distance 0, unlike in nearest-neighbour search.
    rng = np.random.default_rng(3)
    action = rng.normal(size=(6, 2, 3)).astype(np.float32)
    result = rank_actions({"a": action, "b": action[:, ::-1], "c": action}, ["a"], list("abc"), ALL)
    assert result.ranked_ids == (("c", "b"),)
    assert result.distances[0, 0] == 0
    assert result.distances[0, 1] > 0.1


def test_actions_without_frames():
    sequences = random_actions(5)
    ids = sorted(sequences)
    sequences[ids[2]] = np.zeros((0, 2, 4), np.float32)
    result = rank_actions(sequences, ids, ids, ALL)
    assert result.ranked_ids[2] == ()
    others = [row for place, row in enumerate(result.ranked_ids) if place != 2]
    assert all(ids[2] not in row and len(row) == 3 for row in others)
    assert (result.num_empty_queries, result.num_empty_corpus) == (1, 1)
    nothing = {name: sequences[ids[2]] for name in "ab"}
    result = rank_actions(nothing, ["a"], ["a", "b"], ALL)
    assert result.ranked_ids == ((),)
    assert result.indices.shape == (1, 0)
    assert (result.num_empty_queries, result.num_empty_corpus) == (1, 2)


def test_bad_input_is_refused():
    good = np.ones((3, 2, 4), np.float32)
    with pytest.raises(ValueError, match="query id occurs twice"):
        rank_actions({"a": good}, ["a", "a"], ["a"], ALL)
    with pytest.raises(ValueError, match=r"corpus action 'b' \(and 0 more\) has no sequence"):
        rank_actions({"a": good}, ["a"], ["a", "b"], ALL)
    with pytest.raises(ValueError, match=r"'a' has shape \(3, 4\)"):
        rank_actions({"a": good[:, 0]}, ["a"], ["a"], ALL)
    with pytest.raises(ValueError, match="'b' holds NaN"):
        rank_actions({"a": good, "b": good * np.nan}, ["a"], ["a", "b"], ALL)
    with pytest.raises(ValueError, match="channels"):
        rank_actions({"a": good, "b": good[:, :, :3]}, ["a"], ["a", "b"], ALL)
    with pytest.raises(ValidationError, match="raise top_k"):
        RetrievalSettings(top_k=10)
    with pytest.raises(ValidationError, match="each once"):
        RetrievalSettings(ks=(1, 1))
