"""HDF5 files of one array per video: a dataset of the video's name, or a dataset in a group of that name."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import h5py

from vpdlib.datasets.base import DatasetError
from vpdlib.interchange.array_checks import FACTS, MAX_BYTES, check_numbers, check_total, read_facts
from vpdlib.interchange.formats import ArrayFormat, StoredArray


def _read(
    path: Path, name: str, is_wanted: Callable[[str], bool]
) -> Iterator[tuple[str, StoredArray]]:
    with h5py.File(path, "r", locking=False) as file:
        common = read_facts(path, "", _stated(path, file))
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
            if is_wanted(key):
                wanted[full] = key
        total = 0
        for full in wanted:
            total += _checked_size(path, full, file[full])
        check_total(path, total)
        for full, key in wanted.items():
            dataset = file[full]
            facts = {
                **common,
                **read_facts(path, full, _stated(path, dataset.parent)),
                **read_facts(
                    path,
                    full,
                    {
                        fact: _attribute(path, dataset, fact)
                        for fact in FACTS
                        if fact in dataset.attrs
                    },
                ),
            }
            yield key, StoredArray(dataset[()], facts=facts)


def _stated(path: Path, group: h5py.Group) -> dict[str, Any]:
    """Facts as attributes of a group, or as single numbers in it."""
    stated = {}
    for fact in FACTS:
        if fact in group.attrs:
            stated[fact] = _attribute(path, group, fact)
        elif isinstance(group.get(fact, getlink=True), h5py.HardLink):
            check_total(path, _checked_size(path, f"{group.name}/{fact}", group[fact]))
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
    check_numbers(dtype, path, full)
    claimed = math.prod(dataset.shape) * dataset.dtype.itemsize
    filtered = dataset.id.get_create_plist().get_nfilters() > 0
    if claimed > (MAX_BYTES if filtered else path.stat().st_size):
        raise DatasetError(
            f"{path}: {full} claims {claimed} bytes, more than the file can hold or is read"
        )
    chunk = math.prod(dataset.chunks or ()) * dataset.dtype.itemsize
    return max(claimed, chunk)


HDF5 = ArrayFormat(
    (".h5", ".hdf5"), _read, damage=(OSError, KeyError, RuntimeError, UnicodeDecodeError)
)
