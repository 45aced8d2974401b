"""8-bit flow: formula, symmetry, masking."""

import numpy as np
import pytest

from vpdlib.flow.quantise import dequantise, quantise


def test_by_hand():
    flow = np.zeros((1, 5, 2), np.float32)
    flow[0, :, 0] = [-20, -25, 20, 10, 0]
    q, masked = quantise(flow, subtract_median=False)
    assert q[0, :, 0].tolist() == [0, 0, 255, 191, 128]
    assert masked == 0
    assert dequantise(np.array([0, 255], np.uint8)).tolist() == [-20, 20]


def test_round_trip_within_half_a_step():
    flow = np.random.default_rng(0).uniform(-30, 30, (32, 32, 2))
    q, _ = quantise(flow, max_px=12, subtract_median=False)
    back = dequantise(q, 12)
    assert back.dtype == np.float32
    assert np.abs(back - np.clip(flow, -12, 12)).max() <= 12 / 255 + 1e-5


def test_flipping_is_255_minus_q():
    flow = np.random.default_rng(1).normal(0, 5, (33, 33, 2))
    q, _ = quantise(flow, subtract_median=False)
    flipped, _ = quantise(-flow, subtract_median=False)
    np.testing.assert_array_equal(flipped, 255 - q)
    np.testing.assert_array_equal(dequantise(255 - q), -dequantise(q))


def test_median_is_subtracted_per_component():
    flow = np.random.default_rng(2).normal(0, 2, (16, 16, 2)) + np.array([4, -7])
    q, _ = quantise(flow)
    expected = flow - [np.median(flow[..., 0]), np.median(flow[..., 1])]
    assert np.abs(dequantise(q) - expected).max() <= 20 / 255 + 1e-5


def test_equals_the_formula_written_out():
    flow = np.random.default_rng(3).normal(1, 9, (9, 8, 2)).astype(np.float32)
    flow[2, 3, 0] = np.nan
    usable = np.isfinite(flow).all(axis=2)
    for subtract in (True, False):
        q, masked = quantise(flow, 15, subtract_median=subtract)
        assert q.flags.c_contiguous
        assert masked == 1
        for axis in (0, 1):
            plane = flow[..., axis].astype(np.float64)
            median = np.median(plane[usable]) if subtract else 0.0
            centred = np.clip(np.where(usable, plane - median, 0.0), -15, 15)
            np.testing.assert_array_equal(q[..., axis], np.rint((centred + 15) * (255 / 30)))


def test_what_is_not_finite_is_masked_and_counted():
    flow = np.full((4, 4, 2), 3.0)
    flow[0, 0] = np.nan
    flow[1, 1, 0] = np.inf
    flow[2, 2, 1] = -np.inf
    q, masked = quantise(flow)
    assert masked == 3
    assert (q == 128).all()
    q, masked = quantise(np.full((4, 4, 2), np.nan))
    assert masked == 16
    assert (q == 128).all()
    with pytest.raises(ValueError, match="must be"):
        quantise(np.zeros((4, 4, 3)))
