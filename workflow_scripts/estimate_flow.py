"""Estimate the flow from each previous crop to its crop, stored in 8 bits."""

from pathlib import Path

import _job

from vpdlib.artifacts import ArtifactWriter, read_artifact
from vpdlib.artifacts.crops import Crops
from vpdlib.artifacts.flow import Flow
from vpdlib.flow.build import make_flow_estimator
from vpdlib.flow.settings import FlowSettings
from vpdlib.flow.stream import parts_of_rows, stored_flow
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
        read_artifact(snakemake.input.crops, Crops) as crops,
        ArtifactWriter(snakemake.output[0], Flow, _job.provenance_of(snakemake)) as artifact,
    ):
        side = int(crops.attributes["crop_size"])
        artifact.set_attributes(
            method=settings.method,
            max_px=settings.max_px,
            crop_size=side,
            **estimator.attributes,
        )
        # Long videos in parts: crops of hours do not fit into memory.
        parts = [
            (video, rows)
            for video in crops.videos()
            for rows in parts_of_rows(video.num_rows("crop"))
        ]
        pairs = ((video.previous[rows], video.crop[rows]) for video, rows in parts)
        flows = stored_flow(pairs, estimator, settings, snakemake.threads)
        num_masked = 0
        for (video, rows), stored in zip(track(parts, "flow", unit="part"), flows, strict=True):
            artifact.append_rows(video.video_id, {"flow": stored.flow})
            num_masked += stored.num_masked
            if rows.stop < video.num_rows("crop"):
                continue
            if num_masked:
                note(
                    f"{video.video_id}: {num_masked} pixels of flow were not finite and count as still"
                )
            artifact.add_video(video.video_id, {"frame": video.frame}, {"masked": num_masked})
            num_masked = 0


if __name__ == "__main__":
    _job.run(main)
