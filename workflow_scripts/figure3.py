"""Figure 3: top-1 accuracy with k training examples per class, drawn and as a table."""

from pathlib import Path

import _job

from vpdlib.report.figure3 import draw_figure3
from vpdlib.report.html_page import write_page
from vpdlib.report.render import write_markdown
from vpdlib.report.rows import ROWS
from vpdlib.report.tables import write_table


def main(snakemake):
    params, output = snakemake.params, snakemake.output
    table = ROWS["figure3"](dict(snakemake.input.items()), params.settings, params.paper_column)
    draw_figure3(table, params.title, [Path(output.png), Path(output.pdf)])
    write_table(output.csv, table)
    write_page(output.html, output.csv, params.title)
    write_markdown(output.md, "figure3", params.title, table)


if __name__ == "__main__":
    _job.run(main)
