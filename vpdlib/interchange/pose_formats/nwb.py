"""Poses in NWB files, by the extension ndx-pose: a `PoseEstimation` per individual, a series per joint.

Series of one length and time are rows of the video, the first of them frame 0, whatever the recording's clock says.
Where series leave frames out (sleap-io does, of joints that are missing), times must be whole steps from 0, which count
the frames. Pixels, SLEAP's from the middle of the first; a `conversion` is applied. A `PoseEstimation` in space is
refused.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np

from vpdlib.datasets.base import DatasetError
from vpdlib.interchange.formats import PoseFormat, ToolKeypoints
from vpdlib.interchange.pose_formats.sleap_analysis import MIDDLE
from vpdlib.interchange.safe_hdf5 import (
    DAMAGE,
    attribute,
    groups,
    is_hdf5,
    looks_like,
    number_of,
    numbers,
    opened,
    part,
    texts,
)

_PIXELS = frozenset({"pixels", "pixel", "px"})
_DEPTH = 4
_OFF = 0.1
#: A step this many times the usual one is a gap.
_GAP = 1.5
_MAX_GAP = 1_000_000


@dataclass(frozen=True)
class _Series:
    """A joint's places: (N, 2) px, (N,) scores and (N,) times, None where they are not given."""

    joint: str
    place: np.ndarray
    score: np.ndarray
    time_s: np.ndarray | None


def _recognises(path: Path) -> bool:
    if not is_hdf5(path) or not looks_like(path, "processing", attributes=("nwb_version",)):
        return False
    try:
        with h5py.File(path, "r", locking=False) as file:
            return any(True for _ in _containers(file))
    except DAMAGE:
        return False


def _containers(file: h5py.File) -> Iterator[tuple[str, h5py.Group]]:
    """The groups of individuals, whatever module they are in."""
    waiting = [("", part(file, "processing"), 0)]
    while waiting:
        name, group, depth = waiting.pop(0)
        if not isinstance(group, h5py.Group):
            continue
        if attribute(group, "neurodata_type") == "PoseEstimation":
            yield name, group
        elif depth < _DEPTH:
            waiting += [(f"{name}/{inside}", each, depth + 1) for inside, each in groups(group)]


def _read(path: Path) -> list[ToolKeypoints]:
    by_video = defaultdict(list)
    with opened(path) as file:
        for name, group in _containers(file):
            video = _video_of(path, group)
            shift = MIDDLE if _is_of_sleap(path, group) else 0.0
            series = [_series(path, joint, one, shift) for joint, one in _joints(group)]
            if series:
                by_video[video, name.rpartition("/")[0]].append((name.rpartition("/")[2], series))
    if not by_video:
        raise DatasetError(f"{path}: its PoseEstimation has no series. Save it again.")
    return [
        _of_video(
            path, video, people, f"{path}: {module.strip('/')}" if len(by_video) > 1 else str(path)
        )
        for (video, module), people in by_video.items()
    ]


def _joints(group: h5py.Group) -> Iterator[tuple[str, h5py.Group]]:
    for name, one in groups(group):
        if attribute(one, "neurodata_type") == "PoseEstimationSeries":
            yield name, one


def _video_of(path: Path, group: h5py.Group) -> str:
    """The name of the video, where the file says it."""
    if part(group, "original_videos") is not None:
        named = texts(path, group, "original_videos")
        if len(named) == 1 and named[0]:
            return named[0]
    if part(group, "source_video/external_file") is not None:
        named = texts(path, group, "source_video/external_file")
        if len(named) == 1 and named[0]:
            return named[0]
    return path.stem


def _is_of_sleap(path: Path, group: h5py.Group) -> bool:
    """Whether (0, 0) is the middle of a pixel."""
    if part(group, "source_software") is None:
        return False
    return texts(path, group, "source_software") == ("SLEAP",)


