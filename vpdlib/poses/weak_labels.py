"""Weak labels: which frames of a teacher a student learns from, with pose and motion targets.

Frames: keypoints ``_px`` in pixels of any one image frame, poses ``_norm`` as in
``vpdlib.poses.normalize``. Shapes: N frames of one video; row 0 of a pair is the regular image, row
1 its flipped image. Motion is dp = p_t - p_previous where *previous* is the source frame 1/25 s
earlier, the same time step as the optical flow has (docs/method.md section 12, row 7).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vpdlib.poses.normalize import (
    mean_joint_score,
    teacher_rows,
    to_joints13,
    torso_length,
)

#: In ``previous_frame``: there is no frame 1/25 s earlier.
NO_FRAME = -1


@dataclass(frozen=True)
class WeakLabels:
    """Targets of one video's frames.

    Attributes
    ----------
    pose : (N, 2, D) float32, p_t, regular and flipped, D = 26 for joints; NaN where the keypoints are not finite.
    motion : (N, 2, D) float32, p_t - p_previous; NaN where `has_motion` is False.
    score : (N,) float32, mean score of the 13 joints; NaN where a score is not finite.
    kept : (N,) bool, the frames a student may learn from.
    has_motion : (N,) bool, this frame and the previous one both have a plausible pose, and the
        previous one its least score.
    plausible : (N,) bool, finite, torso longer than 0, no coordinate beyond the greatest extent.
    """

    pose: np.ndarray
    motion: np.ndarray
    score: np.ndarray
    kept: np.ndarray
    has_motion: np.ndarray
    plausible: np.ndarray

    def counts(self) -> dict[str, int]:
        """Count frames: all, kept, and without a finite pose, a plausible pose, a motion target."""
        finite = np.isfinite(self.pose).all(axis=(1, 2))
        return {
            "num_frames": len(self.score),
            "num_kept": int(self.kept.sum()),
            "num_not_finite": int((~finite).sum()),
            "num_implausible": int((finite & ~self.plausible).sum()),
            "num_without_motion": int((~self.has_motion).sum()),
        }


def select_weak_labels(
    keypoints_px: np.ndarray,
    frame: np.ndarray,
    previous_frame: np.ndarray,
    min_score: float,
    max_extent: float = 5.0,
    previous_min_score: float = 0.0,
    vectors: np.ndarray | None = None,
) -> WeakLabels:
    """Select a teacher's weak labels in one video.

    A frame is kept where its mean joint score is at least `min_score`, its pose is plausible, and
    the previous frame has a plausible pose too. In the paper, the score of the previous frame is not
    looked at (docs/method.md section 5), which is `previous_min_score` 0. Plausibility
    beyond "finite" is ours: it removes poses whose torso is a point, whose normalised limbs are arbitrarily large.

    Parameters
    ----------
    keypoints_px : (N, 17, 3), x, y, score.
    frame : (N,) int, distinct source frame indices, in any order.
    previous_frame : (N,) int, source frame index 1/25 s earlier; -1 where there is none.
    min_score : smallest mean joint score that is kept.
    max_extent : greatest absolute coordinate of a plausible normalised pose (the torso is 0.5).
    previous_min_score : smallest mean joint score of the previous frame.
    vectors : (N, 2, D) the teacher's vectors, regular and flipped, where the teacher is not the joints themselves
        but an embedding of them. Scores and plausibility are those of the joints all the same.

    Returns
    -------
    WeakLabels

    Raises
    ------
    ValueError : lengths differ, or a frame occurs twice.

    Notes
    -----
    Paper section 3.2; docs/method.md sections 5 and 7.
    """
    frame = np.asarray(frame, dtype=np.int64)
    previous_frame = np.asarray(previous_frame, dtype=np.int64)
    keypoints_px = np.asarray(keypoints_px)
    if not frame.shape == previous_frame.shape == keypoints_px.shape[:1]:
        raise ValueError(
            f"keypoints for {keypoints_px.shape[:1]} frames, frame {frame.shape}, previous_frame "
            f"{previous_frame.shape}: all three need one entry per frame"
        )
    unique, num_times = np.unique(frame, return_counts=True)
    if (num_times > 1).any():
        raise ValueError(
            f"frame {unique[num_times > 1][0]} occurs more than once; give one pose per frame"
        )
    joints = teacher_rows(keypoints_px)
    pose = joints if vectors is None else np.asarray(vectors, dtype=np.float32)
    if pose.ndim != 3 or pose.shape[:2] != (len(frame), 2):
        raise ValueError(f"vectors {pose.shape}: expected ({len(frame)}, 2, D), one pair per frame")
    score = mean_joint_score(keypoints_px)
    with np.errstate(invalid="ignore"):
        plausible = np.abs(joints).max(axis=(1, 2), initial=0.0) <= max_extent
        plausible &= np.isfinite(pose).all(axis=(1, 2))
        plausible &= torso_length(to_joints13(keypoints_px)) > 0
        usable_before = plausible & (score >= np.float32(previous_min_score))

    row = rows_of_frames(previous_frame, frame)
    has_motion = (row >= 0) & plausible
    has_motion[has_motion] = usable_before[row[has_motion]]
    motion = np.full(pose.shape, np.nan, dtype=np.float32)
    motion[has_motion] = pose[has_motion] - pose[row[has_motion]]
    kept = reaches_score(score, motion, min_score)
    return WeakLabels(pose, motion, score, kept, has_motion, plausible)


def reaches_score(score: np.ndarray, motion: np.ndarray, min_score: float) -> np.ndarray:
    """Which frames have a motion target and a mean joint score of at least `min_score`; (N,) bool.

    Parameters
    ----------
    score : (N,), NaN where a score is not finite.
    motion : (N, 2, D), NaN where there is none.
    min_score : compared in float32, as scores are stored.
    """
    with np.errstate(invalid="ignore"):
        sure = score >= np.float32(min_score)
    return sure & np.isfinite(motion).all(axis=(1, 2))


def rows_of_frames(wanted: np.ndarray, frame: np.ndarray) -> np.ndarray:
    """Return for each wanted frame (M,) its row in `frame` (N,), or -1; (M,) int64."""
    if len(frame) == 0:
        return np.zeros(0, dtype=np.int64)
    order = np.argsort(frame, kind="stable")
    position = np.minimum(np.searchsorted(frame[order], wanted), len(frame) - 1)
    row = order[position]
    return np.where((frame[row] == wanted) & (wanted != NO_FRAME), row, -1)
