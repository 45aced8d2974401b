"""The tables that DeepLabCut writes of a video, CSV or HDF5, which Lightning Pose and others write too.

Columns have a scorer, perhaps an individual, a body part and a coordinate; rows are numbered by the frame, from 0.
The HDF5 files are pandas': the names of columns lie there in a pickle, of which texts alone are read, or as arrays.
"""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np

from vpdlib.datasets.base import DatasetError
from vpdlib.interchange.formats import ToolKeypoints
from vpdlib.interchange.safe_hdf5 import (
    attribute,
    dataset,
    groups,
    number_of,
    numbers,
    opened,
    part,
    texts,
)
from vpdlib.safe_pickle import UnsafePickleError, loads_plain

_LEVELS = ("scorer", "individuals", "bodyparts", "coords")
_MAX_HEADER = 1 << 20
_MAX_COLUMNS = 100_000
#: A row numbered beyond this, for each row that is there, is no frame's.
_FRAMES_PER_ROW = 1000
_SLACK_FRAMES = 1_000_000
#: The individual of body parts of nobody, such as a net's corner.
_NOBODY = "single"


@dataclass(frozen=True)
class Header:
    """Names of a table's columns.

    Attributes
    ----------
    scorer : of the first column.
    columns : individual (empty in a table without), body part, coordinate.
    has_individuals : whether the table names individuals.
    """

    scorer: str
    columns: tuple[tuple[str, str, str], ...]
    has_individuals: bool


def header_of(path: Path) -> Header | None:
    """The header of a table of predictions; None of any other file. Never raises."""
    try:
        if path.suffix.lower() == ".csv":
            return _csv_header(path)
        with opened(path) as file:
            return next(iter(_tables(path, file)), (None, None))[1] if _is_pandas(file) else None
    except (DatasetError, OSError, UnicodeDecodeError, csv.Error, UnsafePickleError):
        return None


def read_table(path: Path, video: str) -> ToolKeypoints:
    """Read such a table.

    Parameters
    ----------
    path : of a file that has a header.
    video : the name of its video.

    Raises
    ------
    DatasetError
        If it is damaged, of labelled pictures instead of a video, in space instead of the picture, or a frame is there
        twice.
    """
    if path.suffix.lower() == ".csv":
        header, index, values = _read_csv(path)
    else:
        header, index, values = _read_hdf5(path)
    return _arranged(path, video, header, index, values)


def _is_pandas(file: h5py.File) -> bool:
    return any("pandas_type" in group.attrs for _, group in groups(file))


def _csv_header(path: Path) -> Header | None:
    lines = []
    with path.open(encoding="utf-8-sig", newline="") as stream:
        for _ in range(4):
            line = stream.readline(_MAX_HEADER)
            lines.append(line)
    if not lines[0].startswith("scorer,"):
        return None
    rows = list(csv.reader(line.rstrip("\r\n") for line in lines))
    levels = {row[0]: row[1:] for row in rows if row}
    if "coords" not in levels or "bodyparts" not in levels:
        return None
    return _header([levels.get(name) for name in _LEVELS])


def _header(levels: Sequence[Sequence[str] | None]) -> Header | None:
    scorers, individuals, parts, coords = levels
    if not scorers or not parts or not coords or len(parts) > _MAX_COLUMNS:
        return None
    if not len(scorers) == len(parts) == len(coords):
        return None
    if individuals is not None and len(individuals) != len(parts):
        return None
    called = individuals if individuals is not None else [""] * len(parts)
    return Header(
        str(scorers[0]),
        tuple(zip(map(str, called), map(str, parts), map(str, coords), strict=True)),
        individuals is not None,
    )


