"""Detect every person in every n-th frame of a shard's videos."""

from pathlib import Path

import _job

from vpdlib.datasets.bad_videos import VideoReading
from vpdlib.datasets.tables import read_videos
from vpdlib.devices import choose_device
from vpdlib.people.build import build_detector
from vpdlib.people.settings import PeopleSettings
from vpdlib.people.write import write_people


def main(snakemake):
    settings = PeopleSettings.model_validate(snakemake.params.settings)
    # The embedded detectors run on the CPU and need no torch.
    device = choose_device(_job.device(snakemake)) if "mmdet" in settings.detectors else "cpu"
    detector = build_detector(
        settings, Path(snakemake.params.networks_dir), device, snakemake.threads
    )
    write_people(
        snakemake.output[0],
        _job.provenance_of(snakemake),
        read_videos(snakemake.input.videos),
        detector,
        settings,
        VideoReading(_job.on_bad_video(snakemake)),
    )


if __name__ == "__main__":
    _job.run(main)
