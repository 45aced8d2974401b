"""Estimate the athlete's pose in every frame with a box, or take keypoints from another tool."""

from pathlib import Path

import _job
import numpy as np

from vpdlib.artifacts import Artifact, ArtifactWriter, read_artifact
from vpdlib.artifacts.poses import Poses
from vpdlib.artifacts.tracks import Tracks
from vpdlib.datasets.bad_videos import VideoReading
from vpdlib.datasets.settings import KeypointSettings
from vpdlib.datasets.tables import VideoRow, read_videos
from vpdlib.interchange.absent_joints import ATTRIBUTE, fill_absent
from vpdlib.interchange.choose_person import choose_person
from vpdlib.interchange.given_poses import read_poses, tell
from vpdlib.interchange.supplied import check_length
from vpdlib.interchange.supplied_keypoints import keypoints_in_pixels, warn_of_joints_outside_boxes
from vpdlib.poses.build import build_teacher
from vpdlib.poses.settings import PoseSettings
from vpdlib.poses.write import add_poses, has_box, write_poses


def take_keypoints(
    videos: list[VideoRow], tracks: Artifact[Tracks], snakemake, artifact: ArtifactWriter
) -> None:
    """Keypoints from another tool, for the frames that have a box."""
    places = _job.paths(snakemake.input.keypoints)
    artifact.set_attributes(teacher=f"supplied: {', '.join(place.name for place in places)}")
    if not videos:
        return
    given = read_poses(places, KeypointSettings(**snakemake.params.keypoints), videos=videos)
    tell(given)
    artifact.set_attributes(**{ATTRIBUTE: " ".join(given.absent)})
    keypoints_of = keypoints_in_pixels(given.path, given.clips, videos)
    chosen_of = {}
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
        keypoints = check_length(
            keypoints_of,
            video.video,
            len(box_px),
            given.path,
            ends_early=video.video in given.clips and given.clips[video.video].may_end_early,
        )
        chosen_of[video.video] = choose_person(keypoints, box_px)
        frame = np.flatnonzero(has_box(box_px)).astype(np.int32)
        add_poses(
            artifact,
            video.video,
            frame,
            fill_absent(chosen_of[video.video], given.absent)[frame],
        )
    warn_of_joints_outside_boxes(given.path, chosen_of, boxes_of)


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
