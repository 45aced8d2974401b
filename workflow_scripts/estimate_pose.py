"""Estimate the athlete's pose in every frame with a box, or take keypoints from another tool."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import _job
import cv2
import numpy as np

from vpdlib.artifacts import Artifact, ArtifactWriter, read_artifact
from vpdlib.artifacts.poses import Poses
from vpdlib.artifacts.tracks import Tracks
from vpdlib.datasets.bad_videos import VideoReading
from vpdlib.datasets.tables import VideoRow, read_videos
from vpdlib.imports.keypoints import read_keypoints
from vpdlib.imports.supplied import check_length
from vpdlib.imports.supplied_keypoints import keypoints_in_pixels, warn_of_joints_outside_boxes
from vpdlib.poses.base import View, estimate_in_batches
from vpdlib.poses.build import build_teacher
from vpdlib.poses.settings import PoseSettings
from vpdlib.progress import track
from vpdlib.video.reader import Frame


def estimate(
    videos: list[VideoRow],
    tracks: Artifact[Tracks],
    snakemake,
    artifact: ArtifactWriter,
    reading: VideoReading,
) -> None:
    """Keypoints from the teacher."""
    settings = PoseSettings.model_validate(snakemake.params.settings)
    cv2.setNumThreads(snakemake.threads)
    teacher = build_teacher(
        settings,
        Path(snakemake.params.networks_dir),
        _job.device(snakemake),
        snakemake.threads,
    )
    artifact.set_attributes(teacher=settings.teacher, **teacher.attributes)
    for video in videos:
        path = tracks[video.video]
        box_px = path.box_px
        frames = reading.frames(video, broken_before=path.attributes.get("broken", ""))
        frames = track(frames, video.video, total=len(box_px), unit="frame")
        keypoints = np.array(list(estimate_in_batches(teacher, views(frames, box_px))))
        frame = np.flatnonzero(has_box(box_px))[: len(keypoints)].astype(np.int32)
        add_poses(artifact, video.video, frame, keypoints, reading.broken(video))


def views(frames: Iterable[Frame], box_px: np.ndarray) -> Iterator[View]:
    """The athlete in each frame of a video that has a box."""
    found = has_box(box_px)
    for item in frames:
        if found[item.index]:
            yield View(item.rgb, box_px[item.index])


def has_box(box_px: np.ndarray) -> np.ndarray:
    return np.isfinite(box_px).all(axis=1)


def take_keypoints(
    videos: list[VideoRow], tracks: Artifact[Tracks], snakemake, artifact: ArtifactWriter
) -> None:
    """Keypoints from another tool, for the frames that have a box."""
    source = Path(snakemake.input.keypoints)
    artifact.set_attributes(teacher=f"supplied: {source.name}")
    if not videos:
        return
    clips = read_keypoints(
        source,
        snakemake.params.keypoints["joint_names"],
        only={video.video for video in videos},
    )
    keypoints_of = keypoints_in_pixels(source, clips, videos)
    boxes_of = {}
    for video in videos:
        path = tracks[video.video]
        box_px = path.box_px
        broken = path.attributes.get("broken", "")
        if broken:
            # Its keypoints have as many rows as it once had frames.
            add_poses(artifact, video.video, np.empty(0, np.int32), np.empty(0), broken)
            continue
        boxes_of[video.video] = box_px
        keypoints = check_length(keypoints_of, video.video, len(box_px), source)
        frame = np.flatnonzero(has_box(box_px)).astype(np.int32)
        add_poses(artifact, video.video, frame, keypoints[frame])
    warn_of_joints_outside_boxes(source, {name: keypoints_of[name] for name in boxes_of}, boxes_of)


def add_poses(
    artifact: ArtifactWriter,
    video: str,
    frame: np.ndarray,
    keypoints: np.ndarray,
    broken: str = "",
) -> None:
    artifact.add_video(
        video,
        {
            "frame": frame,
            "keypoints_px": np.asarray(keypoints, np.float32).reshape(-1, 17, 3),
        },
        {"broken": broken},
    )


def main(snakemake):
    videos = read_videos(snakemake.input.videos)
    reading = VideoReading(_job.on_bad_video(snakemake))
    with (
        read_artifact(snakemake.input.tracks, Tracks) as tracks,
        ArtifactWriter(snakemake.output[0], Poses, _job.provenance_of(snakemake)) as artifact,
    ):
        if snakemake.input.get("keypoints"):
            take_keypoints(videos, tracks, snakemake, artifact)
        else:
            estimate(videos, tracks, snakemake, artifact, reading)
    reading.write_broken(snakemake.output.broken, snakemake.rule, snakemake.output[0])


if __name__ == "__main__":
    _job.run(main)
