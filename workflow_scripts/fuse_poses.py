"""The teacher's joints, mended by a student where the teacher is unsure."""

from pathlib import Path

import _job

from vpdlib.artifacts import ArtifactWriter
from vpdlib.artifacts.features import Features
from vpdlib.features.fused import add_fused_features
from vpdlib.features.settings import FusedSettings
from vpdlib.students.save import load_student


def main(snakemake):
    inputs = snakemake.input
    with ArtifactWriter(snakemake.output[0], Features, _job.provenance_of(snakemake)) as artifact:
        add_fused_features(
            artifact,
            Path(inputs.poses),
            Path(inputs.features),
            load_student(Path(inputs.student)),
            FusedSettings.model_validate(snakemake.params.settings),
        )


if __name__ == "__main__":
    _job.run(main)
