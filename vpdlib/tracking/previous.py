"""Which frame counts as the previous one, for crops, flow and the motion of weak labels alike."""

from __future__ import annotations

import numpy as np


def previous_frame_index(
    time_s: np.ndarray, step_s: float = 1 / 25, run: np.ndarray | None = None
) -> np.ndarray:
    """Find for every frame the one that counts as its previous frame.

    It is the frame whose time is nearest to ``step_s`` earlier, always strictly earlier than the
    frame itself: round(fps / 25) frames back at constant rate (docs/method.md section 3). It is of the
    same run as the frame.

    Parameters
    ----------
    time_s : (N,) strictly increasing times in s.
    step_s : the time step in s.
    run : (N,) numbers of consecutive frames that belong together, see :func:`runs`; None: all do.

    Returns
    -------
    int32 (N,) frame numbers; -1 for the first frame of a run.

    Raises
    ------
    ValueError
        If the times do not strictly increase, the step is not positive, or there is not a run for every time.
    """
    time_s = np.asarray(time_s, dtype=np.float64)
    if step_s <= 0:
        raise ValueError(f"previous_frame_index: step_s must be positive, not {step_s}")
    if (np.diff(time_s) <= 0).any():
        at = int(np.argmax(np.diff(time_s) <= 0)) + 1
        raise ValueError(f"previous_frame_index: time does not increase at frame {at}")
    if run is not None and np.shape(run) != time_s.shape:
        raise ValueError(f"previous_frame_index: {np.shape(run)} runs for {len(time_s)} times")
    wanted = time_s - step_s
    after = np.searchsorted(time_s, wanted)
    before = np.clip(after - 1, 0, None)
    after = np.minimum(after, len(time_s) - 1)
    nearest = np.where(wanted - time_s[before] < time_s[after] - wanted, before, after)
    frame = np.arange(len(time_s))
    earlier = np.minimum(nearest, frame - 1)
    if run is None:
        return earlier.astype(np.int32)
    first = np.maximum.accumulate(np.where(_begins(run), frame, 0))
    return np.where(frame == first, -1, np.maximum(earlier, first)).astype(np.int32)


def runs(shot: np.ndarray, segment: np.ndarray) -> np.ndarray:
    """Number the runs of a video in which the picture and the athlete go on without a break.

    Parameters
    ----------
    shot : (N,) number of every frame's shot.
    segment : (N,) number of the athlete's segment in every frame, -1 where there is none.

    Returns
    -------
    int32 (N,), from 0. A run begins with a shot, and where a segment begins after another one. Frames without an
    athlete are of the run before them: what was there a moment before an athlete is the same scene.
    """
    frame = np.arange(len(shot))
    there = np.maximum.accumulate(np.where(segment >= 0, frame, -1))
    latest = np.where(there >= 0, segment[np.maximum(there, 0)], -1)
    changed = _begins(latest) & (np.append(-1, latest[:-1]) >= 0)
    breaks = (_begins(shot) | changed)[1:]
    return np.append(0, np.cumsum(breaks))[: len(shot)].astype(np.int32)


def _begins(number: np.ndarray) -> np.ndarray:
    """Where a number differs from the one before it (N,); true at the first."""
    return np.append(True, np.diff(number) != 0)[: len(number)]
