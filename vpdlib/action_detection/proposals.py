"""Segments of a video proposed from the scores of its frames.

Frames are counted from 0 and a segment is [start, end), its end exclusive: frames 3, 4 and 5 are (3, 6), of length
3 (docs/method.md section 10; the released code holds both ends inclusive, which is why its ``last - first > 3``
asks for five frames).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vpdlib.action_detection.settings import ProposalSettings


@dataclass(frozen=True)
class Proposal:
    """A proposed segment: frames [start, end) of a video, and the mean score of the run it came from."""

    video: str
    start: int
    end: int
    score: float


def find_runs(
    scores: NDArray[np.floating], threshold: float, merge_gap: int, min_frames: int
) -> list[tuple[int, int]]:
    """Longest runs of frames at or above a threshold.

    Parameters
    ----------
    scores : (T,).
    threshold : lowest score of a frame in a run.
    merge_gap : runs with at most this many frames between them become one.
    min_frames : runs that are shorter after that are left out.

    Returns
    -------
    Frames [start, end), rising.
    """
    # float32 scores are compared with the threshold as float32 has it: 0.2 is at least 0.2.
    above = np.concatenate([[False], scores >= scores.dtype.type(threshold), [False]])
    starts = np.flatnonzero(above[1:] & ~above[:-1])
    ends = np.flatnonzero(above[:-1] & ~above[1:])
    joined: list[tuple[int, int]] = []
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        if joined and start - joined[-1][1] <= merge_gap:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return [(start, end) for start, end in joined if end - start >= min_frames]


def propose(
    video: str,
    scores: NDArray[np.floating],
    threshold: float,
    mean_length: float,
    settings: ProposalSettings,
) -> list[Proposal]:
    """Proposals of one video.

    A run's score is the mean over its frames, joined gaps included, before its length is changed. A run shorter
    than ``shortest`` or longer than ``longest`` times the mean length gets that bound, in whole frames
    rounded down and at least one, around its middle; what then lies outside the video is cut off.

    Parameters
    ----------
    video : its id.
    scores : (T,) in [0, 1]; T may be 0.
    threshold : see `find_runs`.
    mean_length : of the training events, frames.
    settings : of the runs and the bounds.
    """
    found = []
    for start, end in find_runs(scores, threshold, settings.merge_gap, settings.min_frames):
        score = float(np.mean(scores[start:end], dtype=np.float64))
        start, end = _bounded(start, end, mean_length, settings)
        found.append(Proposal(video, max(start, 0), min(end, len(scores)), score))
    return found


def _bounded(
    start: int, end: int, mean_length: float, settings: ProposalSettings
) -> tuple[int, int]:
    bound = float(
        np.clip(end - start, settings.shortest * mean_length, settings.longest * mean_length)
    )
    if bound == end - start:
        return start, end
    length = max(int(bound), 1)
    # Twice the middle is start + end; floor division also where it leaves the video to the left.
    first = (start + end - length) // 2
    return first, first + length
