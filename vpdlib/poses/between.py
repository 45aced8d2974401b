"""The athlete's pose in frames between two in which a teacher was asked for it.

Joints move on curves: between two answers each goes on a cubic that has, at both, the velocity of the parabola through
the answers around. Scores lie on straight lines. Frames: keypoints are COCO-17 rows of x px, y px, score; time in s. N
is the number of frames, in order of time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vpdlib.poses.normalize import to_joints13, torso_length

#: The looks before and after, so many frames apart, for which a deviation is measured against ``max_deviation``. Of
#: joints that are accelerated it grows with the square of the time between looks, what interpolation gets wrong with it.
_FRAMES_APART = 4


@dataclass(frozen=True)
class SeenPose:
    """A teacher's answer (17, 3) in one frame, and the frame's time in s."""

    time_s: float
    keypoints_px: np.ndarray


def agree(
    before: SeenPose, now: SeenPose, after: SeenPose, apart: int, max_deviation: float
) -> bool:
    """Whether a pose is what those before and after make one expect.

    Parameters
    ----------
    before, now, after : three answers, in order of time.
    apart : frames from the first to the last.
    max_deviation : greatest mean distance of the 13 joints from the middle of the way between, in torso lengths, of
        answers up to four frames apart; of those further apart it is as much less.
    """
    joints = to_joints13(np.stack([seen.keypoints_px for seen in (before, now, after)]))
    joints = joints[..., :2].astype(np.float64)
    torso = torso_length(joints).max()
    fraction = (now.time_s - before.time_s) / (after.time_s - before.time_s)
    expected = (1 - fraction) * joints[0] + fraction * joints[2]
    deviation = np.linalg.norm(joints[1] - expected, axis=-1).mean()
    # Written so that a pose that is not finite, or has no torso, agrees with nothing.
    return bool(deviation <= max_deviation * torso * min(1.0, _FRAMES_APART / apart))


def fill_between(
    keypoints_px: np.ndarray, looked_at: np.ndarray, time_s: np.ndarray, run: np.ndarray
) -> np.ndarray:
    """Give the frames in which the teacher was not asked a pose.

    Parameters
    ----------
    keypoints_px : (L, 17, 3) answers.
    looked_at : (N,) bool, the frames they are of.
    time_s : (N,) times.
    run : (N,) numbers of consecutive frames that belong together. The first and the last frame of each are
        looked at.

    Returns
    -------
    (N, 17, 3) float32; answers stay as they are.
    """
    filled = np.empty((len(looked_at), *keypoints_px.shape[1:]), np.float32)
    filled[looked_at] = keypoints_px
    places = np.flatnonzero(looked_at)
    between = np.flatnonzero(~looked_at)
    if not len(between):
        return filled
    known, known_s, known_run = keypoints_px.astype(np.float64), time_s[places], run[places]
    right = np.searchsorted(places, between)
    left = right - 1
    span = (known_s[right] - known_s[left])[:, None, None]
    fraction = (time_s[between] - known_s[left])[:, None, None] / span
    chord = known[right] - known[left]
    values = known[left] + fraction * chord
    slope = _slopes(known_s, known, known_run)
    # At the ends of a run nothing says how the joint bends.
    start = np.where(np.isfinite(slope[left]), slope[left] * span, chord) - chord
    end = np.where(np.isfinite(slope[right]), slope[right] * span, chord) - chord
    bend = fraction * (1 - fraction) * ((1 - fraction) * start - fraction * end)
    values[..., :2] += bend[..., :2]
    filled[between] = values
    return filled


def _slopes(known_s: np.ndarray, known: np.ndarray, run: np.ndarray) -> np.ndarray:
    """The velocity of the parabola through three answers at the middle one, per s; NaN at the ends of a run."""
    slopes = np.full(known.shape, np.nan)
    if len(known) < 3:
        return slopes
    step_s = np.diff(known_s)[:, None, None]
    velocity = np.diff(known, axis=0) / step_s
    before_s, after_s = step_s[:-1], step_s[1:]
    middle = (velocity[:-1] * after_s + velocity[1:] * before_s) / (before_s + after_s)
    slopes[1:-1] = np.where((run[2:] == run[:-2])[:, None, None], middle, np.nan)
    return slopes
