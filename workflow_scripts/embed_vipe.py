"""Embed the teacher's poses of a shard with a VIPE*, regular and flipped."""

from functools import partial
from pathlib import Path

import _job

from vpdlib.artifacts import ArtifactWriter, read_artifact
from vpdlib.artifacts.features import Features
from vpdlib.artifacts.poses import Poses
from vpdlib.artifacts.tracks import Tracks
from vpdlib.devices import choose_device
from vpdlib.features.poses import add_pose_features
from vpdlib.vipe.embed import embed_poses
from vpdlib.vipe.save import load_vipe


def main(snakemake):
    model = load_vipe(Path(snakemake.input.model))
    device = choose_device(_job.device(snakemake))
    with (
        read_artifact(snakemake.input.poses, Poses) as poses,
        read_artifact(snakemake.input.tracks, Tracks) as tracks,
        ArtifactWriter(snakemake.output[0], Features, _job.provenance_of(snakemake)) as artifact,
    ):
        describe = partial(
            embed_poses, model, upside_down=snakemake.params.upside_down, device=device
        )
        add_pose_features(artifact, poses, tracks, describe)


if __name__ == "__main__":
    _job.run(main)
