"""Views: what a known pose looks like, orthographic as the limit of perspective, noise, ranges."""

import numpy as np
import pytest
from pydantic import ValidationError
from skeletons import random_skeletons, rotated, standing

from vpdlib.poses.normalize import flip_pose, normalize_pose
from vpdlib.skeleton import JOINTS13
from vpdlib.vipe.cameras import (
    Views,
    detector_like,
    flip_input,
    invert_input,
    network_input,
    pose_part,
    project,
    random_inputs,
    random_views,
)
from vpdlib.vipe.settings import CameraSettings
from vpdlib.vipe.targets import flip_xyz


def view(azimuth=0.0, elevation=0.0, roll=0.0, distance=np.inf, count=1):
    return Views(*(np.full(count, v) for v in (azimuth, elevation, roll, distance)))


def joint(picture, name):
    return picture[0, JOINTS13.index(name)]


def test_orthographic_view_of_a_standing_person():
    # From behind: the camera looks along +y, as the person does; right is right, up is negative.
    picture = project(standing(), view())
    assert joint(picture, "right_shoulder") == pytest.approx([0.2, -0.5], abs=1e-6)
    assert joint(picture, "left_ankle") == pytest.approx([-0.13, 0.87], abs=1e-6)
    assert joint(picture, "nose") == pytest.approx([0.0, -0.7], abs=1e-6)
    # From the front.
    picture = project(standing(), view(azimuth=np.pi))
    assert joint(picture, "right_shoulder") == pytest.approx([-0.2, -0.5], abs=1e-6)
    # A quarter counter-clockwise from behind is the person's right: the nose, in front, is right.
    picture = project(standing(), view(azimuth=np.pi / 2))
    assert joint(picture, "nose") == pytest.approx([0.1, -0.7], abs=1e-6)


def test_elevation_looks_down_and_roll_turns_clockwise():
    # From above and behind, what is ahead moves up the picture.
    angle = np.radians(30)
    picture = project(standing(), view(elevation=angle))
    expected = -(np.sin(angle) * 0.1 + np.cos(angle) * 0.7)
    assert joint(picture, "nose") == pytest.approx([0.0, expected], abs=1e-6)
    picture = project(standing(), view(roll=np.pi / 2))
    assert joint(picture, "nose") == pytest.approx([0.7, 0.0], abs=1e-6)


def test_perspective_is_orthographic_from_afar_and_enlarges_what_is_near():
    xyz = random_skeletons(np.random.default_rng(0), 20)
    views = random_views(np.random.default_rng(1), 20, CameraSettings(perspective_probability=0))
    flat = project(xyz, views)

    def difference(distance):
        far = Views(views.azimuth, views.elevation, views.roll, np.full(20, distance))
        return np.abs(project(xyz, far) - flat).max()

    assert difference(4.0) > 0.02
    assert difference(1e6) < 1e-5
    assert difference(40.0) == pytest.approx(difference(400.0) * 10, rel=0.1)
    # From behind at 2 m the nose, 0.1 m further away than the hips, is smaller.
    picture = project(standing(), view(distance=2.0))
    assert joint(picture, "nose") == pytest.approx([0.0, -0.7 / 1.05], abs=1e-6)


def test_azimuth_turns_the_camera_about_the_person():
    xyz = random_skeletons(np.random.default_rng(0), 5)
    one = project(rotated(xyz, 0.7), view(azimuth=0.4 + 0.7, elevation=0.2, count=5))
    two = project(xyz, view(azimuth=0.4, elevation=0.2, count=5))
    np.testing.assert_allclose(one, two, atol=1e-6)