def _read_csv(path: Path) -> tuple[Header, np.ndarray, np.ndarray]:
    import pandas as pd

    header = _csv_header(path)
    if header is None:
        raise DatasetError(f"{path}: no table with the rows scorer, bodyparts and coords on top.")
    skipped = 4 if header.has_individuals else 3
    try:
        body = pd.read_csv(
            path, header=None, skiprows=skipped, encoding="utf-8-sig", low_memory=False
        )
    except (ValueError, UnicodeDecodeError) as error:
        raise DatasetError(f"{path}: no whole table ({error}). Save it again.") from error
    if body.shape[1] != len(header.columns) + 1:
        raise DatasetError(
            f"{path}: rows of {body.shape[1]} cells below a header of {len(header.columns) + 1}. Save it again."
        )
    index = _frames(path, body[0].tolist())
    try:
        values = body.iloc[:, 1:].to_numpy(np.float64)
    except (ValueError, TypeError) as error:
        raise DatasetError(f"{path}: a cell that is no number ({error}). Correct it.") from error
    return header, index, values


def _frames(path: Path, index: Sequence[object]) -> np.ndarray:
    """Numbers of frames, from a column that may hold anything."""
    for row, value in enumerate(index):
        if not isinstance(value, int | np.integer) and not (
            isinstance(value, float) and value.is_integer()
        ):
            raise DatasetError(
                f"{path}: row {row} is called {str(value)[:60]!r}, not by the number of a frame: labels of single "
                "pictures? Give what the tool predicted for the video."
            )
    return np.array(index, np.int64)


def _read_hdf5(path: Path) -> tuple[Header, np.ndarray, np.ndarray]:
    with opened(path) as file:
        for group, header in _tables(path, file):
            if attribute(group, "pandas_type") == "frame_table":
                return header, *_appendable(path, group, header)
            values = numbers(path, group, "block0_values", 2)
            if number_of(group, "nblocks") not in (None, 1.0) or values.shape[1] != len(
                header.columns
            ):
                raise DatasetError(
                    f"{path}: its columns are of several types. Save it with format='table', or as CSV."
                )
            index = dataset(path, group, "axis1") if part(group, "axis1") is not None else None
            if index is None or index.dtype.kind not in "iu":
                raise DatasetError(
                    f"{path}: rows are not called by numbers of frames: labels of single pictures? Give what the tool "
                    "predicted for the video, and move this file out of the folder."
                )
            return header, index[()].astype(np.int64), values.astype(np.float64)
    raise DatasetError(f"{path}: no table of predictions in it.")


def _tables(path: Path, file: h5py.File) -> Iterator[tuple[h5py.Group, Header]]:
    """The tables of a file, with their headers: any key, since DeepLabCut has several."""
    for _, group in groups(file):
        kind = attribute(group, "pandas_type")
        header = None
        if kind == "frame_table":
            header = _of_pickle(path, group)
        elif kind == "frame":
            header = _of_levels(path, group)
        if header is not None:
            yield group, header


def _of_pickle(path: Path, group: h5py.Group) -> Header | None:
    """Names of an appendable table: texts in a pickle, of which nothing is executed."""
    pickled, info = group.attrs.get("non_index_axes"), group.attrs.get("info")
    if not isinstance(pickled, bytes) or not isinstance(info, bytes):
        return None
    axes = loads_plain(pickled, f"{path}: the names of its columns")
    stated = loads_plain(info, f"{path}: what it says of its columns")
    names = stated.get(1, {}).get("names") if isinstance(stated, dict) else None
    if not isinstance(axes, list) or not axes or not isinstance(axes[0], tuple):
        return None
    columns = axes[0][1]
    if not isinstance(columns, list) or not isinstance(names, list):
        return None
    if not all(isinstance(one, tuple) and len(one) == len(names) for one in columns):
        return None
    levels = dict(zip(map(str, names), zip(*columns, strict=True), strict=True)) if columns else {}
    return _header([levels.get(name) for name in _LEVELS])


def _of_levels(path: Path, group: h5py.Group) -> Header | None:
    """Names of a fixed table: each level's texts, and which of them each column has."""
    levels: dict[str, list[str]] = {}
    for number in itertools.count():
        if part(group, f"block0_items_level{number}") is None or number > len(_LEVELS):
            break
        known = texts(path, group, f"block0_items_level{number}")
        of_column = numbers(path, group, f"block0_items_label{number}", 1).astype(int)
        if len(of_column) and not 0 <= of_column.min() <= of_column.max() < len(known):
            return None
        levels[attribute(group[f"block0_items_level{number}"], "name")] = [
            known[code] for code in of_column
        ]
    return _header([levels.get(name) for name in _LEVELS])


