"""Whether datasets are what their kind asks for."""

from __future__ import annotations

from typing import Any

import numpy as np

from vpdlib.artifacts.group import Column, Kind


class ArtifactError(ValueError):
    """An artifact is missing, unfinished, damaged or of another kind. The message names the remedy."""


def check_columns(kind: type[Kind], datasets: Any, where: str, exact: bool = False) -> None:
    """Check names, types and shapes against the kind's columns; equal letters are equal lengths.

    ``exact`` asks for the very type, as files have it; without, a number may be wider, as NumPy's are.
    """
    columns, names = kind.columns(), set(datasets.keys())
    required = {name for name, column in columns.items() if not column.optional}
    if not required <= names <= set(columns):
        raise ArtifactError(
            f"{where}: datasets {sorted(names)} where {sorted(columns)} were expected"
        )
    lengths: dict[str, int] = {}
    for name, column in columns.items():
        if name not in names:
            continue
        data = datasets[name]
        found, wanted_type = np.dtype(data.dtype), np.dtype(column.dtype)
        if found != wanted_type and (exact or found.kind != wanted_type.kind):
            raise ArtifactError(f"{where}: {name} is {found}, expected {wanted_type}")
        shape = data.shape
        if len(shape) != len(column.shape):
            raise ArtifactError(f"{where}: {name} has shape {shape}, expected {column.shape}")
        for length, wanted in zip(shape, column.shape, strict=True):
            expected = lengths.setdefault(wanted, length) if isinstance(wanted, str) else wanted
            if length != expected:
                raise ArtifactError(
                    f"{where}: {name} has shape {shape}, expected {column.shape} with {lengths}"
                )


def stored_as(array: np.ndarray, column: Column, where: str) -> np.ndarray:
    """The array in its column's type; whole numbers must survive, floating-point ones may be rounded."""
    stored = np.asarray(array, dtype=column.dtype)
    if stored.dtype.kind in "iu" and not np.array_equal(stored, array):
        raise ArtifactError(f"{where} holds numbers that {stored.dtype} cannot; correct them")
    return stored
