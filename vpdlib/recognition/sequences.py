"""Sequences of descriptors of labelled actions, cut from feature artifacts.

An action holds the frames whose time stamp ``t`` satisfies ``start <= t < end`` and in which the athlete was
found; frames without the athlete are left out. A sequence is (T, 2, d) float32, regular and flipped.
Sequences of faster videos can be thinned, as the paper does for two datasets (docs/method.md section 2.5).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from vpdlib.artifacts import read_artifact
from vpdlib.artifacts.features import Features
from vpdlib.datasets.base import frames_within
from vpdlib.datasets.by_video import ActionsByVideo
from vpdlib.datasets.tables import ActionRow


def thin(frame: np.ndarray, fps: float, target_fps: float, slack: float = 0.0) -> np.ndarray:
    """Rows to keep so that about ``target_fps`` frames a second remain.

    Every frame adds ``min(1, target_fps / fps) + slack`` to a credit that starts at 0; a frame is kept while the
    credit is not negative, and costs 1 (docs/method.md section 2.5; the released code starts FX35 with a
    credit of 1, which only keeps one of the first frames more). Frames without the athlete add their credit too, up
    to that of one frame.

    Parameters
    ----------
    frame : (N,) increasing frame numbers.
    fps, target_fps : frames a second, of the video and wanted.
    slack : the paper's 0.01 for Diving48.

    Returns
    -------
    Increasing row numbers.
    """
    # Measured rates are off by rounding; a video of the wanted rate keeps every frame.
    gain = slack + (1.0 if fps <= target_fps * (1 + 1e-4) else target_fps / fps)
    steps = np.diff(frame, prepend=frame[:1])
    kept, credit = [], 0.0
    for row, step in enumerate(steps):
        credit += gain * step if step <= 1 else min(gain * step, gain - credit)
        # Sums of thirds and fifths come out a hair below 0.
        if credit >= -1e-9:
            kept.append(row)
            credit -= 1.0
    return np.array(kept, np.int64)


def rows_within(
    start_s: float,
    end_s: float,
    frame: np.ndarray,
    time_s: np.ndarray,
    found: np.ndarray,
    target_fps: float | None = None,
    target_fps_slack: float = 0.0,
) -> np.ndarray:
    """Rows of a video that a segment holds.

    Parameters
    ----------
    start_s, end_s : of the segment, seconds.
    frame, time_s : (N,) frame numbers and time stamps of the video's rows.
    found : (N,) bool, rows that can be used.
    target_fps, target_fps_slack : see :func:`thin`; None keeps the video's own rate.

    Returns
    -------
    Increasing row numbers.
    """
    rows = np.flatnonzero(found & frames_within(time_s, start_s, end_s))
    if target_fps is not None:
        rows = rows[thin(frame[rows], _rate(frame, time_s), target_fps, target_fps_slack)]
    return rows


def rows_of_action(
    action: ActionRow,
    frame: np.ndarray,
    time_s: np.ndarray,
    found: np.ndarray,
    target_fps: float | None = None,
    target_fps_slack: float = 0.0,
) -> np.ndarray:
    """As :func:`rows_within`, of an action of the video."""
    return rows_within(action.start, action.end, frame, time_s, found, target_fps, target_fps_slack)


def rows_by_video(
    actions: Iterable[ActionRow],
    features: Iterable[Path],
    target_fps: float | None = None,
    target_fps_slack: float = 0.0,
) -> Iterator[tuple[np.ndarray, np.ndarray, list[tuple[ActionRow, np.ndarray]]]]:
    """The rows of every action, video by video; see :func:`action_sequences`.

    Yields
    ------
    Of a video with actions: frame (N,), descriptor (N, 2, d), and each action with its rows among these N.

    Raises
    ------
    ValueError
        If the shards together lack a video.
    """
    wanted = ActionsByVideo(actions)
    for path in features:
        with read_artifact(path, Features) as artifact:
            for video in artifact.videos():
                of_video = wanted.take(video.video_id)
                if not of_video:
                    continue
                frame, time_s, descriptor = video.frame, video.time_s, video.descriptor
                found = np.isfinite(descriptor).all(axis=(1, 2))
                yield (
                    frame,
                    descriptor,
                    [
                        (
                            action,
                            rows_of_action(
                                action, frame, time_s, found, target_fps, target_fps_slack
                            ),
                        )
                        for action in of_video
                    ],
                )
    wanted.check_all_taken("feature artifacts")


def action_sequences(
    actions: Sequence[ActionRow],
    features: Iterable[Path],
    target_fps: float | None = None,
    target_fps_slack: float = 0.0,
) -> dict[str, np.ndarray]:
    """Cut every action's sequence.

    Parameters
    ----------
    actions : labelled actions.
    features : feature artifacts of all shards.
    target_fps, target_fps_slack : see :func:`thin`; None keeps the video's own rate.

    Returns
    -------
    action id -> (T, 2, d) float32; T is 0 where the athlete was not found.

    Raises
    ------
    ValueError
        If the shards together lack a video, or feature sets of different length meet.
    """
    sequences: dict[str, np.ndarray] = {}
    dims: set[int] = set()
    for _, descriptor, cut in rows_by_video(actions, features, target_fps, target_fps_slack):
        if len(descriptor):
            dims.add(descriptor.shape[2])
        for action, rows in cut:
            sequences[action.action] = descriptor[rows]
    if len(dims) > 1:
        raise ValueError(f"feature artifacts of different descriptor lengths {sorted(dims)}")
    return sequences


def _rate(frame: np.ndarray, time_s: np.ndarray) -> float:
    """Frames a second between the first and the last frame with the athlete."""
    if len(frame) < 2:
        return 0.0
    return float((frame[-1] - frame[0]) / (time_s[-1] - time_s[0]))
