"""Any of the tables: CSV, and Markdown and HTML to read."""

import _job

from vpdlib.report.html_page import write_page
from vpdlib.report.render import write_markdown
from vpdlib.report.rows import ROWS
from vpdlib.report.tables import write_table


def main(snakemake):
    name, params, output = snakemake.wildcards.table, snakemake.params, snakemake.output
    table = ROWS[name](dict(snakemake.input.items()), params.settings, params.paper_column)
    write_table(output.csv, table)
    write_page(output.html, output.csv, params.title)
    write_markdown(output.md, name, params.title, table)


if __name__ == "__main__":
    _job.run(main)
