"""3D features: known values, invariance to turning about the vertical, flipping, pitch."""

import numpy as np
import pytest
from skeletons import pitched, random_skeletons, rotated, standing

from vpdlib.skeleton import JOINTS13
from vpdlib.vipe.targets import (
    facing,
    flip_targets,
    flip_xyz,
    pose_targets,
    smallest_bone_cosine,
    turn_to_depth,
)


def test_features_of_a_standing_person():
    targets = pose_targets(standing())[0]
    assert targets.shape == (13, 7)
    rows = dict(zip(JOINTS13, targets, strict=True))
    neck = np.array([0, 0, 1.45])
    nose = np.array([0, 0.1, 1.65])
    offset = (nose - neck) / np.linalg.norm(nose - neck)
    np.testing.assert_allclose(rows["nose"][:3], offset, atol=1e-6)
    # The spine, which comes before, points up.
    assert rows["nose"][3] == pytest.approx(np.arccos(offset[2]) / np.pi - 0.5, abs=1e-6)
    # Shoulders and hips stick out sideways, at a right angle to the spine.
    np.testing.assert_allclose(rows["right_shoulder"][:4], [1, 0, 0, 0], atol=1e-6)
    np.testing.assert_allclose(rows["left_hip"], [-1, 0, 0, 0, -1, 0, 0], atol=1e-6)
    arm, fore = np.array([0.05, 0, -0.3]), np.array([0.02, 0.05, -0.25])
    cosine = arm @ fore / np.linalg.norm(arm) / np.linalg.norm(fore)
    assert rows["right_wrist"][3] == pytest.approx(np.arccos(cosine) / np.pi - 0.5, abs=1e-6)
    ankle = np.array([0.13, 0, 0.08 - 0.95])
    np.testing.assert_allclose(rows["right_ankle"][4:], ankle / np.linalg.norm(ankle), atol=1e-6)


def test_rotated_skeleton_faces_along_depth():
    xyz = rotated(standing(), 2.1) + np.array([3.0, -4.0, 0.5])
    expected = standing() - np.array([0, 0, 0.95])
    np.testing.assert_allclose(turn_to_depth(xyz), expected, atol=1e-6)


def test_features_do_not_change_with_place_size_or_turn_about_the_vertical():
    rng = np.random.default_rng(0)
    xyz = random_skeletons(rng, 200).astype(np.float64)
    # Any pose of the torso, lying and on the hands too.
    xyz = pitched(xyz, rng.uniform(-np.pi, np.pi))
    expected = pose_targets(xyz)
    for angle in rng.uniform(-np.pi, np.pi, 5):
        found = pose_targets(1.7 * rotated(xyz, angle) + rng.normal(size=3))
        np.testing.assert_allclose(found, expected, atol=1e-5)


def test_features_of_the_flipped_skeleton_are_flipped():
    xyz = random_skeletons(np.random.default_rng(1), 200).astype(np.float64)
    for angle in (0.0, 0.9, 1.5, 3.0):
        poses = pitched(xyz, angle)
        flipped = pose_targets(flip_xyz(poses))
        np.testing.assert_allclose(flipped, flip_targets(pose_targets(poses)), atol=1e-5)
    np.testing.assert_array_equal(flip_targets(flip_targets(flipped)), flipped)


@pytest.mark.parametrize("degrees", [0, 30, 60, 80, 90, 100, -30, -60, -90, -100])
def test_a_pitched_torso_faces_where_it_did_upright(degrees):
    poses = rotated(pitched(standing().astype(np.float64), np.radians(degrees)), 0.8)
    expected = rotated(np.array([[[0.0, 1.0, 0.0]]]), 0.8)[0, 0, :2]
    np.testing.assert_allclose(facing(poses)[0], expected, atol=1e-6)


def test_a_handstand_faces_where_its_front_is():
    upside_down = pitched(standing().astype(np.float64), np.radians(170))
    np.testing.assert_allclose(facing(upside_down)[0], [0, -1], atol=1e-6)


def test_the_front_moves_smoothly_while_the_torso_pitches_and_twists():
    pose = standing().astype(np.float64)
    pose[0, JOINTS13.index("left_shoulder"), 1] += 0.15  # a twist
    poses = np.concatenate([pitched(pose, a) for a in np.radians(np.arange(-95, 96, 0.5))])
    front = facing(poses)
    assert np.degrees(np.arccos(np.clip((front[1:] * front[:-1]).sum(1), -1, 1))).max() < 3


def test_degenerate_skeletons_have_finite_features():
    poses = np.stack([np.zeros((13, 3)), np.ones((13, 3))])
    assert np.isfinite(pose_targets(poses)).all()
    flat = standing().astype(np.float64)
    flat[..., 1] = 0
    flat[..., 0] = 0  # a line
    assert np.isfinite(pose_targets(flat)).all()


def test_a_bone_without_length_makes_no_pose_differ():
    xyz = standing().astype(np.float64)
    xyz[:, JOINTS13.index("left_wrist")] = xyz[:, JOINTS13.index("left_elbow")]
    collapsed = pose_targets(xyz)
    assert smallest_bone_cosine(collapsed, collapsed)[0] == pytest.approx(1, abs=1e-6)
    assert smallest_bone_cosine(collapsed, pose_targets(standing()))[0] > 0.8


def test_smallest_bone_cosine_finds_the_bone_that_differs():
    first = standing().astype(np.float64)
    second = first.copy()
    knee, ankle = JOINTS13.index("left_knee"), JOINTS13.index("left_ankle")
    length = np.linalg.norm(first[0, ankle] - first[0, knee])
    bone = (first[0, ankle] - first[0, knee]) / length
    side = np.array([1.0, 0, 0]) - bone * bone[0]
    side /= np.linalg.norm(side)
    second[0, ankle] = first[0, knee] + length * (np.cos(0.6) * bone + np.sin(0.6) * side)
    found = smallest_bone_cosine(pose_targets(first), pose_targets(second))
    assert found[0] == pytest.approx(np.cos(0.6), abs=1e-5)
