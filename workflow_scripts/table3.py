"""Table 3: precision@k of action retrieval."""

from pathlib import Path

import _job

from vpdlib.report.tables import retrieval_table, write_table


def main(snakemake):
    params = snakemake.params
    folder = Path(snakemake.output[0]).parent / "retrieval"
    table = retrieval_table(folder, params.methods, params.ks, params.paper_column)
    write_table(snakemake.output[0], table)


if __name__ == "__main__":
    _job.run(main, snakemake)
