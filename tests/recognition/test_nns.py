import numpy as np
import pytest

from vpdlib.recognition.dtw import dtw_distance
from vpdlib.recognition.nns import (
    flip_min_distances,
    nearest_from_distances,
    nearest_neighbour_probabilities,
    unit_norm,
)


def pair(regular, flipped):
    return np.stack([regular, flipped], axis=1).astype(np.float32)


def test_the_four_flip_combinations_against_a_loop():
    rng = np.random.default_rng(0)
    test = [rng.normal(size=(n, 2, 4)).astype(np.float32) for n in (3, 8, 12)]
    train = [rng.normal(size=(n, 2, 4)).astype(np.float32) for n in (5, 9, 9, 2)]
    found = flip_min_distances(test, train, threads=2)
    for q, query in enumerate(test):
        for r, reference in enumerate(train):
            of_all = [
                dtw_distance(unit_norm(query)[:, i], unit_norm(reference)[:, j])
                for i in (0, 1)
                for j in (0, 1)
            ]
            assert found[q, r] == min(of_all)


def test_an_action_finds_its_flip_image():
    # Two movements along different axes; flipping swaps axis 0 and axis 1.
    right, left = np.array([[1, 0, 0.1]] * 5), np.array([[0, 1, 0.1]] * 5)
    other = np.array([[0, 0, 1]] * 5)
    train = [pair(other, other), pair(right, left)]
    found = nearest_neighbour_probabilities(train, np.array([0, 2]), [pair(left, right)], 3)
    np.testing.assert_array_equal(found.probabilities, [[0, 0, 1]])
    assert found.indices.tolist() == [1]
    assert found.distances[0] == 0
    assert found.probabilities.dtype == np.float32


def test_hand_worked_neighbours_with_and_without_unit_norm():
    # Direction decides with unit norm, closeness without.
    train = [pair([[10.0, 0.0]], [[10.0, 0.0]]), pair([[0.0, 1.0]], [[0.0, 1.0]])]
    test = [pair([[1.0, 0.1]], [[1.0, 0.1]])]
    labels = np.array([0, 1])
    scaled = nearest_neighbour_probabilities(train, labels, test, 2)
    raw = nearest_neighbour_probabilities(train, labels, test, 2, normalise=False)
    assert scaled.indices.tolist() == [0]
    assert raw.indices.tolist() == [1]
    # One frame each: the distance over two frames.
    assert raw.distances[0] == pytest.approx(np.hypot(1.0, 0.9) / 2)


def test_zero_descriptors_stay_zero_and_ties_go_to_the_first():
    np.testing.assert_array_equal(unit_norm(np.zeros((2, 2, 3))), 0)
    found = nearest_from_distances(np.array([[1.0, 0.5, 0.5]]), np.array([0, 2, 1]), 3)
    assert found.indices.tolist() == [1]
    np.testing.assert_array_equal(found.probabilities, [[0, 0, 1]])


def test_bad_input_is_refused():
    good = np.ones((3, 2, 4), dtype=np.float32)
    with pytest.raises(ValueError, match=r"test_sequences\[0\].*\(frames, 2, d\)"):
        flip_min_distances([np.ones((3, 4))], [good])
    with pytest.raises(ValueError, match=r"train_sequences\[1\]"):
        flip_min_distances([good], [good, good[:0]])
    with pytest.raises(ValueError, match="training set is empty"):
        nearest_from_distances(np.empty((2, 0)), np.empty(0, int), 3)
    with pytest.raises(ValueError, match="NaN"):
        nearest_from_distances(np.array([[np.nan]]), np.array([0]), 3)
    with pytest.raises(ValueError, match=r"classes 0\.\.2"):
        nearest_from_distances(np.array([[1.0]]), np.array([3]), 3)
