"""Feature sets made of others: side by side, and the teacher's joints mended by a student.

Descriptors are (N, 2, d), row 0 regular and row 1 mirrored, as everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vpdlib.poses.normalize import POSE_DIM
from vpdlib.students.settings import FusedSettings


def concatenate(
    frames: Sequence[np.ndarray], descriptors: Sequence[np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Put the descriptors of several feature sets side by side, on the frames that all have.

    Parameters
    ----------
    frames : for each set its (N_i,) frames, increasing.
    descriptors : for each set (N_i, 2, d_i).

    Returns
    -------
    frame : (N,), those in all sets, increasing.
    descriptor : (N, 2, sum of d_i) float32.

    Notes
    -----
    Concat-VPD of the paper's Table 1: 2D-VPD and VI-VPD, unscaled.
    """
    common = frames[0]
    for frame in frames[1:]:
        common = np.intersect1d(common, frame)
    parts = [
        descriptor[np.searchsorted(frame, common)]
        for frame, descriptor in zip(frames, descriptors, strict=True)
    ]
    return common, np.concatenate(parts, axis=2).astype(np.float32)


def fuse_poses(
    joints: np.ndarray, decoded: np.ndarray, score: np.ndarray, settings: FusedSettings
) -> np.ndarray:
    """Take the teacher's joints where it is sure, the student's where it is not, a mixture in between.

    Parameters
    ----------
    joints : (N, 2, 26) the teacher's normalised joints; NaN where it has none.
    decoded : (N, 2, 26) the pose that the student's descriptor decodes to.
    score : (N,) the teacher's mean joint score; NaN where it has none.
    settings : between which scores the mixture goes from one to the other.

    Returns
    -------
    (N, 2, 26) float32.

    Raises
    ------
    ValueError : shapes differ.
    """
    expected = (len(score), 2, POSE_DIM)
    if joints.shape != expected or decoded.shape != expected:
        raise ValueError(f"joints {joints.shape}, decoded {decoded.shape}: expected {expected}")
    low, high = settings.unsure_below, settings.sure_above
    share = np.clip((score - low) / (high - low), 0.0, 1.0)
    # The student stands in wholly where the teacher has no answer.
    has_joints = np.isfinite(joints).all(axis=(1, 2)) & np.isfinite(share)
    share = np.where(has_joints, share, 0.0)[:, None, None]
    joints = np.where(has_joints[:, None, None], joints, 0.0)
    return (share * joints + (1.0 - share) * decoded).astype(np.float32)
