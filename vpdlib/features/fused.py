"""The teacher's joints, mended by a student where the teacher is unsure.

Descriptors are (N, 2, d), row 0 regular and row 1 flipped, as everywhere.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from vpdlib.artifacts import ArtifactWriter, read_artifact
from vpdlib.artifacts.features import Features
from vpdlib.artifacts.poses import Poses
from vpdlib.features.settings import FusedSettings
from vpdlib.poses.normalize import POSE_DIM, mean_joint_score, teacher_rows
from vpdlib.students.embed import decode_pose
from vpdlib.students.student import TrainedStudent


def add_fused_features(
    artifact: ArtifactWriter,
    poses_path: Path,
    features_path: Path,
    student: TrainedStudent,
    settings: FusedSettings,
) -> None:
    """Write the mended joints of a shard.

    Parameters
    ----------
    artifact : of kind features; gets every video of the shard.
    poses_path, features_path : the teacher's poses and the student's descriptors, of one shard.
    student : whose descriptors they are.
    settings : see `fuse_poses`.

    Raises
    ------
    ValueError
        If a video's poses and descriptors are of different frames.
    """
    with (
        read_artifact(poses_path, Poses) as poses,
        read_artifact(features_path, Features) as features,
    ):
        for video in features.videos():
            pose = poses[video.video_id]
            frame, descriptor = video.frame, video.descriptor
            keypoints_px = pose.keypoints_px
            if not len(frame) or not len(keypoints_px):
                # Nobody is in it, or its file broke between the two stages: there is nothing to mend.
                frame, descriptor, keypoints_px = frame[:0], descriptor[:0], keypoints_px[:0]
            elif list(frame) != list(pose.frame):
                raise ValueError(
                    f"{features_path}: frames of video {video.video_id} are not those of its poses; rerun "
                    "estimate_pose and crop_athlete"
                )
            mended = fuse_poses(
                teacher_rows(keypoints_px),
                decode_pose(student, descriptor),
                mean_joint_score(keypoints_px),
                settings,
            )
            artifact.add_video(
                video.video_id,
                {"frame": frame, "time_s": video.time_s[: len(frame)], "descriptor": mended},
            )


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
    fraction = np.clip((score - low) / (high - low), 0.0, 1.0)
    # The student stands in wholly where the teacher has no answer.
    has_joints = np.isfinite(joints).all(axis=(1, 2)) & np.isfinite(fraction)
    fraction = np.where(has_joints, fraction, 0.0)[:, None, None]
    joints = np.where(has_joints[:, None, None], joints, 0.0)
    return (fraction * joints + (1.0 - fraction) * decoded).astype(np.float32)
