"""SLEAP's analysis file, HDF5 of dense arrays of one video's tracks, as SLEAP and sleap-io export it.

Row n is frame n of the video from 0 (of an export of all frames, which is the default). Pixels: (0, 0) is the middle of
the upper left one; NaN where there is no point. The order of the axes stands in attributes `dims`; a file without them
is SLEAP's own, (track, xy, node, frame). Points that a person placed have no score.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from vpdlib.atomic import replacing
from vpdlib.datasets.base import DatasetError
from vpdlib.interchange.formats import PoseFormat, ToolKeypoints, WrittenPoses
from vpdlib.interchange.safe_hdf5 import (
    attribute,
    json_in,
    looks_like,
    numbers,
    opened,
    part,
    texts,
)
from vpdlib.skeleton import COCO17

_ORDER = ("frame", "track", "node", "xy")
_OF_SLEAP = ("track", "xy", "node", "frame")
#: Where SLEAP has (0, 0), in our pixels.
MIDDLE = 0.5


def _recognises(path: Path) -> bool:
    return looks_like(path, "tracks", "track_occupancy", "node_names")


def _read(path: Path) -> list[ToolKeypoints]:
    with opened(path) as file:
        names = texts(path, file, "node_names")
        place = _ordered(path, file, "tracks", _ORDER)
        frames, tracks, nodes, columns = place.shape
        if nodes != len(names) or columns != 2:
            raise DatasetError(
                f"{path}: tracks are {place.shape} for {len(names)} nodes, expected (.., {len(names)}, 2) px in the "
                "plane. Export it again."
            )
        score = np.ones(place.shape[:3])
        if part(file, "point_scores") is not None:
            score = _ordered(path, file, "point_scores", _ORDER[:3])
            if score.shape != place.shape[:3]:
                raise DatasetError(
                    f"{path}: point_scores are {score.shape}, tracks {place.shape}. Export it again."
                )
        called = texts(path, file, "track_names") if tracks else ()
        video = (texts(path, file, "video_path") or ("",))[0] if part(file, "video_path") else ""
        facts, num_frames = _facts(path, file)
    values = np.full((frames, tracks, nodes, 3), np.nan, np.float32)
    values[..., :2] = place + MIDDLE
    # Whoever is placed by hand is sure.
    values[..., 2] = np.where(np.isnan(score), 1.0, score)
    values[~np.isfinite(values[..., :2]).all(axis=3)] = (np.nan, np.nan, 0)
    if not tracks or not frames:
        raise DatasetError(f"{path}: nobody is in it. Export a video with predictions.")
    return [
        ToolKeypoints(
            where=str(path),
            video=video or path.name.removesuffix(".h5").removesuffix(".analysis"),
            values=values,
            joints=names,
            is_tracked=True,
            is_whole=num_frames == frames,
            individuals=called if len(called) == tracks else (),
            facts=facts,
        )
    ]


def _ordered(path: Path, file: h5py.File, name: str, order: tuple[str, ...]) -> np.ndarray:
    """An array with its axes in our order."""
    values = numbers(path, file, name, len(order))
    stated = attribute(file[name], "dims")
    stored: Any = [axis for axis in _OF_SLEAP if axis in order]
    if stated:
        try:
            stored = json.loads(stated)
        except ValueError:
            stored = None
    if not isinstance(stored, list) or sorted(map(str, stored)) != sorted(order):
        raise DatasetError(f"{path}: {name} has the dims {stated!r}, expected those of {order}.")
    return values.transpose([stored.index(axis) for axis in order])


def _facts(path: Path, file: h5py.File) -> tuple[dict[str, float], int | None]:
    """Size of the picture and number of frames, where the file knew its video."""
    text = attribute(file, "video_backend_metadata")
    shape = json_in(path, text, "video_backend_metadata").get("shape") if text else None
    return shape_facts(shape)


def shape_facts(shape: Any) -> tuple[dict[str, float], int | None]:
    """Facts of a video's shape (frames, height, width, channels) as SLEAP states it, and its frames; or nothing."""
    if (
        not isinstance(shape, list)
        or len(shape) != 4
        or not all(isinstance(n, int) and n > 0 for n in shape)
    ):
        return {}, None
    return {"height": float(shape[1]), "width": float(shape[2])}, shape[0]


def _write(videos: Sequence[WrittenPoses], folder: Path, name: str) -> list[Path]:
    return [_write_one(video, folder / f"{video.video_id}.analysis.h5") for video in videos]


def _write_one(video: WrittenPoses, path: Path) -> Path:
    """One track of the athlete, as SLEAP orders its axes; (0, 0) is the middle of a pixel there."""
    place = video.keypoints_px[..., :2].astype(np.float64) - MIDDLE
    there: np.ndarray = np.asarray(np.isfinite(place).all(axis=2))
    frames = len(place)
    occupied: np.ndarray = np.asarray(there.any(axis=1))
    score = np.where(there, video.keypoints_px[..., 2], np.nan)
    with np.errstate(invalid="ignore"):
        mean = np.where(
            occupied, np.nansum(score, axis=1) / np.maximum(there.sum(axis=1), 1), np.nan
        )
    arrays = {
        "tracks": (np.where(there[..., None], place, np.nan).T[None], _OF_SLEAP),
        "track_occupancy": (occupied[:, None].astype(np.uint8), ("frame", "track")),
        "point_scores": (score.T[None], ("track", "node", "frame")),
        "instance_scores": (mean[None], ("track", "frame")),
        "tracking_scores": (np.full((1, frames), np.nan), ("track", "frame")),
    }
    shape = [frames, video.height, video.width, 3]
    with replacing(path) as temporary, h5py.File(temporary, "w") as file:
        for key, (values, dims) in arrays.items():
            file.create_dataset(key, data=values, compression="gzip").attrs["dims"] = json.dumps(
                dims
            )
        file["track_names"] = np.array([b"athlete"])
        file["node_names"] = np.array([joint.encode() for joint in COCO17])
        # sleap-io reads no file without edges, not even of a skeleton that has none.
        file["edge_names"] = np.empty((0, 2), "S1")
        file["edge_inds"] = np.empty((0, 2), np.int64)
        file["labels_path"] = ""
        file["video_path"] = str(video.path)
        file["video_ind"] = 0
        file["provenance"] = "{}"
        file.attrs.update(format="analysis", preset="matlab")
        file.attrs["video_backend_metadata"] = json.dumps(
            {"filename": str(video.path), "shape": shape, "fps": video.fps}
        )
    return path


SLEAP_ANALYSIS = PoseFormat(
    name="sleap_analysis",
    title="SLEAP's analysis file (.h5)",
    recognises=_recognises,
    read=_read,
    suffix=".analysis.h5",
    write=_write,
)
