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
from vpdlib.poses.base import NUM_KEYPOINTS, PoseTeacher, View
from vpdlib.poses.between import SeenPose, agree, fill_between
from vpdlib.poses.settings import PoseSettings
from vpdlib.progress import track
from vpdlib.sparse import look_sparsely
from vpdlib.tracking.previous import runs
from vpdlib.video.reader import Frame


def write_poses(
    path: str | Path,
    provenance: Provenance,
    videos: Sequence[VideoRow],
    tracks_path: str | Path,
    teacher: PoseTeacher,
    settings: PoseSettings,
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
    settings : the teacher's, and in which frames it is asked.
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
        artifact.set_attributes(teacher=settings.teacher, **teacher.attributes)
        for video in videos:
            of_video = tracks[video.video]
            frames = reading.frames(video, broken_before=of_video.attributes.get("broken", ""))
            frames = track(frames, video.video, total=len(of_video.box_px), unit="frame")
            poses = estimate_poses(frames, of_video, teacher, settings)
            add_poses(artifact, video.video, *poses, reading.broken(video))


def estimate_poses(
    frames: Iterable[Frame], tracks: Tracks, teacher: PoseTeacher, settings: PoseSettings
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Estimate the athlete's poses in one video.

    The teacher is asked in some frames, those between get a pose by interpolation; ``look_first_at_every`` and
    :mod:`vpdlib.sparse` say which.

    Parameters
    ----------
    frames : of the video, in order.
    tracks : the athlete's boxes in it.
    teacher, settings : see :func:`write_poses`.

    Returns
    -------
    For the N frames that have a box and could be read, their numbers (N,) int32, the keypoints (N, 17, 3) float32:
    x px, y px, score, and where the teacher was asked, (N,) bool.
    """
    box_px = tracks.box_px
    found = has_box(box_px)
    run = runs(tracks.shot, tracks.segment)
    # A frame without a box parts those before and after it.
    run = np.cumsum((np.diff(run, prepend=-1) != 0) | ~found)

    def views() -> Iterator[tuple[bool, tuple[Frame, View]]]:
        latest = -1
        for item in frames:
            if found[item.index]:
                yield run[item.index] != latest, (item, View(item.rgb, box_px[item.index]))
                latest = run[item.index]

    def look(items: Sequence[tuple[Frame, View]], is_first: bool) -> list[SeenPose]:
        poses = teacher.estimate_many([view for _, view in items])
        return [SeenPose(i.time_s, pose) for (i, _), pose in zip(items, poses, strict=True)]

    def as_expected(before: SeenPose, now: SeenPose, after: SeenPose, apart: int) -> bool:
        return agree(before, now, after, apart, settings.agree_torso)

    frame: list[int] = []
    time_s: list[float] = []
    seen: list[SeenPose | None] = []
    step = settings.look_first_at_every
    for (item, _), pose in look_sparsely(views(), look, as_expected, step, teacher.batch_size):
        frame.append(item.index)
        time_s.append(item.time_s)
        seen.append(pose)
    at = np.array(frame, np.int32)
    looked_at = np.array([pose is not None for pose in seen], bool)
    answers = np.array([p.keypoints_px for p in seen if p is not None]).reshape(
        -1, NUM_KEYPOINTS, 3
    )
    return at, fill_between(answers, looked_at, np.array(time_s), run[at]), looked_at


def has_box(box_px: np.ndarray) -> np.ndarray:
    """Which of (N, 4) boxes are there, (N,) bool."""
    return np.asarray(np.isfinite(box_px).all(axis=1))


def add_poses(
    artifact: ArtifactWriter,
    video: str,
    frame: np.ndarray,
    keypoints_px: np.ndarray,
    looked_at: np.ndarray | None = None,
    broken: str = "",
) -> None:
    """Write one video's poses.

    Parameters
    ----------
    artifact : of kind "poses".
    video : its id.
    frame : (N,) int32, frames with a pose.
    keypoints_px : N of (17, 3): x px, y px, score.
    looked_at : (N,) where the teacher was asked; None where another tool gave the keypoints.
    broken : why the video could not be used; empty where it could.
    """
    columns = {
        "frame": frame,
        "keypoints_px": np.asarray(keypoints_px, np.float32).reshape(-1, 17, 3),
    }
    if looked_at is not None:
        columns["looked_at"] = looked_at.astype(np.uint8)
    artifact.add_video(video, columns, {"broken": broken})
