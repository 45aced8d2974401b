"""SLEAP's own file, .slp: HDF5 of labelled frames of one or several videos, by SLEAP or sleap-io.

Frames are numbered from 0 in their video. Pixels: (0, 0) is the middle of the upper left one; of files before format
1.1, its corner. A point that is not visible has any place. Of a person whom somebody placed, that counts, not what was
predicted of the same track. Videos are known by the name alone: neither they nor a file beside is opened.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from vpdlib.datasets.base import DatasetError
from vpdlib.interchange.formats import PoseFormat, ToolKeypoints
from vpdlib.interchange.pose_formats.sleap_analysis import MIDDLE, shape_facts
from vpdlib.interchange.safe_hdf5 import (
    as_text,
    attribute,
    dataset,
    json_in,
    looks_like,
    number_of,
    opened,
    part,
    texts,
)

#: Later formats may mean something else.
_NEWEST = 3.0
_CENTRED_FROM = 1.1
_USER = 0
_UNTRACKED = -1
#: Frames that a file may number for each byte that it has: a video is longer than its labels.
_FRAMES_PER_BYTE = 100


def _recognises(path: Path) -> bool:
    return looks_like(path, "metadata", "videos_json", "frames", "instances", "pred_points")


@dataclass(frozen=True)
class _Instance:
    """A person in a frame."""

    track: int
    is_user: bool
    predicted: int
    number: int
    #: (J, 3) x, y, score.
    points: np.ndarray


def _read(path: Path) -> list[ToolKeypoints]:
    with opened(path) as file:
        metadata = part(file, "metadata")
        version = number_of(metadata, "format_id") or 1.0
        if version >= _NEWEST:
            raise DatasetError(
                f"{path}: format {version:g} of .slp is newer than what is read (below {_NEWEST:g}). Export an "
                "analysis file (.h5)."
            )
        joints = _joints(path, json_in(path, attribute(metadata, "json"), "metadata"))
        people = _people(path, file, len(joints), 0.0 if version < _CENTRED_FROM else MIDDLE)
        tracks = _track_names(path, file)
        videos = [_video(path, file, n, t) for n, t in enumerate(texts(path, file, "videos_json"))]
    found = []
    for number, (name, facts, num_frames) in enumerate(videos):
        frames = people.get(number, {})
        if not frames:
            continue
        where = str(path) if len(videos) == 1 else f"{path}: video {number}"
        found.append(_of_video(path, where, name, frames, joints, tracks, facts, num_frames))
    if not found:
        raise DatasetError(f"{path}: no frame of any video is labelled. Run inference first.")
    return found


def _joints(path: Path, metadata: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of the nodes of the one skeleton, in the order of the points."""
    skeletons, nodes = metadata.get("skeletons"), metadata.get("nodes")
    if not isinstance(skeletons, list) or not isinstance(nodes, list) or len(skeletons) != 1:
        count = len(skeletons) if isinstance(skeletons, list) else 0
        raise DatasetError(f"{path}: {count} skeletons, expected one. Export an analysis file.")
    try:
        names = [str(node["name"]) for node in nodes]
        return tuple(names[int(one["id"])] for one in skeletons[0]["nodes"])
    except (TypeError, KeyError, IndexError, ValueError) as error:
        raise DatasetError(
            f"{path}: the skeleton is of another form ({error!r}). Save it again with sleap-io."
        ) from error


def _track_names(path: Path, file: h5py.File) -> tuple[str, ...]:
    names = []
    for text in texts(path, file, "tracks_json") if part(file, "tracks_json") is not None else ():
        try:
            track = json.loads(text)
        except ValueError as error:
            raise DatasetError(f"{path}: tracks_json is no JSON ({error}).") from error
        names.append(str(track[1]) if isinstance(track, list) and len(track) > 1 else str(track))
    return tuple(names)


def _video(
    path: Path, file: h5py.File, number: int, text: str
) -> tuple[str, dict[str, float], int | None]:
    """File name, facts and number of frames of a video; of pictures that are packed into the file, of their source."""
    stated = json_in(path, text, f"videos_json {number}")
    backend = _backend(stated)
    if backend.get("filename") == ".":
        stated = _source(path, file, stated, str(backend.get("dataset", "")))
        backend = _backend(stated)
    name = stated.get("filename") or backend.get("filename") or ""
    if isinstance(name, list):
        raise DatasetError(
            f"{path}: video {number} is a list of pictures, not a video. Label the video itself."
        )
    facts, num_frames = shape_facts(backend.get("shape"))
    fps = backend.get("fps")
    if isinstance(fps, float | int) and fps > 0:
        facts["fps"] = float(fps)
    return str(name), facts, num_frames


def _backend(stated: Mapping[str, Any]) -> Mapping[str, Any]:
    backend = stated.get("backend", stated)
    return backend if isinstance(backend, dict) else {}


def _source(
    path: Path, file: h5py.File, stated: Mapping[str, Any], packed: str
) -> Mapping[str, Any]:
    """What the file says of the video that packed pictures are from; nothing where it does not."""
    if isinstance(stated.get("source_video"), dict):
        source: Mapping[str, Any] = stated["source_video"]
        return source
    group = part(file, f"{packed.removesuffix('/video')}/source_video")
    if not isinstance(group, h5py.Group):
        return {}
    is_inside = part(group, "json") is not None
    blob = texts(path, group, "json")[0] if is_inside else attribute(group, "json")
    return json_in(path, blob, "source_video") if blob else {}


