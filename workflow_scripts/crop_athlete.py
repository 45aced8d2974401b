"""Cut the athlete out of every frame, and the previous frame by the same rectangle."""

import _job

from vpdlib.crops.settings import CropSettings
from vpdlib.crops.write import write_crops
from vpdlib.datasets.bad_videos import VideoReading
from vpdlib.datasets.tables import read_videos


def main(snakemake):
    reading = VideoReading(_job.on_bad_video(snakemake))
    write_crops(
        snakemake.output[0],
        _job.provenance_of(snakemake),
        read_videos(snakemake.input.videos),
        snakemake.input.tracks,
        CropSettings.model_validate(snakemake.params.settings),
        reading,
        # An input only where people come with masks.
        snakemake.input.get("people") or None,
        snakemake.threads,
    )
    reading.write_broken(snakemake.output.broken, snakemake.rule, snakemake.output[0])


if __name__ == "__main__":
    _job.run(main)
