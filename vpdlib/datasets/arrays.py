"""npz and HDF5 files that hold one array per video, as other tools write them.

A key is a video's id, possibly with folders in front: ``golf/clip1`` is the video ``clip1``. In HDF5 the array
is the dataset of that name, or a dataset in a group of that name. Objects are refused, and so is an array that
claims more than its file has.
"""

from __future__ import annotations

import math
import zipfile
import zlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from vpdlib.datasets.base import DatasetError
from vpdlib.identifiers import check_key

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
    except (OSError, EOFError, KeyError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        raise DatasetError(
            f"{path} is damaged or cut ({error}). Make or obtain it again."
        ) from error
    if not found:
        raise DatasetError(f"{path} holds none of the videos. Are its keys their ids?")
    return found


def _wanted(path: Path, key: str, only: Collection[str] | None) -> bool:
    video_id = key.rsplit("/", 1)[-1]
    try:
        check_key(key, "video id", str(path))
    except ValueError as error:
        raise DatasetError(str(error)) from error
    return only is None or video_id in only


def _npz(path: Path, name: str, only: Collection[str] | None) -> Iterator[tuple[str, StoredArray]]:
    # Not np.load, which allocates what a header claims before it looks for the bytes.
    with zipfile.ZipFile(path) as archive:
        members = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
        given = {f: _member(path, archive, members[f]) for f in FACTS if f in members}
        facts = _facts(path, "", given)
        for key, info in members.items():
            if key not in FACTS and _wanted(path, key, only):
                yield key, StoredArray(_member(path, archive, info), _folder(key), facts)


def _member(path: Path, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> np.ndarray:
    if info.file_size > MAX_BYTES:
        raise DatasetError(f"{path}: {info.filename} has {info.file_size} bytes, too many to read")
    with archive.open(info) as stream:
        try:
            version = np.lib.format.read_magic(stream)
            read_header = (
                np.lib.format.read_array_header_1_0
                if version == (1, 0)
                else np.lib.format.read_array_header_2_0
            )
            shape, fortran, dtype = read_header(stream)
        except ValueError as error:
            raise DatasetError(f"{path}: {info.filename} is no array ({error})") from error
        _check_numbers(dtype, path, info.filename)
        claimed, given = math.prod(shape) * dtype.itemsize, info.file_size - stream.tell()
        if min(shape, default=0) < 0 or claimed != given:
            raise DatasetError(
                f"{path}: {info.filename} of shape {shape} claims {claimed} bytes and has {given}: damaged "
                "or cut. Make or obtain it again."
            )
        # Through a bytearray, so that the array can be written to.
        return np.ndarray(shape, dtype, bytearray(stream.read()), order="F" if fortran else "C")


def _hdf5(path: Path, name: str, only: Collection[str] | None) -> Iterator[tuple[str, StoredArray]]:
    with h5py.File(path, "r", locking=False) as file:
        common = _facts(path, "", file.attrs)
        found: list[str] = []
        # Follows no links to other files.
        file.visititems(
            lambda key, item: found.append(key) if isinstance(item, h5py.Dataset) else None
        )
        # A video's group may hold further datasets beside the one that is asked for.
        groups = {full.rpartition("/")[0] for full in found if full.endswith(f"/{name}")}
        for full in found:
            parent, _, last = full.rpartition("/")
            if parent in groups and last != name:
                continue
            key = full.removesuffix(f"/{name}")
            if not _wanted(path, key, only):
                continue
            dataset = file[full]
            _check_dataset(path, full, dataset)
            facts = {
                **common,
                **_facts(path, full, dataset.parent.attrs),
                **_facts(path, full, dataset.attrs),
            }
            yield key, StoredArray(dataset[()], _folder(key), facts)


def _check_dataset(path: Path, full: str, dataset: h5py.Dataset) -> None:
    if dataset.shape is None:
        raise DatasetError(f"{path}: {full} is empty, expected an array of numbers")
    if dataset.is_virtual or dataset.external:
        raise DatasetError(f"{path}: {full} lies in another file. Copy it into this one.")
    _check_numbers(dataset.dtype, path, full)
    claimed = math.prod(dataset.shape) * dataset.dtype.itemsize
    filtered = dataset.id.get_create_plist().get_nfilters() > 0
    if claimed > (MAX_BYTES if filtered else path.stat().st_size):
        raise DatasetError(
            f"{path}: {full} claims {claimed} bytes, more than the file can hold or is read"
        )


def _folder(key: str) -> str:
    parts = key.rsplit("/", 2)
    return parts[-2] if len(parts) > 1 else ""


def _facts(path: Path, place: str, given: Mapping[str, Any]) -> dict[str, float]:
    facts = {}
    for fact in FACTS:
        if fact in given:
            value = np.asarray(given[fact])
            number = float(value.item()) if value.size == 1 and value.dtype.kind in "fiu" else 0.0
            if not 0 < number < math.inf or (fact != "fps" and number != int(number)):
                raise DatasetError(
                    f"{path}: {place}: {fact} is {value!s:.60}, expected one number above 0"
                )
            facts[fact] = number
    return facts


def _check_numbers(dtype: np.dtype, path: Path, key: str) -> None:
    if dtype.kind not in "fiu":
        raise DatasetError(
            f"{path}: {key} is of type {dtype}, expected numbers. Store numbers, not objects."
        )
