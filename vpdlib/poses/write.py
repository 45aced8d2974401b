"""The athlete's poses of videos as an artifact of kind "poses": what rule `estimate_pose` makes by a teacher."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np

from vpdlib.artifacts import ArtifactWriter, Provenance, read_artifact
from vpdlib.artifacts.poses import Poses
from vpdlib.artifacts.tracks import Tracks
from vpdlib.datasets.bad_videos import VideoReading
from vpdlib.datasets.tables import VideoRow
from vpdlib.poses.base import PoseTeacher, View, estimate_in_batches
from vpdlib.progress import track
from vpdlib.video.reader import Frame


def write_poses(
    path: str | Path,
    provenance: Provenance,
    videos: Sequence[VideoRow],
    tracks_path: str | Path,
    teacher: PoseTeacher,
    teacher_name: str,
    reading: VideoReading,
    threads: int = 1,
) -> None:
    """Estimate the athlete's pose in every frame of videos that has a box.

    Parameters
    ----------
    path, provenance : of the artifact.
    videos : to read.
    tracks_path : of kind "tracks", of these videos.
    teacher : estimates them.
    teacher_name : of the settings.
    reading : opens the videos.
    threads : of OpenCV.

    Raises
    ------
    ArtifactError
        If the tracks are missing or damaged.
    VideoError
        If a video cannot be used, and ``reading`` refuses it.
    """
    cv2.setNumThreads(threads)
    with (
        read_artifact(tracks_path, Tracks) as tracks,
        ArtifactWriter(path, Poses, provenance) as artifact,
    ):
        artifact.set_attributes(teacher=teacher_name, **teacher.attributes)
        for video in videos:
            of_video = tracks[video.video]
            box_px = of_video.box_px
            frames = reading.frames(video, broken_before=of_video.attributes.get("broken", ""))
            frames = track(frames, video.video, total=len(box_px), unit="frame")
            keypoints = np.array(list(estimate_in_batches(teacher, views(frames, box_px))))
            frame = np.flatnonzero(has_box(box_px))[: len(keypoints)].astype(np.int32)
            add_poses(artifact, video.video, frame, keypoints, reading.broken(video))


def views(frames: Iterable[Frame], box_px: np.ndarray) -> Iterator[View]:
    """The athlete in each frame of a video that has a box; boxes are (N, 4) xyxy in pixels."""
    found = has_box(box_px)
    for item in frames:
        if found[item.index]:
            yield View(item.rgb, box_px[item.index])


def has_box(box_px: np.ndarray) -> np.ndarray:
    """Which of (N, 4) boxes are there, (N,) bool."""
    return np.asarray(np.isfinite(box_px).all(axis=1))


def add_poses(
    artifact: ArtifactWriter,
    video: str,
    frame: np.ndarray,
    keypoints_px: np.ndarray,
    broken: str = "",
) -> None:
    """Write one video's poses.

    Parameters
    ----------
    artifact : of kind "poses".
    video : its id.
    frame : (N,) int32, frames with a pose.
    keypoints_px : N of (17, 3): x px, y px, score.
    broken : why the video could not be used; empty where it could.
    """
    artifact.add_video(
        video,
        {
            "frame": frame,
            "keypoints_px": np.asarray(keypoints_px, np.float32).reshape(-1, 17, 3),
        },
        {"broken": broken},
    )
