"""Selection of weak labels, against a loop."""

import numpy as np
import pytest
from pydantic import ValidationError

from vpdlib.poses.normalize import flip_pose, teacher_rows
from vpdlib.poses.settings import WeakLabelSettings
from vpdlib.poses.weak_labels import select_weak_labels
from vpdlib.skeleton import COCO17, COCO17_TO_JOINTS13


def body(num_frames, seed=0):
    """Random but plausible keypoints: every torso has some length."""
    rng = np.random.default_rng(seed)
    keypoints = rng.uniform(0, 100, (num_frames, 17, 3))
    keypoints[:, COCO17.index("left_hip"), 1] += 80
    keypoints[..., 2] = rng.uniform(0, 1, (num_frames, 1))
    return keypoints


def naive(keypoints, frame, previous_frame, min_score):
    rows = teacher_rows(keypoints)
    where = {int(f): i for i, f in enumerate(frame)}
    motion = np.full(rows.shape, np.nan, dtype=np.float32)
    kept = []
    for i in range(len(frame)):
        j = where.get(int(previous_frame[i]), -1)
        good = j >= 0 and np.isfinite(rows[i]).all() and np.isfinite(rows[j]).all()
        if good:
            motion[i] = rows[i] - rows[j]
        score = keypoints[i, COCO17_TO_JOINTS13, 2].mean()
        kept.append(bool(good and score >= min_score))
    return motion, np.array(kept)


def test_matches_a_loop_with_gaps_steps_and_bad_frames():
    rng = np.random.default_rng(1)
    frame = rng.permutation(200)[:120]  # gaps, not in order
    previous = np.where(rng.random(120) < 0.1, -1, frame - 2)  # 50 fps: two frames earlier
    keypoints = body(120)
    keypoints[rng.integers(0, 120, 10), 5, 0] = np.nan
    labels = select_weak_labels(keypoints, frame, previous, 0.4, max_extent=1e9)
    motion, kept = naive(keypoints, frame, previous, 0.4)
    np.testing.assert_array_equal(labels.motion, motion)
    np.testing.assert_array_equal(labels.kept, kept)
    assert 0 < kept.sum() < 120
    np.testing.assert_array_equal(labels.has_motion, np.isfinite(motion).all(axis=(1, 2)))
    # Flipped motion is the change of the flipped rows, which is the flipped change.
    np.testing.assert_allclose(labels.motion[kept, 1], flip_pose(labels.motion[kept, 0]))


def test_threshold_is_inclusive_and_score_of_previous_frame_is_not_checked():
    keypoints = body(3)
    keypoints[..., 2] = np.array([0.1, 0.5, 0.4])[:, None]
    labels = select_weak_labels(keypoints, np.arange(3), np.arange(3) - 1, 0.5)
    assert labels.kept.tolist() == [False, True, False]
    assert labels.has_motion.tolist() == [False, True, True]


def test_collapsed_torso_is_dropped_and_counted():
    keypoints = body(4)
    keypoints[..., 2] = 0.9
    torso = [COCO17.index(n) for n in ("left_shoulder", "right_shoulder", "left_hip", "right_hip")]
    keypoints[1, torso, :2] = 50.0  # no length: scale 1, in pixels
    keypoints[3, 0, 0] = np.nan
    labels = select_weak_labels(keypoints, np.arange(4), np.arange(4) - 1, 0.5)
    assert labels.kept.tolist() == [False, False, False, False]
    assert labels.counts() == {
        "num_frames": 4,
        "num_kept": 0,
        "num_not_finite": 1,
        "num_implausible": 1,
        "num_without_motion": 4,
    }
    all_one_point = np.full((2, 17, 3), 0.9)
    assert not select_weak_labels(all_one_point, np.arange(2), np.arange(2) - 1, 0.5).kept.any()


def test_nan_score_is_not_kept():
    keypoints = body(2)
    keypoints[..., 2] = 0.9
    keypoints[1, 5, 2] = np.nan
    assert not select_weak_labels(keypoints, np.arange(2), np.arange(2) - 1, 0.0).kept.any()


def test_minus_one_is_no_frame_even_if_a_frame_has_that_number():
    labels = select_weak_labels(body(2), np.array([-1, 0]), np.array([-1, -1]), 0.0)
    assert not labels.has_motion.any()


def test_empty_video():
    empty = np.zeros(0, dtype=int)
    labels = select_weak_labels(np.zeros((0, 17, 3)), empty, empty, 0.5)
    assert labels.pose.shape == labels.motion.shape == (0, 2, 26)
    assert labels.counts()["num_frames"] == 0


def test_refusals():
    with pytest.raises(ValueError, match="frame 7 occurs"):
        select_weak_labels(body(2), np.array([7, 7]), np.array([-1, 6]), 0.5)
    with pytest.raises(ValueError, match="one entry per frame"):
        select_weak_labels(body(3), np.arange(2), np.arange(3), 0.5)
    with pytest.raises(ValidationError):
        WeakLabelSettings(min_scores=0.5)
    with pytest.raises(ValidationError):
        WeakLabelSettings(min_score=1.5)


def test_previous_frame_may_need_a_score_too():
    rng = np.random.default_rng(3)
    keypoints = np.concatenate([rng.random((3, 17, 2)) * 100, np.full((3, 17, 1), 0.8)], axis=2)
    keypoints[1, :, 2] = 0.1
    frame, previous = np.arange(3), np.array([-1, 0, 1])
    paper = select_weak_labels(keypoints, frame, previous, min_score=0.5, max_extent=1e6)
    assert paper.kept.tolist() == [False, False, True]
    strict = select_weak_labels(
        keypoints, frame, previous, min_score=0.5, max_extent=1e6, previous_min_score=0.5
    )
    assert strict.kept.tolist() == [False, False, False]
    assert strict.has_motion.tolist() == [False, True, False]


def test_an_embedding_takes_the_place_of_the_joints_and_nothing_else():
    keypoints = body(12)
    keypoints[7, :, 0] = np.inf
    frame = np.arange(12)
    plain = select_weak_labels(keypoints, frame, frame - 1, 0.4)
    rng = np.random.default_rng(3)
    vectors = rng.normal(size=(12, 2, 64)).astype(np.float32)
    labels = select_weak_labels(keypoints, frame, frame - 1, 0.4, vectors=vectors)
    np.testing.assert_array_equal(labels.kept, plain.kept)
    np.testing.assert_array_equal(labels.score, plain.score)
    np.testing.assert_array_equal(labels.pose, vectors)
    moved = np.flatnonzero(labels.has_motion)
    assert moved.tolist() == [1, 2, 3, 4, 5, 6, 9, 10, 11]
    np.testing.assert_array_equal(labels.motion[moved], vectors[moved] - vectors[moved - 1])
    vectors[3] = np.nan
    labels = select_weak_labels(keypoints, frame, frame - 1, 0.4, vectors=vectors)
    assert not labels.has_motion[3:5].any()
    with pytest.raises(ValueError, match=r"vectors .*expected \(12, 2, D\)"):
        select_weak_labels(keypoints, frame, frame - 1, 0.4, vectors=vectors[:5])