def test_random_views_keep_their_ranges():
    settings = CameraSettings(azimuth_degrees=90, perspective_probability=0.25)
    views = random_views(np.random.default_rng(0), 20_000, settings)
    for values, limit in ((views.azimuth, 90), (views.elevation, 30), (views.roll, 30)):
        degrees = np.degrees(values)
        assert np.abs(degrees).max() <= limit
        assert degrees.std() == pytest.approx(limit / np.sqrt(3), rel=0.03)
    near = np.isfinite(views.distance)
    assert near.mean() == pytest.approx(0.25, abs=0.02)
    assert views.distance[near].min() >= 3
    assert views.distance[near].max() <= 30


def test_input_is_the_teachers_pose_with_score():
    rng = np.random.default_rng(0)
    keypoints = np.concatenate([rng.normal(size=(6, 17, 2)) * 50 + 300, rng.random((6, 17, 1))], 2)
    rows = network_input(keypoints)
    assert rows.shape == (6, 39)
    assert rows.dtype == np.float32
    np.testing.assert_array_equal(pose_part(rows), normalize_pose(keypoints))
    np.testing.assert_allclose(rows[:, 2], keypoints[:, 0, 2] - 0.5, atol=1e-6)
    np.testing.assert_array_equal(pose_part(flip_input(rows)), flip_pose(normalize_pose(keypoints)))
    np.testing.assert_array_equal(flip_input(flip_input(rows)), rows)
    np.testing.assert_array_equal(invert_input(rows)[:, 1::3], -rows[:, 1::3])
    np.testing.assert_array_equal(invert_input(rows)[:, ::3], rows[:, ::3])


def test_flipped_pose_seen_from_the_flipped_camera_is_the_flipped_picture():
    xyz = random_skeletons(np.random.default_rng(3), 8)
    views = random_views(np.random.default_rng(4), 8, CameraSettings())
    flipped = Views(-views.azimuth, views.elevation, -views.roll, views.distance)
    np.testing.assert_allclose(
        normalize_pose(project(flip_xyz(xyz), flipped)),
        flip_pose(normalize_pose(project(xyz, views))),
        atol=1e-5,
    )


def test_scores_and_noise():
    xyz = np.repeat(standing(), 4000, axis=0)
    picture = project(xyz, view(count=4000))
    plain = detector_like(np.random.default_rng(0), picture, CameraSettings())
    np.testing.assert_array_equal(plain[..., :2], picture)
    assert plain[..., 2].min() >= 0.5
    assert plain[..., 2].max() <= 1.0
    assert plain[..., 2].mean() == pytest.approx(0.75, abs=0.01)

    settings = CameraSettings(joint_noise=0.1, drop_probability=0.2, drop_spread=0.4)
    noisy = detector_like(np.random.default_rng(0), picture, settings)
    dropped = noisy[..., 2] <= 0.3
    assert dropped.mean() == pytest.approx(0.2, abs=0.01)
    torso = np.hypot(0.32, 0.5)  # shoulder to the opposite hip
    errors = noisy[..., :2] - picture / torso
    assert errors[~dropped].std() == pytest.approx(0.1, rel=0.03)
    assert errors[dropped].std() == pytest.approx(np.hypot(0.1, 0.4), rel=0.03)


def test_random_inputs_are_finite_and_seeded():
    xyz = random_skeletons(np.random.default_rng(0), 300)
    settings = CameraSettings(joint_noise=0.05, drop_probability=0.1)
    rows = random_inputs(np.random.default_rng(1), xyz, settings)
    assert np.isfinite(rows).all()
    np.testing.assert_array_equal(rows, random_inputs(np.random.default_rng(1), xyz, settings))


@pytest.mark.parametrize(
    "values", [{"distance_m": (1.0, 5.0)}, {"distance_m": (9.0, 5.0)}, {"score_range": (0.5, 1.2)}]
)
def test_bad_ranges_are_refused(values):
    with pytest.raises(ValidationError, match="expected"):
        CameraSettings(**values)


def test_keypoints_without_score_are_refused():
    with pytest.raises(ValueError, match="with a score"):
        network_input(np.zeros((4, 13, 2)))
