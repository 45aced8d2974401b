"""Poses between two answers of the teacher: curves are kept, and nothing reaches over the end of a run."""

import numpy as np
import pytest

from vpdlib.poses.between import SeenPose, agree, fill_between
from vpdlib.poses.settings import PoseSettings
from vpdlib.poses.write import estimate_poses
from vpdlib.video.reader import Frame

#: A standing person, COCO-17, px; the torso is 50 px long.
STANDING = np.array(
    [
        *((50, 10), (48, 8), (52, 8), (45, 9), (55, 9), (40, 25), (60, 25), (35, 45), (65, 45)),
        *((33, 60), (67, 60), (43, 70), (57, 70), (43, 100), (57, 100), (43, 130), (57, 130)),
    ],
    float,
)


def pose(x=0.0, y=0.0, score=0.7):
    return np.concatenate([STANDING + np.array([x, y]), np.full((17, 1), score)], axis=1).astype(
        np.float32
    )


def arc(time_s):
    """A jump: 100 px a second to the right, and 400 px/s^2 of gravity."""
    return pose(100 * time_s, 200 * (time_s - 0.5) ** 2)


def seen(time_s, keypoints_px):
    return SeenPose(time_s, keypoints_px)


def test_a_pose_agrees_within_the_deviation_of_its_torso():
    before, after = seen(0, pose(0)), seen(0.4, pose(40))
    assert agree(before, seen(0.2, pose(20)), after, 4, 0.01)
    assert agree(before, seen(0.1, pose(10)), after, 4, 0.01)
    torso = np.hypot(17, 45)
    assert agree(before, seen(0.2, pose(20, 0.19 * torso)), after, 4, 0.2)
    assert not agree(before, seen(0.2, pose(20, 0.21 * torso)), after, 4, 0.2)
    # Looks that are further apart must agree better; a pose at rest is confirmed at any distance.
    assert not agree(before, seen(0.2, pose(20, 0.19 * torso)), after, 8, 0.2)
    assert agree(before, seen(0.2, pose(20, 0.09 * torso)), after, 8, 0.2)


def test_a_pose_that_is_none_agrees_with_nothing():
    none = np.full((17, 3), np.nan, np.float32)
    assert not agree(seen(0, pose()), seen(1, none), seen(2, pose()), 2, 0.5)
    assert not agree(seen(0, none), seen(1, none), seen(2, none), 2, 0.5)


def test_curves_are_kept():
    time_s = np.arange(13) / 25
    looked_at = np.arange(13) % 4 == 0
    truth = np.stack([arc(t) for t in time_s])
    filled = fill_between(truth[looked_at], looked_at, time_s, np.zeros(13, int))
    assert filled.dtype == np.float32
    assert (filled[looked_at] == truth[looked_at]).all()
    # The parabola through three answers is the curve itself; at either end one is missing.
    np.testing.assert_allclose(filled[4:9], truth[4:9], atol=1e-3)
    np.testing.assert_allclose(filled, truth, atol=1.0)


def test_scores_are_on_the_line_and_times_count():
    answers = np.stack([pose(0, score=0.4), pose(20, score=0.8)])
    filled = fill_between(
        answers, np.array([True, False, True]), np.array([0, 0.3, 0.4]), np.zeros(3, int)
    )
    np.testing.assert_allclose(filled[1], pose(15, score=0.7), atol=1e-5)


def test_another_run_bends_nothing():
    looked_at = np.array([True, False, True, True, False, True])
    run = np.array([0, 0, 0, 1, 1, 1])
    answers = np.stack([pose(0), pose(20), pose(300), pose(300)])
    filled = fill_between(answers, looked_at, np.arange(6) / 25, run)
    np.testing.assert_allclose(filled[1], pose(10), atol=1e-5)
    np.testing.assert_allclose(filled[4], pose(300), atol=1e-5)


def test_no_frames():
    nothing = np.zeros((0, 17, 3), np.float32)
    filled = fill_between(nothing, np.zeros(0, bool), np.zeros(0), np.zeros(0, int))
    assert filled.shape == (0, 17, 3)


class Teacher:
    """Knows where the athlete is in every frame by the frame's first pixel."""

    def __init__(self, of_frame, batch_size=1):
        self.attributes = {}
        self.batch_size = batch_size
        self._of_frame = of_frame
        self.asked = []

    def estimate_many(self, views):
        at = [int(view.image_rgb[0, 0, 0]) for view in views]
        self.asked += at
        return np.stack([self._of_frame(frame) for frame in at])


class Tracks:
    """The columns of a track that matter."""

    def __init__(self, num, without=(), cut=None):
        self.box_px = np.tile(np.array([0, 0, 100, 140], np.float32), (num, 1))
        self.box_px[list(without)] = np.nan
        self.segment = np.where(np.isfinite(self.box_px[:, 0]), 0, -1)
        self.shot = np.arange(num) >= (num if cut is None else cut)


def frames_of(num):
    return [Frame(n, n / 25, np.full((150, 120, 3), n, np.uint8)) for n in range(num)]


@pytest.mark.parametrize("batch_size", [1, 8])
def test_the_teacher_is_asked_where_it_is_needed(batch_size):
    def of_frame(frame):
        # At rest, but for a gesture.
        return pose(30 * (13 <= frame < 18))

    teacher = Teacher(of_frame, batch_size)
    settings = PoseSettings()
    frame, keypoints_px, looked_at = estimate_poses(frames_of(30), Tracks(30), teacher, settings)
    assert frame.tolist() == list(range(30))
    assert frame.dtype == np.int32
    assert sorted(teacher.asked) == np.flatnonzero(looked_at).tolist()
    assert looked_at[[0, 12, 13, 17, 18, 29]].all()
    assert looked_at.sum() < 20
    expected = np.stack([of_frame(number) for number in frame])
    np.testing.assert_allclose(keypoints_px, expected, atol=1e-4)
    every = estimate_poses(
        frames_of(30),
        Tracks(30),
        Teacher(of_frame, batch_size),
        settings.model_copy(update={"look_first_at_every": 1}),
    )
    assert every[2].all()
    assert (every[1] == expected).all()


def test_boxes_that_are_missing_and_cuts_part_runs():
    teacher = Teacher(lambda frame: pose())
    tracks = Tracks(24, without=[9, 10], cut=17)
    frame, _, looked_at = estimate_poses(frames_of(24), tracks, teacher, PoseSettings())
    assert frame.tolist() == [*range(9), *range(11, 24)]
    ends = {0, 8, 11, 16, 17, 23}
    assert ends <= set(frame[looked_at].tolist())
    assert not looked_at.all()


def test_a_video_that_ends_early_and_one_without_a_box():
    teacher = Teacher(lambda frame: pose())
    frame, keypoints_px, looked_at = estimate_poses(
        frames_of(10), Tracks(20), teacher, PoseSettings()
    )
    assert frame.tolist() == list(range(10))
    assert looked_at[9]
    nowhere = Tracks(5, without=range(5))
    frame, keypoints_px, looked_at = estimate_poses(frames_of(5), nowhere, teacher, PoseSettings())
    assert len(frame) == len(keypoints_px) == len(looked_at) == 0
