"""HDF5 artifacts: what every rule of the workflow writes and every later rule reads.

One file per shard of videos (or per result), written whole or not at all:

* it is written under a temporary name beside the target, closed, synced, reopened and verified, and
  only then renamed to its final name, so a killed job leaves nothing there;
* the root says what it is: ``schema`` (the kind), ``schema_version``, ``complete``, ``rule``,
  ``vpdlib_version``, digests of configuration, code and inputs, and ``num_videos``;
* every dataset carries a ``fletcher32`` checksum, so a flipped bit is an error and never a number, and
  is chunked for how it is read: image-like data one frame a chunk, the rest one sequence a chunk.

Per-video data lie in ``/videos/<video id>/<dataset>``; the names, types and shapes that a kind must
hold are in :data:`SCHEMAS`. ``N`` there is the number of rows, equal within a group of one video.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

import h5py
import numpy as np

from vpdlib import __version__
from vpdlib.identifiers import check_id

#: Larger claims are refused before anything is allocated.
MAX_ROWS = 50_000_000
MAX_BYTES_PER_DATASET = 1 << 40


class ArtifactError(ValueError):
    """An artifact is missing, unfinished, damaged or of another kind. The message names the remedy."""


@dataclass(frozen=True)
class Column:
    """One dataset of a kind: its dtype, and its shape with names for free lengths."""

    dtype: str
    shape: tuple[str | int, ...]
    per_frame_chunk: bool = False


@dataclass(frozen=True)
class Schema:
    """A kind of artifact: what each video's group must hold, and which rule makes it."""

    version: int
    rule: str
    columns: Mapping[str, Column] = field(default_factory=dict)
    per_video: bool = True


