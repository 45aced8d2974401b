"""Render the synthetic sport: videos, labels, ground truth."""

from pathlib import Path

import _job

from vpdlib.config.base import validate
from vpdlib.datasets.settings import DemoAdapter
from vpdlib.demo import DemoSettings, generate_demo


def main(snakemake):
    adapter = validate(DemoAdapter, snakemake.params.adapter, "adapter")
    settings = DemoSettings(**adapter.model_dump(exclude={"kind"}))
    generate_demo(settings, Path(snakemake.output.labels).parent, snakemake.threads)


if __name__ == "__main__":
    _job.run(main, snakemake)
