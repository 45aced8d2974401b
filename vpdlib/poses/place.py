"""Normalised poses put back into the picture: where the student's decoded joints lie, in pixels.

A student is told neither where the athlete is nor how large; it answers with the pose alone, hips at the origin, torso
0.5 (docs/method.md section 5). What it says is laid over the teacher's keypoints of the frame, as large and in the
place as they are, each joint weighted by its score and less the farther off it is, so that single joints of a failed
teacher do not pull; where the teacher saw nothing, over the athlete's box.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vpdlib.poses.normalize import NUM_JOINTS, POSE_DIM, scores_of_joints13, to_joints13

#: A joint that is off by this part of the pose's extent has half its weight.
_HALF_WEIGHT_AT = 0.1
_ROUNDS = 10
#: Joints stand inside a person's box, which reaches to the top of the head and the toes: the part of it that they take.
_JOINTS_IN_BOX = 0.9
_MIN_WEIGHT = 1e-6


def place_poses(
    pose: NDArray[np.floating], keypoints_px: NDArray[np.floating], boxes_px: NDArray[np.floating]
) -> NDArray[np.float32]:
    """Put normalised poses where the athlete is.

    Parameters
    ----------
    pose : (N, 26), layout of `vpdlib.poses.normalize.normalize_pose`.
    keypoints_px : (N, 17, 3) the teacher's keypoints of the same frames: x px, y px, score; NaN where there is none.
    boxes_px : (N, 4) xyxy px; NaN where the athlete is not seen.

    Returns
    -------
    (N, 13, 2) float32 px, joints of `vpdlib.skeleton.JOINTS13`; NaN where there are neither keypoints nor a box.

    Raises
    ------
    ValueError : shapes do not fit together.
    """
    num = len(pose)
    if pose.shape != (num, POSE_DIM) or boxes_px.shape != (num, 4) or len(keypoints_px) != num:
        raise ValueError(
            f"pose {pose.shape}, keypoints {keypoints_px.shape}, boxes {boxes_px.shape}: expected (N, {POSE_DIM}), "
            "(N, 17, 3) and (N, 4)"
        )
    joints = pose.reshape(num, NUM_JOINTS, 2).astype(np.float64)
    scale, offset = _over_boxes(joints, boxes_px.astype(np.float64))
    target = to_joints13(keypoints_px)[..., :2].astype(np.float64)
    weight = scores_of_joints13(keypoints_px).astype(np.float64)
    there = np.isfinite(target).all(axis=2) & np.isfinite(joints).all(axis=2) & (weight > 0)
    weight = np.where(there, weight, 0.0)
    target = np.where(there[..., None], target, 0.0)
    fitted = there.sum(axis=1) >= 2
    fit_scale, fit_offset = _over_joints(joints[fitted], target[fitted], weight[fitted])
    scale[fitted], offset[fitted] = fit_scale, fit_offset
    return (joints * scale[:, None, None] + offset[:, None]).astype(np.float32)


def _over_boxes(
    joints: NDArray[np.float64], boxes_px: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Scale (N,) and offset (N, 2) by which the joints' extent lies in the middle of the box, as large as it takes."""
    low, high = joints.min(axis=1), joints.max(axis=1)
    size = boxes_px[:, 2:] - boxes_px[:, :2]
    scale = _JOINTS_IN_BOX * (size / np.maximum(high - low, _MIN_WEIGHT)).min(axis=1)
    middle = 0.5 * (boxes_px[:, 2:] + boxes_px[:, :2])
    return scale, middle - 0.5 * (low + high) * scale[:, None]


def _over_joints(
    joints: NDArray[np.float64], target: NDArray[np.float64], weight: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Scale (N,) by which joints lie as far apart as their targets, and offset (N, 2); weights are Cauchy's."""
    own = weight
    joints = np.nan_to_num(joints)
    for _ in range(_ROUNDS):
        total = np.maximum(own.sum(axis=1), _MIN_WEIGHT)[:, None]
        mean = (own[..., None] * joints).sum(axis=1) / total
        mean_px = (own[..., None] * target).sum(axis=1) / total
        centred, centred_px = joints - mean[:, None], target - mean_px[:, None]
        spread = (own[..., None] * centred**2).sum(axis=(1, 2))
        spread_px = (own[..., None] * centred_px**2).sum(axis=(1, 2))
        # By how far the joints lie apart, not by regression: a pose of another direction would shrink to a point.
        scale = np.sqrt(spread_px / np.maximum(spread, _MIN_WEIGHT))
        offset = mean_px - mean * scale[:, None]
        off = np.linalg.norm(joints * scale[:, None, None] + offset[:, None] - target, axis=2)
        extent = np.ptp(np.where(weight[..., None] > 0, target, mean_px[:, None]), axis=1).max(
            axis=1
        )
        reach = np.maximum(_HALF_WEIGHT_AT * extent, _MIN_WEIGHT)[:, None]
        own = weight / (1.0 + (off / reach) ** 2)
    return scale, offset
