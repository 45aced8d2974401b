"""The flow between crops as an artifact of kind "flow": what rule `estimate_flow` makes."""

from __future__ import annotations

from pathlib import Path

from vpdlib.artifacts import ArtifactWriter, Provenance, read_artifact
from vpdlib.artifacts.crops import Crops
from vpdlib.artifacts.flow import Flow
from vpdlib.flow.base import FlowEstimator
from vpdlib.flow.settings import FlowSettings
from vpdlib.flow.stream import parts_of_rows, stored_flow
from vpdlib.progress import note, track


def write_flow(
    path: str | Path,
    provenance: Provenance,
    crops_path: str | Path,
    estimator: FlowEstimator,
    settings: FlowSettings,
    threads: int = 1,
) -> None:
    """Estimate the flow from each previous crop to its crop, stored in 8 bits.

    Parameters
    ----------
    path, provenance : of the artifact.
    crops_path : of kind "crops".
    estimator, settings, threads : see :func:`vpdlib.flow.stream.stored_flow`.

    Raises
    ------
    ArtifactError
        If the crops are missing or damaged.
    """
    with (
        read_artifact(crops_path, Crops) as crops,
        ArtifactWriter(path, Flow, provenance) as artifact,
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
        flows = stored_flow(pairs, estimator, settings, threads)
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
