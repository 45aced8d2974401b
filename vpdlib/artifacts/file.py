"""HDF5 artifacts: what every rule of the workflow writes and every later rule reads.

One file per shard of videos (or per result), written whole or not at all:

* it is written under a temporary name beside the target, closed, reopened and verified, and only then synced and
  renamed to its final name (:mod:`vpdlib.atomic`), so a killed job leaves nothing there;
* the root says what it is: ``schema`` (the kind), ``schema_version``, ``complete``, ``rule``,
  ``vpdlib_version``, digests of configuration, code and inputs, and ``num_videos``;
* every dataset carries a ``fletcher32`` checksum and everything else (headers, attributes, indices) those
  of HDF5's 1.10 format, so a flipped bit is an error and never a number; texts are of fixed length, since
  HDF5 keeps those of variable length where no checksum reaches;
* datasets are chunked for how they are read: image-like data one frame a chunk, the rest one sequence a
  chunk. Nothing is compressed, so a dataset that claims more bytes than its file has is refused.

Per-video data lie in ``/videos/<video id>/<dataset>``; the names, types and shapes that a kind must
hold are those of its class (``vpdlib/artifacts/<kind>.py``).
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, Generic, TypeVar, cast, overload

import h5py
import numpy as np

from vpdlib import __version__
from vpdlib.artifacts.check import ArtifactError, check_columns, stored_as
from vpdlib.artifacts.group import Kind, VideoGroup
from vpdlib.artifacts.hdf5 import UNREADABLE, read_attributes
from vpdlib.atomic import discard, put_in_place, temporary_beside
from vpdlib.identifiers import check_id

#: The oldest format of which every header has a checksum; h5py writes an older one unless told.
_FORMAT = ("v110", "v110")

Group = TypeVar("Group", bound=Kind, covariant=True)


@dataclass(frozen=True)
class Provenance:
    """Where an artifact comes from: digests as hex strings, settings as JSON-able values.

    ``made_by`` is the job besides: its files, wildcards and threads, to run it again alone.
    """

    rule: str
    config_digest: str
    code_digest: str
    input_digest: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    made_by: Mapping[str, Any] = field(default_factory=dict)


class ArtifactWriter:
    """Writes one artifact; nothing is at ``path`` before :meth:`close` has verified it.

    Use as a context manager. On an exception the temporary file is removed and an older artifact at
    ``path`` is left as it was.
    """

    def __init__(self, path: str | Path, kind: type[Kind] | str, provenance: Provenance) -> None:
        self.path = Path(path)
        self.kind = _kind_of(kind, self.path)
        self._temporary = temporary_beside(self.path)
        with ExitStack() as on_error:
            on_error.callback(discard, self._temporary)
            # Chunks are written whole, and at once: one that HDF5 still held when the disk was full would crash the
            # process when the file is closed.
            self._file = h5py.File(
                self._temporary, "w", track_order=True, libver=_FORMAT, rdcc_nbytes=0
            )
            on_error.callback(self.abandon)
            self.set_attributes(
                schema=self.kind.kind,
                schema_version=self.kind.version,
                complete=False,
                rule=provenance.rule,
                vpdlib_version=__version__,
                config_digest=provenance.config_digest,
                code_digest=provenance.code_digest,
                input_digest=provenance.input_digest,
                settings=json.dumps(provenance.settings, sort_keys=True, default=str),
                made_by=json.dumps(provenance.made_by, sort_keys=True, default=str),
            )
            if issubclass(self.kind, VideoGroup):
                self._file.create_group("videos", track_order=True)
            on_error.pop_all()
        self._begun: str | None = None

    def __enter__(self) -> ArtifactWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.close()
        else:
            self.abandon()

    def set_attributes(self, **attributes: Any) -> None:
        """Set attributes of the root, such as the method or the scale of the payload."""
        _set_attributes(self._file, attributes)

    def write(self, name: str, array: np.ndarray) -> None:
        """Write a dataset of the root (kinds that are not per video): numbers or texts.

        Raises
        ------
        ArtifactError
            For a single value, which has no checksum: :meth:`set_attributes` is for those.
        """
        array = np.asarray(array)
        if array.ndim == 0:
            raise ArtifactError(
                f"{self.path}: {name} is a single value; write it with set_attributes"
            )
        _create(self._file, name, array, frame_chunk=False)

    def append_rows(self, video_id: str, datasets: Mapping[str, np.ndarray]) -> None:
        """Write further rows of image-like datasets of a video, before :meth:`add_video` writes the others.

        A long video need not be in memory whole. One video at a time: it is finished before the next is begun.

        Parameters
        ----------
        video_id : the video.
        datasets : of the next n rows, n >= 0; the same names every time.

        Raises
        ------
        ArtifactError
            For a dataset that is not kept row by row, and as for :meth:`add_video`.
        """
        where = f"{self.path}: video {video_id}"
        self._check_turn(video_id, where)
        for name, rows in datasets.items():
            column = self.kind.columns().get(name)
            if column is None or not column.by_row:
                raise ArtifactError(
                    f"{where}: {name} is not written row by row; add_video takes it"
                )
            stored = stored_as(rows, column, f"{where}: {name}")
            group = self._group(video_id)
            self._begun = video_id
            if name not in group:
                group.create_dataset(
                    name,
                    data=stored,
                    chunks=(1, *stored.shape[1:]),
                    maxshape=(None, *stored.shape[1:]),
                    fletcher32=True,
                )
                continue
            dataset = group[name]
            if stored.shape[1:] != dataset.shape[1:]:
                raise ArtifactError(
                    f"{where}: rows {stored.shape[1:]} of {name} follow rows {dataset.shape[1:]}"
                )
            first = len(dataset)
            dataset.resize(first + len(stored), axis=0)
            dataset[first:] = stored

    def add_video(
        self,
        video_id: str,
        datasets: Mapping[str, np.ndarray],
        attributes: Mapping[str, Any] | None = None,
    ) -> None:
        """Write all datasets of one video, but those that :meth:`append_rows` has written.

        Raises
        ------
        ArtifactError
            If a dataset of the kind's schema is missing, unknown, of another type or shape or of
            numbers that its type cannot hold, or if the video has been added before.
        """
        where = f"{self.path}: video {video_id}"
        self._check_turn(video_id, where)
        appended = dict(self._group(video_id).items()) if self._begun else {}
        both = sorted(appended.keys() & datasets.keys())
        if both:
            raise ArtifactError(f"{where}: {both} have been appended already")
        check_columns(self.kind, {**appended, **datasets}, where)
        columns = self.kind.columns()
        stored = {
            name: stored_as(datasets[name], column, f"{where}: {name}")
            for name, column in columns.items()
            if name in datasets
        }
        group = self._group(video_id)
        for name, array in stored.items():
            _create(group, name, array, columns[name].by_row)
        _set_attributes(group, attributes or {})
        self._begun = None

    def _check_turn(self, video_id: str, where: str) -> None:
        """Refuse a video that is there already, or that comes between the rows of another."""
        check_id(video_id, "video id", str(self.path))
        if self._begun not in (None, video_id):
            raise ArtifactError(f"{where} is begun before {self._begun} is finished by add_video")
        if self._begun is None and video_id in self._file["videos"]:
            raise ArtifactError(f"{where} is added twice; list each video once")

    def _group(self, video_id: str) -> h5py.Group:
        return self._file["videos"].require_group(video_id)

    def close(self) -> None:
        """Finish: mark complete, reopen and verify every checksum, sync and rename into place."""
        try:
            if self._begun is not None:
                raise ArtifactError(f"{self.path}: video {self._begun} was begun and not finished")
            if issubclass(self.kind, VideoGroup):
                self.set_attributes(num_videos=len(self._file["videos"]))
            self.set_attributes(complete=True)
            self._file.close()
            with read_artifact(self._temporary, self.kind) as artifact:
                artifact.verify_payload()
            put_in_place(self._temporary, self.path)
        finally:
            self.abandon()

    def abandon(self) -> None:
        """Remove the temporary file; harmless after :meth:`close`."""
        try:
            if self._file:
                self._file.close()
        finally:
            # On a full disk closing fails too; the file must go all the more.
            discard(self._temporary)


class Artifact(Generic[Group]):
    """A checked artifact, open for reading. Obtain it from :func:`read_artifact`."""

    def __init__(self, file: h5py.File, path: Path, kind: type[Kind]) -> None:
        self.file = file
        self.path = path
        self.kind = kind

    def _of_video(self, video_id: str) -> Group:
        if not issubclass(self.kind, VideoGroup):
            raise ArtifactError(f"{self.path} is of kind {self.kind.kind!r}, which holds no videos")
        return cast(Group, self.kind(self, video_id))

    @property
    def attributes(self) -> dict[str, Any]:
        """Attributes of the root."""
        with self.naming("/", "group"):
            return read_attributes(self.file)

    @property
    def settings(self) -> dict[str, Any]:
        """The settings that the producing rule ran with."""
        return self._object("settings")

    @property
    def made_by(self) -> dict[str, Any]:
        """The job that made it: rule, input, output, log, wildcards, threads, resources; empty where no job did."""
        return self._object("made_by")

    def _object(self, name: str) -> dict[str, Any]:
        with self.naming(name, "attribute"):
            found = json.loads(self.attributes[name])
            if not isinstance(found, dict):
                raise ValueError("no JSON object")
        return found

    @property
    def video_ids(self) -> list[str]:
        """Ids of the videos held, in the order written."""
        return list(self.file["videos"])

    def __contains__(self, video_id: str) -> bool:
        return video_id in self.file["videos"]

    def __getitem__(self, video_id: str) -> Group:
        if video_id not in self.file["videos"]:
            raise ArtifactError(
                f"{self.path} holds no video {video_id!r}. {_remedy(self.path, self.kind)}"
            )
        return self._of_video(video_id)

    def videos(self) -> Iterator[Group]:
        """Every video's group, in the order written."""
        for video_id in self.video_ids:
            yield self._of_video(video_id)

    def array(self, name: str) -> np.ndarray:
        """A dataset of the root, whole."""
        with self.naming(name):
            result: np.ndarray = self.file[name][()]
        return result

    def texts(self, name: str) -> tuple[str, ...]:
        """The texts of a dataset of the root."""
        return tuple(value.decode() for value in self.array(name))

    @contextmanager
    def naming(self, name: str, what: str = "dataset") -> Iterator[None]:
        """Turn what HDF5 raises into an :class:`ArtifactError` that says what cannot be read.

        Parameters
        ----------
        name, what : of the dataset, or of what else it is.
        """
        try:
            yield
        except ArtifactError:
            raise
        except UNREADABLE as error:
            raise ArtifactError(
                f"{self.path}: {what} {name!r} is missing or damaged ({error}). "
                f"{_remedy(self.path, self.kind)}"
            ) from error

    def verify_payload(self) -> None:
        """Read every chunk once, so that every checksum is compared."""

        def visit(name: str, item: h5py.HLObject) -> None:
            if isinstance(item, h5py.Dataset) and item.size:
                _read_chunks(self, name, item)

        with self.naming("/", "group"):
            self.file.visititems(visit)


