"""Normalised 2D joints of every frame as a feature set: the teacher's own row in the tables."""

import _job

from vpdlib.artifacts import ArtifactWriter, read_artifact
from vpdlib.poses.normalize import teacher_rows


def main(snakemake):
    with (
        read_artifact(snakemake.input.poses, "poses") as poses,
        read_artifact(snakemake.input.tracks, "tracks") as tracks,
        ArtifactWriter(snakemake.output[0], "features", _job.origin(snakemake)) as artifact,
    ):
        for video in poses.videos():
            frame = video.array("frame")
            artifact.add_video(
                video.video_id,
                {
                    "frame": frame,
                    "time_s": tracks[video.video_id].array("time_s")[frame],
                    "descriptor": teacher_rows(video.array("keypoints_px")),
                },
            )


if __name__ == "__main__":
    _job.run(main, snakemake)
