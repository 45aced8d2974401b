"""Estimate the athlete's pose in every frame with a box, or take keypoints from another tool."""

from pathlib import Path

import _job
import numpy as np

from vpdlib.artifacts import Artifact, ArtifactWriter, read_artifact
from vpdlib.artifacts.poses import Poses
from vpdlib.artifacts.tracks import Tracks
from vpdlib.datasets.bad_videos import VideoReading
from vpdlib.datasets.tables import VideoRow, read_videos
from vpdlib.interchange.keypoints import read_keypoints
from vpdlib.interchange.supplied import check_length
from vpdlib.interchange.supplied_keypoints import keypoints_in_pixels, warn_of_joints_outside_boxes
from vpdlib.poses.build import build_teacher
from vpdlib.poses.settings import PoseSettings
from vpdlib.poses.write import add_poses, has_box, write_poses


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
            add_poses(artifact, video.video, np.empty(0, np.int32), np.empty(0), broken=broken)
            continue
        boxes_of[video.video] = box_px
        keypoints = check_length(keypoints_of, video.video, len(box_px), source)
        frame = np.flatnonzero(has_box(box_px)).astype(np.int32)
        add_poses(artifact, video.video, frame, keypoints[frame])
    warn_of_joints_outside_boxes(source, {name: keypoints_of[name] for name in boxes_of}, boxes_of)


def estimate(snakemake, reading: VideoReading) -> None:
    """Keypoints from the teacher."""
    settings = PoseSettings.model_validate(snakemake.params.settings)
    teacher = build_teacher(
        settings,
        Path(snakemake.params.networks_dir),
        _job.device(snakemake),
        snakemake.threads,
    )
    write_poses(
        snakemake.output[0],
        _job.provenance_of(snakemake),
        read_videos(snakemake.input.videos),
        snakemake.input.tracks,
        teacher,
        settings,
        reading,
        snakemake.threads,
    )


def main(snakemake):
    reading = VideoReading(_job.on_bad_video(snakemake))
    if snakemake.input.get("keypoints"):
        with (
            read_artifact(snakemake.input.tracks, Tracks) as tracks,
            ArtifactWriter(snakemake.output[0], Poses, _job.provenance_of(snakemake)) as artifact,
        ):
            take_keypoints(read_videos(snakemake.input.videos), tracks, snakemake, artifact)
    else:
        estimate(snakemake, reading)
    reading.write_broken(snakemake.output.broken, snakemake.rule, snakemake.output[0])


if __name__ == "__main__":
    _job.run(main)
