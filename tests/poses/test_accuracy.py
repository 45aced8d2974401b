"""PCK against a naive loop, edge cases first."""

import math

import numpy as np
import pytest

from vpdlib.poses.accuracy import joint_error, pck, pck_mean, pck_norm, pck_px
from vpdlib.poses.normalize import normalize_pose


def naive_pck(predicted, truth, reference, threshold, mask):
    answer = np.full(truth.shape[:2], np.nan)
    for i in range(truth.shape[0]):
        for j in range(truth.shape[1]):
            if not mask[i, j] or not all(math.isfinite(v) for v in truth[i, j]):
                continue
            if not math.isfinite(reference[i]) or reference[i] <= 0:
                continue
            if not all(math.isfinite(v) for v in predicted[i, j]):
                answer[i, j] = 0
                continue
            answer[i, j] = math.dist(predicted[i, j], truth[i, j]) / reference[i] <= threshold
    return answer


def test_no_frames():
    assert pck(np.zeros((0, 5, 2)), np.zeros((0, 5, 2)), np.zeros(0)).shape == (0, 5)
    assert math.isnan(pck_mean(np.zeros((0, 5))))


def test_missing_prediction_is_wrong_missing_truth_is_unknown():
    truth = np.zeros((1, 3, 2))
    truth[0, 2] = np.nan
    predicted = np.zeros((1, 3, 2))
    predicted[0, 1, 0] = np.nan
    answer = pck(predicted, truth, np.ones(1))
    np.testing.assert_array_equal(answer, [[1, 0, np.nan]])
    assert pck_mean(answer) == 0.5
    np.testing.assert_array_equal(joint_error(predicted, truth, np.ones(1)), [[0, np.inf, np.nan]])


@pytest.mark.parametrize("length", [0.0, -1.0, np.nan, np.inf])
def test_unusable_reference_length_is_unknown(length):
    assert np.isnan(pck(np.zeros((1, 2, 2)), np.zeros((1, 2, 2)), np.array([length]))).all()


def test_threshold_is_inclusive():
    predicted = np.array([[[3.0, 4.0], [3.0, 4.01]]])
    answer = pck(predicted, np.zeros((1, 2, 2)), np.array([25.0]), threshold=0.2)
    np.testing.assert_array_equal(answer, [[1, 0]])


def test_matches_a_loop():
    rng = np.random.default_rng(0)
    truth = rng.normal(size=(40, 13, 2))
    predicted = truth + rng.normal(size=truth.shape) * 0.3
    truth[rng.random((40, 13)) < 0.1] = np.nan
    predicted[rng.random((40, 13)) < 0.1] = np.nan
    reference = rng.uniform(-0.2, 3, 40)
    mask = rng.random((40, 13)) < 0.8
    answer = pck(predicted, truth, reference, 0.2, mask)
    np.testing.assert_array_equal(answer, naive_pck(predicted, truth, reference, 0.2, mask))
    assert 0 < pck_mean(answer) < 1


def test_normalised_and_pixel_pck_agree():
    rng = np.random.default_rng(2)
    truth = rng.uniform(0, 200, (30, 13, 2))
    predicted = truth + rng.normal(size=truth.shape) * 20
    predicted[:, 7:9] = truth[:, 7:9]  # same hips, so that both are centred alike
    in_pixels = pck_px(predicted, truth)
    # Scale the prediction by the truth's torso, so that only the unit differs.
    joints = truth.reshape(30, 13, 2)
    centre = joints[:, 7:9].mean(axis=1, keepdims=True)
    torso = np.array([max(math.dist(a, b) for a in j for b in j) for j in joints[:, [1, 2, 7, 8]]])
    predicted_norm = ((predicted - centre) * 0.5 / torso[:, None, None]).reshape(30, 26)
    np.testing.assert_array_equal(pck_norm(predicted_norm, normalize_pose(truth)), in_pixels)
    assert 0 < pck_mean(in_pixels) < 1


def test_wrong_shapes_are_refused():
    with pytest.raises(ValueError, match=r"\(N, J, 2\)"):
        pck(np.zeros((1, 2, 2)), np.zeros((1, 3, 2)), np.ones(1))
    with pytest.raises(ValueError, match="one length per frame"):
        pck(np.zeros((2, 3, 2)), np.zeros((2, 3, 2)), np.ones(3))
    with pytest.raises(ValueError, match="mask"):
        pck(np.zeros((2, 3, 2)), np.zeros((2, 3, 2)), np.ones(2), mask=np.ones((2, 2)))
    with pytest.raises(ValueError, match="26"):
        pck_norm(np.zeros((2, 52)), np.zeros((2, 26)))
