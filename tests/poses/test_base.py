"""Views, turning, and batches that let go of their images."""

from __future__ import annotations

import numpy as np
import pytest

from vpdlib.poses.base import View, rotated_box, turn_back

IMAGE = np.zeros((40, 50, 3), np.uint8)
BOX = np.array([5.0, 5, 30, 35])


@pytest.mark.parametrize(
    "box", [[0, 0, 0, 5], [3, 0, 2, 5], [0, 0, np.nan, 5], [0, 0, np.inf, 5], [0, 0, 5]]
)
def test_what_is_no_box_is_refused(box: list) -> None:
    with pytest.raises(ValueError, match="expected a box"):
        View(IMAGE, np.array(box, float))


def test_what_is_no_image_and_no_angle_is_refused() -> None:
    with pytest.raises(ValueError, match="expected a uint8"):
        View(IMAGE.astype(float), BOX)
    with pytest.raises(ValueError, match="angle_degrees is nan"):
        View(IMAGE, BOX, np.nan)


def test_turning_is_counter_clockwise() -> None:
    centre = np.array([10.0, 20])
    # In a picture rotated by a quarter to the left, what was to the right is above: y is less.
    np.testing.assert_array_equal(turn_back(np.array([10.0, 17]), centre, 90), [13, 20])
    np.testing.assert_array_equal(turn_back(np.array([[14.0, 20]]), centre, 180), [[6, 20]])
    points = np.random.default_rng(0).normal(size=(7, 2))
    np.testing.assert_allclose(turn_back(turn_back(points, centre, 33), centre, -33), points)


@pytest.mark.parametrize("angle", [0.0, 180, 90, -90, 33, -120.5])
def test_the_rotated_box_holds_the_corners_and_no_more(angle: float) -> None:
    x0, y0, x1, y1 = BOX
    corners = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])
    centre = corners.mean(axis=0)
    rotated = turn_back(corners, centre, -angle)
    expected = np.concatenate([rotated.min(axis=0), rotated.max(axis=0)])
    np.testing.assert_allclose(rotated_box(BOX, angle), expected)
