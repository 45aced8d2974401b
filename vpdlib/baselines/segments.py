"""Which frames of an action a frame network sees: temporal segments, test clips and flow stacks.

An action of n frames is cut into T segments of equal length n / T, whatever n is: the bounds need
not be whole frames, and where n < T some frames are taken twice, in order. In training every
segment gives a frame at random, in testing its centre or, for k clips, frames that are shifted from
clip to clip. All positions are frames of the action, int64, 0..n-1, in order of time.

Source: Wang et al., Temporal Segment Networks, ECCV 2016; the clips of a test as in Gate-Shift
Networks (Sudhakaran et al., CVPR 2020), whose "16 frames, 2 clips" the VPD paper takes
(docs/method.md section 11). The latter's code rounds n / T down in training, so that it never sees
the end of an action, and shows the first frame T times where n < T; here all frames count.
"""

from __future__ import annotations

import numpy as np


def random_segments(
    num_frames: int, num_segments: int, rng: np.random.Generator, stack: int = 1
) -> np.ndarray:
    """Draw one frame from each segment, for training.

    Parameters
    ----------
    num_frames : frames n of the action.
    num_segments : T.
    rng : of the draw; T numbers are taken from it.
    stack : consecutive frames that are read from each position on (`stacked_frames`); the positions
        are such that stacks end within the action, where it is long enough.

    Returns
    -------
    (T,) int64

    Raises
    ------
    ValueError : n, T or `stack` is below 1.
    """
    num_starts = _num_starts(num_frames, num_segments, stack)
    drawn = (np.arange(num_segments) + rng.random(num_segments)) * (num_starts / num_segments)
    # A draw just below 1 can be rounded up to the end of the last segment.
    return np.minimum(drawn.astype(np.int64), num_starts - 1)


def clip_segments(
    num_frames: int, num_segments: int, num_clips: int = 1, stack: int = 1
) -> np.ndarray:
    """Return the frames of the test clips.

    One clip takes the centres of the segments; clip j of k > 1 the frames at j / k of their
    lengths, so that two clips are the starts and the centres.

    Parameters
    ----------
    num_frames : frames n of the action.
    num_segments : T.
    num_clips : k.
    stack : as in `random_segments`.

    Returns
    -------
    (k, T) int64

    Raises
    ------
    ValueError : n, T, k or `stack` is below 1.
    """
    if num_clips < 1:
        raise ValueError(f"{num_clips} test clips: expected at least 1")
    num_starts = _num_starts(num_frames, num_segments, stack)
    # In whole numbers, as fraction / parts of a segment: no frame depends on rounding.
    fraction, parts = (np.array([1]), 2) if num_clips == 1 else (np.arange(num_clips), num_clips)
    position = np.arange(num_segments) * parts + fraction[:, None]
    return position * num_starts // (parts * num_segments)


def stacked_frames(positions: np.ndarray, stack: int, num_frames: int) -> np.ndarray:
    """Return the consecutive frames that each position stands for; the last frame is repeated.

    Parameters
    ----------
    positions : (..., T) int, first frames.
    stack : frames L of a stack (5 in TSN's flow stream).
    num_frames : frames n of the action.

    Returns
    -------
    (..., T, L) int64
    """
    return np.minimum(positions[..., None] + np.arange(stack), num_frames - 1)


def flow_channels(flow: np.ndarray) -> np.ndarray:
    """Order stacks of flow fields as a network's channels: u, v of the first, u, v of the second, ...

    Parameters
    ----------
    flow : (..., L, S, S, 2), horizontal then vertical.

    Returns
    -------
    (..., 2 L, S, S), of the same type.

    Raises
    ------
    ValueError : another shape.
    """
    if flow.ndim < 4 or flow.shape[-1] != 2:
        raise ValueError(f"flow stacks {flow.shape}: expected (..., L, S, S, 2)")
    *leading, stack, height, width, _ = flow.shape
    return np.moveaxis(flow, -1, -3).reshape(*leading, 2 * stack, height, width)


def _num_starts(num_frames: int, num_segments: int, stack: int) -> int:
    """Return how many frames a stack may begin at."""
    if num_frames < 1:
        raise ValueError(f"an action of {num_frames} frames: at least 1 is needed; drop it")
    if num_segments < 1 or stack < 1:
        raise ValueError(f"{num_segments} segments of stacks of {stack}: expected at least 1 of 1")
    return max(num_frames - stack + 1, 1)