def _people(
    path: Path, file: h5py.File, num_joints: int, shift: float
) -> dict[int, dict[int, list[_Instance]]]:
    """Video -> frame -> the people in it."""
    frames = _table(
        path, file, "frames", "frame_id video frame_idx instance_id_start instance_id_end"
    )
    rows = _table(
        path,
        file,
        "instances",
        "instance_id instance_type track from_predicted point_id_start point_id_end",
    )
    points = {
        True: _points(path, file, "points", shift),
        False: _points(path, file, "pred_points", shift),
    }
    people: dict[int, dict[int, list[_Instance]]] = defaultdict(lambda: defaultdict(list))
    most = _FRAMES_PER_BYTE * path.stat().st_size
    video_of = _video_numbers(file)
    for frame in frames:
        index = int(frame["frame_idx"])
        if not 0 <= index <= most:
            raise DatasetError(f"{path}: a frame is numbered {index}. Save it again.")
        inside = people[video_of.get(int(frame["video"]), int(frame["video"]))][index]
        for row in rows[int(frame["instance_id_start"]) : int(frame["instance_id_end"])]:
            is_user = int(row["instance_type"]) == _USER
            of_row = points[is_user][int(row["point_id_start"]) : int(row["point_id_end"])]
            if len(of_row) != num_joints:
                raise DatasetError(
                    f"{path}: frame {index}: a person of {len(of_row)} points, the skeleton has {num_joints}. Save it "
                    "again."
                )
            inside.append(
                _Instance(
                    int(row["track"]),
                    is_user,
                    int(row["from_predicted"]),
                    int(row["instance_id"]),
                    of_row,
                )
            )
    return people


def _video_numbers(file: h5py.File) -> dict[int, int]:
    """What `frames` calls a video -> its place: of packed pictures the number in their dataset's name."""
    texts_ = part(file, "videos_json")
    numbers = {}
    for place, text in enumerate(texts_[()] if isinstance(texts_, h5py.Dataset) else ()):
        try:
            backend = json.loads(as_text(text)).get("backend", {})
            name = backend.get("dataset", "") if isinstance(backend, dict) else ""
        except (ValueError, AttributeError):
            continue
        if isinstance(name, str) and name.startswith("video") and name.endswith("/video"):
            digits = name.removeprefix("video").removesuffix("/video")
            if digits.isdigit():
                numbers[int(digits)] = place
    return numbers


def _table(path: Path, file: h5py.File, name: str, columns: str) -> np.ndarray:
    found = dataset(path, file, name)
    missing = set(columns.split()) - set(found.dtype.names or ())
    if missing or found.ndim != 1:
        raise DatasetError(f"{path}: {name} has no {', '.join(sorted(missing))}. Save it again.")
    rows: np.ndarray = found[()]
    return rows


def _points(path: Path, file: h5py.File, name: str, shift: float) -> np.ndarray:
    """(N, 3) x, y, score; NaN where a point is not visible."""
    table = _table(path, file, name, "x y visible")
    points = np.full((len(table), 3), 1.0, np.float64)
    points[:, 0], points[:, 1] = table["x"] + shift, table["y"] + shift
    if "score" in (table.dtype.names or ()):
        points[:, 2] = np.nan_to_num(table["score"], nan=1.0)
    there = table["visible"].astype(bool) & np.isfinite(points[:, :2]).all(axis=1)
    points[~there] = (np.nan, np.nan, 0.0)
    return points


def _of_video(
    path: Path,
    where: str,
    name: str,
    frames: Mapping[int, list[_Instance]],
    joints: tuple[str, ...],
    tracks: tuple[str, ...],
    facts: Mapping[str, float],
    num_frames: int | None,
) -> ToolKeypoints:
    length = max(max(frames) + 1, num_frames or 0)
    seen = {index: list(_counted(people)) for index, people in frames.items()}
    named = sorted({one.track for people in seen.values() for one in people if one.track >= 0})
    if named and named[-1] >= len(tracks):
        raise DatasetError(f"{where}: track {named[-1]} of {len(tracks)}. Save it again.")
    untracked = max(sum(one.track < 0 for one in people) for people in seen.values())
    places = len(named) + untracked
    if length * max(places, 1) * len(joints) * 12 > max(1 << 30, 1000 * path.stat().st_size):
        raise DatasetError(f"{where}: {length} frames of {places} people are more than is read.")
    values = np.full((length, places, len(joints), 3), (np.nan, np.nan, 0), np.float32)
    for index, people in seen.items():
        free = len(named)
        for one in people:
            place = free if one.track < 0 else named.index(one.track)
            free += one.track < 0
            values[index, place] = one.points
    called = tuple(tracks[track] for track in named)
    return ToolKeypoints(
        where=where,
        video=name or path.stem,
        values=values,
        joints=joints,
        is_tracked=not untracked,
        is_whole=num_frames == length,
        individuals=called + ("",) * untracked if called else (),
        facts=facts,
    )


def _counted(people: list[_Instance]) -> Iterator[_Instance]:
    """The people of a frame; of the same one, placed and predicted, the placed one."""
    placed = [one for one in people if one.is_user]
    tracks = {one.track for one in placed} - {_UNTRACKED}
    corrected = {one.predicted for one in placed}
    for one in people:
        if one.is_user or (one.track not in tracks and one.number not in corrected):
            yield one


SLEAP = PoseFormat(
    name="sleap",
    title="a SLEAP file (.slp)",
    recognises=_recognises,
    read=_read,
)
