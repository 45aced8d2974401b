"""Table 2: ablations of what a student learns from."""

import _job

from vpdlib.report.render import write_markdown
from vpdlib.report.tables import recognition_cells, write_table
from vpdlib.report.tables_ablations import ablation_table


def main(snakemake):
    inputs, params, output = snakemake.input, snakemake.params, snakemake.output
    cells = recognition_cells(inputs.recognition, params.trained_as)
    table = ablation_table(cells, params.methods, params.k, params.paper_column)
    write_table(output.csv, table)
    write_markdown(output.md, "table2", params.title, table)


if __name__ == "__main__":
    _job.run(main, snakemake)