@overload
def read_artifact(
    path: str | Path, kind: type[Group]
) -> AbstractContextManager[Artifact[Group]]: ...
@overload
def read_artifact(path: str | Path, kind: str) -> AbstractContextManager[Artifact[VideoGroup]]: ...
def read_artifact(path: str | Path, kind: type[Group] | str) -> Any:
    """Open an artifact for reading after checking that it is whole and of the expected kind.

    Payload checksums are compared by HDF5 as data are read.

    Parameters
    ----------
    path : the artifact.
    kind : its class, such as :class:`vpdlib.artifacts.tracks.Tracks`, whose columns are attributes of its videos; or
        its name, where any kind will do: the code of a kind that is named so counts in no digest of a job's code.

    Raises
    ------
    ArtifactError
        If the file is missing, not HDF5, truncated, unfinished, of another kind or version, or if its
        datasets disagree with the kind's schema. The message names the rule and the command that mend it.
    """
    return _open(Path(path), _kind_of(kind, Path(path)))


@contextmanager
def _open(path: Path, kind: type[Kind]) -> Iterator[Artifact[Any]]:
    if not path.is_file():
        raise ArtifactError(f"{path} does not exist. {_remedy(path, kind)}")
    try:
        file = h5py.File(path, "r", locking=False)
    except OSError as error:
        raise ArtifactError(
            f"{path} is not a readable HDF5 file: truncated or damaged ({error}). {_remedy(path, kind)}"
        ) from error
    with file:
        _check_root(file, path, kind)
        yield Artifact(file, path, kind)


