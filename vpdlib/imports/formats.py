"""Formats of files: what the reader of each kind gives, and how one is found by a file's ending.

A format is a module of this package: a reader, and a value of one of the classes below. The registry of its kind
names it: ``LABELS`` in ``labels.py``, ``BOXES`` in ``boxes.py``, ``KEYPOINTS`` in ``keypoints.py``; ``ARRAYS`` in
``arrays.py`` is of one array per video, which may be boxes, keypoints or descriptors. Each registry imports its
modules by name, since the digest of a script's code follows imports: an edit of a reader remakes what it read.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np

from vpdlib.datasets.base import DatasetError
from vpdlib.datasets.tables import VideoRow


@dataclass(frozen=True)
class Format:
    """A format: the endings of its files, in small letters, with the point."""

    suffixes: tuple[str, ...]


F = TypeVar("F", bound=Format)


class Formats(Generic[F]):
    """The formats of one kind.

    Parameters
    ----------
    formats : no ending may be of two.
    default : the one of them that takes files of any other ending; None where those are refused.

    Attributes
    ----------
    by_suffix : ending -> format.
    """

    def __init__(self, *formats: F, default: F | None = None) -> None:
        self._default = default
        self.by_suffix: dict[str, F] = {}
        for one in formats:
            for suffix in one.suffixes:
                if self.by_suffix.setdefault(suffix, one) is not one:
                    raise ValueError(f"{suffix} is of two formats: take it out of one of them")

    def of(self, path: Path) -> F:
        """The format of a file.

        Raises
        ------
        DatasetError
            If the file is missing or of no known ending.
        """
        if not path.is_file():
            raise DatasetError(f"{path} does not exist. Correct the setting or make the file.")
        found = self.by_suffix.get(path.suffix.lower(), self._default)
        if found is None:
            *others, last = self.by_suffix
            raise DatasetError(
                f"{path}: files of the ending {path.suffix!r} are not read; give {', '.join(others)} or {last}"
            )
        return found


@dataclass(frozen=True)
class LabelRow:
    """A labelled action as a file has it.

    Attributes
    ----------
    where : file and row, or what stands for one, for messages.
    video : the video's id, file name or path, see :mod:`vpdlib.imports.video_names`.
    label : the class, without white space around it.
    start, end : seconds; or text, see :mod:`vpdlib.imports.times`. Empty: from the beginning, to the end.
    split : train, val or test; empty where the file does not say.
    group : athlete, match or the like; empty where the file does not say.
    """

    where: str
    video: str
    label: str
    start: float | str = ""
    end: float | str = ""
    split: str = ""
    group: str = ""


@dataclass(frozen=True)
class LabelFormat(Format):
    """A format of labelled actions.

    Attributes
    ----------
    read : from a file to its rows and, where times are text, what is between its columns: ``,``, ``;`` or a tab.
        Raises DatasetError, as all readers here do.
    """

    read: Callable[[Path], tuple[Sequence[LabelRow], str]]


@dataclass(frozen=True)
class StoredArray:
    """What a file has of a video.

    Attributes
    ----------
    values : numbers, one row per frame.
    folder : in front of the video's id.
    facts : what is stated of ``fps``, ``width`` and ``height`` px, numbers above 0.
    where : what stands for the array in messages; empty: the file and the video.
    rows : of a table, frame -> file and row.
    label : the class, by name or number; None where there is none but the folder.
    splits : those that list the video.
    """

    values: np.ndarray
    folder: str = ""
    facts: Mapping[str, float] = field(default_factory=dict)
    where: str = ""
    rows: Mapping[int, str] = field(default_factory=dict)
    label: str | int | None = None
    splits: tuple[str, ...] = ()


@dataclass(frozen=True)
class BoxFormat(Format):
    """A format of the athlete's boxes.

    Attributes
    ----------
    read : from a file, and the videos wanted, to video id -> (T, 4) xyxy px.
    names : of a format with a row per box, the video's name and file and row of each. Such a file may lack whole
        videos, and frames at their end; others must not. It states no facts.
    """

    read: Callable[[Path, Sequence[VideoRow]], Mapping[str, StoredArray]]
    names: Callable[[Path], Iterable[tuple[str, str]]] | None = None


@dataclass(frozen=True)
class KeypointFormat(Format):
    """A format of keypoints.

    Attributes
    ----------
    read : from a file, and the ids of the videos wanted (None: all), to video id -> (T, J, 2) x, y or (T, J, 3) x, y,
        score; joints in the order of the file. It refuses ids by :func:`vpdlib.identifiers.check_key`.
    """

    read: Callable[[Path, Collection[str] | None], Mapping[str, StoredArray]]


@dataclass(frozen=True)
class ArrayFormat(Format):
    """A format of arrays.

    Attributes
    ----------
    read : from a file, the name of what is asked for, such as "keypoints", where a video has several arrays, and a
        function that tells of a key, a video's id with folders in front, whether it is wanted, and refuses an unsafe
        one, to pairs of a key and an array, whose folder is left empty.
    damage : errors by which a damaged file shows.
    """

    read: Callable[[Path, str, Callable[[str], bool]], Iterator[tuple[str, StoredArray]]]
    damage: tuple[type[Exception], ...] = (OSError,)
