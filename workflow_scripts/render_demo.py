"""Render the synthetic sport: videos, labels, ground truth."""

from pathlib import Path

import _job

from vpdlib.demo.generate import generate_demo
from vpdlib.demo.plan import DemoSettings


def main(snakemake):
    settings = {name: value for name, value in snakemake.params.adapter.items() if name != "kind"}
    generate_demo(DemoSettings(**settings), Path(snakemake.output.labels).parent, snakemake.threads)


if __name__ == "__main__":
    _job.run(main)
