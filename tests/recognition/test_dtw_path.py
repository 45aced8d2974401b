"""The path of DTW against the distance that it belongs to, and against dtw-python's path."""

import numpy as np
import pytest

from vpdlib.recognition.dtw import dtw_distance
from vpdlib.recognition.dtw_path import dtw_path


def cost_along(path, a, b):
    apart = np.linalg.norm(a[path.cells[:, 0]] - b[path.cells[:, 1]], axis=1)
    return float((path.weights * apart).sum())


def pairs(lengths, seed=0, dim=3, dtype=np.float64):
    rng = np.random.default_rng(seed)
    for n in lengths:
        for m in lengths:
            yield rng.normal(size=(n, dim)).astype(dtype), rng.normal(size=(m, dim)).astype(dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_cost_along_the_path_is_the_distance(dtype):
    for a, b in pairs([*range(1, 16), 29, 44], dtype=dtype):
        path = dtw_path(a, b)
        expected = dtw_distance(a, b)
        wide = a.astype(np.float64), b.astype(np.float64)
        assert path.distance == pytest.approx(expected, abs=1e-9)
        assert cost_along(path, *wide) == pytest.approx(path.cost, abs=1e-9)
        assert cost_along(path, *wide) / (len(a) + len(b)) == pytest.approx(expected, abs=1e-9)
        # All weights together are n + m, which is what the distance is divided by, less the first cell's second half.
        assert path.weights.sum() == len(a) + len(b) - 1


def test_it_goes_from_corner_to_corner_a_frame_at_a_time():
    for a, b in pairs(range(1, 16), seed=1):
        cells = dtw_path(a, b).cells
        assert cells[0].tolist() == [0, 0]
        assert cells[-1].tolist() == [len(a) - 1, len(b) - 1]
        steps = np.diff(cells, axis=0)
        assert ((steps >= 0) & (steps <= 1)).all()
        assert (steps.sum(axis=1) >= 1).all()
        # Every frame has a partner, so that a clip that follows another never stands without one.
        assert set(cells[:, 0]) == set(range(len(a)))
        assert set(cells[:, 1]) == set(range(len(b)))


def test_it_is_the_path_of_dtw_python():
    dtw = pytest.importorskip("dtw").dtw
    constrained = 0
    for a, b in pairs([*range(2, 14), 31, 40], seed=2):
        try:
            theirs = dtw(a, b, step_pattern="symmetricP2")
            constrained += 1
        except ValueError:  # "No warping path found"
            theirs = dtw(a, b, step_pattern="symmetric2")
        ours = dtw_path(a, b)
        assert ours.cells[:, 0].tolist() == theirs.index1.tolist()
        assert ours.cells[:, 1].tolist() == theirs.index2.tolist()
        assert ours.distance == pytest.approx(theirs.normalizedDistance, abs=1e-9)
    assert 0 < constrained < 14 * 14


def test_equal_sequences_match_frame_by_frame():
    a = np.random.default_rng(3).normal(size=(12, 5))
    path = dtw_path(a, a)
    assert path.cells.tolist() == [[at, at] for at in range(12)]
    assert path.distance == 0
    # Frames that do not move match equally well all over; the straight path is taken.
    still = np.zeros((9, 2))
    assert dtw_path(still, still).cells.tolist() == [[at, at] for at in range(9)]


def test_the_mirrored_question_has_the_mirrored_path():
    for a, b in pairs([6, 8, 11, 17], seed=4):
        there, back = dtw_path(a, b), dtw_path(b, a)
        assert there.cells.tolist() == back.cells[:, ::-1].tolist()
        assert there.distance == pytest.approx(back.distance, abs=1e-12)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (np.zeros((0, 3)), "at least one frame"),
        (np.zeros((2, 4)), "one feature set"),
        (np.full((2, 3), np.nan), "NaN"),
    ],
)
def test_what_has_no_distance_has_no_path(query, message):
    with pytest.raises(ValueError, match=message):
        dtw_path(query, np.zeros((2, 3)))
