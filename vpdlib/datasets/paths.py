"""Resolving the paths of the settings against a data folder, and what lies below one."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Protocol

from vpdlib.provenance import digest_file, digest_settings

#: More is not read at every start of the workflow.
_MOST_READ_BYTES = 16 << 20
#: Bytes of each part of a video that are read for its fingerprint.
_PART_BYTES = 256 << 10


class DataPaths(Protocol):
    """What turns a path of the settings into one on this machine."""

    def under_data(self, path: str) -> Path:
        """Absolute paths as they are, others below the data folder."""


def as_text(path: str | os.PathLike[str]) -> str:
    """A path as text that can be written whatever bytes it holds: a byte that is no UTF-8 in hexadecimal."""
    return os.fsencode(path).decode("utf-8", errors="backslashreplace")


def check_path(path: str | os.PathLike[str]) -> None:
    """Refuse a path that Snakemake cannot take.

    ``{`` and ``}`` enclose its wildcards, and what it records of a path is UTF-8.

    Raises
    ------
    ValueError
        If there is a brace in the path, or bytes that are no UTF-8; the message names the path and the remedy.
    """
    text = os.fspath(path)
    if as_text(path) != text:
        raise ValueError(
            f"{as_text(path)}: the path is no UTF-8 text, as those of old archives and disks; \\x.. stands for such a "
            "byte. Rename the folder or file."
        )
    if "{" in text or "}" in text:
        raise ValueError(
            f"{text}: the path holds {{ or }}, which Snakemake takes for a wildcard. Rename the folder or link it "
            "under another name."
        )


@dataclass(frozen=True)
class DataFolder:
    """Paths below one folder."""

    folder: Path

    def under_data(self, path: str) -> Path:
        """Absolute paths as they are, others below the folder."""
        return self.folder / path


@cache
def state_of(path: str, by_content: bool = True) -> str:
    """A text that is another one when a file, or the files of a folder, are others.

    Parameters
    ----------
    path : a file or folder.
    by_content : whether a file of up to 16 MiB is known by its content; else, and in a folder, by size and time stamp.
        Of whatever date it comes back, and where it is only touched, it is then the same.
    """
    found = Path(path)
    if found.is_dir():
        files = sorted(file for file in files_below(found) if file.is_file())
        return digest_settings([(str(file.relative_to(found)), _stamp(file)) for file in files])
    if not found.is_file():
        return "missing"
    if by_content and found.stat().st_size <= _MOST_READ_BYTES:
        return digest_file(found)
    return _stamp(found)


def fingerprint_of(file: Path) -> str:
    """What tells a video from another one of its name, wherever it lies: its size, and a digest of parts of it.

    Its beginning, middle and end are read, which no two recordings share.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        size = stream.seek(0, os.SEEK_END)
        for start in sorted({0, max(size - _PART_BYTES, 0), max((size - _PART_BYTES) // 2, 0)}):
            stream.seek(start)
            digest.update(stream.read(_PART_BYTES))
    return f"{size} {digest.hexdigest()[:16]}"


def _stamp(file: Path) -> str:
    """A file's size and time stamp: another text when it was replaced or only touched.

    Raises
    ------
    OSError
        If it is not there.
    """
    stat = file.stat()
    return f"{stat.st_size} bytes of {stat.st_mtime_ns}"


def files_below(folder: Path) -> Iterator[Path]:
    """Every file below a folder, through linked folders too, since data often lie on another disk."""
    visited = set()
    for parent, folders, files in os.walk(folder, followlinks=True):
        real = os.path.realpath(parent)
        if real in visited:
            folders.clear()
            continue
        visited.add(real)
        folders.sort()
        place = Path(parent)
        yield from (place / name for name in files)
