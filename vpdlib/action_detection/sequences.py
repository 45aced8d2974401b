"""Descriptors of whole videos, frame by frame, and labelled events in frames.

Detection looks at every frame. A video is a `DenseSequence`: descriptors (T, 2, d), regular and flipped, row t for
frame t, NaN where the athlete was not found, and time stamps (T,). T is one more than the last frame with a
row in the feature artifact. `fill_gaps` puts numbers in place of NaN. Segments are in frames, [start, end), the end
exclusive (docs/method.md section 10; row 12 of section 12: the released code swaps the two weights of
the interpolation, here the nearer frame counts more).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vpdlib.artifacts import read_artifact
from vpdlib.artifacts.features import Features
from vpdlib.datasets.base import TIME_SLACK_S
from vpdlib.datasets.tables import EventRow

_FILLED_AT_ONCE = 20_000


@dataclass(frozen=True)
class DenseSequence:
    """One video.

    Attributes
    ----------
    descriptors : (T, 2, d) float32, NaN in frames without the athlete.
    time_s : (T,) float64, seconds on the player's clock, strictly rising.
    fps : nominal frames a second, for events where fewer than two time stamps tell the rate.
    """

    descriptors: NDArray[np.float32]
    time_s: NDArray[np.float64]
    fps: float

    @cached_property
    def found(self) -> NDArray[np.bool_]:
        """Frames with a descriptor, (T,)."""
        return np.asarray(np.isfinite(self.descriptors).all(axis=(1, 2)))


def dense_sequences(
    features_paths: Iterable[Path], videos: Mapping[str, float]
) -> dict[str, DenseSequence]:
    """Read whole videos from feature artifacts.

    Time stamps of frames without a row are interpolated; those before the first row go on at its rate, down to 0 s.

    Parameters
    ----------
    features_paths : feature artifacts of all shards.
    videos : ids of those wanted -> nominal frames a second.

    Returns
    -------
    video id -> its sequence, in the order of ``videos``; T is 0 where the athlete was never found.

    Raises
    ------
    ValueError
        If the shards together lack a video, feature sets of different length meet, or frames do not rise.
    """
    found: dict[str, DenseSequence] = {}
    dims: set[int] = set()
    for path in features_paths:
        with read_artifact(path, Features) as artifact:
            for video in artifact.videos():
                if video.video_id not in videos:
                    continue
                frame = video.frame.astype(np.int64)
                descriptor = video.descriptor
                if len(descriptor):
                    dims.add(descriptor.shape[2])
                where = f"{path}, video {video.video_id!r}"
                found[video.video_id] = _dense(
                    frame, video.time_s, descriptor, videos[video.video_id], where
                )
    missing = sorted(videos.keys() - found.keys())
    if missing:
        raise ValueError(
            f"the feature artifacts lack {len(missing)} videos, such as {missing[:3]}; rerun the rule "
            "that makes them"
        )
    if len(dims) > 1:
        raise ValueError(f"feature artifacts of different descriptor lengths {sorted(dims)}")
    return {video: found[video] for video in videos}


def _dense(
    frame: NDArray[np.int64],
    time_s: NDArray[np.float64],
    descriptor: NDArray[np.float32],
    fps: float,
    where: str,
) -> DenseSequence:
    if len(frame) == 0:
        return DenseSequence(descriptor[:0], np.empty(0), fps)
    if frame[0] < 0 or (np.diff(frame) <= 0).any() or (np.diff(time_s) <= 0).any():
        raise ValueError(f"{where}: frames and times must rise from 0 on; make the features anew")
    num_frames = int(frame[-1]) + 1
    dense = np.full((num_frames, *descriptor.shape[1:]), np.nan, dtype=np.float32)
    dense[frame] = descriptor
    # One number that is none spoils the frame.
    dense[~np.isfinite(dense).all(axis=(1, 2))] = np.nan
    if frame[0] > 0:
        frame, time_s = np.append(0, frame), np.append(_start(frame, time_s, fps), time_s)
    return DenseSequence(dense, np.interp(np.arange(num_frames), frame, time_s), fps)


def _start(frame: NDArray[np.int64], time_s: NDArray[np.float64], fps: float) -> float:
    """When frame 0 is shown, where rows begin later: the picture may begin later than the file."""
    rate = (frame[-1] - frame[0]) / (time_s[-1] - time_s[0]) if len(frame) > 1 else fps
    return max(0.0, float(time_s[0] - frame[0] / rate))


def fill_gaps(descriptors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Replace frames that hold NaN.

    Between two frames with the athlete every number changes linearly; before the first and after the last the
    nearest such frame is repeated.

    Parameters
    ----------
    descriptors : (T, 2, d).

    Returns
    -------
    (T, 2, d) float32 without NaN.

    Raises
    ------
    ValueError
        If T > 0 and no frame is whole: such a video has no descriptors to fill from.
    """
    found = np.flatnonzero(np.isfinite(descriptors).all(axis=(1, 2)))
    if len(found) == len(descriptors):
        return descriptors.astype(np.float32)
    if len(found) == 0:
        raise ValueError(
            f"none of {len(descriptors)} frames has a descriptor: leave the video out, it has no proposals"
        )
    # Frames that were found keep their bits.
    filled = descriptors.astype(np.float32)
    missing = np.setdiff1d(np.arange(len(descriptors)), found)
    # Videos of hours in parts, since what is computed has twice as many bytes as what is kept.
    for first in range(0, len(missing), _FILLED_AT_ONCE):
        frames = missing[first : first + _FILLED_AT_ONCE]
        after = np.searchsorted(found, frames)
        left = found[np.maximum(after - 1, 0)]
        right = found[np.minimum(after, len(found) - 1)]
        # Beyond the ends both neighbours are the same frame, so that the shares do not matter.
        span = np.maximum(right - left, 1)
        of_right = np.clip((frames - left) / span, 0.0, 1.0)[:, None, None]
        filled[frames] = (1 - of_right) * descriptors[left] + of_right * descriptors[right]
    return filled


