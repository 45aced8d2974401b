"""Descriptors of a shard's crops: what students, R3D and video encoders share as feature sets.

The module of such a kind, `vpdlib.features.<kind>`, has a function ``embedder(job)``, which loads its network. A job
of rule `embed_frames` imports the module of its kind alone, so that a changed network makes nothing of another anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from vpdlib.artifacts import Artifact, ArtifactWriter, read_artifact
from vpdlib.artifacts.crops import Crops
from vpdlib.artifacts.tracks import Tracks
from vpdlib.progress import track

#: Maps the crops of a shard to the descriptors of each of its videos, (N, 2, d) float32, in turn.
Describe = Callable[[Artifact[Crops]], Iterator[np.ndarray]]


@dataclass(frozen=True)
class CropJob:
    """What a job gives the kind of its feature set.

    Attributes
    ----------
    settings : of the feature set, as plain values; None where they lie with the network.
    inputs : by name, the shard's crops and what else is seen of it, and `model`, the folder of a network that was
        trained here.
    networks_dir : where checkpoints of the registry lie.
    device : "cpu" or "cuda".
    threads : of torch, on a CPU.
    """

    settings: Mapping[str, Any] | None
    inputs: Mapping[str, Path]
    networks_dir: Path
    device: str
    threads: int


@dataclass(frozen=True)
class CropEmbedder:
    """A loaded network.

    Attributes
    ----------
    describe : see `Describe`.
    attributes : what the artifact says of the network besides.
    """

    describe: Describe
    attributes: Mapping[str, str] = field(default_factory=dict)


def video_by_video(embed: Callable[[Crops, int], np.ndarray]) -> Describe:
    """Describe each video by itself; ``embed`` maps its N crops and their side, px, to (N, 2, d) float32."""

    def describe(crops: Artifact[Crops]) -> Iterator[np.ndarray]:
        side = int(crops.attributes["crop_size"])
        for video in track(list(crops.videos()), "embedding", unit="video"):
            yield embed(video, side)

    return describe


def add_crop_features(
    artifact: ArtifactWriter, crops_path: Path, tracks_path: Path, embedder: CropEmbedder
) -> None:
    """Write the descriptors of a shard's crops.

    Parameters
    ----------
    artifact : of kind features; gets every video of the shard.
    crops_path, tracks_path : artifacts of one shard.
    embedder : of the feature set.
    """
    artifact.set_attributes(**embedder.attributes)
    with (
        read_artifact(crops_path, Crops) as crops,
        read_artifact(tracks_path, Tracks) as tracks,
    ):
        for video, descriptor in zip(crops.videos(), embedder.describe(crops), strict=True):
            frame = video.frame
            artifact.add_video(
                video.video_id,
                {
                    "frame": frame,
                    "time_s": tracks[video.video_id].time_s[frame],
                    "descriptor": descriptor,
                },
            )
