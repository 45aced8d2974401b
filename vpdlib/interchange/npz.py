"""npz files of one array per video, as NumPy writes them."""

from __future__ import annotations

import math
import tokenize
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from vpdlib.datasets.base import DatasetError
from vpdlib.interchange.array_checks import FACTS, MAX_BYTES, check_numbers, check_total, read_facts
from vpdlib.interchange.formats import ArrayFormat, StoredArray
from vpdlib.npy import read_npy_header

_PIECE_BYTES = 1 << 20


def _read(
    path: Path, name: str, is_wanted: Callable[[str], bool]
) -> Iterator[tuple[str, StoredArray]]:
    # Not np.load, which allocates what a header claims before it looks for the bytes.
    with zipfile.ZipFile(path) as archive:
        members = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
        wanted = [key for key in members if key not in FACTS and is_wanted(key)]
        stated = [fact for fact in FACTS if fact in members]
        check_total(path, sum(members[key].file_size for key in (*wanted, *stated)))
        facts = read_facts(
            path, "", {fact: _member(path, archive, members[fact]) for fact in stated}
        )
        for key in wanted:
            yield key, StoredArray(_member(path, archive, members[key]), facts=facts)


def _member(path: Path, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> np.ndarray:
    if info.file_size > MAX_BYTES:
        raise DatasetError(f"{path}: {info.filename} has {info.file_size} bytes, too many to read")
    with archive.open(info) as stream:
        try:
            shape, fortran, dtype = read_npy_header(stream)
        except (ValueError, tokenize.TokenError) as error:
            raise DatasetError(f"{path}: {info.filename} is no array ({error})") from error
        check_numbers(dtype, path, info.filename)
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


NPZ = ArrayFormat(
    (".npz",),
    _read,
    damage=(OSError, EOFError, RuntimeError, UnicodeDecodeError, zipfile.BadZipFile, zlib.error),
)
