"""Files of one array per video, as other tools write them: boxes, keypoints or descriptors."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from functools import partial
from pathlib import Path

from vpdlib.datasets.base import DatasetError
from vpdlib.interchange.array_checks import folder_of, is_wanted
from vpdlib.interchange.formats import Formats, StoredArray
from vpdlib.interchange.hdf5 import HDF5
from vpdlib.interchange.npz import NPZ

ARRAYS = Formats(NPZ, HDF5)


def read_arrays(path: Path, name: str, only: Collection[str] | None) -> dict[str, StoredArray]:
    """Read one array per video.

    Parameters
    ----------
    path : of a format of `ARRAYS`.
    name : what an array is called where a video has several, such as ``"keypoints"``.
    only : ids of the videos wanted; None for all.

    Returns
    -------
    video id -> array of numbers, any shape.

    Raises
    ------
    DatasetError
        If the file is missing, damaged or of another form, an id is unsafe, or two keys end in one id.
    """
    found: dict[str, StoredArray] = {}
    keys: dict[str, str] = {}
    file_format = ARRAYS.of(path)
    try:
        for key, stored in file_format.read(path, name, partial(is_wanted, path, only=only)):
            video_id = key.rsplit("/", 1)[-1]
            if video_id in keys:
                raise DatasetError(
                    f"{path}: {keys[video_id]!r} and {key!r} end in one id. Rename one of them."
                )
            keys[video_id] = key
            found[video_id] = replace(stored, folder=folder_of(key))
    except file_format.damage as error:
        raise DatasetError(
            f"{path} is damaged or cut ({error}). Make or obtain it again."
        ) from error
    if not found:
        raise DatasetError(f"{path} holds none of the videos. Are its keys their ids?")
    return found
