"""Put the probabilities of several baselines together, trial by trial."""

from contextlib import ExitStack

import _job

from vpdlib.artifacts import read_artifact
from vpdlib.baselines.run import mean_result
from vpdlib.recognition.actions import shots_of
from vpdlib.recognition.results import write_result


def main(snakemake):
    wildcards = snakemake.wildcards
    shots = shots_of(wildcards.setting)
    with ExitStack() as stack:
        parts = [
            stack.enter_context(read_artifact(path, "recognition"))
            for path in snakemake.input.parts
        ]
        result = mean_result(parts, shots)
        weights = dict.fromkeys(str(part.attributes["weights"]) for part in parts)
    write_result(
        snakemake.output[0],
        _job.origin(snakemake),
        result,
        feature=wildcards.ensemble,
        weights=", ".join(weights),
    )


if __name__ == "__main__":
    _job.run(main, snakemake)
