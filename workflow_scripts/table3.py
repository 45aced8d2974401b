"""Table 3: precision@k of action retrieval."""

from pathlib import Path

import _job

from vpdlib.report.render import write_markdown
from vpdlib.report.tables import retrieval_table, write_table


def main(snakemake):
    params, output = snakemake.params, snakemake.output
    folder = Path(output.csv).parent / "retrieval"
    table = retrieval_table(folder, params.methods, params.ks, params.paper_column)
    write_table(output.csv, table)
    write_markdown(output.md, "table3", params.title, table)


if __name__ == "__main__":
    _job.run(main, snakemake)
