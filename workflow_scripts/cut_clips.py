"""Cut the found actions out of their videos, to look at."""

import _job

from vpdlib.atomic import replacing
from vpdlib.datasets.bad_videos import VideoReading
from vpdlib.datasets.tables import read_videos
from vpdlib.finding.clips import cut_found
from vpdlib.finding.settings import ClipSettings
from vpdlib.finding.table import read_found
from vpdlib.progress import note


def main(snakemake):
    settings = ClipSettings.model_validate(snakemake.params.settings)
    rows = read_found(snakemake.input.found)
    videos = [row for path in snakemake.input.videos for row in read_videos(path)]
    reading = VideoReading(_job.on_bad_video(snakemake))
    with replacing(snakemake.output[0]) as folder:
        folder.mkdir()
        num_clips = cut_found(rows, videos, folder, settings, reading)
    note(f"{num_clips} clips of {len(rows)} found actions")
    reading.write_broken(snakemake.output.broken, snakemake.rule, snakemake.output[0])


if __name__ == "__main__":
    _job.run(main)
