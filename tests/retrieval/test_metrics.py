"""Precision@k and hit@k against NumPy written out, and by hand."""

import numpy as np
import pytest

from vpdlib.retrieval.metrics import hit_at_k, precision_at_k, score_retrieval
from vpdlib.retrieval.search import rank_actions
from vpdlib.retrieval.settings import RetrievalSettings


@pytest.mark.parametrize("seed", range(5))
def test_against_numpy(seed):
    rng = np.random.default_rng(seed)
    wanted = rng.integers(0, 4, 30)
    ranked = rng.integers(0, 4, (30, 20))
    for k in (1, 3, 20, 50):
        same = ranked[:, :k] == wanted[:, None]
        padded = np.zeros((30, k))
        padded[:, : same.shape[1]] = same
        assert precision_at_k(ranked.tolist(), wanted.tolist(), k) == pytest.approx(padded.mean())
        assert hit_at_k(ranked.tolist(), wanted.tolist(), k) == pytest.approx(same.any(1).mean())


def test_by_hand():
    ranked, wanted = [["x", "y", "x"], ["x", "x", "y"]], ["x", "y"]
    assert precision_at_k(ranked, wanted, 1) == 0.5
    assert precision_at_k(ranked, wanted, 2) == 0.25
    assert precision_at_k(ranked, wanted, 3) == pytest.approx((2 / 3 + 1 / 3) / 2)
    assert [hit_at_k(ranked, wanted, k) for k in (1, 2, 3)] == [0.5, 0.5, 1.0]


def test_an_empty_list_counts_as_nothing_found():
    assert precision_at_k([["x"], []], ["x", "x"], 1) == 0.5
    assert hit_at_k([["x"], []], ["x", "x"], 5) == 0.5


def test_k_beyond_the_corpus_still_divides_by_k():
    assert precision_at_k([["x", "x"]], ["x"], 10) == pytest.approx(0.2)


def line(place, frames=3):
    """An action at a place on a line: distances are differences of places."""
    action = np.zeros((frames, 2, 2), np.float32)
    action[:, :, 0] = place
    return action


def test_scores_of_a_small_corpus_from_end_to_end():
    places = {"a": 0.0, "b": 1.0, "c": 2.5, "d": 10.0, "e": 11.5}
    sequences = {name: line(place) for name, place in places.items()}
    sequences["f"] = line(0.0, frames=0)
    # "alone" is the only one of its class: nothing can be found for it.
    label_of = dict(zip("abcdef", ["x", "x", "y", "y", "alone", "x"], strict=True))
    settings = RetrievalSettings(normalise=False)
    result = rank_actions(sequences, list("abcdef"), list("abcdef"), settings)
    assert result.ranked_ids[0] == ("b", "c", "d", "e")
    one, two = score_retrieval(result, label_of, (1, 2))
    # First results: a: b right; b: a right; c: b wrong; d: e wrong; e: d wrong; f: nothing.
    assert (one.precision, one.hit) == (pytest.approx(2 / 6), pytest.approx(2 / 6))
    # First two: a: bc 1/2; b: ac 1/2; c: ba 0; d: ec 1/2; e: dc 0; f: 0.
    assert (two.precision, two.hit) == (pytest.approx(1.5 / 6), pytest.approx(3 / 6))
    assert (two.k, two.num_queries) == (2, 6)


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="k is 0"):
        precision_at_k([["x"]], ["x"], 0)
    with pytest.raises(ValueError, match="at least one query"):
        precision_at_k([], [], 1)
    with pytest.raises(ValueError, match="2 ranked lists and 1 query"):
        hit_at_k([[], []], ["x"], 1)
    sequences = {"a": line(0), "b": line(1)}
    settings = RetrievalSettings(top_k=1, ks=(1,))
    result = rank_actions(sequences, ["a"], ["a", "b"], settings)
    with pytest.raises(ValueError, match="cut at 1"):
        score_retrieval(result, {"a": 0, "b": 0}, (2,))
    with pytest.raises(ValueError, match=r"'b' \(and 0 more\) has no label"):
        score_retrieval(result, {"a": 0}, (1,))