SCHEMAS: dict[str, Schema] = {
    "people": Schema(
        1,
        "detect_people",
        {
            "time_s": Column("f8", ("T",)),
            "frame": Column("i4", ("M",)),
            "num_people": Column("i4", ("M",)),
            "box_px": Column("f4", ("K", 4)),
            "score": Column("f4", ("K",)),
            "source": Column("u1", ("K",)),
            "keypoints_px": Column("f4", ("K", 17, 3)),
        },
    ),
    "tracks": Schema(
        1,
        "track_athlete",
        {
            "time_s": Column("f8", ("N",)),
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
    "recognition": Schema(1, "recognize_actions", per_video=False),
    "student": Schema(1, "distil_student", per_video=False),
}


@dataclass(frozen=True)
class Provenance:
    """Where an artifact comes from: digests as hex strings, settings as JSON-able values."""

    rule: str
    config_digest: str
    code_digest: str
    input_digest: str
    settings: Mapping[str, Any] = field(default_factory=dict)


class ArtifactWriter:
    """Writes one artifact; nothing is at ``path`` before :meth:`close` has verified it.

    Use as a context manager. On an exception the temporary file is removed and an older artifact at
    ``path`` is left as it was.
    """

    def __init__(self, path: str | Path, kind: str, provenance: Provenance) -> None:
        if kind not in SCHEMAS:
            raise ArtifactError(
                f"{path}: {kind!r} is not an artifact kind; known: {sorted(SCHEMAS)}"
            )
        self.path = Path(path)
        self.kind = kind
        self.schema = SCHEMAS[kind]
        self._temporary = self.path.with_name(f".{self.path.name}.{os.getpid()}.tmp")
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file = h5py.File(self._temporary, "w", track_order=True)
        root = self._file.attrs
        root["schema"] = kind
        root["schema_version"] = self.schema.version
        root["complete"] = False
        root["rule"] = provenance.rule
        root["vpdlib_version"] = __version__
        root["config_digest"] = provenance.config_digest
        root["code_digest"] = provenance.code_digest
        root["input_digest"] = provenance.input_digest
        root["settings"] = json.dumps(provenance.settings, sort_keys=True, default=str)
        if self.schema.per_video:
            self._file.create_group("videos", track_order=True)

    def __enter__(self) -> ArtifactWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.abandon()

    def set_attributes(self, **attributes: Any) -> None:
        """Set attributes of the root, such as the method or the scale of the payload."""
        for name, value in attributes.items():
            self._file.attrs[name] = value

    def write(self, name: str, array: np.ndarray) -> None:
        """Write a dataset of the root (kinds that are not per video)."""
        _create(self._file, name, np.asarray(array), frame_chunk=False)

    def add_video(
        self,
        video_id: str,
        datasets: Mapping[str, np.ndarray],
        attributes: Mapping[str, Any] | None = None,
    ) -> None:
        """Write all datasets of one video.

        Raises
        ------
        ArtifactError
            If a dataset of the kind's schema is missing, unknown or of another type or shape.
        """
        check_id(video_id, "video id", str(self.path))
        _check_columns(self.schema, datasets, f"{self.path}: video {video_id}")
        group = self._file["videos"].create_group(video_id)
        for name, array in datasets.items():
            column = self.schema.columns[name]
            _create(group, name, np.asarray(array, dtype=column.dtype), column.per_frame_chunk)
        for name, value in (attributes or {}).items():
            group.attrs[name] = value

    def close(self) -> None:
        """Finish: mark complete, sync, reopen and verify every checksum, rename into place."""
        try:
            if self.schema.per_video:
                self._file.attrs["num_videos"] = len(self._file["videos"])
            self._file.attrs["complete"] = True
            self._file.close()
            _sync(self._temporary)
            with read_artifact(self._temporary, self.kind) as artifact:
                artifact.verify_payload()
            os.replace(self._temporary, self.path)
            _sync(self.path.parent)
        finally:
            self.abandon()

    def abandon(self) -> None:
        """Remove the temporary file; harmless after :meth:`close`."""
        if self._file:
            self._file.close()
        self._temporary.unlink(missing_ok=True)


class VideoGroup:
    """The datasets and attributes of one video in an open artifact."""

    def __init__(self, artifact: Artifact, video_id: str) -> None:
        self._artifact = artifact
        self._group = artifact.file["videos"][video_id]
        self.video_id = video_id

    @property
    def attributes(self) -> dict[str, Any]:
        """Attributes such as ``fps``, ``width``, ``height``, ``num_frames``."""
        return dict(self._group.attrs)

    def array(self, name: str, rows: Any = slice(None)) -> np.ndarray:
        """Read a dataset, whole or the given rows; a damaged chunk raises :class:`ArtifactError`."""
        try:
            result: np.ndarray = self._group[name][rows]
        except (OSError, KeyError, RuntimeError) as error:
            raise self._artifact.damaged(f"videos/{self.video_id}/{name}", error) from error
        return result

    def num_rows(self, name: str) -> int:
        """Length of a dataset, without reading it."""
        return int(self._group[name].shape[0])


class Artifact:
    """A checked artifact, open for reading. Obtain it from :func:`read_artifact`."""

    def __init__(self, file: h5py.File, path: Path, kind: str) -> None:
        self.file = file
        self.path = path
        self.kind = kind

    @property
    def attributes(self) -> dict[str, Any]:
        """Attributes of the root."""
        return dict(self.file.attrs)

    @property
    def settings(self) -> dict[str, Any]:
        """The settings that the producing rule ran with."""
        settings: dict[str, Any] = json.loads(self.file.attrs["settings"])
        return settings

    @property
    def video_ids(self) -> list[str]:
        """Ids of the videos held, in the order written."""
        return list(self.file["videos"])

    def __contains__(self, video_id: str) -> bool:
        return video_id in self.file["videos"]

    def __getitem__(self, video_id: str) -> VideoGroup:
        if video_id not in self.file["videos"]:
            raise ArtifactError(
                f"{self.path} holds no video {video_id!r}. {_remedy(self.path, self.kind)}"
            )
        return VideoGroup(self, video_id)

    def videos(self) -> Iterator[VideoGroup]:
        """Every video's group, in the order written."""
        for video_id in self.video_ids:
            yield VideoGroup(self, video_id)

    def array(self, name: str) -> np.ndarray:
        """A dataset of the root, whole."""
        try:
            result: np.ndarray = self.file[name][()]
        except (OSError, KeyError, RuntimeError) as error:
            raise self.damaged(name, error) from error
        return result

    def damaged(self, name: str, error: Exception) -> ArtifactError:
        """An error that says that dataset ``name`` cannot be read."""
        return ArtifactError(
            f"{self.path}: dataset {name!r} is missing or damaged ({error}). "
            f"{_remedy(self.path, self.kind)}"
        )

    def verify_payload(self) -> None:
        """Read every chunk once, so that every checksum is compared."""

        def visit(name: str, item: h5py.HLObject) -> None:
            if isinstance(item, h5py.Dataset) and item.size:
                _read_chunks(self, name, item)

        self.file.visititems(visit)


@contextmanager
def read_artifact(path: str | Path, kind: str) -> Iterator[Artifact]:
    """Open an artifact for reading after checking that it is whole and of the expected kind.

    Payload checksums are compared by HDF5 as data are read.

    Raises
    ------
    ArtifactError
        If the file is missing, not HDF5, truncated, unfinished, of another kind or version, or if its
        datasets disagree with the kind's schema. The message names the rule and the command that mend it.
    """
    path = Path(path)
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


def _check_root(file: h5py.File, path: Path, kind: str) -> None:
    schema = SCHEMAS[kind]
    try:
        found = file.attrs.get("schema")
        version = file.attrs.get("schema_version")
        complete = file.attrs.get("complete")
        num_videos = file.attrs.get("num_videos", 0)
    except OSError as error:
        raise ArtifactError(f"{path}: header damaged ({error}). {_remedy(path, kind)}") from error
    if found != kind:
        raise ArtifactError(
            f"{path} holds {found!r} where {kind!r} was expected. {_remedy(path, kind)}"
        )
    if version != schema.version:
        raise ArtifactError(
            f"{path} has version {version} of {kind!r}; this vpdlib reads version {schema.version}. "
            f"{_remedy(path, kind)}"
        )
    if not complete:
        raise ArtifactError(f"{path} is unfinished. {_remedy(path, kind)}")
    if not schema.per_video:
        return
    try:
        if len(file["videos"]) != num_videos:
            raise ArtifactError(
                f"{path} says {num_videos} videos and holds {len(file['videos'])}. {_remedy(path, kind)}"
            )
        for video_id in file["videos"]:
            check_id(video_id, "video id", str(path))
            group = file["videos"][video_id]
            _check_columns(schema, group, f"{path}: video {video_id}")
    except (OSError, RuntimeError, KeyError) as error:
        raise ArtifactError(f"{path}: damaged ({error}). {_remedy(path, kind)}") from error


def _check_columns(schema: Schema, datasets: Any, where: str) -> None:
    """Check names, types and shapes against the schema; equal letters are equal lengths."""
    names = set(datasets.keys())
    if names != set(schema.columns):
        raise ArtifactError(
            f"{where}: datasets {sorted(names)} where {sorted(schema.columns)} were expected"
        )
    lengths: dict[str, int] = {}
    for name, column in schema.columns.items():
        data = datasets[name]
        kind_found, kind_wanted = np.dtype(data.dtype).kind, np.dtype(column.dtype).kind
        if kind_found != kind_wanted:
            raise ArtifactError(f"{where}: {name} is {data.dtype}, expected {column.dtype}")
        shape = data.shape
        if len(shape) != len(column.shape):
            raise ArtifactError(f"{where}: {name} has shape {shape}, expected {column.shape}")
        for length, wanted in zip(shape, column.shape, strict=True):
            expected = lengths.setdefault(wanted, length) if isinstance(wanted, str) else wanted
            if length != expected:
                raise ArtifactError(
                    f"{where}: {name} has shape {shape}, expected {column.shape} with {lengths}"
                )
        size = int(np.prod(shape, dtype=object)) * np.dtype(data.dtype).itemsize
        if (shape and shape[0] > MAX_ROWS) or size > MAX_BYTES_PER_DATASET:
            raise ArtifactError(
                f"{where}: {name} claims shape {shape}, more than any artifact may hold"
            )


def _create(group: h5py.Group, name: str, array: np.ndarray, frame_chunk: bool) -> None:
    if array.dtype.kind == "U":
        array = array.astype(object)
    if array.dtype.kind == "O":
        group.create_dataset(name, data=array, dtype=h5py.string_dtype())
        return
    if array.size == 0 or array.ndim == 0:
        group.create_dataset(name, data=array)
        return
    rows = 1 if frame_chunk else _rows_per_chunk(array)
    group.create_dataset(name, data=array, chunks=(rows, *array.shape[1:]), fletcher32=True)


def _rows_per_chunk(array: np.ndarray, target_bytes: int = 1 << 20) -> int:
    """A whole sequence in one chunk, up to 1 MiB."""
    row_bytes = max(1, array[0].nbytes)
    return int(min(len(array), max(1, target_bytes // row_bytes)))


def _read_chunks(artifact: Artifact, name: str, dataset: h5py.Dataset) -> None:
    try:
        rows = dataset.chunks[0] if dataset.chunks else len(dataset) if dataset.shape else 1
        step = max(rows, 256 if dataset.chunks and rows == 1 else rows)
        if not dataset.shape:
            dataset[()]
            return
        for start in range(0, len(dataset), step):
            dataset[start : start + step]
    except OSError as error:
        raise artifact.damaged(name, error) from error


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Some network file systems cannot sync a folder; the rename itself is still atomic there.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(descriptor)


def _remedy(path: Path, kind: str) -> str:
    return (
        f"It is made by rule {SCHEMAS[kind].rule}; make it anew with: "
        f"snakemake --cores all --forcerun {SCHEMAS[kind].rule} -- {path}"
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
            if file.suffix == ".h5" and h5py.is_hdf5(file):
                with h5py.File(file, "r", locking=False) as opened:
                    for name in ("config_digest", "code_digest", "input_digest"):
                        digest.update(str(opened.attrs.get(name, "")).encode())
            elif file.stat().st_size <= 64 << 20:
                digest.update(file.read_bytes())
    return digest.hexdigest()[:16]
