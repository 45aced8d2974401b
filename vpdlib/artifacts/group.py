"""Kinds of artifacts: what a file says it is and, of one video's part of it, the columns and how they are read."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, ClassVar, Protocol, overload

import h5py
import numpy as np

from vpdlib.artifacts.hdf5 import read_attributes


class Column:
    """One dataset of a kind. As an attribute of a video's group it is the array, read when it is asked for.

    Parameters
    ----------
    dtype : its type in the file.
    shape : names for free lengths, numbers for fixed ones; the same name is the same length within one video.
    optional : whether it may be absent.
    """

    #: Whether each row is a chunk of its own, as of pictures, of which a few are read at a time.
    by_row: ClassVar[bool] = False

    def __init__(self, dtype: str, shape: tuple[str | int, ...], optional: bool = False) -> None:
        self.dtype = dtype
        self.shape = shape
        self.optional = optional

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, group: None, owner: type) -> Column: ...
    @overload
    def __get__(self, group: VideoGroup, owner: type) -> np.ndarray: ...
    def __get__(self, group: VideoGroup | None, owner: type) -> Column | np.ndarray:
        return self if group is None else group.array(self.name)


class PictureColumn(Column):
    """A dataset of pictures or the like, a chunk each. As an attribute it is read by the rows that are asked for."""

    by_row = True

    @overload  # type: ignore[override]
    def __get__(self, group: None, owner: type) -> PictureColumn: ...
    @overload
    def __get__(self, group: VideoGroup, owner: type) -> Rows: ...
    def __get__(self, group: VideoGroup | None, owner: type) -> PictureColumn | Rows:
        return self if group is None else Rows(group, self.name)


class Rows:
    """The rows of a dataset, read as they are indexed: ``video.crop[10:20]``, ``video.crop[:]``."""

    def __init__(self, group: VideoGroup, name: str) -> None:
        self._group = group
        self._name = name

    def __getitem__(self, rows: Any) -> np.ndarray:
        return self._group.array(self._name, rows)

    def __len__(self) -> int:
        return self._group.num_rows(self._name)


class OpenFile(Protocol):
    """What a group needs of the artifact that it is part of."""

    file: h5py.File

    def naming(self, name: str, what: str = "dataset") -> AbstractContextManager[None]:
        """See :meth:`vpdlib.artifacts.file.Artifact.naming`."""
        ...


class Kind:
    """A kind of artifact: one file of a whole dataset or, where it is a `VideoGroup`, a group for each video."""

    #: What the file says it is, the version of its form, and which rule makes it.
    kind: ClassVar[str]
    version: ClassVar[int]
    rule: ClassVar[str]

    @classmethod
    def rule_of(cls, path: Path) -> str:
        """The rule that makes an artifact of the kind at a path below the results."""
        return cls.rule

    @classmethod
    def columns(cls) -> dict[str, Column]:
        """The columns of each video's group, by name."""
        return {name: value for name, value in vars(cls).items() if isinstance(value, Column)}


class VideoGroup(Kind):
    """The datasets and attributes of one video in an open artifact; each kind has a class with its columns."""

    def __init__(self, artifact: OpenFile, video_id: str) -> None:
        self._artifact = artifact
        self._group = artifact.file["videos"][video_id]
        self.video_id = video_id

    @property
    def attributes(self) -> dict[str, Any]:
        """Attributes such as ``fps``, ``width``, ``height``, ``num_frames``."""
        with self._artifact.naming(f"videos/{self.video_id}", "group"):
            return read_attributes(self._group)

    def array(self, name: str, rows: Any = slice(None)) -> np.ndarray:
        """Read a dataset, whole or the given rows; a damaged chunk raises :class:`ArtifactError`."""
        with self._artifact.naming(f"videos/{self.video_id}/{name}"):
            result: np.ndarray = self._group[name][rows]
        return result

    def num_rows(self, name: str) -> int:
        """Length of a dataset, without reading it."""
        with self._artifact.naming(f"videos/{self.video_id}/{name}"):
            return int(self._group[name].shape[0])