def event_frames(
    time_s: NDArray[np.float64], start_s: float, end_s: float, fps: float
) -> tuple[int, int]:
    """Frames [start, end) of an event: those with ``start_s <= t < end_s``, as in `frames_within`.

    Beyond the last time stamp frames go on at the video's mean rate, or the nominal one, so that an event
    after the last frame with the athlete still counts. An event between two frames is given one.

    Parameters
    ----------
    time_s : (T,) seconds, rising; T may be 0.
    start_s, end_s : seconds.
    fps : nominal frames a second.
    """
    first = _frame_at(time_s, start_s, fps)
    return first, max(_frame_at(time_s, end_s, fps), first + 1)


def _frame_at(time_s: NDArray[np.float64], seconds: float, fps: float) -> int:
    """The first frame that is not before a time."""
    wanted = seconds - TIME_SLACK_S
    if len(time_s) and wanted <= time_s[-1]:
        return int(np.searchsorted(time_s, wanted, side="left"))
    last = float(time_s[-1]) if len(time_s) else 0.0
    spanned = last - float(time_s[0]) if len(time_s) else 0.0
    rate = (len(time_s) - 1) / spanned if spanned > 0 else fps
    return max(len(time_s) - 1, 0) + max(int(np.ceil((wanted - last) * rate)), 0)


def events_by_video(
    events: Iterable[EventRow], dense: Mapping[str, DenseSequence]
) -> dict[str, list[tuple[int, int]]]:
    """Events of every video as frames [start, end), sorted; videos that ``dense`` lacks are left out."""
    found: dict[str, list[tuple[int, int]]] = {}
    for event in events:
        if event.video in dense:
            sequence = dense[event.video]
            segment = event_frames(sequence.time_s, event.start, event.end, sequence.fps)
            found.setdefault(event.video, []).append(segment)
    return {video: sorted(segments) for video, segments in found.items()}


def merge_overlapping(segments: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join segments [start, end) that overlap or touch: scores of frames cannot tell them apart."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(segments):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def frame_labels(num_frames: int, segments: Iterable[tuple[int, int]]) -> NDArray[np.bool_]:
    """Which of T frames lie in a segment, (T,) bool."""
    inside = np.zeros(num_frames, dtype=bool)
    for start, end in segments:
        inside[start:end] = True
    return inside


def make_folds(
    videos: Sequence[str], group_of: Mapping[str, str], folds: int, seed: int
) -> list[tuple[str, ...]]:
    """Validation videos of every fold; each video is in exactly one, beside all of its group.

    Parameters
    ----------
    videos : ids; their order does not matter.
    group_of : video -> what must not be torn apart; a video that is absent stands for itself.
    folds : number wanted; there are never more than groups.
    seed : of the draw.

    Returns
    -------
    Sorted ids a fold; a single empty fold where there is nothing to divide.
    """
    groups: dict[str, list[str]] = {}
    for video in sorted(videos):
        groups.setdefault(group_of.get(video, f"video {video}"), []).append(video)
    names = sorted(groups)
    folds = min(folds, len(names))
    if folds < 2:
        return [()]
    order = np.random.default_rng([seed, len(names)]).permutation(len(names))
    return [
        tuple(sorted(video for place in order[fold::folds] for video in groups[names[place]]))
        for fold in range(folds)
    ]
