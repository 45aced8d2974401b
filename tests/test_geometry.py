"""Boxes and crop rectangles against hand-worked cases and naive oracles."""

import cv2
import numpy as np
import pytest

from vpdlib import geometry


def naive_iou(a, b):
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    shared = max(width, 0) * max(height, 0)
    total = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared
    return shared / total if total > 0 else 0.0


def random_boxes(rng, num):
    corner = rng.uniform(0, 50, (num, 2))
    return np.concatenate([corner, corner + rng.uniform(0, 40, (num, 2))], axis=1)


def test_iou_by_hand_and_against_the_oracle():
    np.testing.assert_allclose(
        geometry.iou_matrix([[0, 0, 10, 10]], [[5, 0, 15, 10], [10, 0, 20, 10], [0, 0, 10, 10]]),
        [[50 / 150, 0, 1]],
    )
    rng = np.random.default_rng(0)
    a, b = random_boxes(rng, 20), random_boxes(rng, 30)
    expected = [[naive_iou(x, y) for y in b] for x in a]
    np.testing.assert_allclose(geometry.iou_matrix(a, b), expected, atol=1e-12)
    assert geometry.iou_matrix(np.zeros((0, 4)), b).shape == (0, 30)
    assert geometry.iou_matrix([[1, 1, 1, 1]], [[1, 1, 1, 1]])[0, 0] == 0


def test_box_operations_by_hand():
    box = np.array([10.0, 20, 30, 60])
    assert geometry.centre_size(box).tolist() == [20, 40, 20, 40]
    assert geometry.from_centre_size(geometry.centre_size(box)).tolist() == box.tolist()
    assert geometry.square(box).tolist() == [0, 20, 40, 60]
    assert geometry.pad(box, 0.1, 3).tolist() == [7, 16, 33, 64]
    assert geometry.union(box, [0, 30, 20, 70]).tolist() == [0, 20, 30, 70]
    assert geometry.clip([[-5, -5, 200, 50]], 100, 80).tolist() == [[0, 0, 100, 50]]
    assert geometry.area(geometry.clip([-20, 0, -5, 5], 100, 80)) == 0


@pytest.mark.parametrize(
    ("box", "previous", "expected"),
    [
        # 100 x 200: square of 200 about (60, 120); 10 % is 20 px, so 25 px; 250 wide.
        ([10, 20, 110, 220], None, [-65, -5, 185, 245]),
        # 400 wide: 10 % is 40 px; 480 wide about (300, 200).
        ([100, 100, 500, 300], None, [60, -40, 540, 440]),
        # Union with the previous box first: [0, 20, 110, 220], about (55, 120).
        ([10, 20, 110, 220], [0, 40, 50, 100], [-70, -5, 180, 245]),
        ([10, 20, 110, 220], [np.nan] * 4, [-65, -5, 185, 245]),
        # A fractional side is rounded up: 10.4 + 50 -> 61 about (5.2, 5.2) -> from round(-25.3).
        ([0, 0, 10.4, 10.4], None, [-25, -25, 36, 36]),
    ],
)
def test_crop_rectangle_by_hand(box, previous, expected):
    previous = None if previous is None else np.array(previous, float)
    rect = geometry.crop_rectangle(np.array(box, float), previous)
    assert rect.tolist() == expected
    assert rect.dtype == np.int64


def test_crop_rectangle_is_square_and_holds_both_boxes():
    rng = np.random.default_rng(2)
    for _ in range(200):
        box, previous = random_boxes(rng, 2) + np.array([0, 0, 1, 1])
        rect = geometry.crop_rectangle(box, previous)
        assert rect[2] - rect[0] == rect[3] - rect[1]
        both = geometry.union(box, previous)
        assert (rect[:2] <= both[:2] - 24).all()
        assert (rect[2:] >= both[2:] + 24).all()


def test_crop_rectangle_refuses_what_is_no_box():
    for box in ([0, 0, np.nan, 1], [5, 5, 5, 9]):
        with pytest.raises(ValueError, match="not a box"):
            geometry.crop_rectangle(np.array(box, float), None)


def test_cut_pads_with_zeros():
    image = np.arange(1, 13, dtype=np.uint8).reshape(2, 2, 3)
    crop = geometry.cut(image, np.array([-1, -1, 3, 3]), 4)
    assert crop[1:3, 1:3].tolist() == image.tolist()
    crop[1:3, 1:3] = 0
    assert not crop.any()
    assert not geometry.cut(image, np.array([10, 10, 14, 14]), 8).any()


def test_cut_resizes_by_area_or_linearly():
    rng = np.random.default_rng(3)
    image = rng.integers(0, 255, (8, 8, 3), dtype=np.uint8)
    small = geometry.cut(image, np.array([0, 0, 8, 8]), 4)
    means = image.reshape(4, 2, 4, 2, 3).mean(axis=(1, 3))
    assert np.abs(small - means).max() <= 0.5 + 1e-9
    large = geometry.cut(image, np.array([0, 0, 4, 4]), 8)
    expected = cv2.resize(image[:4, :4], (8, 8), interpolation=cv2.INTER_LINEAR)
    np.testing.assert_array_equal(large, expected)


def test_cut_copies_and_refuses_what_is_no_square():
    image = np.ones((4, 4, 3), np.uint8)
    geometry.cut(image, np.array([0, 0, 4, 4]), 4)[:] = 0
    assert image.all()
    with pytest.raises(ValueError, match="not a square"):
        geometry.cut(image, np.array([0, 0, 4, 3]), 4)
