"""The kinds of artifacts: what each must hold per video, and which rule makes it.

``N`` (or ``T``, ``M``, ``K``) is a number of rows and ``S``, ``D`` are sizes; the same letter is the same
length within one video. Names end in their frame: ``_px`` source pixels, ``_norm`` skeleton-normalised.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np


class ArtifactError(ValueError):
    """An artifact is missing, unfinished, damaged or of another kind. The message names the remedy."""


@dataclass(frozen=True)
class Column:
    """One dataset of a kind: its dtype, its shape with names for free lengths, and whether it may be absent."""

    dtype: str
    shape: tuple[str | int, ...]
    per_frame_chunk: bool = False
    optional: bool = False


@dataclass(frozen=True)
class Schema:
    """A kind of artifact: what each video's group must hold, and which rule makes it."""

    version: int
    rule: str
    columns: Mapping[str, Column] = field(default_factory=dict)
    per_video: bool = True


SCHEMAS: dict[str, Schema] = {
    "people": Schema(
        2,
        "detect_people",
        {
            "time_s": Column("f8", ("T",)),
            # Number of the shot that a frame is of; a cut lies between two.
            "shot": Column("i4", ("T",)),
            "frame": Column("i4", ("M",)),
            "num_people": Column("i4", ("M",)),
            "box_px": Column("f4", ("K", 4)),
            "score": Column("f4", ("K",)),
            "source": Column("u1", ("K",)),
            "keypoints_px": Column("f4", ("K", 17, 3)),
            # Colours of the upper and the lower body (vpdlib.people.appearance).
            "appearance": Column("u1", ("K", 20)),
            # Packed, over box_px (vpdlib.geometry); a row of zeros where a person has none.
            "mask": Column("u1", ("K", 392), optional=True),
        },
    ),
    "tracks": Schema(
        2,
        "track_athlete",
        {
            "time_s": Column("f8", ("N",)),
            "shot": Column("i4", ("N",)),
            # Number of the athlete's segment; -1 where there is no box.
            "segment": Column("i4", ("N",)),
            "previous_frame": Column("i4", ("N",)),
            "box_px": Column("f4", ("N", 4)),
            "origin": Column("u1", ("N",)),
            "score": Column("f4", ("N",)),
        },
    ),
    "crops": Schema(
        1,
        "crop_athlete",
        {
            "frame": Column("i4", ("N",)),
            "previous_frame": Column("i4", ("N",)),
            "rect_px": Column("i4", ("N", 4)),
            "crop": Column("u1", ("N", "S", "S", 3), per_frame_chunk=True),
            "previous": Column("u1", ("N", "S", "S", 3), per_frame_chunk=True),
            # 1 on the athlete, 0 on the background; all 1 where the athlete has no mask.
            "mask": Column("u1", ("N", "S", "S"), per_frame_chunk=True, optional=True),
        },
    ),
    "flow": Schema(
        1,
        "estimate_flow",
        {
            "frame": Column("i4", ("N",)),
            "flow": Column("u1", ("N", "S", "S", 2), per_frame_chunk=True),
        },
    ),
    "frames": Schema(
        1,
        "resize_frames",
        {
            "frame": Column("i4", ("N",)),
            "time_s": Column("f8", ("N",)),
            "picture": Column("u1", ("N", "H", "W", 3), per_frame_chunk=True),
        },
    ),
    "poses": Schema(
        1,
        "estimate_pose",
        {
            "frame": Column("i4", ("N",)),
            "keypoints_px": Column("f4", ("N", 17, 3)),
        },
    ),
    "weak_labels": Schema(
        1,
        "select_weak_labels",
        {
            "frame": Column("i4", ("N",)),
            "pose_norm": Column("f4", ("N", 2, "D")),
            "motion_norm": Column("f4", ("N", 2, "D")),
            "score": Column("f4", ("N",)),
            "kept": Column("?", ("N",)),
        },
    ),
    "features": Schema(
        1,
        "embed_frames",
        {
            "frame": Column("i4", ("N",)),
            "time_s": Column("f8", ("N",)),
            "descriptor": Column("f4", ("N", 2, "D")),
        },
    ),
    "recognition": Schema(2, "recognize_actions", per_video=False),
    "retrieval": Schema(1, "retrieve_actions", per_video=False),
    "detection": Schema(1, "detect_actions", per_video=False),
    "student": Schema(1, "distil_student", per_video=False),
}


def check_columns(schema: Schema, datasets: Any, where: str, exact: bool = False) -> None:
    """Check names, types and shapes against the schema; equal letters are equal lengths.

    ``exact`` asks for the very type, as files have it; without, a number may be wider, as NumPy's are.
    """
    names = set(datasets.keys())
    required = {name for name, column in schema.columns.items() if not column.optional}
    if not required <= names <= set(schema.columns):
        raise ArtifactError(
            f"{where}: datasets {sorted(names)} where {sorted(schema.columns)} were expected"
        )
    lengths: dict[str, int] = {}
    for name, column in schema.columns.items():
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
