"""Overlaps, suppression and merging against naive ones and hand-worked cases."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from vpdlib.geometry import MASK_SIDE, pack_mask, unpack_mask
from vpdlib.people.base import SOURCES, People
from vpdlib.people.build import MergedDetector
from vpdlib.people.merge import merge_people, suppress

RNG = np.random.default_rng(0)


def naive_iou(a: np.ndarray, b: np.ndarray) -> float:
    """Count the pixels of boxes with whole corners."""
    canvas = np.zeros((2, 60, 60), bool)
    for plane, (x0, y0, x1, y1) in zip(canvas, (a.astype(int), b.astype(int)), strict=True):
        plane[y0:y1, x0:x1] = True
    union = (canvas[0] | canvas[1]).sum()
    return (canvas[0] & canvas[1]).sum() / union if union else 0.0


def random_boxes(num: int) -> np.ndarray:
    corner = RNG.integers(0, 40, (num, 2))
    return np.concatenate([corner, corner + RNG.integers(0, 20, (num, 2))], 1).astype(np.float32)


def people(
    box: list, score: list, source: str = "nanodet", keypoints: list | None = None
) -> People:
    given = np.full((len(box), 17, 3), np.nan, np.float32)
    for row, value in enumerate(keypoints or []):
        given[row] = value
    boxes = np.array(box, np.float32).reshape(-1, 4)
    sources = np.full(len(box), SOURCES[source], np.uint8)  # type: ignore[index]
    return People(boxes, np.array(score, np.float32), sources, given)


def test_suppress_equals_the_naive_loop() -> None:
    box, score = random_boxes(80), RNG.random(80).round(1)
    for threshold in (0.0, 0.3, 0.6, 1.0):
        kept: list[int] = []
        owner = {}
        for row in sorted(range(80), key=lambda r: (-score[r], r)):
            above = [k for k in kept if naive_iou(box[k], box[row]) > threshold]
            owner[row] = above[0] if above else row
            if not above:
                kept.append(row)
        got, got_owner = suppress(box, score, threshold)
        assert got.tolist() == kept
        assert got_owner.tolist() == [owner[row] for row in range(80)]


def test_pairs_take_the_box_with_keypoints_and_the_better_score() -> None:
    first = people([[0, 0, 10, 20], [50, 50, 60, 60]], [0.9, 0.3])
    second = people(
        [[0, 0, 10, 19], [0, 0, 10, 18], [30, 0, 40, 20]],
        [0.4, 0.5, 0.6],
        "multipose",
        [1.0, 2.0, 3.0],
    )
    merged = merge_people([first, second], 0.5, 10)
    # Paired with the best overlap, though another one scores better, and that one is suppressed.
    np.testing.assert_array_equal(
        merged.box_px, [[0, 0, 10, 19], [30, 0, 40, 20], [50, 50, 60, 60]]
    )
    assert merged.source.tolist() == [1, 1, 0]
    np.testing.assert_allclose(merged.score, [0.9, 0.6, 0.3])
    assert merged.has_keypoints.tolist() == [True, True, False]
    assert (merged.keypoints_px[0] == 1).all()
    assert (merged.keypoints_px[1] == 3).all()
    assert np.isnan(first.keypoints_px).all()  # what came in is not written to


def test_a_kept_box_with_keypoints_keeps_them() -> None:
    poses = people([[0, 0, 10, 20]], [0.9], "multipose", [1.0])
    merged = merge_people([people([[0, 0, 10, 20]], [0.5]), poses], 0.5, 10)
    assert len(merged) == 1
    assert merged.source.tolist() == [1]
    assert (merged.keypoints_px == 1).all()


def test_a_torso_pairs_with_the_wide_box_of_its_owner_not_with_a_neighbour() -> None:
    boxes = people([[0, 0, 20, 100], [60, 0, 85, 100]], [0.8, 0.7])
    wide = [[0, 0, 55, 100], [58, 0, 88, 100]]
    poses = people(wide, [0.4, 0.3], "multipose", [1.0, 2.0])
    merged = merge_people([boxes, poses], 0.5, 10)
    assert merged.box_px.tolist() == wide
    np.testing.assert_allclose(merged.score, [0.8, 0.7])
    far = merge_people([boxes, people([[0, 0, 80, 100]], [0.4], "multipose", [1.0])], 0.5, 10)
    assert len(far) == 3  # overlaps below PAIR_IOU and below the threshold


def test_limits_and_empty_input() -> None:
    two = people([[0, 0, 10, 20], [50, 50, 60, 60]], [0.3, 0.9])
    assert merge_people([two], 0.5, 1).box_px.tolist() == [[50, 50, 60, 60]]
    assert len(merge_people([], 0.5, 1)) == 0
    assert len(merge_people([People.empty(), People.empty()], 0.5, 1)) == 0
    with pytest.raises(ValueError, match=r"iou_threshold is 1\.5"):
        merge_people([two], 1.5, 1)
    with pytest.raises(ValueError, match="max_people is 0"):
        merge_people([two], 0.5, 0)


def test_people_refuses_shapes_that_do_not_fit() -> None:
    good = people([[0, 0, 1, 1]], [0.5])
    with pytest.raises(ValueError, match=r"People.score: expected float32 of shape \(1,\)"):
        People(good.box_px, np.zeros(2, np.float32), good.source, good.keypoints_px)
    with pytest.raises(ValueError, match=r"People.box_px.*found float64"):
        People(good.box_px.astype(float), good.score, good.source, good.keypoints_px)


def with_masks(found: People, grids: list[np.ndarray]) -> People:
    masks = np.stack([pack_mask(grid) for grid in grids])
    return People(found.box_px, found.score, found.source, found.keypoints_px, masks)


def left_half() -> np.ndarray:
    grid = np.zeros((MASK_SIDE, MASK_SIDE), bool)
    grid[:, : MASK_SIDE // 2] = True
    return grid


def test_a_mask_goes_with_the_person_onto_the_box_with_keypoints() -> None:
    boxes = with_masks(
        people([[10, 0, 20, 20], [50, 50, 60, 60]], [0.9, 0.8], "mmdet"), [left_half()] * 2
    )
    poses = people([[0, 0, 20, 20], [80, 0, 90, 9]], [0.4, 0.3], "multipose", [1.0, 2.0])
    for order in ([boxes, poses], [poses, boxes]):
        merged = merge_people(order, 0.5, 10)
        assert merged.box_px.tolist() == [[0, 0, 20, 20], [50, 50, 60, 60], [80, 0, 90, 9]]
        assert merged.source.tolist() == [SOURCES["multipose"], SOURCES["mmdet"], 1]
        np.testing.assert_allclose(merged.score, [0.9, 0.8, 0.3])
        assert merged.has_keypoints.tolist() == [True, False, True]
        assert merged.has_mask.tolist() == [True, True, False]
        # x from 10 to 15 of 0 to 20: the third quarter.
        expected = np.zeros((MASK_SIDE, MASK_SIDE), bool)
        expected[:, MASK_SIDE // 2 : 3 * MASK_SIDE // 4] = True
        np.testing.assert_array_equal(unpack_mask(merged.mask[0]), expected)
        np.testing.assert_array_equal(unpack_mask(merged.mask[1]), left_half())
    assert merge_people([poses, poses], 0.5, 10).mask is None
    nobody = boxes.take(np.zeros(0, int))
    merged = merge_people([poses, nobody], 0.5, 10)
    assert merged.mask is not None
    assert merged.mask.tolist() == np.zeros((2, 392)).tolist()


def test_a_merged_detector_takes_the_largest_batch_and_keeps_the_images_apart() -> None:
    class Fake:
        def __init__(self, source: str, batch_size: int) -> None:
            self.batch_size = batch_size
            self._source = source

        def detect_many(self, images_rgb: list[np.ndarray]) -> list[People]:
            return [
                people([[0, 0, image[0, 0, 0], 20]], [0.5], self._source) for image in images_rgb
            ]

    merged = MergedDetector([Fake("multipose", 1), Fake("mmdet", 4)], 0.5, 10)
    assert merged.batch_size == 4
    images = [np.full((2, 2, 3), side, np.uint8) for side in (10, 30, 50)]
    found = merged.detect_many(images)
    assert [one.box_px.tolist() for one in found] == [[[0, 0, side, 20]] for side in (10, 30, 50)]
    assert merged.detect_many([]) == []


def test_between_two_looks_one_detector_does_where_it_is_sure_of_somebody() -> None:
    class Fake:
        batch_size = 1

        def __init__(self, source: str, score_of: Callable[[int], float]) -> None:
            self._source, self._score_of = source, score_of
            self.asked: list[int] = []

        def detect_many(self, images_rgb: list[np.ndarray]) -> list[People]:
            sides = [int(image[0, 0, 0]) for image in images_rgb]
            self.asked += sides
            return [
                people([[0, 0, side, 20]], [self._score_of(side)], self._source) for side in sides
            ]

    thorough = Fake("nanodet", lambda side: 0.9)
    quick = Fake("multipose", lambda side: 0.6 if side < 40 else 0.3)
    merged = MergedDetector([thorough, quick], 0.5, 10, between=1)
    images = [np.full((2, 2, 3), side, np.uint8) for side in (10, 30, 50)]
    found = merged.detect_between(images)
    assert quick.asked == [10, 30, 50]
    assert thorough.asked == [50]
    assert [round(float(one.score[0]), 1) for one in found] == [0.6, 0.6, 0.9]
    everything = MergedDetector([thorough, quick], 0.5, 10)
    assert [float(one.score[0]) for one in everything.detect_between(images)] == pytest.approx(
        [0.9] * 3
    )
