"""Sequences of descriptors of labelled actions, cut from feature artifacts.

An action holds the frames whose time stamp ``t`` satisfies ``start <= t < end`` and in which the athlete was
found; frames without the athlete are left out. A sequence is (T, 2, d) float32, regular and mirrored.
Sequences of more than 25 frames a second are thinned to 25 (specification section 2.5).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from vpdlib.artifacts import read_artifact
from vpdlib.datasets.base import frames_within
from vpdlib.datasets.tables import ActionRow


def thin(time_s: np.ndarray, target_fps: float) -> np.ndarray:
    """Rows to keep so that at most ``target_fps`` frames a second remain.

    Time is cut into cells of 1 / ``target_fps`` from the first frame on; the first frame of each cell stays.
    A hundredth of a cell of slack lets 25.0 frames a second through whole in spite of rounded stamps.

    Parameters
    ----------
    time_s : (T,) increasing, seconds.
    target_fps : frames a second.

    Returns
    -------
    Increasing row numbers.
    """
    if not len(time_s):
        return np.empty(0, np.int64)
    cell = np.floor((time_s - time_s[0]) * target_fps + 0.01).astype(np.int64)
    return np.unique(cell, return_index=True)[1]


def action_sequences(
    actions: Sequence[ActionRow], features: Iterable[Path], target_fps: float | None = None
) -> dict[str, np.ndarray]:
    """Cut every action's sequence.

    Parameters
    ----------
    actions : labelled actions.
    features : feature artifacts of all shards.
    target_fps : thin to this rate, or None to keep the video's own.

    Returns
    -------
    action id -> (T, 2, d) float32; T is 0 where the athlete was not found.

    Raises
    ------
    ValueError
        If the shards together lack a video, or feature sets of different length meet.
    """
    by_video: dict[str, list[ActionRow]] = defaultdict(list)
    for action in actions:
        by_video[action.video].append(action)
    sequences: dict[str, np.ndarray] = {}
    dims: set[int] = set()
    for path in features:
        with read_artifact(path, "features") as artifact:
            for video in artifact.videos():
                if video.video_id not in by_video:
                    continue
                time_s, descriptor = video.array("time_s"), video.array("descriptor")
                if len(descriptor):
                    dims.add(descriptor.shape[2])
                found = np.isfinite(descriptor).all(axis=(1, 2))
                for action in by_video.pop(video.video_id):
                    rows = np.flatnonzero(found & frames_within(time_s, action.start, action.end))
                    if target_fps is not None:
                        rows = rows[thin(time_s[rows], target_fps)]
                    sequences[action.action] = descriptor[rows]
    if by_video:
        raise ValueError(
            f"the feature artifacts lack {len(by_video)} videos, such as {sorted(by_video)[:3]}; "
            "rerun the rule that makes them"
        )
    if len(dims) > 1:
        raise ValueError(f"feature artifacts of different descriptor lengths {sorted(dims)}")
    return sequences
