"""Table 1: top-1 accuracy with all training data."""

from pathlib import Path

import _job

from vpdlib.report.tables import accuracy_table, write_table


def main(snakemake):
    params = snakemake.params
    folder = Path(snakemake.output[0]).parent / "recognition"
    table = accuracy_table(folder, params.methods, params.heads, [None], params.paper_column)
    write_table(snakemake.output[0], table)


if __name__ == "__main__":
    _job.run(main, snakemake)
