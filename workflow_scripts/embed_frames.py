"""Embed every crop of a shard, regular and mirrored, with a student; or take another tool's descriptors."""

from pathlib import Path

import _job
import numpy as np

from vpdlib.artifacts import ArtifactWriter, read_artifact
from vpdlib.artifacts.crops import Crops
from vpdlib.artifacts.features import Features
from vpdlib.artifacts.tracks import Tracks
from vpdlib.datasets.bad_videos import VideoReading
from vpdlib.datasets.tables import read_videos
from vpdlib.devices import choose_device
from vpdlib.imports.supplied import add_supplied_features
from vpdlib.students.corpus import FrameRef, open_frames
from vpdlib.students.embed import embed
from vpdlib.students.save import load_student


def embed_crops(snakemake, artifact: ArtifactWriter) -> None:
    """Descriptors from the student."""
    student = load_student(Path(snakemake.input.student))
    crops_path = Path(snakemake.input.crops)
    flow_paths = [Path(snakemake.input.flow)] if snakemake.input.get("flow") else None
    with (
        read_artifact(crops_path, Crops) as crops,
        read_artifact(snakemake.input.tracks, Tracks) as tracks,
    ):
        side = int(crops.attributes["crop_size"])
        lengths = {video.video_id: video.num_rows("frame") for video in crops.videos()}
        refs = [FrameRef(0, name, row) for name, length in lengths.items() for row in range(length)]
        descriptor = np.empty((0, 2, student.dim), np.float32)
        if refs:
            descriptor = embed(
                student,
                open_frames(
                    [crops_path], flow_paths, refs, side, with_masks=False, in_memory=False
                ),
                device=choose_device(_job.device(snakemake)),
                threads=snakemake.threads,
                num_workers=student.settings.num_workers,
            )
        first = 0
        for name, length in lengths.items():
            frame = crops[name].frame
            artifact.add_video(
                name,
                {
                    "frame": frame,
                    "time_s": tracks[name].time_s[frame],
                    "descriptor": descriptor[first : first + length],
                },
            )
            first += length


def main(snakemake):
    reading = VideoReading(_job.on_bad_video(snakemake))
    with ArtifactWriter(snakemake.output[0], Features, _job.origin(snakemake)) as artifact:
        if snakemake.input.get("features"):
            videos = read_videos(snakemake.input.videos)
            add_supplied_features(artifact, Path(snakemake.input.features), videos, reading)
        else:
            embed_crops(snakemake, artifact)
    reading.write_broken(snakemake.output.broken, snakemake.rule, snakemake.output[0])


if __name__ == "__main__":
    _job.run(main)
