"""Embed every crop of a shard, regular and flipped, with the network of a feature set."""

from importlib import import_module
from pathlib import Path

import _job

from vpdlib.artifacts import ArtifactWriter
from vpdlib.artifacts.features import Features
from vpdlib.devices import choose_device
from vpdlib.features.crops import CropJob, add_crop_features


def main(snakemake):
    inputs, params = snakemake.input, snakemake.params
    job = CropJob(
        params.settings,
        # Weights are looked for in the folder of networks.
        {name: Path(path) for name, path in inputs.items() if name != "weights"},
        Path(params.networks_dir),
        choose_device(_job.device(snakemake)),
        snakemake.threads,
    )
    # Only this kind's code is among what the job is made anew for (rules/features.smk).
    kind = import_module(f"vpdlib.features.{snakemake.wildcards.kind}")
    embedder = kind.embedder(job)
    with ArtifactWriter(snakemake.output[0], Features, _job.provenance_of(snakemake)) as artifact:
        add_crop_features(artifact, Path(inputs.crops), Path(inputs.tracks), embedder)


if __name__ == "__main__":
    _job.run(main)
