"""Pose tracks of movement, netCDF 4 (an HDF5 file) of `position` and `confidence` by time, space, keypoint, individual.

The dimensions are called `keypoint` and `individual` from movement 0.17 on, `keypoints` and `individuals` before; the
order is the file's. Rows are at times, seconds or numbers of frames from 0; pixels as the tool had them that movement
read, which of SLEAP are counted from the middle of the first. A file of boxes is another kind.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import h5py
import numpy as np

from vpdlib.atomic import replacing
from vpdlib.datasets.base import DatasetError
from vpdlib.interchange.formats import PoseFormat, ToolKeypoints, WrittenPoses
from vpdlib.interchange.pose_formats.sleap_analysis import MIDDLE
from vpdlib.interchange.safe_hdf5 import (
    attribute,
    dataset,
    looks_like,
    number_of,
    numbers,
    opened,
    part,
    texts,
)
from vpdlib.skeleton import COCO17

#: Names of our axes, of all versions.
_AXES = {
    "time": "time",
    "space": "space",
    "keypoint": "keypoint",
    "keypoints": "keypoint",
    "individual": "individual",
    "individuals": "individual",
}
_ORDER = ("time", "individual", "keypoint", "space")
#: A time that is farther from every frame, in frames, is none's.
_OFF = 0.1
_MAX_GAP = 1_000_000


def _recognises(path: Path) -> bool:
    if not looks_like(path, "position", "time", "space", attributes=("ds_type",)):
        return False
    return looks_like(path, "keypoint") or looks_like(path, "keypoints")


def _read(path: Path) -> list[ToolKeypoints]:
    with opened(path) as file:
        if attribute(file, "ds_type") != "poses":
            raise DatasetError(
                f"{path}: a file of movement of {attribute(file, 'ds_type')!r}, not of poses. Save poses."
            )
        place, names = _ordered(path, file, "position", _ORDER)
        score = None
        if part(file, "confidence") is not None:
            score, _ = _ordered(path, file, "confidence", _ORDER[:3])
        joints = texts(path, file, names["keypoint"])
        people = texts(path, file, names["individual"]) if "individual" in names else ("",)
        space = texts(path, file, "space")
        frame = _frames(path, file)
        fps = number_of(file, "fps")
        source = attribute(file, "source_file")
        shift = MIDDLE if attribute(file, "source_software") == "SLEAP" else 0.0
    if space != ("x", "y"):
        raise DatasetError(
            f"{path}: its space is {', '.join(space)}, expected x, y px of the picture."
        )
    if place.shape != (len(frame), len(people), len(joints), 2) or not len(frame):
        raise DatasetError(
            f"{path}: position is {place.shape}, beside {len(frame)} times. Save it again."
        )
    values = np.full((int(frame.max()) + 1, *place.shape[1:3], 3), (np.nan, np.nan, 0), np.float32)
    given = np.full((*place.shape[:3], 3), 1.0, np.float32)
    with np.errstate(over="ignore"):
        given[..., :2] = place + shift
    if score is not None and score.shape == place.shape[:3] and not np.isnan(score).all():
        given[..., 2] = np.nan_to_num(score, nan=0.0)
    given[~np.isfinite(given[..., :2]).all(axis=3)] = (np.nan, np.nan, 0)
    values[frame] = given
    return [
        ToolKeypoints(
            where=str(path),
            video=path.stem,
            values=values,
            joints=joints,
            is_tracked=True,
            # It may come of a tool that ends with the last person seen.
            is_whole=False,
            individuals=people if any(people) else (),
            # The file that movement read, of which a table of DeepLabCut is called by its video.
            other_names=_names_in(source),
            facts={"fps": fps} if fps is not None and fps > 0 else {},
        )
    ]


def _names_in(source: str) -> tuple[str, ...]:
    """What the video may be called by the name of the file that movement read."""
    stem = source.replace("\\", "/").rpartition("/")[2].rpartition(".")[0]
    if not stem:
        return ()
    video = stem.removesuffix(".analysis").partition("DLC_")[0].rstrip("_")
    return tuple(dict.fromkeys(name for name in (video, stem) if name))


def _ordered(
    path: Path, file: h5py.File, name: str, order: Sequence[str]
) -> tuple[np.ndarray, dict[str, str]]:
    """An array with its axes in our order, and what the file calls them."""
    found = dataset(path, file, name)
    names = {}
    for number in range(found.ndim):
        scale = found.dims[number][0].name.lstrip("/") if len(found.dims[number]) else ""
        if scale not in _AXES:
            raise DatasetError(
                f"{path}: dimension {number} of {name} is {scale or 'unnamed'!r}, expected {', '.join(_AXES)}. Save it "
                "again with movement."
            )
        names[_AXES[scale]] = scale
    values = numbers(path, file, name)
    stored = list(names)
    if set(order) - {"individual"} - set(stored) or len(stored) != found.ndim:
        raise DatasetError(f"{path}: {name} has the dimensions {', '.join(stored)}. Save it again.")
    if "individual" not in names:
        # One that was selected, and its dimension dropped.
        values, stored = values[..., None], [*stored, "individual"]
    return values.transpose([stored.index(axis) for axis in order]), names


def _frames(path: Path, file: h5py.File) -> np.ndarray:
    """The frame of every time: seconds where the file says its rate, else frames."""
    times = numbers(path, file, "time", 1).astype(np.float64)
    rate = number_of(file, "fps")
    if attribute(file, "time_unit") == "seconds" or rate is not None:
        if rate is None or rate <= 0:
            raise DatasetError(f"{path}: times in seconds, and no fps. Give fps when you load it.")
        times = times * rate
    frame = np.round(times)
    wrong = not np.isfinite(times).all() or (np.abs(times - frame) > _OFF).any()
    if wrong or (len(frame) and (frame.min() < 0 or (np.diff(frame) <= 0).any())):
        raise DatasetError(
            f"{path}: its times are not those of single frames from 0, rising. Save it before you resample it."
        )
    if len(frame) and frame.max() > 1000 * len(frame) + _MAX_GAP:
        raise DatasetError(f"{path}: {len(frame)} times, and one of frame {frame.max():.0f}.")
    return frame.astype(np.int64)


def _write(videos: Sequence[WrittenPoses], folder: Path, name: str) -> list[Path]:
    return [_write_one(video, folder / f"{video.video_id}.nc") for video in videos]


def _write_one(video: WrittenPoses, path: Path) -> Path:
    frames = len(video.keypoints_px)
    if not math.isfinite(video.fps) or video.fps <= 0:
        raise DatasetError(f"{video.video_id}: no frame rate; movement's times are seconds.")
    place = video.keypoints_px[..., :2].astype(np.float64).transpose(0, 2, 1)[..., None]
    scales = {
        "time": np.arange(frames) / video.fps,
        "space": ["x", "y"],
        "keypoint": list(COCO17),
        "individual": ["athlete"],
    }
    there = np.isfinite(video.keypoints_px[..., 0])
    arrays = {
        "position": (place, ("time", "space", "keypoint", "individual")),
        "confidence": (
            np.where(there, video.keypoints_px[..., 2], np.nan)[..., None].astype(np.float64),
            ("time", "keypoint", "individual"),
        ),
    }
    with replacing(path) as temporary, h5py.File(temporary, "w", track_order=True) as file:
        for name, values in scales.items():
            if name == "time":
                made = file.create_dataset(name, data=values)
            else:
                made = file.create_dataset(name, data=values, dtype=h5py.string_dtype())
            made.make_scale(name)
        for name, (array, dims) in arrays.items():
            made = file.create_dataset(name, data=array, compression="gzip")
            made.attrs["_FillValue"] = np.array([np.nan])
            for number, dim in enumerate(dims):
                made.dims[number].attach_scale(file[dim])
        file.attrs.update(
            source_software="vpd",
            ds_type="poses",
            fps=video.fps,
            time_unit="seconds",
            source_file=str(video.path),
        )
    return path


MOVEMENT = PoseFormat(
    name="movement",
    title="pose tracks of movement (netCDF)",
    recognises=_recognises,
    read=_read,
    suffix=".nc",
    write=_write,
)
