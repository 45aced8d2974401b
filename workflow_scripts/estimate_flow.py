"""Estimate the flow from each previous crop to its crop, stored in 8 bits."""

import _job
import cv2
import numpy as np

from vpdlib.artifacts import ArtifactWriter, read_artifact
from vpdlib.flow.opencv import make_flow_estimator
from vpdlib.flow.quantise import quantise
from vpdlib.flow.settings import FlowSettings
from vpdlib.progress import note, track


def main(snakemake):
    settings = FlowSettings.model_validate(snakemake.params.settings)
    cv2.setNumThreads(snakemake.threads)
    estimator = make_flow_estimator(settings)
    with (
        read_artifact(snakemake.input.crops, "crops") as crops,
        ArtifactWriter(snakemake.output[0], "flow", _job.origin(snakemake)) as artifact,
    ):
        side = int(crops.attributes["crop_size"])
        artifact.set_attributes(method=settings.method, max_px=settings.max_px, crop_size=side)
        for video in track(list(crops.videos()), "flow", unit="video"):
            crop, previous = video.array("crop"), video.array("previous")
            flow = np.empty((*crop.shape[:3], 2), np.uint8)
            masked = 0
            for row in range(len(crop)):
                flow[row], num_masked = quantise(
                    estimator.estimate(previous[row], crop[row]),
                    settings.max_px,
                    settings.subtract_median,
                )
                masked += num_masked
            if masked:
                note(
                    f"{video.video_id}: {masked} pixels of flow were not finite and count as still"
                )
            artifact.add_video(
                video.video_id, {"frame": video.array("frame"), "flow": flow}, {"masked": masked}
            )


if __name__ == "__main__":
    _job.run(main, snakemake)
