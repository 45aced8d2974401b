"""Resolving the paths of the settings against a data folder."""

from __future__ import annotations

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
