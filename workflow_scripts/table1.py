"""Table 1: top-1 accuracy with all training data."""

import _job

from vpdlib.report.render import write_markdown
from vpdlib.report.tables import (
    accuracy_table,
    baseline_cells,
    baseline_table,
    recognition_cells,
    trivial_table,
    with_baselines,
    write_table,
)


def main(snakemake):
    inputs, params, output = snakemake.input, snakemake.params, snakemake.output
    cells = recognition_cells(inputs.recognition)
    column = params.paper_column
    table = accuracy_table(cells, params.methods, params.heads, [None], column, params.ensembles)
    if params.baselines or params.weights:
        found = baseline_table(baseline_cells(inputs.baselines), params.baselines, [None], column)
        trivial = trivial_table(inputs.classes[0], column)
        table = with_baselines(trivial, found, table, params.weights)
    write_table(output.csv, table)
    write_markdown(output.md, "table1", params.title, table)


if __name__ == "__main__":
    _job.run(main, snakemake)
