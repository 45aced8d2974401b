"""The annotation pickles of PySKL: keypoints, labels and splits. Of several people the surest is taken."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, TypeGuard

import numpy as np

from vpdlib.datasets.base import DatasetError
from vpdlib.identifiers import check_key
from vpdlib.interchange.formats import KeypointFormat, StoredArray
from vpdlib.safe_pickle import UnsafePickleError, load_plain


def _read(path: Path, only: Collection[str] | None) -> dict[str, StoredArray]:
    try:
        data = load_plain(path)
    except UnsafePickleError as error:
        raise DatasetError(str(error)) from error
    annotations = data.get("annotations") if isinstance(data, dict) else data
    listed = data.get("split", {}) if isinstance(data, dict) else {}
    if not isinstance(annotations, list) or not isinstance(listed, dict):
        raise DatasetError(f"{path}: expected PySKL's `annotations` and `split`")
    splits_of: dict[str, list[str]] = {}
    for name, members in listed.items():
        if not isinstance(members, list | tuple):
            raise DatasetError(f"{path}: split {name!r} is no list of frame_dir")
        for member in members:
            if isinstance(member, str):
                splits_of.setdefault(member, []).append(str(name))
    clips: dict[str, StoredArray] = {}
    members_of: dict[str, str] = {}
    for number, annotation in enumerate(annotations):
        where = f"{path}: annotation {number}"
        if not isinstance(annotation, dict) or not isinstance(annotation.get("frame_dir"), str):
            raise DatasetError(f"{where} has no frame_dir")
        member = annotation["frame_dir"]
        video_id = member.rsplit("/", 1)[-1]
        if only is not None and video_id not in only:
            continue
        try:
            check_key(member, "video id", where)
        except ValueError as error:
            raise DatasetError(str(error)) from error
        if video_id in clips:
            raise DatasetError(
                f"{where}: {video_id!r} is there twice, as {members_of[video_id]!r} and {member!r}. Rename or "
                "remove one of them."
            )
        members_of[video_id] = member
        clips[video_id] = _clip(annotation, tuple(splits_of.get(member, ())), where)
    return clips


def _clip(annotation: Mapping[str, Any], splits: tuple[str, ...], where: str) -> StoredArray:
    place, score = annotation.get("keypoint"), annotation.get("keypoint_score")
    if not _is_numbers(place) or place.ndim != 4 or len(place) == 0 or place.shape[3] != 2:
        raise DatasetError(f"{where}: expected keypoint (M, T, J, 2) of at least one person")
    if score is None:
        score = np.ones(place.shape[:3], np.float32)
    if not _is_numbers(score) or score.shape != place.shape[:3]:
        raise DatasetError(f"{where}: keypoint_score does not fit keypoint {place.shape}")
    num_frames = annotation.get("total_frames", place.shape[1])
    if num_frames != place.shape[1]:
        raise DatasetError(f"{where}: total_frames is {num_frames}, keypoint is {place.shape}")
    person = int(np.nan_to_num(score.astype(np.float64)).sum(axis=(1, 2)).argmax())
    keypoints = np.concatenate([place[person], score[person, ..., None]], axis=-1)
    label = annotation.get("label")
    if label is not None and not isinstance(label, str | int | np.integer):
        raise DatasetError(f"{where}: label is {label!s:.60}, expected a name or a number")
    return StoredArray(
        keypoints,
        folder=annotation["frame_dir"].rpartition("/")[0].rpartition("/")[2],
        facts=_size(annotation, where),
        where=where,
        label=label if label is None or isinstance(label, str) else int(label),
        splits=splits,
    )


def _is_numbers(value: Any) -> TypeGuard[np.ndarray]:
    return isinstance(value, np.ndarray) and value.dtype.kind in "fiu"


def _size(annotation: Mapping[str, Any], where: str) -> dict[str, float]:
    """Height and width of the picture that the keypoints lie in, where the annotation says."""
    given = annotation.get("img_shape", annotation.get("original_shape"))
    if given is None:
        return {}
    size = np.asarray(given if isinstance(given, list | tuple | np.ndarray) else ())
    if (
        size.shape[:1] not in ((2,), (3,))
        or size.ndim != 1
        or size.dtype.kind not in "iu"
        or size.min() < 1
    ):
        raise DatasetError(f"{where}: img_shape is {given!s:.60}, expected (height, width)")
    return {"height": int(size[0]), "width": int(size[1])}


PYSKL = KeypointFormat((".pkl", ".pickle"), _read)