def read_made_by(path: str | Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The job that made an artifact of whatever kind, and its settings; see :attr:`Artifact.made_by`.

    Raises
    ------
    ArtifactError
        As :func:`read_artifact`, and where the file is no artifact or no job made it.
    """
    try:
        with h5py.File(path, "r", locking=False) as file:
            kind = str(read_attributes(file).get("schema"))
    except UNREADABLE as error:
        raise ArtifactError(f"{path} is not a readable artifact: {error}") from error
    found = _kind_of(kind, Path(path))
    with _open(Path(path), found) as artifact:
        made_by, settings = artifact.made_by, artifact.settings
    if not made_by:
        raise ArtifactError(f"{path} does not say which job made it. {_remedy(Path(path), found)}")
    return made_by, settings


def _kind_of(kind: type[Kind] | str, path: Path) -> type[Kind]:
    """The class of a kind that may be given by its name."""
    if not isinstance(kind, str):
        return kind
    known: dict[str, type[Kind]] = import_module("vpdlib.artifacts.kinds").KINDS
    if kind not in known:
        raise ArtifactError(f"{path}: {kind!r} is not an artifact kind; known: {sorted(known)}")
    return known[kind]


def _check_root(file: h5py.File, path: Path, kind: type[Kind]) -> None:
    remedy = _remedy(path, kind)
    try:
        attributes = read_attributes(file)
    except UNREADABLE as error:
        raise ArtifactError(f"{path}: header damaged ({error}). {remedy}") from error
    found: Any = attributes.get("schema")
    version: Any = attributes.get("schema_version")
    if not isinstance(found, str) or found != kind.kind:
        raise ArtifactError(f"{path} holds {found!r} where {kind.kind!r} was expected. {remedy}")
    if np.ndim(version) or version != kind.version:
        raise ArtifactError(
            f"{path} has version {version} of {kind.kind!r}; this vpdlib reads version {kind.version}. "
            f"{remedy}"
        )
    complete: Any = attributes.get("complete")
    if np.ndim(complete) or not complete:
        raise ArtifactError(f"{path} is unfinished. {remedy}")
    try:
        if issubclass(kind, VideoGroup):
            _check_videos(file, attributes.get("num_videos"), kind)
        else:
            for name, item in file.items():
                _check_claim(item, path, name)
    except UNREADABLE as error:
        # A ValueError is one of ours (its message names the video) or h5py's.
        reason = str(error) if isinstance(error, ValueError) else f"damaged ({error})"
        raise ArtifactError(f"{path}: {reason}. {remedy}") from error


def _check_videos(file: h5py.File, num_videos: Any, kind: type[Kind]) -> None:
    if np.ndim(num_videos) or len(file["videos"]) != num_videos:
        raise ArtifactError(f"says {num_videos} videos and holds {len(file['videos'])}")
    for video_id, group in file["videos"].items():
        check_id(video_id, "video id", "videos")
        check_columns(kind, group, f"video {video_id}", exact=True)
        for name, item in group.items():
            _check_claim(item, Path(file.filename), f"video {video_id}: {name}")


def _check_claim(dataset: h5py.Dataset, path: Path, name: str) -> None:
    """Refuse a dataset that claims more bytes than its file has, before anything is allocated."""
    claimed = math.prod(dataset.shape) * dataset.dtype.itemsize
    if claimed > path.stat().st_size:
        raise ArtifactError(
            f"{name} claims shape {dataset.shape}, {claimed} bytes, more than the file has"
        )


def _text(values: np.ndarray) -> np.ndarray:
    """Texts as UTF-8 bytes of one length; HDF5 has none of length 0."""
    encoded = [str(value).encode() for value in values.ravel()]
    dtype = h5py.string_dtype("utf-8", max([1, *map(len, encoded)]))
    return np.array(encoded, dtype=dtype).reshape(values.shape)


def _set_attributes(item: h5py.HLObject, attributes: Mapping[str, Any]) -> None:
    for name, value in attributes.items():
        if isinstance(value, str):
            text = _text(np.array(value, dtype=object))
            item.attrs.create(name, text, dtype=text.dtype)
        else:
            item.attrs[name] = value


def _create(group: h5py.Group, name: str, array: np.ndarray, frame_chunk: bool) -> None:
    if array.dtype.kind in "UO":
        array = _text(array)
    if array.size == 0:
        group.create_dataset(name, data=array)
        return
    rows = 1 if frame_chunk else _rows_per_chunk(array)
    group.create_dataset(name, data=array, chunks=(rows, *array.shape[1:]), fletcher32=True)


def _rows_per_chunk(array: np.ndarray, target_bytes: int = 1 << 20) -> int:
    """A whole sequence in one chunk, up to 1 MiB."""
    row_bytes = max(1, array[0].nbytes)
    return int(min(len(array), max(1, target_bytes // row_bytes)))


def _read_chunks(artifact: Artifact, name: str, dataset: h5py.Dataset) -> None:
    with artifact.naming(name):
        rows = dataset.chunks[0] if dataset.chunks else len(dataset)
        step = 256 if rows == 1 else rows
        for start in range(0, len(dataset), step):
            dataset[start : start + step]


def _remedy(path: Path, kind: type[Kind]) -> str:
    rule = kind.rule_of(path)
    return (
        f"It is made by rule {rule}; make it anew with: "
        f"snakemake --cores all --forcerun {rule} -- {path}"
    )


def digest_inputs(paths: Iterable[str | Path]) -> str:
    """Digest of a job's inputs.

    An artifact stands for itself by the digests in its root, which already cover what it was made from;
    another file by its name, size and, up to 64 MiB, its bytes (a larger one, a video, by size alone);
    a folder by the files in it.
    """
    digest = hashlib.sha256()
    for path in map(Path, paths):
        files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
        for file in files:
            digest.update(f"{file.name} {file.stat().st_size}".encode())
            origin = _digests(file) if file.suffix == ".h5" else ""
            if origin:
                digest.update(origin.encode())
            elif file.stat().st_size <= 64 << 20:
                digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def _digests(path: Path) -> str:
    """The digests in an artifact's root; nothing for an HDF5 file that is no artifact."""
    names = ("config_digest", "code_digest", "input_digest")
    try:
        with h5py.File(path, "r", locking=False) as file:
            found = read_attributes(file)
    except UNREADABLE:
        # Whoever reads it says what is wrong with it.
        return ""
    return " ".join(str(found[name]) for name in names) if set(names) <= set(found) else ""
