"""Embed a shard's crops, regular and mirrored, with a 3D network over 8 frames; or take another tool's descriptors."""

from pathlib import Path

import _job
import torch

from vpdlib.artifacts import ArtifactWriter
from vpdlib.artifacts.features import Features
from vpdlib.baselines.methods import R3DSettings, weights_text
from vpdlib.baselines.r3d_model import embed_video, encoder_of
from vpdlib.baselines.windows import embed_crops
from vpdlib.datasets.bad_videos import VideoReading
from vpdlib.datasets.tables import read_videos
from vpdlib.devices import choose_device
from vpdlib.imports.supplied import add_supplied_features
from vpdlib.weights.checkpoints import verify_checkpoint


def embed(snakemake, artifact):
    """Descriptors from the network."""
    params, inputs = snakemake.params, snakemake.input
    settings = R3DSettings.model_validate(params.settings)
    torch.set_num_threads(snakemake.threads)
    device = choose_device(_job.device(snakemake))
    trained = Path(inputs.trained) if inputs.get("trained") else None
    weights = None
    if trained is None:
        weights = verify_checkpoint(
            settings.weights, Path(params.networks_dir), settings.weights_sha256
        )
    encoder = encoder_of(settings, trained, weights)
    artifact.set_attributes(weights=weights_text(settings, {}))

    def embed_one(video, side):
        return embed_video(video, encoder, side, settings, device)

    embed_crops(Path(inputs.crops), Path(inputs.tracks), artifact, embed_one)


def main(snakemake):
    reading = VideoReading(_job.on_bad_video(snakemake))
    with ArtifactWriter(snakemake.output[0], Features, _job.origin(snakemake)) as artifact:
        if snakemake.input.get("features"):
            videos = read_videos(snakemake.input.videos)
            add_supplied_features(artifact, Path(snakemake.input.features), videos, reading)
        else:
            embed(snakemake, artifact)
    reading.write_broken(snakemake.output.broken, snakemake.rule, snakemake.output[0])


if __name__ == "__main__":
    _job.run(main)
