"""Train the recogniser of a feature set, which stays: it names actions of any video."""

from pathlib import Path

import _finding
import _job

from vpdlib.devices import choose_device
from vpdlib.finding.recogniser_folder import save_recogniser
from vpdlib.finding.train import learn_recogniser
from vpdlib.recognition.settings import RecognitionSettings


def main(snakemake):
    recogniser = learn_recogniser(
        _finding.material(snakemake),
        [Path(path) for path in snakemake.input.features],
        snakemake.wildcards.head,
        RecognitionSettings.model_validate(snakemake.params.settings),
        choose_device(_job.device(snakemake)),
        snakemake.threads,
    )
    save_recogniser(Path(snakemake.output[0]), recogniser, snakemake.wildcards.feature)


if __name__ == "__main__":
    _job.run(main)
