"""Normalised 2D joints of every frame as a feature set: the teacher's own row in the tables."""

import _job

from vpdlib.artifacts import ArtifactWriter, read_artifact
from vpdlib.artifacts.features import Features
from vpdlib.artifacts.poses import Poses
from vpdlib.artifacts.tracks import Tracks
from vpdlib.features.poses import add_pose_features
from vpdlib.poses.normalize import teacher_rows


def main(snakemake):
    with (
        read_artifact(snakemake.input.poses, Poses) as poses,
        read_artifact(snakemake.input.tracks, Tracks) as tracks,
        ArtifactWriter(snakemake.output[0], Features, _job.provenance_of(snakemake)) as artifact,
    ):
        add_pose_features(artifact, poses, tracks, teacher_rows)


if __name__ == "__main__":
    _job.run(main)
