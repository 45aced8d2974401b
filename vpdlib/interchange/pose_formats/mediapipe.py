"""MediaPipe's pose landmarks, as users of its Python package save them; the package itself writes no file.

Taken is one entry per picture of the video, from its first:

- JSON, a list. An entry is ``null`` or an empty list where nobody is; a result, ``pose_landmarks`` with a list of
  people (``dataclasses.asdict`` of the pose landmarker's) or one list; ``landmark`` with a list (``MessageToDict`` of
  the old solutions'); or such a list by itself. A landmark is an object with ``x``, ``y`` and perhaps ``visibility``.
- npz or npy of an array (T, 33, C), (T, P, 33, C) or (T, 33 C): x, y, z, and perhaps visibility, and presence. Of an
  npz an array's name is the video's; of one called ``arr_0``, ``landmarks`` and the like the file's is.

x and y are fractions of the picture, y down; they may lie outside 0 to 1. Pixels are told by their size. Visibility is
the score, 1 where there is none. World landmarks, metres about the hips, are refused.
"""

from __future__ import annotations

import math
import re
import tokenize
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np

from vpdlib.datasets.base import DatasetError
from vpdlib.interchange.array_checks import check_numbers, check_total
from vpdlib.interchange.formats import FRACTIONS, PoseFormat, ToolKeypoints
from vpdlib.interchange.npz import NPZ
from vpdlib.interchange.pose_formats.joint_orders import MEDIAPIPE33
from vpdlib.interchange.pose_formats.people import (
    People,
    arrange,
    drop_missing,
    ends_of_json,
    not_finite,
    read_json,
)
from vpdlib.npy import read_npy_header

_COUNT = len(MEDIAPIPE33)
_COLUMNS = (3, 4, 5)
_LANDMARK = re.compile(r'\{\s*"x"\s*:\s*-?\d[^{}]*"y"\s*:')
_NO_VIDEO = re.compile(r"arr_\d+|(pose_?)?(landmarks|keypoints|data|poses?)", re.IGNORECASE)
#: What is nearer to the picture than this is fractions of it.
_FRACTIONS_UP_TO = 3.0
_SAVE = "Save one entry of 33 landmarks for every picture; docs/formats.md shows how."
_DAMAGED: tuple[type[Exception], ...] = (*NPZ.damage, ValueError, tokenize.TokenError)


def _recognises(path: Path) -> bool:
    if not path.is_file():
        return False
    head, tail = ends_of_json(path)
    if head:
        both = head + tail
        return head[0] == "[" and bool(_LANDMARK.search(both)) and '"image_id"' not in both
    shapes = _shapes(path)
    return bool(shapes) and all(_is_ours(shape) for shape in shapes)


def _is_ours(shape: Sequence[int]) -> bool:
    if len(shape) == 2:
        return shape[1] in [_COUNT * columns for columns in _COLUMNS]
    return len(shape) in (3, 4) and shape[-2] == _COUNT and shape[-1] in _COLUMNS


def _shapes(path: Path) -> list[tuple[int, ...]]:
    """Shapes of the arrays of an npy or npz file; none of any other."""
    with path.open("rb") as stream:
        begin = stream.read(6)
        stream.seek(0)
        try:
            if begin == b"\x93NUMPY":
                return [read_npy_header(stream)[0]]
            if begin[:4] == b"PK\x03\x04":
                with zipfile.ZipFile(stream) as archive:
                    return [_shape(archive, info) for info in archive.infolist()]
        except _DAMAGED:
            return []
    return []


