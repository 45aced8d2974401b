"""A trained VIPE* on disk: a folder that appears whole, and is checked before it is used.

encoder.safetensors, decoder.safetensors (for measuring only), history.csv (one row per epoch) and
settings.json (exact settings, best epoch, sha256 of itself and of the other files). None of these
formats can run code. Embeddings (N, 2, dim) are made of it by ``vpdlib.vipe.embed``.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from vpdlib.training.model_folder import ModelFolder, ModelRecord
from vpdlib.vipe.network import TrainedVipe, build_vipe
from vpdlib.vipe.settings import VipeSettings
from vpdlib.vipe.train import HISTORY_COLUMNS


class VipeRecord(ModelRecord):
    """The content of settings.json."""

    settings: VipeSettings


FOLDER = ModelFolder("VIPE*", "vpd-vipe-2", "run rule train_vipe", VipeRecord)


def save_vipe(folder: Path, model: TrainedVipe) -> None:
    """Write a model's folder, see `ModelFolder.write`.

    Parameters
    ----------
    folder : where to; one that is there is replaced.
    model : on any device.
    """
    FOLDER.write(
        folder,
        _networks(model),
        model.history,
        HISTORY_COLUMNS,
        model.best_epoch,
        settings=model.settings,
    )


def load_vipe(folder: Path, device: str = "cpu") -> TrainedVipe:
    """Read a folder that `save_vipe` wrote: networks in evaluation mode, on a device.

    Raises
    ------
    FileNotFoundError, ValueError : see `ModelFolder.read_record`.
    """
    record = FOLDER.read_record(folder)
    encoder, decoder = build_vipe(record.settings)
    model = TrainedVipe(
        settings=record.settings,
        encoder=encoder,
        decoder=decoder,
        best_epoch=record.best_epoch,
        history=FOLDER.read_history(folder, record),
    )
    FOLDER.read_networks(folder, record, _networks(model))
    return model.to(torch.device(device))


def _networks(model: TrainedVipe) -> dict[str, nn.Module]:
    return {"encoder.safetensors": model.encoder, "decoder.safetensors": model.decoder}
