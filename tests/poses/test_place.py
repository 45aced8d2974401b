"""Normalised poses put back into the picture."""

import numpy as np
import pytest

from vpdlib.poses.normalize import normalize_pose
from vpdlib.poses.place import place_poses
from vpdlib.skeleton import COCO17, COCO17_TO_JOINTS13


@pytest.fixture
def truth():
    """Ten poses of COCO-17 in a picture, with scores, and boxes around them."""
    rng = np.random.default_rng(3)
    place = rng.uniform(-1, 1, (10, len(COCO17), 2)) * rng.uniform(30, 90, (10, 1, 1))
    place += rng.uniform(100, 400, (10, 1, 2))
    keypoints = np.concatenate([place, np.ones((10, len(COCO17), 1))], axis=2).astype(np.float32)
    joints = place[:, COCO17_TO_JOINTS13]
    boxes = np.concatenate([joints.min(axis=1), joints.max(axis=1)], axis=1)
    return keypoints, boxes, joints


def test_a_pose_lies_where_its_keypoints_are(truth):
    keypoints, boxes, joints = truth
    placed = place_poses(normalize_pose(keypoints), keypoints, boxes)
    assert placed.dtype == np.float32
    np.testing.assert_allclose(placed, joints, atol=1e-2)


def test_a_failed_joint_does_not_pull(truth):
    keypoints, boxes, joints = truth
    pose = normalize_pose(keypoints)
    keypoints[:, COCO17.index("left_wrist"), :2] += 150
    np.testing.assert_allclose(place_poses(pose, keypoints, boxes), joints, atol=2.0)


def test_without_keypoints_the_box_says_where_and_without_both_there_is_nothing(truth):
    keypoints, boxes, joints = truth
    pose = normalize_pose(keypoints)
    keypoints[:5] = np.nan
    boxes[0] = np.nan
    placed = place_poses(pose, keypoints, boxes)
    assert np.isnan(placed[0]).all()
    middle = 0.5 * (joints[1:5].min(axis=1) + joints[1:5].max(axis=1))
    own = 0.5 * (placed[1:5].min(axis=1) + placed[1:5].max(axis=1))
    np.testing.assert_allclose(own, middle, atol=1e-3)
    size, full = np.ptp(placed[1:5], axis=1), np.ptp(joints[1:5], axis=1)
    np.testing.assert_allclose(size / full, 0.9, atol=1e-3)
    np.testing.assert_allclose(placed[5:], joints[5:], atol=1e-2)


def test_a_pose_of_another_direction_keeps_its_size(truth):
    keypoints, boxes, joints = truth
    placed = place_poses(-normalize_pose(keypoints), keypoints, boxes)
    assert (np.ptp(placed, axis=1) > 0.4 * np.ptp(joints, axis=1)).all()


def test_wrong_shapes_are_refused(truth):
    keypoints, boxes, _ = truth
    with pytest.raises(ValueError, match="expected"):
        place_poses(normalize_pose(keypoints)[:5], keypoints, boxes)
