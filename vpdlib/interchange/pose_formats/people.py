"""What readers of pose tools share: opening JSON, numbers of frames in names, people of single frames put into arrays.

A tool's file may be of an hour and hundreds of megabytes; what is made of it may be little larger.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from vpdlib.datasets.base import DatasetError
from vpdlib.interchange.document import decode, parsed_json

#: A million frames of one person are about one gigabyte of JSON.
MAX_BYTES = 4 << 30
_HEAD_BYTES = 1 << 16
#: Arrays that take more than so many bytes and so many times their file are a wrong number of a frame.
_SMALL_BYTES = 1 << 28
_MAX_RATIO = 100
#: Places for people that a tracker named, in arrays of so many times their file, are too many.
_MAX_TRACKED_RATIO = 20
_NUMBERED = re.compile(r"(?P<before>.*?)(?P<number>\d{1,15})", re.ASCII | re.DOTALL)
_SEPARATORS = "_-. "


@dataclass(frozen=True)
class People:
    """People found in single frames, N of them, in the order of the file.

    Attributes
    ----------
    frames : (N,) from 0.
    joints : (N, J, 3) float32 x, y, score; (NaN, NaN, 0) where there is no joint.
    ids : of each, by the tool's tracker; empty where there is none.
    """

    frames: np.ndarray
    joints: np.ndarray
    ids: Sequence[str] = ()


@dataclass(frozen=True)
class Arranged:
    """People by frame: ``values`` (T, P, J, 3), and the attributes of `ToolKeypoints` that follow."""

    values: np.ndarray
    is_tracked: bool
    individuals: tuple[str, ...] = ()
    remarks: Sequence[str] = field(default_factory=tuple)


def read_json(path: Path) -> Any:
    """What a JSON file says.

    Raises
    ------
    DatasetError
        If it is too large, or no JSON.
    """
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise DatasetError(
            f"{path}: {size} bytes, more than a file of keypoints can have ({MAX_BYTES}). Export fewer videos a file."
        )
    return parsed_json(path, decode(str(path), path.read_bytes()))


def ends_of_json(path: Path) -> tuple[str, str]:
    """The beginning and the end of a file that begins as JSON; empty for any other, and for a folder."""
    if not path.is_file():
        return "", ""
    with path.open("rb") as stream:
        head = stream.read(_HEAD_BYTES)
        size = path.stat().st_size
        stream.seek(max(size - _HEAD_BYTES, 0))
        tail = stream.read(_HEAD_BYTES)
    begin = head.decode("utf-8-sig", errors="ignore").lstrip()
    if begin[:1] not in ("{", "["):
        return "", ""
    return begin, tail.decode("utf-8", errors="ignore")


def numbered(stem: str) -> tuple[str, int] | None:
    """What stands before the number that a name ends in, and that number; None where there is none."""
    found = _NUMBERED.fullmatch(stem)
    if found is None:
        return None
    return found["before"].rstrip(_SEPARATORS), int(found["number"])


def joints_of(
    lists: Sequence[Any], num_joints: int, columns: int, where: Sequence[str]
) -> np.ndarray:
    """Joints of N people as numbers, from a list of each.

    Parameters
    ----------
    lists : N lists of J x C numbers, in one row or in J.
    num_joints, columns : J and C.
    where : N, names each for messages.

    Returns
    -------
    (N, J, C) float32.

    Raises
    ------
    DatasetError
        For a list that is none of so many numbers; it is named.
    """
    shapes = ((num_joints * columns,), (num_joints, columns))
    whole = _as_numbers(lists)
    if whole is None or whole.shape[1:] not in shapes:
        rows = [np.zeros((0, num_joints * columns))]
        for one, here in zip(lists, where, strict=True):
            single = _as_numbers(one)
            if single is None or single.shape not in shapes:
                raise DatasetError(
                    f"{here}: expected {num_joints} joints of {columns} numbers, found {one!s:.60}. Export it again."
                )
            rows.append(single.reshape(1, -1))
        whole = np.concatenate(rows)
    with np.errstate(over="ignore"):
        return whole.reshape(-1, num_joints, columns).astype(np.float32)


def _as_numbers(given: Any) -> np.ndarray | None:
    try:
        array = np.array(given)
    except (ValueError, OverflowError):
        # Lists of unequal length.
        return None
    return array if array.dtype.kind in "fiu" else None


def drop_missing(joints: np.ndarray) -> int:
    """Make (NaN, NaN, 0) of joints without a score above 0 or at (0, 0), as tools write what they did not find.

    Parameters
    ----------
    joints : (N, J, 3), changed.

    Returns
    -------
    How many had a number that is none, or is infinite.
    """
    finite = np.isfinite(joints).all(axis=-1)
    with np.errstate(invalid="ignore"):
        there = finite & (joints[..., 2] > 0) & (joints[..., :2] != 0).any(axis=-1)
    joints[~there] = (np.nan, np.nan, 0.0)
    return int(np.count_nonzero(~finite))


def arrange(where: str, people: People, size: int, num_frames: int = 0) -> Arranged:
    """Put people into an array by frame: each person of a tracker in a place, others in the order of the file.

    Parameters
    ----------
    where : the file, for messages.
    people : those of one video.
    size : bytes of the file.
    num_frames : that the file says there are; more if a person is in a later one.

    Raises
    ------
    DatasetError
        If the array would be much larger than the file accounts for.
    """
    count = len(people.frames)
    last = int(people.frames.max()) + 1 if count else 0
    num_frames = max(num_frames, last, 1)
    num_joints = people.joints.shape[1]
    remarks: list[str] = []
    names, places = np.zeros(0, str), np.zeros(0, np.int64)
    is_tracked = len(people.ids) == count > 0
    if is_tracked:
        names, places = np.unique(np.array(people.ids, dtype=np.str_), return_inverse=True)
        is_tracked, why = _are_tracks(
            people.frames, places, names, num_frames * num_joints * 12, size
        )
        if why:
            remarks.append(why)
    if not is_tracked:
        names, places = np.zeros(0, str), _places_in_frames(people.frames)
    num_people = int(places.max()) + 1 if count else 1
    claimed = num_frames * num_people * num_joints * 12
    if claimed > max(_SMALL_BYTES, _MAX_RATIO * size):
        raise DatasetError(
            f"{where}: frame {num_frames - 1} is its last, with up to {num_people} people: {claimed} bytes from a file "
            f"of {size}. Is that number a frame's?"
        )
    values = np.full((num_frames, num_people, num_joints, 3), np.nan, np.float32)
    values[..., 2] = 0.0
    values[people.frames, places] = people.joints
    return Arranged(values, is_tracked, tuple(str(name) for name in names), tuple(remarks))


def _are_tracks(
    frames: np.ndarray, places: np.ndarray, names: np.ndarray, place_bytes: int, size: int
) -> tuple[bool, str]:
    """Whether ids name one person each, and what is to be said if not."""
    pairs = np.unique(np.stack([frames, places]), axis=1).shape[1]
    if pairs < len(frames):
        # A tool without a tracker gives all the same id.
        why = "" if len(names) == 1 else "two people of one frame have one id; ids are not taken"
        return False, why
    if len(names) * place_bytes > max(_SMALL_BYTES, _MAX_TRACKED_RATIO * size):
        return False, f"{len(names)} ids are too many for an array; they are not taken"
    return True, ""


def _places_in_frames(frames: np.ndarray) -> np.ndarray:
    """The how manieth of its frame each person is, from 0."""
    order = np.argsort(frames, kind="stable")
    sorted_frames = frames[order]
    begins = np.flatnonzero(np.diff(sorted_frames, prepend=-1))
    counts = np.diff(np.append(begins, len(frames)))
    places = np.empty(len(frames), np.int64)
    places[order] = np.arange(len(frames)) - np.repeat(begins, counts)
    return places


def not_finite(count: int) -> tuple[str, ...]:
    """The remark on joints with numbers that are none."""
    return (f"{count} joints with a number that is not finite count as missing",) if count else ()


def first_of(entries: Sequence[Any], name: str) -> Any:
    """What the first entry that is an object has by a name; None where there is none."""
    return next((one[name] for one in entries if isinstance(one, Mapping) and name in one), None)
