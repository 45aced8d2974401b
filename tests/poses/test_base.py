"""Views, turning, and batches that let go of their images."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest

from vpdlib.poses.base import View, estimate_in_batches, rotated_box, turn_back

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


class Counter:
    """Answers with the number of each view; counts images that are still held when it is asked."""

    batch_size = 4

    def __init__(self) -> None:
        self.attributes: dict[str, str] = {}
        self.sizes: list[int] = []
        self.images: list[weakref.ref] = []
        self.most_held = 0

    def views(self, number: int):
        for row in range(number):
            image = IMAGE.copy()
            self.images.append(weakref.ref(image))
            gc.collect()
            self.most_held = max(self.most_held, sum(ref() is not None for ref in self.images))
            yield View(image, BOX + row)
            del image

    def estimate_many(self, views) -> np.ndarray:
        self.sizes.append(len(views))
        return np.stack([np.full((17, 3), view.box_px[0] - BOX[0]) for view in views])


@pytest.mark.parametrize(("number", "sizes"), [(10, [4, 4, 2]), (8, [4, 4]), (1, [1]), (0, [])])
def test_batches_are_full_in_order_and_let_go(number: int, sizes: list[int]) -> None:
    teacher = Counter()
    poses = list(estimate_in_batches(teacher, teacher.views(number)))
    assert teacher.sizes == sizes
    assert [int(pose[0, 0]) for pose in poses] == list(range(number))
    assert teacher.most_held <= 4
