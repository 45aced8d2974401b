"""What every test action was taken for."""

import _job

from vpdlib.datasets.tables import read_actions
from vpdlib.report.html_page import write_page
from vpdlib.report.predictions import prediction_table
from vpdlib.report.tables import recognition_cells, write_table


def main(snakemake):
    cells = recognition_cells(snakemake.input.recognition)
    output = snakemake.output
    write_table(output.csv, prediction_table(cells, read_actions(snakemake.input.actions)))
    write_page(output.html, output.csv, snakemake.params.title)


if __name__ == "__main__":
    _job.run(main)
