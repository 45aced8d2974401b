"""Training of R3D on a dataset's actions, and the folder that it lies in.

A folder holds encoder.safetensors, history.csv and settings.json (exact settings, best epoch, sha256 of itself and of
the other files); none of these formats can run code.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from vpdlib.baselines.backbones import normalise
from vpdlib.baselines.clips import Batch
from vpdlib.baselines.frames import PictureStore
from vpdlib.baselines.train import TrainedNetwork
from vpdlib.features.r3d_network import KINETICS, R3D, WINDOW, R3DEncoder, build_r3d_encoder
from vpdlib.features.settings import R3DSettings
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


def build_r3d(settings: R3DSettings, num_classes: int, weights: Path | None = None) -> R3D:
    """Build R3D with a layer of classes; `weights` as for `build_network`."""
    encoder = build_r3d_encoder(weights, settings.widths, settings.blocks)
    return R3D(encoder, num_classes, settings.dropout)


class WindowClips:
    """A source of 8 consecutive crops for the training of R3D; see `vpdlib.baselines.clips.Clips`.

    Parameters
    ----------
    store : of crops, which are taken as they are.
    settings : of R3D.
    """

    def __init__(self, store: PictureStore, settings: R3DSettings) -> None:
        self._store, self._settings = store, settings

    #: Validation looks at the middle of an action, and its flipped image.
    num_views = 2

    def draw(self, action_ids: Sequence[str], rng: np.random.Generator) -> Batch:
        """Random windows (N, 8, S, S, 3) uint8."""

        def one(action_id: str) -> np.ndarray:
            start = int(rng.integers(max(self._store.length(action_id) - WINDOW, 0) + 1))
            return self._clip(action_id, start, rng.random() < self._settings.flip_probability)

        return (torch.from_numpy(np.stack([one(action_id) for action_id in action_ids])),)

    def view(self, action_ids: Sequence[str], index: int) -> Batch:
        """Middle windows (N, 8, S, S, 3) uint8, flipped at index 1."""

        def one(action_id: str) -> np.ndarray:
            start = max(self._store.length(action_id) - WINDOW, 0) // 2
            return self._clip(action_id, start, index == 1)

        return (torch.from_numpy(np.stack([one(action_id) for action_id in action_ids])),)

    def inputs(self, batch: Batch) -> Batch:
        """Windows as the network takes them, (N, 8, 3, S, S) float32, normalised."""
        return (normalise(batch[0], KINETICS),)

    def _clip(self, action_id: str, start: int, flipped: bool) -> np.ndarray:
        length = self._store.length(action_id)
        clip = self._store.load(action_id, np.minimum(start + np.arange(WINDOW), length - 1))
        return np.ascontiguousarray(clip[:, :, ::-1]) if flipped else clip