def _appendable(path: Path, group: h5py.Group, header: Header) -> tuple[np.ndarray, np.ndarray]:
    table = dataset(path, group, "table")
    fields = table.dtype.fields or {}
    if "index" not in fields or table.dtype["index"].kind not in "iu":
        raise DatasetError(
            f"{path}: rows are not called by numbers of frames: labels of single pictures? Give what the tool "
            "predicted for the video."
        )
    rows = table[()]
    place = {column: number for number, column in enumerate(_columns(path, group))}
    values = np.full((len(rows), len(header.columns)), np.nan)
    for name in fields:
        if not name.startswith("values_block_"):
            continue
        block = rows[name].reshape(len(rows), -1)
        kinds = loads_plain(bytes(table.attrs[f"{name}_kind"]), f"{path}: {name}")
        if block.dtype.kind not in "fiu" or len(kinds) != block.shape[1]:
            raise DatasetError(f"{path}: {name} holds no numbers. Save it again, or as CSV.")
        for column, one in enumerate(kinds):
            values[:, place[tuple(map(str, one))]] = block[:, column]
    return rows["index"].astype(np.int64), values


def _columns(path: Path, group: h5py.Group) -> list[tuple[str, ...]]:
    axes = loads_plain(group.attrs["non_index_axes"], f"{path}: the names of its columns")
    return [tuple(map(str, column)) for column in axes[0][1]]


def _arranged(
    path: Path, video: str, header: Header, index: np.ndarray, values: np.ndarray
) -> ToolKeypoints:
    people = list(dict.fromkeys(who for who, _, _ in header.columns))
    remarks = []
    if header.has_individuals and _NOBODY in people and len(people) > 1:
        people.remove(_NOBODY)
        parts = dict.fromkeys(part for who, part, _ in header.columns if who == _NOBODY)
        remarks.append(f"points of no individual are not taken: {', '.join(parts)}")
    joints = list(dict.fromkeys(part for who, part, _ in header.columns if who in people))
    coords = {coord for _, _, coord in header.columns}
    if not {"x", "y"} <= coords or "z" in coords:
        raise DatasetError(
            f"{path}: its coordinates are {', '.join(sorted(coords))}, expected x and y px of the picture. Give what "
            "was predicted in one camera's picture."
        )
    others = coords - {"x", "y", "likelihood"}
    if others:
        remarks.append(f"columns that are not taken: {', '.join(sorted(others))}")
    if len(index) == 0 or index.min() < 0 or len(np.unique(index)) != len(index):
        raise DatasetError(f"{path}: no row, or a frame is there twice. Save it again.")
    length = int(index.max()) + 1
    if length > _FRAMES_PER_ROW * len(index) + _SLACK_FRAMES:
        raise DatasetError(f"{path}: {len(index)} rows, and one of frame {length - 1}.")
    given = np.full((length, len(people), len(joints), 3), np.nan, np.float32)
    if "likelihood" not in coords:
        given[..., 2] = 1.0
    with np.errstate(over="ignore"):
        for number, (who, part_, coord) in enumerate(header.columns):
            if who in people and coord in ("x", "y", "likelihood"):
                column = ("x", "y", "likelihood").index(coord)
                given[index, people.index(who), joints.index(part_), column] = values[:, number]
    there = np.isfinite(given[..., :2]).all(axis=3)
    given[..., 2] = np.where(there, np.nan_to_num(given[..., 2], nan=0.0), 0.0)
    given[~there] = (np.nan, np.nan, 0)
    is_contiguous = length == len(index)
    return ToolKeypoints(
        where=str(path),
        video=video,
        values=given,
        joints=tuple(joints),
        is_tracked=True,
        # Tables of several animals end with the last frame in which one is.
        is_whole=is_contiguous and not header.has_individuals,
        individuals=tuple(people) if header.has_individuals else (),
        remarks=remarks,
    )
