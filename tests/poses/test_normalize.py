"""Normalisation and flipping of poses, against hand-worked cases and loops."""

import math

import numpy as np
import pytest

from vpdlib.poses.normalize import (
    flip_pose,
    mean_joint_score,
    normalize_pose,
    teacher_rows,
    to_joints13,
    torso_length,
)
from vpdlib.skeleton import COCO17, JOINTS13


def random_keypoints(num_frames=20, seed=0):
    rng = np.random.default_rng(seed)
    xy = rng.uniform(0, 300, (num_frames, 17, 2))
    return np.concatenate([xy, rng.uniform(0, 1, (num_frames, 17, 1))], axis=2).astype(np.float32)


def naive_normalize(keypoints):
    """One frame, written out with names."""
    joint = {name: keypoints[i, :2].astype(float) for i, name in enumerate(COCO17)}
    centre = (joint["left_hip"] + joint["right_hip"]) / 2
    torso = [joint[n] for n in ("left_shoulder", "right_shoulder", "left_hip", "right_hip")]
    longest = max(math.dist(a, b) for a in torso for b in torso)
    scale = 0.5 / longest if longest > 0 else 1.0
    return np.concatenate([(joint[name] - centre) * scale for name in JOINTS13])


def test_matches_a_loop_by_names():
    keypoints = random_keypoints()
    expected = np.stack([naive_normalize(k) for k in keypoints])
    pose = normalize_pose(keypoints)
    assert pose.dtype == np.float32
    np.testing.assert_allclose(pose, expected, atol=1e-6)
    # The same from 13 joints with and without a score.
    np.testing.assert_array_equal(normalize_pose(to_joints13(keypoints)), pose)
    np.testing.assert_array_equal(normalize_pose(to_joints13(keypoints)[..., :2]), pose)


def test_torso_is_half_and_hips_are_centred_whatever_place_and_size():
    keypoints = random_keypoints()
    moved = keypoints.copy()
    moved[..., :2] = moved[..., :2] * 3.7 + [500, -90]
    pose = normalize_pose(keypoints)
    np.testing.assert_allclose(normalize_pose(moved), pose, atol=1e-5)
    joints = pose.reshape(-1, 13, 2)
    np.testing.assert_allclose(torso_length(joints), 0.5, atol=1e-6)
    hips = [JOINTS13.index("left_hip"), JOINTS13.index("right_hip")]
    np.testing.assert_allclose(joints[:, hips].mean(axis=1), 0, atol=1e-6)


def test_torso_of_no_length_has_scale_one():
    keypoints = np.full((1, 17, 3), 10.0)
    keypoints[0, COCO17.index("nose"), :2] = [13, 6]
    pose = normalize_pose(keypoints)[0]
    np.testing.assert_array_equal(pose[:2], [3, -4])
    np.testing.assert_array_equal(pose[2:], 0)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e200])
def test_bad_values_give_nan_rows_and_only_those(value):
    keypoints = random_keypoints(4).astype(np.float64)
    keypoints[1, COCO17.index("left_wrist"), 0] = value
    keypoints[2, COCO17.index("left_ear"), 0] = value  # not one of the 13
    finite = np.isfinite(normalize_pose(keypoints)).all(axis=1)
    assert finite.tolist() == [True, False, True, True]
    assert np.isnan(normalize_pose(keypoints)[1]).all()


def test_flip_is_the_pose_of_the_flipped_picture():
    keypoints = random_keypoints()
    picture_width = 320
    flipped = keypoints.copy()
    flipped[..., 0] = picture_width - flipped[..., 0]
    for left, right in (("eye",) * 2, ("ear",) * 2, ("shoulder",) * 2, ("elbow",) * 2, ("wrist",) * 2,
                        ("hip",) * 2, ("knee",) * 2, ("ankle",) * 2):  # fmt: skip
        i, j = COCO17.index(f"left_{left}"), COCO17.index(f"right_{right}")
        flipped[:, [i, j]] = flipped[:, [j, i]]
    np.testing.assert_allclose(flip_pose(normalize_pose(keypoints)), normalize_pose(flipped),
                               atol=1e-5)  # fmt: skip
    rows = teacher_rows(keypoints)
    assert rows.shape == (20, 2, 26)
    np.testing.assert_array_equal(rows[:, 0], normalize_pose(keypoints))
    np.testing.assert_array_equal(flip_pose(rows[:, 1]), rows[:, 0])


def test_mean_score_is_over_13_joints():
    keypoints = random_keypoints()
    ignored = [COCO17.index(n) for n in ("left_eye", "right_eye", "left_ear", "right_ear")]
    expected = np.delete(keypoints[..., 2], ignored, axis=1).mean(axis=1)
    keypoints[0, ignored, 2] = np.nan
    np.testing.assert_allclose(mean_joint_score(keypoints), expected, rtol=1e-6)
    keypoints[1, 0, 2] = np.inf
    assert np.isnan(mean_joint_score(keypoints)[1])


def test_no_frames():
    assert teacher_rows(np.zeros((0, 17, 3))).shape == (0, 2, 26)
    assert mean_joint_score(np.zeros((0, 17, 3))).shape == (0,)


@pytest.mark.parametrize("shape", [(17, 3), (2, 15, 3), (2, 17, 4)])
def test_wrong_shape_is_refused(shape):
    with pytest.raises(ValueError, match="13"):
        normalize_pose(np.zeros(shape))
