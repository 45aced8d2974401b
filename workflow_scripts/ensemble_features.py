"""Late fusion: put together what one head says of several feature sets, trial by trial."""

import _job

from vpdlib.recognition.results import mean_result, read_result, write_result


def main(snakemake):
    write_result(
        snakemake.output[0],
        _job.provenance_of(snakemake),
        mean_result({path: read_result(path) for path in snakemake.input.parts}),
        feature=snakemake.wildcards.ensemble,
    )


if __name__ == "__main__":
    _job.run(main)
