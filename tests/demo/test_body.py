import cv2
import numpy as np
import pytest

from vpdlib.demo.body import (
    ANGLES,
    NUM_ANGLES,
    draw_proportions,
    flip_pose,
    make_pose,
    pose_figure,
    rotation,
)
from vpdlib.skeleton import BONES13, JOINTS13, JOINTS13_FLIP_ORDER

BODY = draw_proportions(np.random.default_rng(3))


def figure(pose, turn=None):
    turn = np.eye(3) if turn is None else turn
    return pose_figure(BODY, pose[None], turn[None], np.zeros((1, 3)))


def joint(fig, name):
    return fig.joints[0, JOINTS13.index(name)]


@pytest.mark.parametrize("axis", "xyz")
def test_rotation_is_rodrigues(axis):
    vector = np.zeros(3)
    vector["xyz".index(axis)] = 0.7
    np.testing.assert_allclose(rotation(axis, 0.7), cv2.Rodrigues(vector)[0], atol=1e-12)
    assert rotation(axis, np.zeros((2, 5))).shape == (2, 5, 3, 3)


def test_standing_person_has_human_layout():
    fig = figure(np.zeros(NUM_ANGLES))
    assert joint(fig, "left_hip")[0] > 0 > joint(fig, "right_hip")[0]
    order = ["nose", "left_shoulder", "left_elbow", "left_wrist", "left_knee", "left_ankle"]
    heights = [joint(fig, name)[1] for name in order]
    assert heights == sorted(heights, reverse=True)
    assert joint(fig, "nose")[2] > 0.05
    top_to_floor = joint(fig, "nose")[1] - fig.contacts[0, :, 1].min()
    assert 0.88 < top_to_floor / BODY.height < 0.97


@pytest.mark.parametrize(
    ("angles", "name", "axis", "sign"),
    [
        ({"l_sh_flex": 90}, "left_wrist", 2, 1),
        ({"l_sh_abd": 90}, "left_wrist", 0, 1),
        ({"r_sh_abd": 90}, "right_wrist", 0, -1),
        ({"r_hip_flex": 90}, "right_knee", 2, 1),
        ({"r_hip_abd": 60}, "right_ankle", 0, -1),
        ({"l_knee": 90}, "left_ankle", 2, -1),
        ({"l_elbow": 90}, "left_wrist", 2, 1),
        ({"spine_flex": 60}, "nose", 2, 1),
        ({"spine_side": 30}, "nose", 0, 1),
    ],
)
def test_angles_move_the_way_their_name_says(angles, name, axis, sign):
    rest, moved = figure(np.zeros(NUM_ANGLES)), figure(make_pose(**angles))
    assert sign * (joint(moved, name) - joint(rest, name))[axis] > 0.1


def test_limbs_keep_their_length_in_any_pose():
    rng = np.random.default_rng(0)
    poses = rng.uniform(-1.5, 1.5, (20, NUM_ANGLES))
    turn = rotation("y", rng.uniform(-3, 3, 20)) @ rotation("x", rng.uniform(-3, 3, 20))
    fig = pose_figure(BODY, poses, turn, rng.normal(size=(20, 3)))
    limbs = [
        (a, b)
        for a, b in BONES13
        if {JOINTS13[a].split("_")[-1], JOINTS13[b].split("_")[-1]}
        in ({"shoulder", "elbow"}, {"elbow", "wrist"}, {"hip", "knee"}, {"knee", "ankle"})
    ]
    assert len(limbs) == 8
    for a, b in limbs:
        length = np.linalg.norm(fig.joints[:, a] - fig.joints[:, b], axis=1)
        np.testing.assert_allclose(length, length[0], rtol=1e-9)


def test_flipped_pose_is_the_flip_image():
    pose = np.random.default_rng(1).uniform(-1, 1, NUM_ANGLES)
    plain, flipped = figure(pose).joints[0], figure(flip_pose(pose)).joints[0]
    np.testing.assert_allclose(flipped, plain[JOINTS13_FLIP_ORDER] * [-1, 1, 1], atol=1e-9)
    np.testing.assert_array_equal(flip_pose(flip_pose(pose)), pose)


def test_make_pose_sides_and_unknown_names():
    pose = make_pose(knee=90, l_knee=10)
    assert pose[ANGLES.index("r_knee")] == pytest.approx(np.pi / 2)
    assert pose[ANGLES.index("l_knee")] == pytest.approx(np.deg2rad(10))
    with pytest.raises(ValueError, match="wing"):
        make_pose(wing=10)
