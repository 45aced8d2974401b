"""Keypoints that come from another tool, brought into one form: COCO-17, source pixels.

npz, HDF5 (see :mod:`vpdlib.imports.arrays`) and the annotation pickles of PySKL are read. A joint that the
source lacks is NaN, NaN with score 0; so is every joint of a frame without a person. x points right, y down. Whether
the numbers can be pixels of a video is for :mod:`vpdlib.imports.coordinates`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, TypeGuard

import numpy as np

from vpdlib.datasets.base import DatasetError, PoseClip
from vpdlib.datasets.settings import JointNames
from vpdlib.identifiers import check_key
from vpdlib.imports.arrays import read_arrays
from vpdlib.safe_pickle import UnsafePickleError, load_plain
from vpdlib.skeleton import COCO17, JOINTS13

#: Largest score that is taken for one: some networks' scores pass 1 a little.
_MAX_SCORE = 1.5
#: No video is as large: (9999, 9999) and the like stand for a missing joint.
_NO_PIXEL = 9999

#: JHMDB's 15 joints, order of the annotation; its ``face`` stands for the nose.
JHMDB15: tuple[str, ...] = (
    "neck",
    "belly",
    "nose",
    "right_shoulder",
    "left_shoulder",
    "right_hip",
    "left_hip",
    "right_elbow",
    "left_elbow",
    "right_knee",
    "left_knee",
    "right_wrist",
    "left_wrist",
    "right_ankle",
    "left_ankle",
)
#: Human3.6M's 17 joints; the one between neck and head stands for the nose.
H36M17: tuple[str, ...] = (
    "pelvis",
    "right_hip",
    "right_knee",
    "right_ankle",
    "left_hip",
    "left_knee",
    "left_ankle",
    "spine",
    "thorax",
    "nose",
    "head",
    "left_shoulder",
    "left_elbow",
    "left_wrist",
    "right_shoulder",
    "right_elbow",
    "right_wrist",
)
ORDERS: dict[JointNames, tuple[str, ...]] = {
    "coco17": COCO17,
    "joints13": JOINTS13,
    "jhmdb15": JHMDB15,
    "h36m17": H36M17,
}


def read_keypoints(
    path: Path,
    joint_names: JointNames,
    fps: float | None = None,
    only: Collection[str] | None = None,
) -> dict[str, PoseClip]:
    """Read a file of keypoints.

    Parameters
    ----------
    path : ``.npz`` or ``.h5``: video -> (T, J, 2) x, y or (T, J, 3) x, y, score; or ``.pkl``, PySKL's annotations, of
        which the person with the largest sum of scores is taken.
    joint_names : order of the J joints.
    fps : frames a second, where the file does not say.
    only : ids of the videos wanted; None for all.

    Returns
    -------
    video id -> keypoints.

    Raises
    ------
    DatasetError
        If the file is missing, damaged or unsafe, an array has another shape or no frame, or a score is out of range.
    """
    if path.suffix.lower() in (".pkl", ".pickle"):
        return _read_pyskl(path, joint_names, fps, only)
    clips = {}
    for video_id, stored in read_arrays(path, "keypoints", only, beside=(".pkl",)).items():
        where = f"{path}: {video_id}"
        facts = stored.facts
        clips[video_id] = PoseClip(
            to_coco17(stored.values, joint_names, where),
            fps=facts.get("fps", fps),
            width=int(facts["width"]) if "width" in facts else None,
            height=int(facts["height"]) if "height" in facts else None,
            label=stored.folder or None,
            folder=stored.folder,
        )
    return clips


def to_coco17(keypoints: np.ndarray, joint_names: JointNames, where: str) -> np.ndarray:
    """Bring keypoints into the order of COCO-17, with scores.

    Parameters
    ----------
    keypoints : (T, J, 2) or (T, J, 3); without scores every joint that is there counts as sure.
    joint_names : order of the J joints.
    where : names the keypoints in messages.

    Returns
    -------
    (T, 17, 3) float32.

    Raises
    ------
    DatasetError
        For another shape, no frame, or a score that is none.
    """
    names = ORDERS[joint_names]
    shape = keypoints.shape
    if len(shape) != 3 or shape[0] == 0 or shape[1] != len(names) or shape[2] not in (2, 3):
        raise DatasetError(
            f"{where} has shape {shape}, expected (T, {len(names)}, 2 or 3) for joint_names {joint_names}. "
            "Correct the setting or the file."
        )
    given = np.full((*shape[:2], 3), 1.0, np.float32)
    with np.errstate(over="ignore"):
        given[..., : shape[2]] = keypoints
    x, y = given[..., 0], given[..., 1]
    # Some tools write a joint or frame that was not found as zeros, as (-1, -1), or as numbers that no pixel has.
    placeholder = (x == y) & ((x <= 0) | (x >= _NO_PIXEL))
    there = np.isfinite(x) & np.isfinite(y) & ~placeholder
    given[~there] = (np.nan, np.nan, 0.0)
    score = given[..., 2]
    if not ((score >= 0) & (score <= _MAX_SCORE)).all():
        raise DatasetError(
            f"{where}: scores from {score.min():g} to {score.max():g}, expected 0 to 1. Scale them."
        )
    result = np.full((shape[0], len(COCO17), 3), (np.nan, np.nan, 0.0), np.float32)
    for place, name in enumerate(COCO17):
        if name in names:
            result[:, place] = given[:, names.index(name)]
    return result


def _read_pyskl(
    path: Path, joint_names: JointNames, fps: float | None, only: Collection[str] | None
) -> dict[str, PoseClip]:
    if not path.is_file():
        raise DatasetError(f"{path} does not exist. Correct the setting or make the file.")
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
    clips: dict[str, PoseClip] = {}
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
        splits = tuple(splits_of.get(member, ()))
        clips[video_id] = _pyskl_clip(annotation, joint_names, fps, splits, where)
    if not clips:
        raise DatasetError(f"{path} holds none of the videos. Are the frame_dir their ids?")
    return clips


def _pyskl_clip(
    annotation: Mapping[str, Any],
    joint_names: JointNames,
    fps: float | None,
    splits: tuple[str, ...],
    where: str,
) -> PoseClip:
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
    height, width = _size(annotation, where)
    folder = annotation["frame_dir"].rpartition("/")[0].rpartition("/")[2]
    return PoseClip(
        to_coco17(keypoints, joint_names, where),
        fps=fps,
        width=width,
        height=height,
        label=(folder or None)
        if label is None
        else label
        if isinstance(label, str)
        else int(label),
        splits=splits,
        folder=folder,
    )


def _is_numbers(value: Any) -> TypeGuard[np.ndarray]:
    return isinstance(value, np.ndarray) and value.dtype.kind in "fiu"


def _size(annotation: Mapping[str, Any], where: str) -> tuple[int, int] | tuple[None, None]:
    """Height and width of the picture that the keypoints lie in, where the annotation says."""
    given = annotation.get("img_shape", annotation.get("original_shape"))
    if given is None:
        return None, None
    size = np.asarray(given if isinstance(given, list | tuple | np.ndarray) else ())
    if (
        size.shape[:1] not in ((2,), (3,))
        or size.ndim != 1
        or size.dtype.kind not in "iu"
        or size.min() < 1
    ):
        raise DatasetError(f"{where}: img_shape is {given!s:.60}, expected (height, width)")
    return int(size[0]), int(size[1])
