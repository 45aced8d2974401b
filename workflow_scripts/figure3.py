"""Figure 3: top-1 accuracy with k training examples per class."""

from pathlib import Path

import _job
import pandas as pd

from vpdlib.report.figure3 import draw_figure3
from vpdlib.report.render import write_markdown
from vpdlib.report.tables import (
    accuracy_table,
    baseline_cells,
    baseline_table,
    recognition_cells,
    write_table,
)


def main(snakemake):
    inputs, params, output = snakemake.input, snakemake.params, snakemake.output
    cells = recognition_cells(inputs.recognition)
    table = accuracy_table(
        cells, params.methods, params.heads, params.shots, params.paper_column, params.ensembles
    )
    if params.baselines and params.baseline_shots:
        found = baseline_table(
            baseline_cells(inputs.baselines),
            params.baselines,
            params.baseline_shots,
            params.paper_column,
        )
        table = pd.concat([table, found[table.columns]], ignore_index=True)
    draw_figure3(table, params.title, [Path(output.png), Path(output.pdf)])
    write_table(output.csv, table)
    write_markdown(output.md, "figure3", params.title, table)


if __name__ == "__main__":
    _job.run(main, snakemake)
