"""Fetch a named checkpoint of weights."""

from pathlib import Path

import _job

from vpdlib.weights.fetch_checkpoint import fetch_checkpoint


def main(snakemake):
    params = snakemake.params
    fetch_checkpoint(params.name, Path(params.networks_dir), _job.downloads(snakemake))


if __name__ == "__main__":
    _job.run(main)
