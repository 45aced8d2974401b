"""Fetch the published labels of one of the paper's datasets, and list them with their digests."""

import _job
import pandas as pd

from vpdlib.datasets.paper.files import fetch_label_files, label_files
from vpdlib.report.tables import write_table


def main(snakemake):
    paths = fetch_label_files(snakemake.params.kind, _job.downloads(snakemake))
    rows = [
        {"name": item.name, "url": item.url, "sha256": item.sha256, "path": str(paths[item.name])}
        for item in label_files(snakemake.params.kind)
    ]
    write_table(snakemake.output[0], pd.DataFrame(rows))


if __name__ == "__main__":
    _job.run(main)
