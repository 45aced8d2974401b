"""Parts of another tool's HDF5 file, read so that nothing outside of it is followed and no claim is believed.

An item is reached through links inside of the file alone; external links, external storage and virtual datasets are
refused, and so is an array that claims more than the file accounts for. Texts are read as UTF-8.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from vpdlib.datasets.base import DatasetError
from vpdlib.interchange.array_checks import MAX_BYTES, check_total

_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_MAX_TEXTS = 100_000
#: Errors by which a damaged file shows.
DAMAGE = (OSError, KeyError, RuntimeError, ValueError, TypeError, UnicodeDecodeError)


def is_hdf5(path: Path) -> bool:
    """Whether a path is a file that begins as HDF5 does."""
    if not path.is_file():
        return False
    with path.open("rb") as stream:
        return stream.read(len(_SIGNATURE)) == _SIGNATURE


def looks_like(path: Path, *names: str, attributes: tuple[str, ...] = ()) -> bool:
    """Whether a path is an HDF5 file with items of such names, and attributes of its root. Never raises."""
    try:
        if not is_hdf5(path):
            return False
        with h5py.File(path, "r", locking=False) as file:
            return all(part(file, name) is not None for name in names) and all(
                name in file.attrs for name in attributes
            )
    except DAMAGE:
        return False


@contextmanager
def opened(path: Path) -> Iterator[h5py.File]:
    """Open a file.

    Raises
    ------
    DatasetError
        If it is missing or damaged, also later while it is read.
    """
    try:
        with h5py.File(path, "r", locking=False) as file:
            yield file
    except DatasetError:
        raise
    except DAMAGE as error:
        raise DatasetError(
            f"{path} is damaged, cut or of another form than its tool writes ({error}). Export it again."
        ) from error


def part(group: h5py.Group, name: str, depth: int = 8) -> h5py.Group | h5py.Dataset | None:
    """An item of a file by its path; None where there is none, or where a link leads out of the file."""
    found: h5py.Group | h5py.Dataset = group.file if name.startswith("/") else group
    for step in name.strip("/").split("/"):
        if not isinstance(found, h5py.Group) or step in ("", ".", ".."):
            return None
        link = found.get(step, getlink=True)
        if isinstance(link, h5py.SoftLink) and depth:
            inside = part(found, str(link.path), depth - 1)
        elif isinstance(link, h5py.HardLink):
            inside = found[step]
        else:
            return None
        if inside is None:
            return None
        found = inside
    return found


def groups(group: h5py.Group) -> Iterator[tuple[str, h5py.Group]]:
    """The groups in a group, by name."""
    for name in group:
        inside = part(group, name)
        if isinstance(inside, h5py.Group):
            yield name, inside


def dataset(path: Path, group: h5py.Group, name: str) -> h5py.Dataset:
    """A dataset that is to be there, whose bytes the file accounts for.

    Raises
    ------
    DatasetError
        Else.
    """
    found = part(group, name)
    if not isinstance(found, h5py.Dataset) or found.shape is None:
        raise DatasetError(f"{path}: there is no {name} in {group.name}. Export it again.")
    if found.is_virtual or found.external:
        raise DatasetError(f"{path}: {name} lies in another file. Copy it into this one.")
    claimed = math.prod(found.shape) * found.dtype.itemsize
    filtered = found.id.get_create_plist().get_nfilters() > 0
    if claimed > (MAX_BYTES if filtered else path.stat().st_size):
        raise DatasetError(
            f"{path}: {name} claims {claimed} bytes, more than the file can hold or is read."
        )
    check_total(path, max(claimed, math.prod(found.chunks or ()) * found.dtype.itemsize))
    return found


def numbers(path: Path, group: h5py.Group, name: str, ndim: int | None = None) -> np.ndarray:
    """A dataset of numbers, of so many dimensions.

    Raises
    ------
    DatasetError
        Else.
    """
    found = dataset(path, group, name)
    if found.dtype.kind not in "fiub" or (ndim is not None and found.ndim != ndim):
        raise DatasetError(
            f"{path}: {name} is of type {found.dtype} and shape {found.shape}, expected numbers"
            f"{'' if ndim is None else f' in {ndim} dimensions'}. Export it again."
        )
    values: np.ndarray = found[()]
    return values


def texts(path: Path, group: h5py.Group, name: str) -> tuple[str, ...]:
    """A dataset of texts, or of one.

    Raises
    ------
    DatasetError
        If it is something else.
    """
    found = dataset(path, group, name)
    if found.dtype.kind not in "SOU" or found.size > _MAX_TEXTS:
        raise DatasetError(
            f"{path}: {name} is of type {found.dtype}, expected texts. Export it again."
        )
    return tuple(as_text(one) for one in np.atleast_1d(found[()]).ravel())


def as_text(value: Any) -> str:
    """Text of HDF5: bytes or text; of anything else, its printed form."""
    if isinstance(value, np.ndarray) and value.size == 1:
        value = value.item()
    if isinstance(value, bytes):
        return value.decode("utf-8").rstrip("\0")
    if isinstance(value, h5py.Empty):
        return ""
    return str(value)


def attribute(item: h5py.Group | h5py.Dataset, name: str) -> str:
    """An attribute as text; empty where there is none."""
    return as_text(item.attrs[name]) if name in item.attrs else ""


def number_of(item: h5py.Group | h5py.Dataset, name: str) -> float | None:
    """An attribute that is one number; None where there is none or it is something else."""
    value = np.asarray(item.attrs[name]) if name in item.attrs else np.empty(0)
    if value.size != 1 or value.dtype.kind not in "fiu":
        return None
    number = float(value.item())
    return number if math.isfinite(number) else None


def json_in(path: Path, text: str, where: str) -> Mapping[str, Any]:
    """A text of an HDF5 file that is a JSON object.

    Raises
    ------
    DatasetError
        If it is none.
    """
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DatasetError(f"{path}: {where} is no JSON ({error}). Export it again.") from error
    if not isinstance(value, dict):
        raise DatasetError(f"{path}: {where} is no JSON object. Export it again.")
    return value
