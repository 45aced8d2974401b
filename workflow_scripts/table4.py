"""Table 4: average precision of few-shot temporal detection."""

from pathlib import Path

import _job

from vpdlib.report.render import write_markdown
from vpdlib.report.tables import write_table
from vpdlib.report.tables_detection import detection_table


def main(snakemake):
    params, output = snakemake.params, snakemake.output
    folder = Path(output.csv).parent / "detection"
    table = detection_table(folder, params.methods, params.paper_column)
    if params.weights:
        table.insert(1, "weights", table["method"].map(params.weights).fillna(""))
    write_table(output.csv, table)
    write_markdown(output.md, "table4", params.title, table)


if __name__ == "__main__":
    _job.run(main, snakemake)
