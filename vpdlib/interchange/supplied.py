"""Descriptors that come from another tool, and what stands in for a stage in general.

Descriptors are (T, 2, d), regular and flipped, one row per frame of the video. Boxes: :mod:`vpdlib.interchange.boxes`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import numpy as np

from vpdlib.artifacts import ArtifactWriter
from vpdlib.datasets.bad_videos import VideoReading
from vpdlib.datasets.base import DatasetError
from vpdlib.datasets.tables import VideoRow
from vpdlib.interchange.arrays import read_arrays
from vpdlib.interchange.coordinates import warn_of_rates
from vpdlib.interchange.formats import StoredArray


def read_features(path: Path, only: Collection[str] | None = None) -> dict[str, np.ndarray]:
    """Read descriptors.

    Parameters
    ----------
    path : arrays (:mod:`vpdlib.interchange.arrays`), video -> (T, 2, d), regular and flipped, or (T, d).
    only : ids of the videos wanted; None for all.

    Returns
    -------
    video id -> (T, 2, d) float32; the same twice where there is no flipped one. NaN rows where there is none.

    Raises
    ------
    DatasetError
        If the file is missing or of another form, or videos differ in d.
    """
    return _descriptors(path, read_arrays(path, "descriptor", only))


def _descriptors(path: Path, arrays: Mapping[str, StoredArray]) -> dict[str, np.ndarray]:
    features: dict[str, np.ndarray] = {}
    dims: dict[int, str] = {}
    for video_id, stored in arrays.items():
        with np.errstate(over="ignore"):
            descriptor = stored.values.astype(np.float32)
        if descriptor.ndim == 2:
            descriptor = np.repeat(descriptor[:, None], 2, axis=1)
        if descriptor.ndim != 3 or descriptor.shape[1] != 2 or 0 in descriptor.shape:
            raise DatasetError(
                f"{path}: {video_id} has shape {stored.values.shape}, expected (T, 2, d) or (T, d)"
            )
        if np.isinf(descriptor).any():
            raise DatasetError(
                f"{path}: {video_id} holds infinite numbers; NaN marks what is missing"
            )
        missing = np.isnan(descriptor)
        partly = np.flatnonzero(missing.any(axis=(1, 2)) & ~missing.all(axis=(1, 2)))
        if len(partly):
            raise DatasetError(
                f"{path}: {video_id}: frame {partly[0]} is NaN in part; a frame is there or is NaN alone"
            )
        dims.setdefault(descriptor.shape[2], video_id)
        features[video_id] = descriptor
    if len(dims) > 1:
        raise DatasetError(f"{path}: descriptors of different length d, such as {dims}")
    return features


def add_supplied_features(
    artifact: ArtifactWriter, source: Path, videos: Sequence[VideoRow], reading: VideoReading
) -> None:
    """Write another tool's descriptors of some videos, at the times of the videos' own frames.

    Parameters
    ----------
    artifact : of kind "features".
    source : file of the descriptors.
    videos : of the shard.
    reading : what becomes of a video whose file broke since it was listed.

    Raises
    ------
    DatasetError
        As `read_features`, `check_length` and `times_of`.
    VideoError
        As `VideoReading.times`.
    """
    if not videos:
        return
    arrays = read_arrays(source, "descriptor", only={video.video for video in videos})
    features = _descriptors(source, arrays)
    warn_of_rates(source, {name: one.facts for name, one in arrays.items()}, videos)
    for video in videos:
        descriptor = check_length(features, video.video, video.declared_frames, source)
        time_s = reading.times(video)
        there = np.isfinite(descriptor).all(axis=(1, 2))[: len(time_s)]
        frame = np.flatnonzero(there).astype(np.int32)
        artifact.add_video(
            video.video,
            {"frame": frame, "time_s": time_s[frame], "descriptor": descriptor[frame]},
            {"broken": reading.broken(video)},
        )


def check_length(
    arrays: Mapping[str, np.ndarray],
    video_id: str,
    num_frames: int,
    path: Path,
    shorter_is_absent: bool = False,
    ends_early: bool = False,
) -> np.ndarray:
    """The array of a video, which must have a row per frame.

    Parameters
    ----------
    shorter_is_absent : of a table, which has a row per box: fill missing rows at the end with NaN, and a missing video
        with NaN alone. An array that is too short was made from another video.
    ends_early : of keypoints whose tool writes no row of the frames at the end in which it saw nobody: fill these with
        NaN.

    Raises
    ------
    DatasetError
        If the video is missing or has another number of frames.
    """
    if video_id not in arrays and not shorter_is_absent:
        raise DatasetError(
            f"{path} holds no video {video_id!r}. Add it, or take it out of the dataset."
        )
    array = arrays.get(video_id, np.empty((0, 4), np.float32))
    if (shorter_is_absent or ends_early) and len(array) < num_frames:
        filled = np.full((num_frames, *array.shape[1:]), np.nan, np.float32)
        filled[: len(array)] = array
        return filled
    if shorter_is_absent and len(array) > num_frames:
        raise DatasetError(
            f"{path}: {video_id!r} has a row of frame {len(array) - 1}, the video has {num_frames} frames, 0 to "
            f"{num_frames - 1}. Correct the numbers; frames count from 0."
        )
    if len(array) != num_frames:
        raise DatasetError(
            f"{path}: {video_id!r} has {len(array)} rows, the video has {num_frames} frames. Give a row per "
            "frame, NaN where there is nothing."
        )
    return array
