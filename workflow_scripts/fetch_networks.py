"""Fetch the embedded networks and convert them to ONNX."""

from pathlib import Path

import _job

from vpdlib.weights.fetch import fetch_embedded


def main(snakemake):
    fetch_embedded(Path(snakemake.params.networks_dir), _job.downloads(snakemake))


if __name__ == "__main__":
    _job.run(main)
