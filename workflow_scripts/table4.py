"""Table 4: average precision of few-shot temporal detection."""

from pathlib import Path

import _job

from vpdlib.report.tables import detection_table, write_table


def main(snakemake):
    params = snakemake.params
    folder = Path(snakemake.output[0]).parent / "detection"
    write_table(snakemake.output[0], detection_table(folder, params.methods, params.paper_column))


if __name__ == "__main__":
    _job.run(main, snakemake)
