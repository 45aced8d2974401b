"""What readers of arrays check before they read: keys, sizes in memory, types, and facts such as ``fps``.

A key is a video's id, possibly with folders in front: ``golf/clip1`` is the video ``clip1``. Objects are refused, and
so is an array that claims more than its file has.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from vpdlib.datasets.base import DatasetError
from vpdlib.identifiers import check_key

#: Attributes of a video or of the whole file.
FACTS = ("fps", "width", "height")
#: A compressed array of more bytes than this is refused.
MAX_BYTES = 4 << 30
#: Arrays that take more memory than so many bytes and so many times their file are a bomb. What was measured shrinks
#: little; rows that are all NaN, of frames in which nobody is, shrink to a hundredth.
_SMALL_BYTES = 32 << 20
_MAX_RATIO = 150


def is_wanted(path: Path, key: str, only: Collection[str] | None) -> bool:
    """Whether a key's video is among those wanted; refuses one that is no safe id."""
    video_id = key.rsplit("/", 1)[-1]
    try:
        check_key(key, "video id", str(path))
    except ValueError as error:
        raise DatasetError(str(error)) from error
    return only is None or video_id in only


def folder_of(key: str) -> str:
    """The folder before a key's last part; empty where there is none."""
    parts = key.rsplit("/", 2)
    return parts[-2] if len(parts) > 1 else ""


def check_total(path: Path, claimed: int) -> None:
    """Refuse a file whose arrays take much more memory than it has bytes."""
    size = path.stat().st_size
    if claimed > max(_SMALL_BYTES, _MAX_RATIO * size):
        raise DatasetError(
            f"{path}: its arrays claim {claimed} bytes, more than {_MAX_RATIO} times the {size} that the file has. "
            "If that is right, store them without compression."
        )


def check_numbers(dtype: np.dtype, path: Path, key: str) -> None:
    """Refuse what is neither whole numbers nor real ones."""
    if dtype.kind not in "fiu":
        raise DatasetError(
            f"{path}: {key} is of type {dtype}, expected numbers. Store numbers, not objects."
        )


def read_facts(path: Path, place: str, given: Mapping[str, Any]) -> dict[str, float]:
    """The facts of `FACTS` that are given, each one number above 0; others are refused."""
    facts = {}
    for fact in FACTS:
        if fact in given:
            value = np.asarray(given[fact])
            number = float(value.item()) if value.size == 1 and value.dtype.kind in "fiu" else 0.0
            if not 0 < number < math.inf or (fact != "fps" and number != int(number)):
                raise DatasetError(
                    f"{path}: {place}: {fact} is {value!s:.60}, expected one number above 0"
                )
            facts[fact] = number
    return facts
