"""npz and HDF5 files that hold one array per video, as other tools write them.

A key is a video's id, possibly with folders in front: ``golf/clip1`` is the video ``clip1``. In HDF5 the array
is the dataset of that name, or a dataset in a group of that name. Objects are refused, and so is an array that
claims more than its file has.
"""

from __future__ import annotations

import math
import tokenize
import zipfile
import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
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
#: Arrays that take more memory than so many bytes and so many times their file are a bomb. What was measured shrinks
#: little; rows that are all NaN, of frames in which nobody is, shrink to a hundredth.
_SMALL_BYTES = 32 << 20
_MAX_RATIO = 150
_PIECE_BYTES = 1 << 20


@dataclass(frozen=True)
class StoredArray:
    """An array of a file, with the folder in front of its key, and facts such as ``fps``."""

    values: np.ndarray
    folder: str = ""
    facts: dict[str, float] = field(default_factory=dict)


def read_arrays(
    path: Path, name: str, only: Collection[str] | None, beside: Sequence[str] = ()
) -> dict[str, StoredArray]:
    """Read one array per video.

    Parameters
    ----------
    path : ``.npz``, ``.h5`` or ``.hdf5``.
    name : what a dataset in an HDF5 group is called, such as ``"keypoints"``.
    only : ids of the videos wanted; None for all.
    beside : endings of files that are read elsewhere and may be given too, for the message.

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
        given = ", ".join([*beside, ".npz"])
        raise DatasetError(
            f"{path}: files of the ending {suffix!r} are not read; give {given} or .h5"
        )
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
    except (
        OSError,
        EOFError,
        KeyError,
        RuntimeError,
        UnicodeDecodeError,
        zipfile.BadZipFile,
        zlib.error,
    ) as error:
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
        wanted = [key for key in members if key not in FACTS and _wanted(path, key, only)]
        stated = [fact for fact in FACTS if fact in members]
        _check_total(path, sum(members[key].file_size for key in (*wanted, *stated)))
        facts = _facts(path, "", {fact: _member(path, archive, members[fact]) for fact in stated})
        for key in wanted:
            yield key, StoredArray(_member(path, archive, members[key]), _folder(key), facts)


def _check_total(path: Path, claimed: int) -> None:
    """Refuse a file whose arrays take much more memory than it has bytes."""
    size = path.stat().st_size
    if claimed > max(_SMALL_BYTES, _MAX_RATIO * size):
        raise DatasetError(
            f"{path}: its arrays claim {claimed} bytes, more than {_MAX_RATIO} times the {size} that the file has. "
            "If that is right, store them without compression."
        )


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
        # NumPy reads headers of the form of Python 2 through `tokenize`, whose error is no ValueError.
        except (ValueError, tokenize.TokenError) as error:
            raise DatasetError(f"{path}: {info.filename} is no array ({error})") from error
        _check_numbers(dtype, path, info.filename)
        claimed, given = math.prod(shape) * dtype.itemsize, info.file_size - stream.tell()
        if min(shape, default=0) < 0 or claimed != given:
            raise DatasetError(
                f"{path}: {info.filename} of shape {shape} claims {claimed} bytes and has {given}: damaged "
                "or cut. Make or obtain it again."
            )
        # Into a buffer of the claimed size, so that the array can be written to and is there once.
        content, done = bytearray(claimed), 0
        while piece := stream.read(_PIECE_BYTES):
            content[done : done + len(piece)] = piece
            done += len(piece)
        if done != claimed:
            raise EOFError(f"{info.filename} has {done} bytes of {claimed}")
        return np.ndarray(shape, dtype, content, order="F" if fortran else "C")


def _hdf5(path: Path, name: str, only: Collection[str] | None) -> Iterator[tuple[str, StoredArray]]:
    with h5py.File(path, "r", locking=False) as file:
        common = _facts(path, "", _stated(path, file))
        found: list[str] = []
        # Follows no links to other files.
        file.visititems(
            lambda key, item: found.append(key) if isinstance(item, h5py.Dataset) else None
        )
        # h5py gives a name that it cannot decode as bytes.
        undecoded = [full for full in found if isinstance(full, bytes)]
        if undecoded:
            raise DatasetError(f"{path}: the name {undecoded[0]!r} is no UTF-8. Rename it.")
        # A video's group may hold further datasets beside the one that is asked for.
        groups = {full.rpartition("/")[0] for full in found if full.endswith(f"/{name}")}
        wanted = {}
        for full in found:
            parent, _, last = full.rpartition("/")
            if (parent in groups and last != name) or last in FACTS:
                continue
            key = full.removesuffix(f"/{name}")
            if _wanted(path, key, only):
                wanted[full] = key
        total = 0
        for full in wanted:
            total += _checked_size(path, full, file[full])
        _check_total(path, total)
        for full, key in wanted.items():
            dataset = file[full]
            facts = {
                **common,
                **_facts(path, full, _stated(path, dataset.parent)),
                **_facts(
                    path,
                    full,
                    {
                        fact: _attribute(path, dataset, fact)
                        for fact in FACTS
                        if fact in dataset.attrs
                    },
                ),
            }
            yield key, StoredArray(dataset[()], _folder(key), facts)


def _stated(path: Path, group: h5py.Group) -> dict[str, Any]:
    """Facts as attributes of a group, or as single numbers in it."""
    stated = {}
    for fact in FACTS:
        if fact in group.attrs:
            stated[fact] = _attribute(path, group, fact)
        elif isinstance(group.get(fact, getlink=True), h5py.HardLink):
            _check_total(path, _checked_size(path, f"{group.name}/{fact}", group[fact]))
            stated[fact] = group[fact][()]
    return stated


def _attribute(path: Path, item: h5py.Group | h5py.Dataset, fact: str) -> Any:
    try:
        return item.attrs[fact]
    except (TypeError, ValueError) as error:
        raise DatasetError(
            f"{path}: {item.name}: {fact} is of a type that is not read ({error})"
        ) from error


def _checked_size(path: Path, full: str, dataset: h5py.Dataset) -> int:
    """The bytes that a dataset takes in memory, and the chunk through which it is read."""
    if not isinstance(dataset, h5py.Dataset) or dataset.shape is None:
        raise DatasetError(f"{path}: {full} is empty, expected an array of numbers")
    if dataset.is_virtual or dataset.external:
        raise DatasetError(f"{path}: {full} lies in another file. Copy it into this one.")
    try:
        dtype = dataset.dtype
    except (TypeError, ValueError) as error:
        # Numbers of a form that NumPy has not.
        raise DatasetError(f"{path}: {full} is of a type that is not read ({error})") from error
    _check_numbers(dtype, path, full)
    claimed = math.prod(dataset.shape) * dataset.dtype.itemsize
    filtered = dataset.id.get_create_plist().get_nfilters() > 0
    if claimed > (MAX_BYTES if filtered else path.stat().st_size):
        raise DatasetError(
            f"{path}: {full} claims {claimed} bytes, more than the file can hold or is read"
        )
    chunk = math.prod(dataset.chunks or ()) * dataset.dtype.itemsize
    return max(claimed, chunk)


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
