"""Boxes and descriptors that come from another tool, and what stands in for a stage in general.

Boxes are xyxy source pixels, end-exclusive, one row per frame of the video, NaN where the athlete is not seen;
descriptors are (T, 2, d), regular and mirrored.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import numpy as np

from vpdlib.artifacts import ArtifactWriter
from vpdlib.datasets.arrays import read_arrays
from vpdlib.datasets.bad_videos import VideoReading
from vpdlib.datasets.base import DatasetError
from vpdlib.datasets.tables import VideoRow
from vpdlib.identifiers import check_id

_BOX_COLUMNS = ["video", "frame", "x0", "y0", "x1", "y1"]
#: Boxes around keypoints are this much larger on each side: joints lie within the body.
_KEYPOINT_MARGIN = 0.1
#: A frame number past this is a slip: four days at 30 a second.
_MAX_FRAMES = 10_000_000


def read_boxes(path: Path, only: Collection[str] | None = None) -> dict[str, np.ndarray]:
    """Read the athlete's boxes.

    Parameters
    ----------
    path : ``.csv`` with the columns video, frame, x0, y0, x1, y1; or ``.npz``, ``.h5``: video -> (T, 4).
    only : ids of the videos wanted; None for all.

    Returns
    -------
    video id -> (T, 4) float32; NaN rows where there is none. From CSV, T ends with the last row of the video.

    Raises
    ------
    DatasetError
        If the file is missing or of another form, a box is empty, or a frame has two.
    """
    if path.suffix.lower() == ".csv":
        return _read_box_table(path, only)
    boxes = {}
    for video_id, stored in read_arrays(path, "boxes", only).items():
        box_px = stored.values.astype(np.float32)
        if box_px.ndim != 2 or box_px.shape[1] != 4 or len(box_px) == 0:
            raise DatasetError(f"{path}: {video_id} has shape {box_px.shape}, expected (T, 4) xyxy")
        box_px[~np.isfinite(box_px).all(axis=1)] = np.nan
        empty = np.flatnonzero((box_px[:, 2:] <= box_px[:, :2]).any(axis=1))
        if len(empty):
            raise DatasetError(
                f"{path}: {video_id}: the box of frame {empty[0]} is empty; give x0, y0, x1, y1"
            )
        boxes[video_id] = box_px
    return boxes


def _read_box_table(path: Path, only: Collection[str] | None) -> dict[str, np.ndarray]:
    if not path.is_file():
        raise DatasetError(f"{path} does not exist. Correct the setting or make the file.")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DatasetError(f"{path}: not UTF-8 text ({error}). Save it as UTF-8.") from error
    rows: dict[str, dict[int, list[float]]] = {}
    names: dict[str, str] = {}
    with io.StringIO(text, newline="") as stream:
        reader = csv.DictReader(stream)
        if list(reader.fieldnames or []) != _BOX_COLUMNS:
            raise DatasetError(f"{path}: columns {reader.fieldnames}, expected {_BOX_COLUMNS}")
        for row in reader:
            where = f"{path}:{reader.line_num}"
            video_id = (row["video"] or "").rsplit("/", 1)[-1]
            if only is not None and video_id not in only:
                continue
            try:
                check_id(video_id, "video id", where)
            except ValueError as error:
                raise DatasetError(str(error)) from error
            if names.setdefault(video_id, row["video"]) != row["video"]:
                raise DatasetError(
                    f"{where}: {names[video_id]!r} and {row['video']!r} end in one id. Rename one of them."
                )
            try:
                frame = int(row["frame"])
                box = [float(row[name]) for name in _BOX_COLUMNS[2:]]
            except (TypeError, ValueError) as error:
                raise DatasetError(f"{where}: {error}; give a frame number and four px") from error
            if not np.isfinite(box).all() or not (box[0] < box[2] and box[1] < box[3]):
                raise DatasetError(f"{where}: frame {frame}, box {box}: expected x0 < x1, y0 < y1")
            if not 0 <= frame < _MAX_FRAMES:
                raise DatasetError(f"{where}: frame {frame}, expected 0 to {_MAX_FRAMES - 1}")
            of_video = rows.setdefault(video_id, {})
            if frame in of_video:
                raise DatasetError(f"{where}: frame {frame} of {video_id!r} has a box already")
            of_video[frame] = box
    if not rows:
        raise DatasetError(f"{path} holds none of the videos. Are its names their ids?")
    boxes = {}
    for video_id, by_frame in rows.items():
        box_px = np.full((max(by_frame) + 1, 4), np.nan, np.float32)
        box_px[list(by_frame)] = list(by_frame.values())
        boxes[video_id] = box_px
    return boxes


def read_features(path: Path, only: Collection[str] | None = None) -> dict[str, np.ndarray]:
    """Read descriptors.

    Parameters
    ----------
    path : ``.npz`` or ``.h5``: video -> (T, 2, d), regular and mirrored, or (T, d).
    only : ids of the videos wanted; None for all.

    Returns
    -------
    video id -> (T, 2, d) float32; the same twice where there is no mirrored one. NaN rows where there is none.

    Raises
    ------
    DatasetError
        If the file is missing or of another form, or videos differ in d.
    """
    features: dict[str, np.ndarray] = {}
    dims: dict[int, str] = {}
    for video_id, stored in read_arrays(path, "descriptor", only).items():
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
    features = read_features(source, only={video.video for video in videos})
    for video in videos:
        descriptor = check_length(features, video.video, video.declared_frames, source)
        time_s = reading.times(video)
        there = np.isfinite(descriptor).all(axis=(1, 2))[: len(time_s)]
        frame = np.flatnonzero(there).astype(np.int32)
        artifact.add_video(
            video.video,
            {"frame": frame, "time_s": time_s[frame], "descriptor": descriptor[frame]},
        )


def check_length(
    arrays: Mapping[str, np.ndarray],
    video_id: str,
    num_frames: int,
    path: Path,
    shorter_is_absent: bool = False,
) -> np.ndarray:
    """The array of a video, which must have a row per frame.

    Parameters
    ----------
    shorter_is_absent : fill missing rows at the end with NaN, and a missing video with NaN alone.

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
    if shorter_is_absent and len(array) < num_frames:
        filled = np.full((num_frames, *array.shape[1:]), np.nan, np.float32)
        filled[: len(array)] = array
        return filled
    if len(array) != num_frames:
        raise DatasetError(
            f"{path}: {video_id!r} has {len(array)} rows, the video has {num_frames} frames. Give a row per "
            "frame, NaN where there is nothing."
        )
    return array


def boxes_of_keypoints(keypoints_px: np.ndarray) -> np.ndarray:
    """Boxes around keypoints (T, 17, 3), a tenth larger on each side: (T, 4), NaN without any joint."""
    place = keypoints_px[..., :2]
    there = np.isfinite(place).all(axis=2)
    low = np.where(there[..., None], place, np.inf).min(axis=1)
    high = np.where(there[..., None], place, -np.inf).max(axis=1)
    # A single joint has no extent; a pixel makes its box.
    margin = np.maximum(_KEYPOINT_MARGIN * (high - low), 1.0)
    box_px = np.concatenate([low - margin, high + margin], axis=1).astype(np.float32)
    box_px[~there.any(axis=1)] = np.nan
    return box_px