def _shape(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> tuple[int, ...]:
    with archive.open(info) as member:
        return read_npy_header(member)[0]


def _read(path: Path) -> list[ToolKeypoints]:
    head, _ = ends_of_json(path)
    if head:
        return [_of_json(path)]
    with path.open("rb") as stream:
        if stream.read(6) == b"\x93NUMPY":
            stream.seek(0)
            return [_of_array(path, path.stem, _npy(path, stream), str(path))]
    try:
        arrays = [
            (key, stored.values) for key, stored in NPZ.read(path, "landmarks", lambda _: True)
        ]
    except NPZ.damage as error:
        raise DatasetError(f"{path}: damaged ({error}). Save it again.") from error
    alone = len(arrays) == 1 and _NO_VIDEO.fullmatch(arrays[0][0])
    return [
        _of_array(path, path.stem if alone else key, values, f"{path}: {key}")
        for key, values in arrays
    ]


def _npy(path: Path, stream: IO[bytes]) -> np.ndarray:
    shape, fortran, dtype = read_npy_header(stream)
    check_numbers(dtype, path, "the array")
    claimed = int(np.prod(shape, dtype=object)) * dtype.itemsize
    check_total(path, claimed)
    data = stream.read()
    if len(data) != claimed:
        raise DatasetError(f"{path}: {len(data)} bytes of {claimed}. {_SAVE}")
    return np.ndarray(shape, dtype, bytearray(data), order="F" if fortran else "C")


def _of_array(path: Path, video: str, values: np.ndarray, where: str) -> ToolKeypoints:
    if not _is_ours(values.shape) or not len(values):
        raise DatasetError(f"{where} has shape {values.shape}. {_SAVE}")
    if values.ndim == 2:
        values = values.reshape(len(values), _COUNT, -1)
    if values.ndim == 3:
        values = values[:, None]
    with np.errstate(over="ignore"):
        joints = np.ones((*values.shape[:3], 3), np.float32)
        joints[..., :2] = values[..., :2]
        if values.shape[-1] > 3:
            joints[..., 2] = values[..., 3]
    # Frames in which nobody is are NaN or 0.
    drop_missing(joints)
    return _keypoints(joints, video, where, [])


def _of_json(path: Path) -> ToolKeypoints:
    frames: list[int] = []
    rows: list[list[list[float]]] = []
    content = read_json(path)
    for number, entry in enumerate(content):
        for place, person in enumerate(_people(entry, f"{path}: [{number}]")):
            frames.append(number)
            rows.append(_landmarks(person, f"{path}: [{number}], person {place}"))
    joints = np.array(rows, np.float32).reshape(-1, _COUNT, 3)
    remarks = list(not_finite(drop_missing(joints)))
    arranged = arrange(
        str(path),
        People(np.array(frames, np.int64), joints),
        path.stat().st_size,
        len(content),
    )
    return _keypoints(arranged.values, path.stem, str(path), remarks)


def _people(entry: Any, where: str) -> Iterator[Any]:
    """The people of an entry, lists of landmarks."""
    if isinstance(entry, Mapping):
        if "pose_landmarks" in entry:
            entry = entry["pose_landmarks"]
        if isinstance(entry, Mapping):
            entry = entry.get("landmark", entry.get("landmarks", entry))
        if isinstance(entry, Mapping):
            raise DatasetError(f"{where} has no pose_landmarks and no landmark. {_SAVE}")
    if entry is None or entry == []:
        return
    if not isinstance(entry, list):
        raise DatasetError(f"{where} is {entry!s:.60}. {_SAVE}")
    if isinstance(entry[0], Mapping) and "x" in entry[0]:
        yield entry
        return
    for person in entry:
        yield person.get("landmark") if isinstance(person, Mapping) else person


def _landmarks(person: Any, where: str) -> list[list[float]]:
    if not isinstance(person, list) or len(person) != _COUNT:
        count = f"{len(person)} landmarks" if isinstance(person, list) else f"{person!s:.60}"
        raise DatasetError(f"{where} is {count}, expected {_COUNT}. {_SAVE}")
    return [_landmark(one, f"{where}: landmark {place}") for place, one in enumerate(person)]


def _landmark(one: Any, where: str) -> list[float]:
    """x, y, and visibility, 1 where there is none."""
    if isinstance(one, Mapping):
        seen = one.get("visibility")
        row = [one.get("x"), one.get("y"), 1.0 if seen is None else seen]
        if all(isinstance(n, int | float) and not isinstance(n, bool) for n in row):
            return [float(n) if abs(n) < 1e30 else math.inf for n in row if n is not None]
    raise DatasetError(f"{where} is {one!s:.60}, expected x and y. {_SAVE}")


def _keypoints(values: np.ndarray, video: str, where: str, remarks: Sequence[str]) -> ToolKeypoints:
    place = values[..., :2][np.isfinite(values[..., 0])]
    is_fraction = len(place) == 0 or np.quantile(np.abs(place), 0.9) <= _FRACTIONS_UP_TO
    if is_fraction and len(place) and (place < 0).mean() > 0.25:
        raise DatasetError(
            f"{where}: {(place < 0).mean():.0%} of all coordinates are below 0: world landmarks, in metres about the "
            "hips? Save pose_landmarks."
        )
    return ToolKeypoints(
        where=where,
        video=video,
        values=values,
        joints=MEDIAPIPE33,
        is_tracked=False,
        is_whole=True,
        facts=FRACTIONS if is_fraction else {},
        remarks=tuple(remarks),
    )


MEDIAPIPE = PoseFormat(
    "mediapipe", "MediaPipe's pose landmarks (.json, .npz, .npy)", _recognises, _read
)
