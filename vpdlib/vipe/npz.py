"""Plain arrays of an npz of motions, read without executing anything."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Collection
from pathlib import Path

import numpy as np

#: What reading a damaged npz raises.
DAMAGED = (OSError, EOFError, ValueError, MemoryError, zipfile.BadZipFile, zlib.error)
#: An npz that unpacks to more bytes than this is refused.
MAX_BYTES = 8 << 30


class MotionError(ValueError):
    """A 3D motion or its file is wrong; the message names the thing, the place and the remedy."""


def open_size_checked(path: Path) -> list[str]:
    """List the members of an npz.

    Raises
    ------
    MotionError : it is missing, no zip file, or unpacks to more than `MAX_BYTES`.
    """
    if not path.is_file():
        raise MotionError(f"{path} does not exist; correct the path")
    try:
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
    except DAMAGED as error:
        raise MotionError(f"{path} is damaged or no npz ({error}); obtain it again") from error
    size = sum(info.file_size for info in infos)
    if size > MAX_BYTES:
        raise MotionError(f"{path} unpacks to {size} bytes, more than {MAX_BYTES}; split it")
    return [info.filename.removesuffix(".npy") for info in infos]


def read_arrays(path: Path, names: Collection[str] | None = None) -> dict[str, np.ndarray]:
    """Read plain arrays of an npz; object arrays are refused, never unpickled.

    Parameters
    ----------
    path : the file.
    names : the arrays to read where they are there; others are not touched. None: all.

    Returns
    -------
    dict of name -> array

    Raises
    ------
    MotionError : the file is missing or damaged, or one of the arrays holds objects.
    """
    present = open_size_checked(path)
    wanted = present if names is None else [name for name in present if name in names]
    try:
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in wanted}
    except (*DAMAGED, KeyError) as error:
        raise MotionError(
            f"{path} is damaged, or one of {sorted(wanted)} is no plain array ({error}); obtain it "
            "again, or save it as numbers"
        ) from error
