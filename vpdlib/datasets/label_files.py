"""Which files labels are read from: those that are named, and those of a folder by their endings."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from vpdlib.datasets.base import DatasetError
from vpdlib.datasets.paths import files_below

#: Endings of files of labels; in a folder all others lie beside them.
_SUFFIXES = (
    *(".csv", ".tsv", ".txt", ".json", ".xml", ".boris", ".eaf", ".opf", ".anvil", ".textgrid"),
    *(".srt", ".vtt", ".zip"),
)


def label_files(places: Iterable[Path]) -> list[Path]:
    """The files of labels at some places, in their order; those of a folder by name, with its sub-folders.

    In a folder hidden files and those of endings that no tool gives to labels are passed over.

    Raises
    ------
    DatasetError
        If a place is not there, or a folder holds none of such a file.
    """
    found: list[Path] = []
    for place in places:
        if place.is_dir():
            inside = [path for path in sorted(files_below(place)) if _may_be_labels(path, place)]
            if not inside:
                raise DatasetError(
                    f"adapter.labels: there is no file of labels in {place}. Add them or correct the setting."
                )
            found += inside
        elif place.is_file():
            found.append(place)
        else:
            raise DatasetError(
                f"adapter.labels: {place} does not exist. Correct the setting or make the file; overlays and "
                "kept_frames.csv need no labels."
            )
    return found


def _may_be_labels(path: Path, folder: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
    return not hidden and path.is_file() and path.suffix.lower() in _SUFFIXES
