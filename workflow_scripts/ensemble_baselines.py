"""Put the probabilities of several baselines together, trial by trial."""

import _job

from vpdlib.artifacts import read_artifact
from vpdlib.artifacts.recognition import Recognition
from vpdlib.recognition.results import mean_result, read_result, write_result


def main(snakemake):
    paths = list(snakemake.input.parts)
    weights = []
    for path in paths:
        with read_artifact(path, Recognition) as part:
            weights.append(str(part.attributes["weights"]))
    write_result(
        snakemake.output[0],
        _job.provenance_of(snakemake),
        mean_result({path: read_result(path) for path in paths}),
        feature=snakemake.wildcards.ensemble,
        weights=", ".join(dict.fromkeys(weights)),
    )


if __name__ == "__main__":
    _job.run(main)
