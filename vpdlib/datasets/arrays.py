"""npz and HDF5 files that hold one array per video, as other tools write them.

A key is a video's id, possibly with folders in front: ``golf/clip1`` is the video ``clip1``. In HDF5 the array
is the dataset of that name, or a dataset in a group of that name. Objects are refused, and so is an array that
claims more than its file has.
"""

from __future__ import annotations

import math
import zipfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import h5py
import numpy as np

from vpdlib.datasets.base import DatasetError
from vpdlib.identifiers import check_id

#: Attributes of a video or of the whole file.
FACTS = ("fps", "width", "height")
#: A compressed array of more bytes than this is refused.
MAX_BYTES = 4 << 30


@dataclass(frozen=True)
class StoredArray:
    """An array of a file, with the folder in front of its key, and facts such as ``fps``."""

    values: np.ndarray
    folder: str = ""
    facts: dict[str, float] = field(default_factory=dict)


def read_arrays(path: Path, name: str, only: Collection[str] | None) -> dict[str, StoredArray]:
    """Read one array per video.

    Parameters
    ----------
    path : ``.npz``, ``.h5`` or ``.hdf5``.
    name : what a dataset in an HDF5 group is called, such as ``"keypoints"``.
    only : ids of the videos wanted; None for all.

    Returns
    -------
    video id -> array of numbers, any shape.

    Raises
    ------
    DatasetError
        If the file is missing, damaged or of another form, an id is unsafe, or two keys end in one id.
    """
    if not path.is_file():
        raise DatasetError(f"{path} does not exist. Correct the setting or make the file.")
    suffix = path.suffix.lower()
    if suffix not in (".npz", ".h5", ".hdf5"):
        raise DatasetError(f"{path}: files of the ending {suffix!r} are not read; give .npz or .h5")
    found: dict[str, StoredArray] = {}
    keys: dict[str, str] = {}
    try:
        for key, stored in (_npz if suffix == ".npz" else _hdf5)(path, name, only):
            video_id = key.rsplit("/", 1)[-1]
            if video_id in keys:
                raise DatasetError(
                    f"{path}: {keys[video_id]!r} and {key!r} end in one id. Rename one of them."
                )
            keys[video_id] = key
            found[video_id] = stored
    except (OSError, KeyError, RuntimeError, zipfile.BadZipFile) as error:
        raise DatasetError(
            f"{path} is damaged or cut ({error}). Make or obtain it again."
        ) from error
    if not found:
        raise DatasetError(f"{path} holds none of the videos. Are its keys their ids?")
    return found


def _wanted(path: Path, key: str, only: Collection[str] | None) -> bool:
    video_id = key.rsplit("/", 1)[-1]
    try:
        check_id(video_id, "video id", str(path))
    except ValueError as error:
        raise DatasetError(str(error)) from error
    return only is None or video_id in only


def _npz(path: Path, name: str, only: Collection[str] | None) -> Iterator[tuple[str, StoredArray]]:
    try:
        file = np.load(path, allow_pickle=False)
    except ValueError as error:
        raise DatasetError(f"{path} is no npz file of plain arrays ({error})") from error
    with file:
        facts = {fact: float(file[fact]) for fact in FACTS if fact in file.files}
        for key in file.files:
            if key in FACTS or not _wanted(path, key, only):
                continue
            try:
                values = file[key]
            except ValueError as error:
                raise DatasetError(
                    f"{path}: {key}: {error}. Store numbers, not objects."
                ) from error
            yield key, StoredArray(_numbers(values, path, key), _folder(key), facts)


def _hdf5(path: Path, name: str, only: Collection[str] | None) -> Iterator[tuple[str, StoredArray]]:
    with h5py.File(path, "r", locking=False) as file:
        common = _facts(file)
        datasets: list[str] = []
        file.visititems(
            lambda key, item: datasets.append(key) if isinstance(item, h5py.Dataset) else None
        )
        for full in datasets:
            key = full.removesuffix(f"/{name}")
            if not _wanted(path, key, only):
                continue
            dataset = file[full]
            claimed = math.prod(dataset.shape) * dataset.dtype.itemsize
            limit = MAX_BYTES if dataset.compression else path.stat().st_size
            if claimed > limit:
                raise DatasetError(
                    f"{path}: {full} claims {claimed} bytes, more than the file can hold or is read"
                )
            facts = {**common, **_facts(dataset.parent), **_facts(dataset)}
            yield key, StoredArray(_numbers(dataset[()], path, key), _folder(key), facts)


def _folder(key: str) -> str:
    parts = key.rsplit("/", 2)
    return parts[-2] if len(parts) > 1 else ""


def _facts(item: h5py.HLObject) -> dict[str, float]:
    return {fact: float(item.attrs[fact]) for fact in FACTS if fact in item.attrs}


def _numbers(values: np.ndarray, path: Path, key: str) -> np.ndarray:
    if values.dtype.kind not in "fiu":
        raise DatasetError(f"{path}: {key} is of type {values.dtype}, expected numbers")
    return values
