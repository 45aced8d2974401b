"""The table of found actions, ``results/<dataset>/found.csv``: a row for every action found in any video."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vpdlib.datasets.tables import read_rows, write_rows


@dataclass(frozen=True)
class FoundRow:
    """A row of ``found.csv``.

    Attributes
    ----------
    video : its id in ``videos.csv``.
    athlete : ``near`` or ``far`` where the file shows two; empty else.
    start, end : s on the video's clock; the action has the frames with ``start <= t < end``.
    label, probability : the class that it was taken for.
    second_label, second_probability : the next class.
    detection_score : a number; empty for clips that are named as a whole.
    nearest_action : id of the nearest labelled example; empty without.
    labelled : class of the labelled action that it overlaps; empty without.
    """

    video: str
    athlete: str
    start: float
    end: float
    label: str
    probability: float
    second_label: str
    second_probability: float
    detection_score: str
    nearest_action: str
    labelled: str


def read_found(path: str | Path) -> list[FoundRow]:
    """Read ``found.csv``.

    Raises
    ------
    DatasetError, ValueError
        As :func:`vpdlib.datasets.tables.read_rows`.
    """
    return read_rows(path, FoundRow, "list_found")


def write_found(path: str | Path, rows: Sequence[FoundRow]) -> None:
    """Write ``found.csv``, whole or not at all."""
    write_rows(path, rows, FoundRow)
