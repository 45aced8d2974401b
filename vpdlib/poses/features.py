"""Descriptors made of the teacher's poses alone, as a feature set."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from vpdlib.artifacts import Artifact, ArtifactWriter


def add_pose_features(
    artifact: ArtifactWriter,
    poses: Artifact,
    tracks: Artifact,
    describe: Callable[[np.ndarray], np.ndarray],
) -> None:
    """Describe every pose of a shard.

    Parameters
    ----------
    artifact : of kind "features"; every video of `poses` is added.
    poses, tracks : artifacts of the same shard.
    describe : keypoints (N, 17, 3) to descriptors (N, 2, D), regular and mirrored.
    """
    for video in poses.videos():
        frame = video.array("frame")
        artifact.add_video(
            video.video_id,
            {
                "frame": frame,
                "time_s": tracks[video.video_id].array("time_s")[frame],
                "descriptor": describe(video.array("keypoints_px")),
            },
        )
