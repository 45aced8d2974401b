"""Table S3: average precision of few-shot temporal detection by activation threshold."""

from pathlib import Path

import _job

from vpdlib.report.render import write_markdown
from vpdlib.report.tables import write_table
from vpdlib.report.tables_detection import sweep_table


def main(snakemake):
    params, output = snakemake.params, snakemake.output
    folder = Path(output.csv).parent / "detection"
    table = sweep_table(folder, params.methods, params.paper_column)
    write_table(output.csv, table)
    write_markdown(output.md, "tableS3", params.title, table)


if __name__ == "__main__":
    _job.run(main, snakemake)
