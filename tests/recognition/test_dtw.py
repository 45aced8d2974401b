"""DTW against dtw-python and against the recurrence written out in plain Python."""

import math

import numpy as np
import pytest

from vpdlib.recognition.dtw import (
    dtw_distance,
    dtw_distances,
    listed_distances,
    pack_sequences,
    packed_distances,
)
from vpdlib.recognition.dtw_kernels import make_scratch, measure_pairs


def brute(a, b):
    """Normalised distance by the textbook recurrence, all cells, plain Python."""
    n, m = len(a), len(b)
    cost = [[math.dist(x, y) for y in b] for x in a]
    p2 = [[math.inf] * m for _ in range(n)]
    s2 = [[math.inf] * m for _ in range(n)]
    for i in range(n):
        for j in range(m):
            c = cost[i][j]
            if i == j == 0:
                p2[i][j] = s2[i][j] = c
                continue
            if i >= 1 and j >= 1:
                p2[i][j] = p2[i - 1][j - 1] + 2 * c
                s2[i][j] = s2[i - 1][j - 1] + 2 * c
            if i >= 2 and j >= 3:
                step = 2 * cost[i - 1][j - 2] + 2 * cost[i][j - 1] + c
                p2[i][j] = min(p2[i][j], p2[i - 2][j - 3] + step)
            if i >= 3 and j >= 2:
                step = 2 * cost[i - 2][j - 1] + 2 * cost[i - 1][j] + c
                p2[i][j] = min(p2[i][j], p2[i - 3][j - 2] + step)
            if i >= 1:
                s2[i][j] = min(s2[i][j], s2[i - 1][j] + c)
            if j >= 1:
                s2[i][j] = min(s2[i][j], s2[i][j - 1] + c)
    feasible = math.isfinite(p2[-1][-1])
    return (p2 if feasible else s2)[-1][-1] / (n + m), feasible


def peer(a, b):
    dtw = pytest.importorskip("dtw").dtw
    try:
        found = dtw(a, b, step_pattern="symmetricP2", distance_only=True)
        return found.normalizedDistance, True
    except ValueError:  # "No warping path found"
        found = dtw(a, b, step_pattern="symmetric2", distance_only=True)
        return found.normalizedDistance, False


def test_every_pair_of_short_lengths_matches_both_oracles():
    rng = np.random.default_rng(0)
    infeasible = 0
    for n in range(1, 20):
        for m in range(1, 20):
            a, b = rng.normal(size=(n, 3)), rng.normal(size=(m, 3))
            ours = dtw_distance(a, b)
            expected, feasible = brute(a, b)
            theirs, peer_feasible = peer(a, b)
            # The closed form for "a path exists" that the kernel relies on.
            assert feasible == peer_feasible == (2 * (max(n, m) - 1) <= 3 * (min(n, m) - 1))
            infeasible += not feasible
            assert ours == pytest.approx(expected, abs=1e-12)
            assert ours == pytest.approx(theirs, abs=1e-9)
    assert 0 < infeasible < 19 * 19


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_matrix_of_long_sequences_matches_dtw_python(dtype):
    rng = np.random.default_rng(1)
    queries = [rng.normal(size=(n, 26)).astype(dtype) for n in rng.integers(25, 70, 8)]
    references = [rng.normal(size=(n, 26)).astype(dtype) for n in rng.integers(25, 70, 9)]
    ours = dtw_distances(queries, references)
    expected = [[peer(a.astype(float), b.astype(float))[0] for b in references] for a in queries]
    assert ours.shape == (8, 9)
    assert ours.dtype == np.float64
    np.testing.assert_allclose(ours, expected, rtol=0, atol=1e-9)


def test_threads_give_the_same_bits():
    rng = np.random.default_rng(2)
    sequences = [rng.normal(size=(n, 5)) for n in rng.integers(1, 30, 40)]
    one = dtw_distances(sequences, sequences, threads=1)
    np.testing.assert_array_equal(one, dtw_distances(sequences, sequences, threads=3))
    np.testing.assert_allclose(one, one.T, rtol=0, atol=1e-12)
    np.testing.assert_array_equal(np.diag(one), 0)


