import cv2
import numpy as np
import pytest

from vpdlib.demo.raster import FRACTION_BITS, fill_quads, lies_behind


def random_quads(rng, num):
    """Convex quads (num, 4, 2), large and small, some a line or a point, some outside of 40 x 40 px."""
    angle = np.sort(rng.uniform(0, 2 * np.pi, (num, 4)), axis=1) * rng.choice([-1, 1])
    radius = rng.choice([0.0, 0.3, 2.0, 6.0, 30.0], (num, 1, 1))
    across = np.stack([np.cos(angle), np.sin(angle) * rng.uniform(0, 1)], axis=-1)
    return rng.uniform(-5, 45, (num, 1, 2)) + radius * across


@pytest.mark.parametrize("scale", [1, 2])
def test_filling_gives_the_pixels_of_opencv(scale):
    rng = np.random.default_rng(0)
    for _ in range(2000):
        high, wide = rng.integers(1, 41, 2)
        layer = rng.integers(0, 256, (high, wide, 3)).astype(np.uint8)
        expected = layer.copy()
        quads, colours = random_quads(rng, 3), rng.integers(0, 256, (3, 3)).astype(np.uint8)
        origin = rng.uniform(-3, 3, 2)
        points = np.rint((quads - origin) * (scale << FRACTION_BITS)).astype(np.int32)
        for corners, colour in zip(points, colours.tolist(), strict=True):
            cv2.fillConvexPoly(expected, corners, colour, cv2.LINE_8, FRACTION_BITS)
        rows = np.arange(12).reshape(3, 4)
        fill_quads(layer, quads.reshape(-1, 2), rows, origin, scale, colours)
        np.testing.assert_array_equal(layer, expected)


def test_a_point_lies_behind_a_nearer_quad_only():
    square = np.array([[0.0, 0.0], [0.0, 4.0], [4.0, 4.0], [4.0, 0.0]])
    points = np.array([[1.0, 1.0], [1.0, 1.0], [5.0, 1.0]])
    limits = np.array([2.0, 0.5, 2.0])
    found = lies_behind(points, limits, square, np.arange(4)[None], np.array([1.0]))
    assert found.tolist() == [True, False, False]
