"""R3D of a dataset: training on its actions, the folder it lies in, and descriptors of runs of frames.

A folder holds encoder.safetensors, history.csv and settings.json (exact settings, best epoch, sha256 of itself and of
the other files); none of these formats can run code.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from vpdlib.artifacts.crops import Crops
from vpdlib.baselines.methods import R3DSettings
from vpdlib.baselines.r3d import R3D, R3DEncoder, build_r3d_encoder, embed_windows
from vpdlib.baselines.train import TrainedNetwork
from vpdlib.baselines.windows import embed_runs
from vpdlib.training.classification import HISTORY_COLUMNS
from vpdlib.training.model_folder import ModelFolder, ModelRecord

_ENCODER = "encoder.safetensors"


class R3DRecord(ModelRecord):
    """What ``settings.json`` holds."""

    settings: R3DSettings


FOLDER = ModelFolder("R3D", "vpd-r3d-2", "run rule train_r3d", R3DRecord)


def save_r3d(folder: Path, trained: TrainedNetwork, settings: R3DSettings) -> None:
    """Write a trained network's encoder, see `ModelFolder.write`."""
    assert isinstance(trained.network, R3D), "trained by train_r3d"
    FOLDER.write(
        folder,
        {_ENCODER: trained.network.encoder},
        trained.history,
        HISTORY_COLUMNS,
        trained.best_epoch,
        settings=settings,
    )


def load_r3d(folder: Path) -> R3DEncoder:
    """Read a trained encoder.

    Raises
    ------
    FileNotFoundError
        If a file is missing.
    ValueError
        If one is damaged.
    """
    record = FOLDER.read_record(folder)
    encoder = build_r3d_encoder(None, record.settings.widths, record.settings.blocks)
    FOLDER.read_networks(folder, record, {_ENCODER: encoder})
    return encoder


def embed_video(
    video: Crops, encoder: R3DEncoder, side: int, settings: R3DSettings, device: str
) -> np.ndarray:
    """Describe all crops of a video; windows do not reach over frames without the athlete.

    Parameters
    ----------
    video : of a crop artifact, N crops.
    encoder : see `embed_windows`.
    side : of the crops, px.
    settings : batch size and precision.
    device : "cpu" or "cuda".

    Returns
    -------
    (N, 2, d) float32.
    """

    def embed(run: np.ndarray) -> np.ndarray:
        return embed_windows(run, encoder, device, settings.batch_size, settings.amp)

    return embed_runs(video, side, encoder.width, embed)


def encoder_of(settings: R3DSettings, trained: Path | None, weights: Path | None) -> R3DEncoder:
    """The encoder that embeds: the trained folder's where there is one, else that of pretrained weights."""
    if trained is not None:
        return load_r3d(trained)
    with torch.random.fork_rng(devices=[]):
        return build_r3d_encoder(weights, settings.widths, settings.blocks)
