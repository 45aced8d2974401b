"""Estimate the flow from each previous crop to its crop, stored in 8 bits."""

from pathlib import Path

import _job

from vpdlib.flow.build import make_flow_estimator
from vpdlib.flow.settings import FlowSettings
from vpdlib.flow.write import write_flow


def main(snakemake):
    settings = FlowSettings.model_validate(snakemake.params.settings)
    estimator = make_flow_estimator(
        settings,
        Path(snakemake.params.networks_dir),
        _job.device(snakemake),
        snakemake.threads,
    )
    write_flow(
        snakemake.output[0],
        _job.provenance_of(snakemake),
        snakemake.input.crops,
        estimator,
        settings,
        snakemake.threads,
    )


if __name__ == "__main__":
    _job.run(main)
