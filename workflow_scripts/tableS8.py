"""Table S8: what VIPE* is trained on."""

import _job

from vpdlib.report.render import write_markdown
from vpdlib.report.tables import recognition_cells, write_table
from vpdlib.report.tables_ablations import vipe_table


def main(snakemake):
    inputs, params, output = snakemake.input, snakemake.params, snakemake.output
    cells = recognition_cells(inputs.recognition)
    table = vipe_table(cells, params.methods, params.paper_column)
    write_table(output.csv, table)
    write_markdown(output.md, "tableS8", params.title, table)


if __name__ == "__main__":
    _job.run(main, snakemake)
