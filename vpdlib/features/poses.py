"""Descriptors made of the teacher's poses alone, as a feature set."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from vpdlib.artifacts import Artifact, ArtifactWriter
from vpdlib.artifacts.poses import Poses
from vpdlib.artifacts.tracks import Tracks


def add_pose_features(
    artifact: ArtifactWriter,
    poses: Artifact[Poses],
    tracks: Artifact[Tracks],
    describe: Callable[[np.ndarray], np.ndarray],
) -> None:
    """Describe every pose of a shard.

    Parameters
    ----------
    artifact : of kind "features"; every video of `poses` is added.
    poses, tracks : artifacts of the same shard.
    describe : keypoints (N, 17, 3) to descriptors (N, 2, D), regular and flipped.
    """
    for video in poses.videos():
        frame = video.frame
        artifact.add_video(
            video.video_id,
            {
                "frame": frame,
                "time_s": tracks[video.video_id].time_s[frame],
                "descriptor": describe(video.keypoints_px),
            },
        )
