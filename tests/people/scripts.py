"""Running scripts of the workflow on files of our own, without Snakemake."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
from pydantic import BaseModel

from vpdlib.datasets.tables import VideoRow
from vpdlib.video.writer import VideoWriter

ROOT = Path(__file__).resolve().parents[2]


class Named(dict):
    """As Snakemake's named lists: values by name, iterated as values."""

    def __getattr__(self, name: str) -> Any:
        return self[name]

    def __iter__(self) -> Any:
        return iter(self.values())


class Outputs(list):
    """As Snakemake's outputs: the artifact first, and beside it the table of what was carried on as empty."""

    @property
    def broken(self) -> Path:
        return self[0].with_suffix(".broken.csv")


def run_script(
    name: str,
    inputs: dict[str, Path],
    output: Path,
    settings: BaseModel,
    on_bad_video: str = "refuse",
    **params: Any,
) -> Path:
    """Run ``workflow_scripts/<name>.py`` and return its output."""
    snakemake = SimpleNamespace(
        rule=name,
        input=Named(inputs),
        output=Outputs([output]),
        threads=1,
        config={"device": "cpu"},
        resources={"on_bad_video": on_bad_video},
        params=Named(settings=settings.model_dump(mode="json"), code="", **params),
    )
    sys.path.insert(0, str(ROOT / "workflow_scripts"))
    try:
        importlib.import_module(f"workflow_scripts.{name}").main(snakemake)
    finally:
        sys.path.remove(str(ROOT / "workflow_scripts"))
    return output


def write_shard(folder: Path, frames: dict[str, list[np.ndarray]]) -> Path:
    """Write videos of the given frames at 25 a second, and the list of them."""
    rows = []
    for name, images in frames.items():
        height, width = images[0].shape[:2]
        path = folder / f"{name}.mp4"
        with VideoWriter(path, 25, width, height, crf=5) as writer:
            for image in images:
                writer.write(image)
        row = VideoRow(
            name, str(path), 0, 25.0, width, height, len(images), len(images) / 25, "train", name
        )
        rows.append(vars(row))
    pd.DataFrame(rows).to_csv(folder / "videos.csv", index=False)
    return folder / "videos.csv"
