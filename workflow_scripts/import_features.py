"""Take another tool's descriptors as a feature set."""

from pathlib import Path

import _job

from vpdlib.artifacts import ArtifactWriter
from vpdlib.artifacts.features import Features
from vpdlib.datasets.bad_videos import VideoReading
from vpdlib.datasets.tables import read_videos
from vpdlib.interchange.supplied import add_supplied_features


def main(snakemake):
    inputs = snakemake.input
    reading = VideoReading(_job.on_bad_video(snakemake))
    with ArtifactWriter(snakemake.output[0], Features, _job.provenance_of(snakemake)) as artifact:
        videos = read_videos(inputs.videos)
        add_supplied_features(artifact, Path(inputs.features), videos, reading)
    reading.write_broken(snakemake.output.broken, snakemake.rule, snakemake.output[0])


if __name__ == "__main__":
    _job.run(main)
