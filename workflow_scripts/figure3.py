"""Figure 3: top-1 accuracy with k training examples per class."""

from pathlib import Path

import _job

from vpdlib.report.figure3 import draw_figure3
from vpdlib.report.tables import accuracy_table, write_table


def main(snakemake):
    params, output = snakemake.params, snakemake.output
    folder = Path(output.csv).parent / "recognition"
    table = accuracy_table(folder, params.methods, params.heads, params.shots, params.paper_column)
    draw_figure3(table, params.title, [Path(output.png), Path(output.pdf)])
    write_table(output.csv, table)


if __name__ == "__main__":
    _job.run(main, snakemake)