def _series(path: Path, joint: str, group: h5py.Group, shift: float) -> _Series:
    where = f"{path}: {group.name}"
    data = numbers(path, group, "data")
    if data.ndim != 2 or data.shape[1] != 2:
        raise DatasetError(
            f"{where}: data are {data.shape}, expected (N, 2) px of one camera's picture."
        )
    stored = group["data"]
    unit = attribute(stored, "unit")
    if unit.casefold() not in _PIXELS:
        raise DatasetError(f"{where}: the unit is {unit!r}, expected pixels of the picture.")
    scale, offset = number_of(stored, "conversion"), number_of(stored, "offset")
    place = data * (1.0 if scale is None else scale) + (offset or 0.0) + shift
    score = np.ones(len(place))
    if part(group, "confidence") is not None:
        score = numbers(path, group, "confidence", 1)
    time_s = None
    if part(group, "timestamps") is not None:
        time_s = numbers(path, group, "timestamps", 1).astype(np.float64)
    elif part(group, "starting_time") is not None:
        start = numbers(path, group, "starting_time", 0)
        rate = number_of(group["starting_time"], "rate")
        if rate is not None and rate > 0:
            time_s = float(start) + np.arange(len(place)) / rate
    for what, array in (("confidence", score), ("timestamps", time_s)):
        if array is not None and len(array) != len(place):
            raise DatasetError(
                f"{where}: {len(place)} places and {len(array)} {what}. Save it again."
            )
    return _Series(joint, place, score, time_s)


def _of_video(
    path: Path, video: str, people: list[tuple[str, list[_Series]]], where: str
) -> ToolKeypoints:
    every = [one for _, series in people for one in series]
    joints = tuple(dict.fromkeys(one.joint for one in every))
    frames, remarks = _frames(where, every)
    length = 1 + max(int(of_one.max()) for of_one in frames if len(of_one))
    if length > 1000 * max(map(len, frames)) + _MAX_GAP:
        raise DatasetError(f"{where}: a time is of frame {length - 1}, which is beyond all others.")
    values = np.full((length, len(people), len(joints), 3), (np.nan, np.nan, 0), np.float32)
    at = iter(frames)
    for person, (_, series) in enumerate(people):
        for one in series:
            frame = next(at)
            there = np.isfinite(one.place).all(axis=1)
            row = frame[there], person, joints.index(one.joint)
            values[(*row, slice(0, 2))] = one.place[there]
            values[(*row, 2)] = np.nan_to_num(one.score[there], nan=0.0)
    names = tuple(name.removeprefix("track=") for name, _ in people)
    return ToolKeypoints(
        where=where,
        video=video,
        values=values,
        joints=joints,
        is_tracked=True,
        # Whoever wrote it may have ended with the last person seen.
        is_whole=False,
        individuals=names,
        remarks=remarks,
    )


def _frames(where: str, every: list[_Series]) -> tuple[list[np.ndarray], list[str]]:
    """The frames of every series, and what is doubtful."""
    if not any(len(one.place) for one in every):
        raise DatasetError(f"{where}: nobody is in it.")
    first = every[0]
    for one in every:
        if (one.time_s is None) != (first.time_s is None):
            raise DatasetError(
                f"{where}: {one.joint} has no times, and others have. Save it again."
            )
        if one.time_s is not None and not np.isfinite(one.time_s).all():
            raise DatasetError(f"{where}: {one.joint}: a time is no number. Save it again.")
    first_s = np.empty(0) if first.time_s is None else first.time_s
    are_alike = all(
        len(one.place) == len(first.place)
        and (one.time_s is None or bool((np.abs(one.time_s - first_s) < 1e-6).all()))
        for one in every
    )
    times = [one.time_s for one in every if one.time_s is not None]
    steps = np.concatenate([np.diff(one) for one in times]) if times else np.empty(0)
    if len(steps) and steps.min() <= 0:
        raise DatasetError(f"{where}: times do not rise. Save it again.")
    has_gaps = len(steps) > 0 and steps.max() > _GAP * np.median(steps)
    if are_alike and not has_gaps:
        remarks = []
        if times and len(times[0]) > 1 and times[0][0] > _GAP * np.median(steps):
            remarks.append(
                f"its times begin at {times[0][0]:g} s; its first row is taken for the video's first frame"
            )
        return [np.arange(len(one.place)) for one in every], remarks
    if not times:
        raise DatasetError(f"{where}: series of different lengths without times. Save it again.")
    step = float(steps.min()) if len(steps) else 1.0
    frames = [one / step for one in times]
    if any(
        (np.abs(one - np.round(one)) > _OFF).any() or (one < -_OFF).any()
        for one in frames
        if len(one)
    ):
        raise DatasetError(
            f"{where}: frames are left out, and times are no whole steps of {step:g} s from 0, so that which frames "
            "they are is not known. Save all frames, NaN where there is nothing."
        )
    return [np.round(one).astype(np.int64) for one in frames], []


NWB = PoseFormat(
    name="nwb",
    title="an NWB file with poses (ndx-pose)",
    recognises=_recognises,
    read=_read,
)
