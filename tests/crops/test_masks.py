"""Masks in boxes and in crops, against areas counted by hand and shapes drawn into the image."""

import numpy as np
import pytest

from vpdlib.crops.masks import FoundPeople, crop_masks
from vpdlib.geometry import (
    MASK_BYTES,
    MASK_SIDE,
    crop_rectangle,
    cut,
    pack_mask,
    resample_mask,
    unpack_mask,
)

HEIGHT, WIDTH = 120, 160
IMAGE = np.array([0.0, 0, WIDTH, HEIGHT])
GRID = (MASK_SIDE, MASK_SIDE)


def covered(mask, box, target_box, shape, fine=40):
    """Fraction of each target cell that the mask covers, by many points a cell."""
    rows = target_box[1] + (np.arange(shape[0] * fine) + 0.5) / (shape[0] * fine) * (
        target_box[3] - target_box[1]
    )
    columns = target_box[0] + (np.arange(shape[1] * fine) + 0.5) / (shape[1] * fine) * (
        target_box[2] - target_box[0]
    )
    row = np.floor((rows - box[1]) / (box[3] - box[1]) * mask.shape[0]).astype(int)
    column = np.floor((columns - box[0]) / (box[2] - box[0]) * mask.shape[1]).astype(int)
    padded = np.pad(mask, 1)
    row, column = np.clip(row, -1, mask.shape[0]) + 1, np.clip(column, -1, mask.shape[1]) + 1
    points = padded[np.ix_(row, column)].astype(float)
    return points.reshape(shape[0], fine, shape[1], fine).mean(axis=(1, 3))


@pytest.mark.parametrize(
    ("size", "box", "target_box", "shape"),
    [
        ((7, 5), [0, 0, 5, 7], [0, 0, 5, 7], (7, 5)),
        ((7, 5), [0, 0, 5, 7], [1.3, 2.2, 4.1, 6.9], (9, 11)),
        ((20, 30), [10, 10, 40, 30], [0, 5, 33.3, 50], (6, 7)),
        ((4, 4), [0, 0, 8, 8], [-3, -3, 5, 5], (16, 16)),
        ((4, 4), [0, 0, 8, 8], [20, 20, 30, 30], (3, 3)),
    ],
)
def test_resampling_against_counted_points(size, box, target_box, shape):
    rng = np.random.default_rng(0)
    mask = rng.random(size) < 0.6
    fraction = covered(mask, box, target_box, shape)
    got = resample_mask(mask, np.array(box), np.array(target_box), shape)
    sure = np.abs(fraction - 0.5) > 0.02
    assert got.shape == shape
    np.testing.assert_array_equal(got[sure], (fraction > 0.5)[sure])
    assert sure.mean() > 0.8


def test_packing_and_back():
    rng = np.random.default_rng(0)
    for _ in range(5):
        grid = rng.random(GRID) < 0.5
        packed = pack_mask(grid)
        assert (packed.dtype, packed.shape) == (np.uint8, (MASK_BYTES,))
        np.testing.assert_array_equal(unpack_mask(packed), grid)
    corner = np.zeros(GRID, bool)
    corner[0, 0] = True
    assert pack_mask(corner).tolist() == [128] + [0] * (MASK_BYTES - 1)


def rectangle(x0, y0, x1, y1):
    image = np.zeros((HEIGHT, WIDTH), bool)
    image[y0:y1, x0:x1] = True
    return image


def ellipse(x, y, width, height):
    row, column = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    return ((column - x) / width) ** 2 + ((row - y) / height) ** 2 < 1


def packed(image_mask, box_px):
    return pack_mask(resample_mask(image_mask, IMAGE, np.array(box_px, float), GRID))


def people(frames, boxes, masks):
    """One list of boxes and of masks of the image per frame."""
    rows = [packed(m, b) for bs, ms in zip(boxes, masks, strict=True) for b, m in zip(bs, ms, strict=True)]  # fmt: skip
    return FoundPeople(
        frame=np.array(frames, np.int32),
        num_people=np.array([len(b) for b in boxes], np.int32),
        box_px=np.array([b for bs in boxes for b in bs], np.float32).reshape(-1, 4),
        mask=np.array(rows, np.uint8).reshape(-1, MASK_BYTES),
    )


@pytest.mark.parametrize(
    ("box_px", "drawn"),
    [
        ([40, 30, 80, 90], rectangle(46, 40, 70, 80)),
        ([40.4, 30.7, 79.2, 91.5], ellipse(60, 60, 15, 27)),
        # At the image's border, where the crop reaches outside.
        ([0, 70.5, 39, 120], ellipse(12, 105, 25, 30)),
        ([130, 0, 160, 40], rectangle(140, 0, 160, 33)),
    ],
)
@pytest.mark.parametrize("size", [32, 64, 128])
def test_a_drawn_shape_lands_on_the_crops_pixels(box_px, drawn, size):
    box = np.array(box_px, np.float32)
    left, top, right, bottom = (*np.floor(box[:2]).astype(int), *np.ceil(box[2:]).astype(int))
    drawn = drawn & rectangle(left, top, right, bottom)
    rect_px = crop_rectangle(box, None, 0.1, 6)
    found = people([4], [[box]], [[drawn]])
    (mask,) = crop_masks(np.array([4]), rect_px[None], box[None], found, size)
    assert (mask.dtype, mask.shape) == (np.uint8, (size, size))
    # The same cut as the crop's.
    expected = cut((drawn * 255).astype(np.uint8)[..., None].repeat(3, 2), rect_px, size)[..., 0]
    sure = (expected < 20) | (expected > 235)
    assert sure.mean() > 0.85
    assert (mask * 255 == np.where(expected > 127, 255, 0))[sure].mean() > 0.995
    assert 0.03 < mask.mean() < 0.8


def test_which_person_is_the_athlete():
    boxes = [[[10, 10, 50, 90], [20, 10, 60, 90]], [], [[100, 10, 140, 90]]]
    shapes = [
        [rectangle(10, 10, 50, 50), rectangle(20, 50, 60, 90)],
        [],
        [rectangle(100, 10, 120, 90)],
    ]
    found = people([0, 2, 4], boxes, shapes)
    frame = np.arange(6)
    # Best overlap; a frame not looked at; nobody; not looked at; too far away; not looked at.
    box_px = np.tile(np.array([19.0, 10, 59, 90]), (6, 1))
    rect_px = np.tile(np.array([0, 0, 100, 100]), (6, 1))
    masks = crop_masks(frame, rect_px, box_px, found, 100)
    np.testing.assert_array_equal(masks[0], rectangle(20, 50, 60, 90)[:100, :100])
    assert masks[1:].all()
    # Half of the overlap is enough, less is not.
    for shift, known in ((13.0, True), (14.0, False)):
        box = np.array([[100 + shift, 10, 140 + shift, 90]])
        (mask,) = crop_masks(np.array([4]), rect_px[:1] + np.array([60, 0, 60, 0]), box, found, 100)
        assert mask.all() != known


def test_a_person_without_a_mask_leaves_nothing_to_the_background():
    box = [10, 10, 50, 90]
    found = people([0], [[box]], [[rectangle(0, 0, 1, 1)]])
    assert not found.mask.any()
    masks = crop_masks(np.array([0]), np.array([[0, 0, 100, 100]]), np.array([box]), found, 20)
    assert masks.all()
    none = crop_masks(np.zeros(0, int), np.zeros((0, 4), int), np.zeros((0, 4)), found, 20)
    assert none.shape == (0, 20, 20)
