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
