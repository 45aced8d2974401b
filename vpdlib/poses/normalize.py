"""From keypoints in pixels to the 26 numbers of the 2D teacher, and their flipped image.

Frames: ``_px`` arrays are joints in pixels of any image (x right, y down); ``_norm`` poses have the
hip midpoint at the origin and the greatest distance among shoulders and hips equal to 0.5, y still
down. Shapes: N frames; 17 = COCO joints, 13 = ``vpdlib.skeleton.JOINTS13``; a pose vector holds x0,
y0, x1, y1, ... of the 13 joints in that order. Method: paper supplement, docs/method.md section 5.

Nothing raises on a bad *value*: a frame with a NaN or infinite coordinate among its 13 joints
becomes a row of NaN, which the caller masks and counts. A bad *shape* raises.
"""

from __future__ import annotations

import numpy as np

from vpdlib.skeleton import (
    COCO17,
    COCO17_TO_JOINTS13,
    JOINTS13,
    JOINTS13_FLIP_ORDER,
    LEFT_HIP,
    RIGHT_HIP,
    TORSO13,
)

NUM_JOINTS = len(JOINTS13)
#: Length of a pose vector.
POSE_DIM = 2 * NUM_JOINTS
#: Greatest torso distance of a normalised pose.
TORSO_NORM = 0.5


def to_joints13(keypoints: np.ndarray) -> np.ndarray:
    """Take the 13 joints of the paper from COCO-17 keypoints.

    Parameters
    ----------
    keypoints : (..., 17, C), or (..., 13, C), which is passed through.

    Returns
    -------
    (..., 13, C), same dtype.

    Raises
    ------
    ValueError : the joint axis has neither 17 nor 13 entries.
    """
    keypoints = np.asarray(keypoints)
    num_joints = keypoints.shape[-2] if keypoints.ndim >= 2 else 0
    if num_joints == NUM_JOINTS:
        return keypoints
    if num_joints == len(COCO17):
        return keypoints[..., COCO17_TO_JOINTS13, :]
    raise ValueError(
        f"keypoints of shape {keypoints.shape}: the second-last axis must hold the 17 COCO joints "
        "or the 13 of vpdlib.skeleton.JOINTS13"
    )


def torso_length(joints: np.ndarray) -> np.ndarray:
    """Return the greatest distance among both shoulders and both hips.

    Parameters
    ----------
    joints : (N, 13, >=2), x and y first, in any unit.

    Returns
    -------
    (N,) float64 in the same unit; NaN where a torso joint is not finite.
    """
    torso = np.asarray(joints, dtype=np.float64)[:, TORSO13, :2]
    with np.errstate(invalid="ignore", over="ignore"):
        difference = torso[:, :, None] - torso[:, None, :]
        length = np.hypot(difference[..., 0], difference[..., 1]).max(axis=(1, 2), initial=0.0)
    return np.where(np.isfinite(length), length, np.nan)


def normalize_pose(keypoints_px: np.ndarray) -> np.ndarray:
    """Centre poses at the hips and scale them by the torso.

    The scale is 0.5 / (greatest distance among shoulders and hips); where that distance is 0 the
    scale is 1 (docs/method.md section 5).

    Parameters
    ----------
    keypoints_px : (N, 17, 2 or 3) COCO or (N, 13, 2 or 3) joints; a score, if any, is ignored.

    Returns
    -------
    (N, 26) float32: x0, y0, x1, y1, ... of the 13 joints; NaN rows where one of the 13 joints is
        not
    finite or the result does not fit float32.

    Raises
    ------
    ValueError : wrong shape.
    """
    keypoints_px = np.asarray(keypoints_px)
    if keypoints_px.ndim != 3 or keypoints_px.shape[2] not in (2, 3):
        raise ValueError(f"keypoints of shape {keypoints_px.shape}: expected (N, 17 or 13, 2 or 3)")
    joints = to_joints13(keypoints_px)[..., :2].astype(np.float64)
    with np.errstate(invalid="ignore", over="ignore"):
        centred = joints - 0.5 * (joints[:, LEFT_HIP] + joints[:, RIGHT_HIP])[:, None]
        length = torso_length(centred)
        scale = TORSO_NORM / np.where(length == 0, TORSO_NORM, length)
        pose = (centred * scale[:, None, None]).astype(np.float32).reshape(-1, POSE_DIM)
    pose[~np.isfinite(pose).all(axis=1)] = np.nan
    return pose


def flip_pose(pose: np.ndarray) -> np.ndarray:
    """Flip normalised poses, or differences of them: exchange left and right, negate x.

    Parameters
    ----------
    pose : (..., 26), layout of `normalize_pose`.

    Returns
    -------
    (..., 26), same dtype. Flipping twice gives the input.

    Raises
    ------
    ValueError : the last axis is not 26 long.
    """
    pose = np.asarray(pose)
    if pose.shape[-1] != POSE_DIM:
        raise ValueError(f"pose of shape {pose.shape}: the last axis must be {POSE_DIM} long")
    joints = pose.reshape(*pose.shape[:-1], NUM_JOINTS, 2)[..., JOINTS13_FLIP_ORDER, :]
    joints = joints * np.array([-1, 1], dtype=pose.dtype)
    return joints.reshape(pose.shape)


def teacher_rows(keypoints_px: np.ndarray) -> np.ndarray:
    """Return the 2D teacher's vectors, regular and flipped.

    Parameters
    ----------
    keypoints_px : as for `normalize_pose`.

    Returns
    -------
    (N, 2, 26) float32: [:, 0] regular, [:, 1] flipped; NaN rows for invalid input.
    """
    pose = normalize_pose(keypoints_px)
    return np.stack([pose, flip_pose(pose)], axis=1)


def scores_of_joints13(keypoints: np.ndarray) -> np.ndarray:
    """The scores (N, 13) of keypoints (N, 17 or 13, 3).

    Raises
    ------
    ValueError : wrong shape.
    """
    keypoints = np.asarray(keypoints)
    if keypoints.ndim != 3 or keypoints.shape[2] != 3:
        raise ValueError(
            f"keypoints of shape {keypoints.shape}: expected (N, 17 or 13, 3) with a score"
        )
    return to_joints13(keypoints)[..., 2]


def mean_joint_score(keypoints_px: np.ndarray) -> np.ndarray:
    """Return the mean score of the 13 joints (docs/method.md section 12, row 8).

    Parameters
    ----------
    keypoints_px : (N, 17 or 13, 3), x, y, score.

    Returns
    -------
    (N,) float32; NaN where one of the scores is not finite.

    Raises
    ------
    ValueError : wrong shape.
    """
    score = scores_of_joints13(keypoints_px).astype(np.float64).mean(axis=1)
    return np.where(np.isfinite(score), score, np.nan).astype(np.float32)
