"""Keypoints that come from another tool, brought into one form: COCO-17, source pixels.

A joint that the source lacks is NaN, NaN with score 0; so is every joint of a frame without a person. x points right,
y down. Whether the numbers can be pixels of a video is for :mod:`vpdlib.interchange.coordinates`.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import numpy as np

from vpdlib.datasets.base import DatasetError, PoseClip
from vpdlib.datasets.settings import JointNames
from vpdlib.interchange.arrays import ARRAYS, read_arrays
from vpdlib.interchange.formats import Formats, KeypointFormat, StoredArray
from vpdlib.interchange.pyskl import PYSKL
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
    # Of files that do not name their joints; pose tools' files do.
    "auto": COCO17,
    "coco17": COCO17,
    "joints13": JOINTS13,
    "jhmdb15": JHMDB15,
    "h36m17": H36M17,
}


def _of_arrays(path: Path, only: Collection[str] | None) -> dict[str, StoredArray]:
    return read_arrays(path, "keypoints", only)


KEYPOINTS = Formats(PYSKL, KeypointFormat(tuple(ARRAYS.by_suffix), _of_arrays))


def read_keypoints(
    path: Path,
    joint_names: JointNames,
    fps: float | None = None,
    only: Collection[str] | None = None,
) -> dict[str, PoseClip]:
    """Read a file of keypoints.

    Parameters
    ----------
    path : of a format of `KEYPOINTS`.
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
    clips = {}
    for video_id, stored in KEYPOINTS.of(path).read(path, only).items():
        facts = stored.facts
        clips[video_id] = PoseClip(
            to_coco17(stored.values, joint_names, stored.where or f"{path}: {video_id}"),
            fps=facts.get("fps", fps),
            width=int(facts["width"]) if "width" in facts else None,
            height=int(facts["height"]) if "height" in facts else None,
            label=(stored.folder or None) if stored.label is None else stored.label,
            splits=stored.splits,
            folder=stored.folder,
        )
    if not clips:
        raise DatasetError(f"{path} holds none of the videos. Are the names in it their ids?")
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
