"""Table S1: the smallest score of the weak labels."""

import _job

from vpdlib.datasets.tables import read_actions
from vpdlib.report.render import write_markdown
from vpdlib.report.tables import recognition_cells, write_table
from vpdlib.report.tables_ablations import share_kept, threshold_table


def main(snakemake):
    inputs, params, output = snakemake.input, snakemake.params, snakemake.output
    shares = share_kept(
        inputs.labels,
        inputs.tracks,
        read_actions(inputs.actions),
        [min_score for min_score, _ in params.students],
    )
    table = threshold_table(
        recognition_cells(inputs.recognition, params.trained_as),
        params.teacher,
        params.students,
        shares,
        params.k,
        params.paper_column,
    )
    write_table(output.csv, table)
    write_markdown(output.md, "tableS1", params.title, table)


if __name__ == "__main__":
    _job.run(main, snakemake)
