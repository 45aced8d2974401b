"""The pages to look at as one folder, which Snakemake's report can take in: links to the same files."""

from pathlib import Path

import _job

from vpdlib.site.copy import copy_site


def main(snakemake):
    copy_site(Path(snakemake.input[0]).parent, Path(snakemake.output[0]))


if __name__ == "__main__":
    _job.run(main)
