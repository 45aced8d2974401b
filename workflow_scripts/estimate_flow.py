"""Estimate the flow from each previous crop to its crop, stored in 8 bits."""

from pathlib import Path

import _job

from vpdlib.artifacts import ArtifactWriter, read_artifact
from vpdlib.flow.build import make_flow_estimator
from vpdlib.flow.settings import FlowSettings
from vpdlib.flow.stream import stored_flow
from vpdlib.progress import note, track


def main(snakemake):
    settings = FlowSettings.model_validate(snakemake.params.settings)
    estimator = make_flow_estimator(
        settings,
        Path(snakemake.params.networks_dir),
        _job.device(snakemake),
        snakemake.threads,
    )
    with (
        read_artifact(snakemake.input.crops, "crops") as crops,
        ArtifactWriter(snakemake.output[0], "flow", _job.origin(snakemake)) as artifact,
    ):
        side = int(crops.attributes["crop_size"])
        artifact.set_attributes(
            method=settings.method,
            max_px=settings.max_px,
            crop_size=side,
            **estimator.attributes,
        )
        videos = list(crops.videos())
        pairs = ((video.array("previous"), video.array("crop")) for video in videos)
        flows = stored_flow(pairs, estimator, settings, snakemake.threads)
        for video, stored in zip(track(videos, "flow", unit="video"), flows, strict=True):
            if stored.num_masked:
                note(
                    f"{video.video_id}: {stored.num_masked} pixels of flow were not finite and count as still"
                )
            artifact.add_video(
                video.video_id,
                {"frame": video.array("frame"), "flow": stored.flow},
                {"masked": stored.num_masked},
            )


if __name__ == "__main__":
    _job.run(main, snakemake)
