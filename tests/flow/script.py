"""Running the script of the rule `estimate_flow` on crops of our own, without Snakemake."""

import importlib
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from vpdlib.artifacts import ArtifactWriter, Provenance

ROOT = Path(__file__).resolve().parents[2]


class Named(dict):
    """As Snakemake's named lists: values by name, iterated as values."""

    def __getattr__(self, name):
        return self[name]

    def __iter__(self):
        return iter(self.values())


def estimate_flow(folder, videos, settings, device="cpu", threads=1):
    """Write crops, run the script on them, and return the path of the flow.

    videos: previous and current crops (N, S, S, 3) uint8, by video id.
    """
    side = next(iter(videos.values()))[0].shape[1]
    with ArtifactWriter(folder / "crops.h5", "crops", Provenance("test", "", "", "")) as crops:
        crops.set_attributes(crop_size=side)
        for name, (previous, current) in videos.items():
            rows = np.arange(len(current), dtype=np.int32)
            crops.add_video(
                name,
                {
                    "frame": rows,
                    "previous_frame": rows,
                    "rect_px": np.tile(np.array([0, 0, side, side], np.int32), (len(rows), 1)),
                    "crop": current,
                    "previous": previous,
                },
            )
    snakemake = SimpleNamespace(
        rule="estimate_flow",
        input=Named(crops=folder / "crops.h5"),
        output=[folder / "flow.h5"],
        threads=threads,
        config={"device": device},
        params=Named(
            settings=settings.model_dump(mode="json"),
            networks_dir=str(folder),
            code="",
        ),
    )
    sys.path.insert(0, str(ROOT / "workflow_scripts"))
    try:
        importlib.import_module("workflow_scripts.estimate_flow").main(snakemake)
    finally:
        sys.path.remove(str(ROOT / "workflow_scripts"))
    return folder / "flow.h5"
