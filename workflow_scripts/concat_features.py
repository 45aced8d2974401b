"""Put feature sets side by side: Concat-VPD."""

from pathlib import Path

import _job

from vpdlib.artifacts import ArtifactWriter
from vpdlib.artifacts.features import Features
from vpdlib.features.concat import add_concat_features


def main(snakemake):
    with ArtifactWriter(snakemake.output[0], Features, _job.provenance_of(snakemake)) as artifact:
        add_concat_features(artifact, [Path(path) for path in snakemake.input.parts])


if __name__ == "__main__":
    _job.run(main)
