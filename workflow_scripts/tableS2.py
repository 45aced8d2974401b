"""Table S2: top-1 accuracy with k training examples per class, BiGRU beside NNS."""

import _job

from vpdlib.report.render import write_markdown
from vpdlib.report.tables import recognition_cells, write_table
from vpdlib.report.tables_heads import few_shot_table


def main(snakemake):
    inputs, params, output = snakemake.input, snakemake.params, snakemake.output
    cells = recognition_cells(inputs.recognition)
    table = few_shot_table(cells, params.methods, params.shots, params.paper_column)
    write_table(output.csv, table)
    write_markdown(output.md, "tableS2", params.title, table)


if __name__ == "__main__":
    _job.run(main, snakemake)
