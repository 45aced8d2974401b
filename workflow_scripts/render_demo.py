"""Render the synthetic sport: videos, labels, ground truth."""

from pathlib import Path

import _job

from vpdlib.config.base import validate
from vpdlib.datasets.settings import DemoAdapter
from vpdlib.demo.generate import generate_demo
from vpdlib.demo.plan import DemoSettings


def main(snakemake):
    adapter = validate(DemoAdapter, snakemake.params.adapter, "adapter")
    settings = DemoSettings(**adapter.model_dump(exclude={"kind"}))
    generate_demo(settings, Path(snakemake.output.labels).parent, snakemake.threads)


if __name__ == "__main__":
    _job.run(main)