def test_what_other_pairs_left_is_not_read():
    rng = np.random.default_rng(3)
    lengths = range(1, 28)
    # Four channels: what they are padded to is zero for good.
    sequences = [rng.normal(size=(n, 4)) for n in lengths]
    packed = pack_sequences(sequences, "sequences")
    scratch = make_scratch(27, 27, 4)
    for query in range(27):
        for reference in range(27):
            for array in scratch:
                if isinstance(array, np.ndarray) and array.dtype == np.float64:
                    array[:] = -1e6
            out = np.empty(1)
            pair = np.array([query]), np.array([reference])
            measure_pairs(
                packed.frames, packed.starts, packed.frames, packed.starts, *pair, out, scratch
            )
            assert out[0] == dtw_distance(sequences[query], sequences[reference])


@pytest.mark.parametrize("shift", [0.0, 100.0])
def test_frames_that_are_close_keep_their_exact_distance(shift):
    # A sum of squares of differences keeps what a difference of sums of squares would lose.
    rng = np.random.default_rng(5)
    one = rng.normal(size=(20, 12)) + shift
    for apart in (0.0, 1e-9, 1e-4, 1e-2, 1.0):
        other = one + apart * rng.normal(size=one.shape)
        assert dtw_distance(one, other) == pytest.approx(
            brute(one, other)[0], abs=1e-12 * (1 + shift)
        )
        assert dtw_distance(one, other) == dtw_distance(other, one)
    assert dtw_distance(one, one) == 0


def test_some_pairs_are_those_of_the_matrix_to_the_last_bit():
    rng = np.random.default_rng(4)
    queries = pack_sequences([rng.normal(size=(n, 26)) for n in rng.integers(1, 40, 9)], "queries")
    references = pack_sequences(
        [rng.normal(size=(n, 26)) for n in rng.integers(1, 40, 11)], "others"
    )
    query_of, reference_of = rng.integers(0, 9, 50), rng.integers(0, 11, 50)
    some = listed_distances(queries, references, query_of, reference_of, threads=2)
    every = packed_distances(queries, references)
    np.testing.assert_array_equal(some, every[query_of, reference_of])
    assert listed_distances(queries, references, query_of[:0], reference_of[:0]).shape == (0,)


def test_hand_worked_cases():
    one = np.array([[0.0, 0.0]])
    # One frame against one: its distance counted once, over 1 + 1 frames.
    assert dtw_distance(one, np.array([[3.0, 4.0]])) == pytest.approx(2.5)
    # One against three: no symmetricP2 path; symmetric2 passes 1 + 2 + 3 over 1 + 3 frames.
    assert dtw_distance(one[:, :1], np.array([[1.0], [2.0], [3.0]])) == pytest.approx(1.5)
    # Two against two: first cell once, the diagonal step twice.
    a, b = np.array([[0.0], [0.0]]), np.array([[1.0], [2.0]])
    assert dtw_distance(a, b) == pytest.approx((1 + 2 * 2) / 4)


def test_empty_lists_give_an_empty_matrix():
    assert dtw_distances([], [np.zeros((3, 2))]).shape == (0, 1)
    assert dtw_distances([np.zeros((3, 2))], []).shape == (1, 0)


@pytest.mark.parametrize(
    ("sequences", "message"),
    [
        ([np.zeros((0, 3))], "at least one frame"),
        ([np.zeros(3)], r"\(frames, channels\)"),
        ([np.zeros((2, 3)), np.zeros((2, 4))], "one feature set"),
        ([np.zeros((2, 3)), np.full((2, 3), np.nan)], r"mine\[1\] holds NaN"),
        ([np.full((2, 3), np.inf)], "infinity"),
    ],
)
def test_bad_sequences_are_refused_by_place(sequences, message):
    with pytest.raises(ValueError, match=message):
        pack_sequences(sequences, "mine")


def test_bad_calls_are_refused():
    with pytest.raises(ValueError, match="one feature set"):
        dtw_distances([np.zeros((2, 3))], [np.zeros((2, 4))])
    with pytest.raises(ValueError, match="threads is 0"):
        dtw_distances([np.zeros((2, 3))], [np.zeros((2, 3))], threads=0)
