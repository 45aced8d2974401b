"""Train a detector of a feature set, which stays: of actions, or of the class of every frame."""

from pathlib import Path

import _finding
import _job

from vpdlib.action_detection.settings import DetectionSettings
from vpdlib.devices import choose_device
from vpdlib.finding.detector import save_detector
from vpdlib.finding.train import learn_detector


def main(snakemake):
    detector = learn_detector(
        _finding.material(snakemake),
        [Path(path) for path in snakemake.input.features],
        DetectionSettings.model_validate(snakemake.params.settings),
        snakemake.wildcards.detector_kind == "frame_classifiers",
        choose_device(_job.device(snakemake)),
        snakemake.threads,
    )
    save_detector(Path(snakemake.output[0]), detector, snakemake.wildcards.feature)


if __name__ == "__main__":
    _job.run(main)
