"""Table 1: top-1 accuracy with all training data."""

import _job

from vpdlib.report.render import write_markdown
from vpdlib.report.tables import accuracy_table, recognition_cells, write_table


def main(snakemake):
    inputs, params, output = snakemake.input, snakemake.params, snakemake.output
    cells = recognition_cells(inputs.recognition)
    table = accuracy_table(cells, params.methods, params.heads, [None], params.paper_column)
    write_table(output.csv, table)
    write_markdown(output.md, "table1", params.title, table)


if __name__ == "__main__":
    _job.run(main, snakemake)
