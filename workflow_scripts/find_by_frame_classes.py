"""Find actions by the class of every frame alone, to compare with finding them in two steps."""

from pathlib import Path

import _job

from vpdlib.datasets.tables import read_videos
from vpdlib.devices import choose_device
from vpdlib.finding.detector import load_detector
from vpdlib.finding.find import write_frame_classes
from vpdlib.finding.settings import FindingSettings


def main(snakemake):
    inputs = snakemake.input
    write_frame_classes(
        snakemake.output[0],
        _job.provenance_of(snakemake),
        load_detector(Path(inputs.detector), choose_device(_job.device(snakemake))),
        read_videos(inputs.videos),
        [Path(inputs.features)],
        FindingSettings.model_validate(snakemake.params.finding).suppress_tiou,
        snakemake.threads,
    )


if __name__ == "__main__":
    _job.run(main)
