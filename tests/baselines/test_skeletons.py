"""Clips of poses: their frame, their frames, flipped images and random changes."""

import numpy as np
import pytest
import torch
from pydantic import TypeAdapter

from vpdlib.baselines.kinds import BaselineSettings
from vpdlib.baselines.skeletons import (
    ActionPoses,
    SkeletonClips,
    normalised,
    random_window,
    turn_and_scale,
)
from vpdlib.skeleton import JOINTS13, JOINTS13_FLIP_ORDER


def method(**given):
    return TypeAdapter(BaselineSettings).validate_python(given)


PLAIN = {"temporal_crop": 1.0, "flip_probability": 0.0, "scale_jitter": 0.0, "rotation_degrees": 0}


def walking(num_frames=10, seed=0):
    """Someone who walks to the right by 5 px a frame, in a box of 40 x 80 px."""
    rng = np.random.default_rng(seed)
    keypoints = rng.uniform(0.1, 1, (num_frames, 17, 3)).astype(np.float32)
    left = 100 + 5 * np.arange(num_frames)
    keypoints[..., 0] = left[:, None] + 40 * keypoints[..., 0]
    keypoints[..., 1] = 200 + 80 * keypoints[..., 1]
    box = np.stack([left, left * 0 + 200, left + 40, left * 0 + 280], 1).astype(np.float32)
    return ActionPoses(keypoints, box)


def test_a_frames_own_box_takes_the_walk_away_and_the_clips_does_not():
    poses = walking()
    poses.keypoints_px[:, 0, :2] = poses.box_px[:, :2]  # one joint at the corner of its box
    own = normalised(poses.keypoints_px, poses.box_px, "box")
    # Boxes are 80 px high: half of that is the unit.
    np.testing.assert_allclose(own[:, 0, :2], np.tile([-0.5, -1.0], (10, 1)), atol=1e-5)
    clip = normalised(poses.keypoints_px, poses.box_px, "clip")
    np.testing.assert_allclose(np.diff(clip[:, 0, 0]), 5 / 40, atol=1e-5)
    np.testing.assert_allclose(clip[:, 0, 1], -1.0, atol=1e-5)
    np.testing.assert_array_equal(clip[..., 2], poses.keypoints_px[..., 2])


@pytest.mark.parametrize("normalise", ["clip", "box"])
def test_joints_not_found_stay_zero_through_everything(normalise):
    poses = walking()
    poses.keypoints_px[3, 9] = 0  # left wrist
    settings = method(kind="stgcn", normalise=normalise, joints="coco17", num_frames=10)
    clips = SkeletonClips({"a": poses}, settings)
    (drawn,) = clips.draw(["a"] * 20, np.random.default_rng(0))
    lost = (drawn == 0).all(-1)
    assert lost.any()
    assert (lost == (drawn[..., 2] == 0)).all()
    # The flipped ones have lost the right wrist.
    assert set(torch.nonzero(lost)[:, 2].tolist()) == {9, 10}


def test_a_flipped_action_gives_the_flipped_clip():
    """Against a flip made by hand: the picture turned about, left and right exchanged by name."""
    poses = walking()
    width = 400
    by_hand = poses.keypoints_px.copy()
    by_hand[..., 0] = width - by_hand[..., 0]
    order = [0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15]
    box = poses.box_px[:, [2, 1, 0, 3]].copy()
    box[:, [0, 2]] = width - box[:, [0, 2]]
    other = ActionPoses(by_hand[:, order], box)
    settings = method(kind="msg3d", num_frames=6, test_flip=True)
    clips = SkeletonClips({"a": poses, "b": other}, settings)
    assert clips.num_views == 2
    torch.testing.assert_close(clips.view(["a"], 1), clips.view(["b"], 0), atol=1e-5, rtol=0)
    assert JOINTS13[5] == "left_wrist"
    assert JOINTS13_FLIP_ORDER[5] == JOINTS13.index("right_wrist")


def test_bones_are_joints_less_their_parents():
    poses = {"a": walking()}
    joint = SkeletonClips(poses, method(kind="msg3d", num_frames=4))
    bone = SkeletonClips(poses, method(kind="msg3d", num_frames=4, stream="bone"))
    (joints,) = joint.inputs(joint.view(["a"], 0))
    (bones,) = bone.inputs(bone.view(["a"], 0))
    assert joints.shape == bones.shape == (1, 3, 4, 13)
    elbow, wrist = JOINTS13.index("left_elbow"), JOINTS13.index("left_wrist")
    expected = joints[:, :2, :, wrist] - joints[:, :2, :, elbow]
    torch.testing.assert_close(bones[:, :2, :, wrist], expected)


def test_training_clips_are_parts_of_the_action_in_order():
    poses = walking(40)
    settings = method(kind="stgcn", num_frames=8, **{**PLAIN, "temporal_crop": 0.5})
    (drawn,) = SkeletonClips({"a": poses}, settings).draw(["a"] * 200, np.random.default_rng(1))
    # The box moves by 5 px a frame; the joint's own place within it is random, the score tells the frame.
    frames = np.array([
        [int(np.argmin(np.abs(poses.keypoints_px[:, 0, 2] - score))) for score in clip]
        for clip in drawn[:, :, 0, 2].numpy()
    ])  # fmt: skip
    assert (np.diff(frames) >= 0).all()
    spans = frames[:, -1] - frames[:, 0] + 1
    assert 12 <= spans.min() < spans.max() <= 40
    assert frames.min() < 3
    assert frames.max() > 36


def test_the_same_seed_gives_the_same_clips():
    clips = SkeletonClips({"a": walking(30)}, method(kind="posec3d", num_frames=8))
    first, again, other = (clips.draw(["a"], np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert all(torch.equal(x, y) for x, y in zip(first, again, strict=True))
    assert not torch.equal(first[0], other[0])


def test_turning_keeps_distances_and_scaling_changes_them_by_one_factor():
    clip = walking().keypoints_px
    rotated = turn_and_scale(clip, 30, 0.0, np.random.default_rng(0))
    np.testing.assert_allclose(
        np.linalg.norm(rotated[..., :2], axis=2), np.linalg.norm(clip[..., :2], axis=2), rtol=1e-5
    )
    assert np.abs(rotated - clip).max() > 1
    scaled = turn_and_scale(clip, 0, 0.2, np.random.default_rng(0))
    ratio = scaled[..., :2] / clip[..., :2]
    assert np.ptp(ratio) < 1e-5
    assert 0.8 <= ratio.mean() <= 1.2
    np.testing.assert_array_equal(scaled[..., 2], clip[..., 2])


def test_windows_of_heat_maps_lie_within_their_box():
    rng = np.random.default_rng(0)
    box = np.array([10.0, 20.0, 110.0, 120.0], np.float32)
    windows = np.array([random_window(box, 0.56, rng) for _ in range(500)])
    assert (windows[:, :2] >= box[:2]).all()
    assert (windows[:, 2:] <= box[2:] + 1e-3).all()
    area = (windows[:, 2] - windows[:, 0]) * (windows[:, 3] - windows[:, 1]) / 100**2
    # A wide window that is cut to its box can be smaller than asked for, by no more than the ratio.
    assert 0.56 * 0.75 < area.min() < 0.6
    assert area.max() > 0.95


def test_actions_without_frames_are_left_out():
    empty = ActionPoses(np.empty((0, 17, 3), np.float32), np.empty((0, 4), np.float32))
    clips = SkeletonClips({"a": walking(), "none": empty}, method(kind="stgcn"))
    with pytest.raises(KeyError):
        clips.view(["none"], 0)
