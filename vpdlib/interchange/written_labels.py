"""Labelled and found actions, written as files of other tools."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from vpdlib.datasets.base import DatasetError
from vpdlib.datasets.settings import LabelFormatName
from vpdlib.datasets.tables import VideoRow
from vpdlib.interchange.formats import LabelFormat, WrittenAction, WrittenVideo
from vpdlib.interchange.label_registry import LABELS

#: Formats that can be written.
WRITTEN: tuple[LabelFormatName, ...] = tuple(
    name for name, one in LABELS.items() if one.write is not None
)


def written_videos(
    videos: Sequence[VideoRow],
    actions: Mapping[str, Sequence[WrittenAction]],
    times_of: Callable[[str], NDArray[np.float64]] | None = None,
) -> list[WrittenVideo]:
    """Videos with their actions, by name; those of two athletes of one file together.

    Parameters
    ----------
    videos : all that are to be named, with or without actions.
    actions : video id -> its actions, in any order.
    times_of : from a video's id to the time stamps of its pictures, (N,) s; None where there are no videos.
    """
    by_file: dict[str, list[VideoRow]] = {}
    for row in sorted(videos, key=lambda row: row.video):
        by_file.setdefault(row.path or row.video, []).append(row)
    written = []
    for path, rows in by_file.items():
        first = rows[0]
        own = [action for row in rows for action in actions.get(row.video, ())]
        written.append(
            WrittenVideo(
                video_id=first.video if len(rows) == 1 else Path(path).stem,
                path=Path(path).absolute() if first.path else Path(path),
                duration_s=first.duration_s,
                fps=first.fps,
                num_frames=first.declared_frames,
                width=first.width,
                height=first.height,
                actions=sorted(
                    own, key=lambda action: (action.start_s, action.end_s, action.label)
                ),
                picture_times=None if times_of is None else partial(times_of, first.video),
            )
        )
    return written


def format_by_name(name: LabelFormatName) -> LabelFormat:
    """A format that can be written.

    Raises
    ------
    DatasetError
        If it is only read.
    """
    if name not in WRITTEN:
        raise DatasetError(
            f"{name}: not a format that is written. Take one of {', '.join(WRITTEN)}."
        )
    return LABELS[name]


def format_of_path(path: Path) -> LabelFormat:
    """The format that is written for a file's ending.

    Raises
    ------
    DatasetError
        If there is none, or several.
    """
    found = [
        one for name, one in LABELS.items() if name in WRITTEN and one.suffix == path.suffix.lower()
    ]
    if len(found) == 1:
        return found[0]
    names = [one.name for one in found] or list(WRITTEN)
    what = "several formats end so" if found else "no format ends so"
    raise DatasetError(f"{path}: {what}. Name one of them: --to {' | '.join(names)}.")


def write_folder(
    one: LabelFormat, videos: Sequence[WrittenVideo], folder: Path, name: str
) -> list[Path]:
    """Write files of a format into a folder, which is made.

    Raises
    ------
    DatasetError
        If the format cannot hold something.
    """
    assert one.write is not None
    folder.mkdir(parents=True, exist_ok=True)
    return list(one.write(videos, folder, name))


def is_file_of(one: LabelFormat, place: Path) -> bool:
    """Whether a place is a file of a format, by its ending, and no folder."""
    return place.suffix.lower() == one.suffix.lower() and not place.is_dir()


def write_place(
    one: LabelFormat, videos: Sequence[WrittenVideo], place: Path, overwrite: bool
) -> list[Path]:
    """Write files of a format to a file of its ending, or else into a folder; all of them or none.

    Parameters
    ----------
    one : the format.
    videos : what is written; a file takes one video where the format holds one.
    place : the file or folder.
    overwrite : whether files that are there are replaced.

    Raises
    ------
    DatasetError
        If the format cannot hold something, files are there, or ``place`` is a file and several are needed.
    """
    is_file = is_file_of(one, place)
    others = {other.suffix.lower() for other in LABELS.values()} - {"", one.suffix.lower()}
    if place.suffix.lower() in others:
        raise DatasetError(
            f"{place}: {one.title} is asked for, and the place ends as another format's file. Name a file that ends in "
            f"{one.suffix}, or a folder."
        )
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        temporary_folder = TemporaryDirectory(dir=place.parent, prefix=f".{place.name}.")
    except OSError as error:
        raise DatasetError(
            f"{place}: cannot be written ({error.strerror}). Name a place that can."
        ) from error
    with temporary_folder as temporary:
        try:
            made = write_folder(one, videos, Path(temporary), place.stem if is_file else "labels")
        except DatasetError as error:
            raise DatasetError(str(error).replace(temporary, str(place))) from error
        if is_file and len(made) > 1:
            raise DatasetError(
                f"{place}: {len(made)} files are needed, {made[0].name}, {made[1].name} ...; {one.title} holds one "
                "video. Name a folder in its place."
            )
        ends = [place if is_file else place / path.name for path in made]
        there = [path for path in ends if path.exists()]
        if there and not overwrite:
            raise DatasetError(
                f"{there[0]} is there already. Name another place, or add --overwrite to replace it."
            )
        for path, end in zip(made, ends, strict=True):
            end.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(path, end)
    return ends
