"""Select the frames whose pose a student may learn from."""

from contextlib import ExitStack

import _job
import numpy as np

from vpdlib.artifacts import ArtifactWriter, read_artifact
from vpdlib.artifacts.features import Features
from vpdlib.artifacts.poses import Poses
from vpdlib.artifacts.tracks import Tracks
from vpdlib.artifacts.weak_labels import WeakLabels
from vpdlib.poses.settings import WeakLabelSettings
from vpdlib.poses.weak_labels import select_weak_labels
from vpdlib.progress import note


def vectors_of(video, frame):
    """The teacher's vectors, which must be of the same frames as its poses."""
    if not np.array_equal(video.frame, frame):
        raise ValueError(
            f"video {video.video_id}: the embedding and the poses are of different frames; rerun embed_vipe"
        )
    return video.descriptor


def main(snakemake):
    settings = WeakLabelSettings.model_validate(snakemake.params.settings)
    with (
        read_artifact(snakemake.input.poses, Poses) as poses,
        read_artifact(snakemake.input.tracks, Tracks) as tracks,
        ArtifactWriter(snakemake.output[0], WeakLabels, _job.provenance_of(snakemake)) as artifact,
        ExitStack() as stack,
    ):
        embedded = None
        if snakemake.input.get("vectors"):
            embedded = stack.enter_context(read_artifact(snakemake.input.vectors, Features))
        for video in poses.videos():
            frame = video.frame
            labels = select_weak_labels(
                video.keypoints_px,
                frame,
                tracks[video.video_id].previous_frame[frame],
                settings.min_score,
                settings.max_extent,
                settings.previous_min_score,
                None if embedded is None else vectors_of(embedded[video.video_id], frame),
            )
            counts = labels.counts()
            note(f"{video.video_id}: {counts}")
            artifact.add_video(
                video.video_id,
                {
                    "frame": frame,
                    "pose_norm": labels.pose,
                    "motion_norm": labels.motion,
                    "score": labels.score,
                    "kept": labels.kept,
                },
                {**counts, "num_video_frames": tracks[video.video_id].num_rows("time_s")},
            )


if __name__ == "__main__":
    _job.run(main)
