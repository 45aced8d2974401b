"""Embed the teacher's poses of a shard with a VIPE*, regular and mirrored."""

from pathlib import Path

import _job

from vpdlib.artifacts import ArtifactWriter, read_artifact
from vpdlib.devices import choose_device
from vpdlib.vipe.embed import embed_poses
from vpdlib.vipe.save import load_vipe


def main(snakemake):
    model = load_vipe(Path(snakemake.input.model))
    device = choose_device(snakemake.params.device)
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
                    "descriptor": embed_poses(
                        model,
                        video.array("keypoints_px"),
                        upside_down=snakemake.params.upside_down,
                        device=device,
                    ),
                },
            )


if __name__ == "__main__":
    _job.run(main, snakemake)
