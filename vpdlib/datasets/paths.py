"""Resolving the paths of the settings against a data folder, and what lies below one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


class DataPaths(Protocol):
    """What turns a path of the settings into one on this machine."""

    def under_data(self, path: str) -> Path:
        """Absolute paths as they are, others below the data folder."""


def check_no_braces(path: str | os.PathLike[str]) -> None:
    """Refuse a path that Snakemake would take for a pattern: ``{`` and ``}`` enclose its wildcards.

    Raises
    ------
    ValueError
        If there is a brace in the path; the message names the path and the remedy.
    """
    text = os.fspath(path)
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
        yield from (Path(parent, name) for name in files)
