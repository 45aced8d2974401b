"""The athlete's pose in frames between two in which a teacher was asked for it.

Joints move on curves: between two answers each goes on a cubic that has, at both, the velocity of the parabola through
the answers around. Scores lie on straight lines. Frames: keypoints are COCO-17 rows of x px, y px, score; time in s. N
is the number of frames, in order of time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vpdlib.poses.normalize import to_joints13, torso_length

#: Looks that are so many frames apart may be off by all of ``max_deviation``. Of joints that are accelerated the
#: deviation grows with the square of the time between looks, and what interpolation gets wrong grows with it.
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
    start_slope, end_slope = _slopes(known_s, known, known_run, left, right)
    # At the ends of a run nothing says how the joint bends.
    start = np.where(np.isfinite(start_slope), start_slope * span, chord) - chord
    end = np.where(np.isfinite(end_slope), end_slope * span, chord) - chord
    bend = fraction * (1 - fraction) * ((1 - fraction) * start - fraction * end)
    values[..., :2] += bend[..., :2]
    filled[between] = values
    return filled


def _slopes(
    known_s: np.ndarray, known: np.ndarray, run: np.ndarray, left: np.ndarray, right: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Velocities at the looks before and after each frame, per s, two of (K, 17, 3); NaN where they are not known.

    It is not known where no other look of the run follows, or one that is nearer: what was looked at more closely is
    where something began, which says nothing of the time before.
    """
    last = len(known_s) - 1
    step_s = known_s[right] - known_s[left]
    slopes = []
    for middle, outer in ((left, left - 1), (right, right + 1)):
        inside = np.clip(outer, 0, last)
        far_s = np.abs(known_s[inside] - known_s[middle])
        usable = (inside == outer) & (run[inside] == run[middle]) & (far_s > step_s * 0.9)
        chord = (known[right] - known[left]) / step_s[:, None, None]
        beyond_s = np.where(usable, known_s[inside] - known_s[middle], 1.0)[:, None, None]
        beyond = (known[inside] - known[middle]) / beyond_s
        share = np.abs(beyond_s) / (np.abs(beyond_s) + step_s[:, None, None])
        slope = share * chord + (1 - share) * beyond
        slopes.append(np.where(usable[:, None, None], slope, np.nan))
    return slopes[0], slopes[1]
