"""Known translations come out as that flow, previous to current."""

import cv2
import numpy as np
import pytest

from vpdlib.flow.build import make_flow_estimator
from vpdlib.flow.opencv import DisFlow, FarnebackFlow
from vpdlib.flow.settings import FlowSettings


def texture(size=200, seed=0):
    noise = np.random.default_rng(seed).integers(0, 255, (size, size, 3), dtype=np.uint8)
    return cv2.GaussianBlur(noise, (0, 0), 3)


@pytest.mark.parametrize("estimator", [DisFlow(), FarnebackFlow()])
@pytest.mark.parametrize(("dx", "dy"), [(3, 0), (0, -4), (-5, 2), (8, 6)])
def test_translation(estimator, dx, dy):
    big = cv2.normalize(texture(), None, 0, 255, cv2.NORM_MINMAX)
    previous = big[30:158, 30:158]
    # The content moves by (dx, dy), so the current window starts that much earlier.
    current = big[30 - dy : 158 - dy, 30 - dx : 158 - dx]
    flow = estimator.estimate(np.ascontiguousarray(previous), np.ascontiguousarray(current))
    assert flow.shape == (128, 128, 2)
    assert flow.dtype == np.float32
    error = np.abs(flow[16:-16, 16:-16] - [dx, dy])
    assert error.mean() < 0.3


def test_a_moving_patch_moves_against_a_still_ground():
    previous = cv2.normalize(texture(128, 1), None, 0, 255, cv2.NORM_MINMAX)
    patch = cv2.normalize(texture(40, 2), None, 0, 255, cv2.NORM_MINMAX)
    current = previous.copy()
    previous = previous.copy()
    previous[40:80, 40:80] = patch
    current[40:80, 45:85] = patch
    flow = DisFlow().estimate(previous, current)
    assert np.median(flow[48:72, 48:72, 0]) == pytest.approx(5, abs=0.7)
    assert np.abs(np.median(flow[:20, :, 0])) < 0.2


@pytest.mark.parametrize("make", [DisFlow, FarnebackFlow])
def test_many_pairs_are_what_single_ones_are_to_the_bit(make):
    big = cv2.normalize(texture(90, 3), None, 0, 255, cv2.NORM_MINMAX)
    previous = np.stack([big[10:74, 10:74], big[5:69, 12:76], big[20:84, 3:67]])
    current = np.stack([big[12:76, 9:73], big[8:72, 12:76], big[19:83, 9:73]])
    one_by_one = make()
    expected = np.stack(
        [one_by_one.estimate(*pair) for pair in zip(previous, current, strict=True)]
    )
    flow = make().estimate_many(previous, current)
    assert flow.dtype == np.float32
    np.testing.assert_array_equal(flow, expected)
    assert make().estimate_many(previous[:0], current[:0]).shape == (0, 64, 64, 2)


def test_factory_and_refusals(tmp_path):
    def make(**settings):
        return make_flow_estimator(FlowSettings(**settings), tmp_path, "cuda", 1)

    # OpenCV's estimators run on the CPU, whatever device the networks take.
    assert isinstance(make(), DisFlow)
    assert isinstance(make(method="farneback"), FarnebackFlow)
    with pytest.raises(ValueError, match="presets"):
        DisFlow("slow")
    with pytest.raises(ValueError, match="one size"):
        DisFlow().estimate(np.zeros((8, 8, 3), np.uint8), np.zeros((9, 9, 3), np.uint8))
    with pytest.raises(ValueError, match="one size"):
        DisFlow().estimate_many(np.zeros((1, 8, 8, 3), np.uint8), np.zeros((2, 8, 8, 3), np.uint8))
    with pytest.raises(ValueError, match="uint8"):
        DisFlow().estimate_many(np.zeros((1, 8, 8, 3)), np.zeros((1, 8, 8, 3)))
