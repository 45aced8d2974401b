"""Keypoints of another tool as pixels of their videos, COCO-17: x px, y px, score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from vpdlib.datasets.base import PoseClip
from vpdlib.datasets.tables import VideoRow
from vpdlib.interchange.coordinates import ENOUGH_FRAMES, Given, to_pixels
from vpdlib.progress import note, warn


def keypoints_in_pixels(
    path: Path, clips: Mapping[str, PoseClip], videos: Sequence[VideoRow]
) -> dict[str, np.ndarray]:
    """Keypoints of another tool as pixels of their videos.

    Parameters
    ----------
    path : the file that ``clips`` were read from without a rate of one's own, for messages.
    clips : video id -> keypoints.
    videos : those wanted.

    Returns
    -------
    video id -> (T, 17, 3) float32, or (T, P, 17, 3) of several people; a video that the file lacks is left out.

    Raises
    ------
    DatasetError
        As :func:`vpdlib.interchange.coordinates.to_pixels`.
    """
    given = {
        name: Given(
            # Of several people in one list of points.
            clip.keypoints_px[..., :2].reshape(len(clip.keypoints_px), -1, 2),
            {
                fact: value
                for fact in ("fps", "width", "height")
                if (value := getattr(clip, fact)) is not None
            },
        )
        for name, clip in clips.items()
    }
    keypoints = {}
    for name, points in to_pixels(path, "joints", given, videos).items():
        place = points.reshape(*clips[name].keypoints_px.shape[:-1], 2)
        score = np.where(np.isfinite(place[..., 0]), clips[name].keypoints_px[..., 2], 0.0)
        keypoints[name] = np.concatenate([place, score[..., None]], axis=-1, dtype=np.float32)
    num_frames = sum(len(one) for one in keypoints.values())
    seen = sum(
        np.count_nonzero(np.isfinite(one[..., :2]).any(axis=tuple(range(1, one.ndim))))
        for one in keypoints.values()
    )
    note(
        f"{path.name}: {num_frames - seen} of {num_frames} frames of {len(keypoints)} videos have no joint"
    )
    return keypoints


def warn_of_joints_outside_boxes(
    path: Path, keypoints_px: Mapping[str, np.ndarray], boxes_px: Mapping[str, np.ndarray]
) -> None:
    """Say where keypoints lie elsewhere than the athlete who is followed.

    Of another person's pose, or a smaller picture's, next to no joint lies in the box, a quarter larger on each side.

    Parameters
    ----------
    path : the file, for messages.
    keypoints_px : video id -> (T, 17, 3) px.
    boxes_px : video id -> (T, 4) xyxy px, NaN where the athlete is not seen.
    """
    elsewhere = []
    for name, keypoints in keypoints_px.items():
        low, high = boxes_px[name][:, None, :2], boxes_px[name][:, None, 2:]
        margin = 0.25 * (high - low)
        place = keypoints[..., :2]
        both = np.isfinite(place + low + high).all(axis=2)
        inside = ((place >= low - margin) & (place <= high + margin)).all(axis=2)
        seen = np.count_nonzero(both.any(axis=1))
        if seen >= ENOUGH_FRAMES and inside.sum() < 0.1 * both.sum():
            elsewhere.append(name)
    if elsewhere:
        warn(
            f"{path}: in {len(elsewhere)} videos, such as {elsewhere[0]!r}, the joints lie outside the boxes of the "
            "athlete: another person's, or of a picture of another size? Look at an overlay of the video."
        )
