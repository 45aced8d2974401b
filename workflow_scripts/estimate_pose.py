"""Let the teacher estimate the athlete's pose in every frame that has a box."""

from pathlib import Path

import _job
import cv2
import numpy as np

from vpdlib.artifacts import ArtifactWriter, read_artifact
from vpdlib.datasets.tables import read_videos
from vpdlib.poses.movenet import build_teacher
from vpdlib.poses.settings import PoseSettings
from vpdlib.progress import track
from vpdlib.video.reader import read_frames


def main(snakemake):
    settings = PoseSettings.model_validate(snakemake.params.settings)
    cv2.setNumThreads(snakemake.threads)
    teacher = build_teacher(
        settings.teacher, Path(snakemake.params.networks_dir), snakemake.threads, settings.margin
    )
    videos = read_videos(snakemake.input.videos, int(snakemake.wildcards.shard))
    with (
        read_artifact(snakemake.input.tracks, "tracks") as tracks,
        ArtifactWriter(snakemake.output[0], "poses", _job.origin(snakemake)) as artifact,
    ):
        artifact.set_attributes(teacher=settings.teacher)
        for video in videos:
            box_px = tracks[video.video].array("box_px")
            found = np.isfinite(box_px).all(axis=1)
            frame, keypoints = [], []
            frames = read_frames(video.path)
            for item in track(frames, video.video, total=len(box_px), unit="frame"):
                if found[item.index]:
                    frame.append(item.index)
                    keypoints.append(teacher.estimate(item.rgb, box_px[item.index]))
            artifact.add_video(
                video.video,
                {
                    "frame": np.array(frame, np.int32),
                    "keypoints_px": np.array(keypoints, np.float32).reshape(-1, 17, 3),
                },
            )


if __name__ == "__main__":
    _job.run(main, snakemake)
