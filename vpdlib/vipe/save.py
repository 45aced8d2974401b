"""A trained VIPE* on disk: a folder that appears whole, and is checked before it is used.

encoder.safetensors, decoder.safetensors (for measuring only), history.csv (one row per epoch) and
settings.json (exact settings, best epoch, sha256 of the weights). None of these formats can run
code. Embeddings (N, 2, dim) are made of it by ``vpdlib.vipe.embed``.
"""

from __future__ import annotations

from pathlib import Path

import torch
from pydantic import BaseModel, ConfigDict
from torch import nn

import vpdlib
from vpdlib.students.folder import (
    new_folder,
    read_history,
    read_record,
    read_weights,
    write_history,
    write_networks,
)
from vpdlib.vipe.network import TrainedVipe, build_vipe
from vpdlib.vipe.settings import VipeSettings
from vpdlib.vipe.train import HISTORY_COLUMNS

SCHEMA = "vpd-vipe-1"
REMEDY = "run rule train_vipe"


class VipeRecord(BaseModel):
    """The content of settings.json."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    schema_name: str
    vpdlib_version: str
    settings: VipeSettings
    best_epoch: int
    sha256: dict[str, str]


def save_vipe(folder: Path, model: TrainedVipe) -> None:
    """Write a model's folder; a folder that is there is replaced.

    The files are written to a folder beside it, which is then renamed, so that a killed job leaves
    no half model.

    Parameters
    ----------
    folder : where to.
    model : on any device.
    """
    with new_folder(folder) as temporary:
        sha256 = write_networks(temporary, _networks(model))
        write_history(temporary, HISTORY_COLUMNS, model.history)
        record = VipeRecord(
            schema_name=SCHEMA,
            vpdlib_version=vpdlib.__version__,
            settings=model.settings,
            best_epoch=model.best_epoch,
            sha256=sha256,
        )
        (temporary / "settings.json").write_text(record.model_dump_json(indent=2) + "\n")


def load_vipe(folder: Path, device: str = "cpu") -> TrainedVipe:
    """Read a model's folder.

    Parameters
    ----------
    folder : as `save_vipe` wrote it.
    device : where the networks go.

    Returns
    -------
    TrainedVipe : in evaluation mode.

    Raises
    ------
    FileNotFoundError : a file is missing.
    ValueError : a file is damaged, or not of this kind; the message names it.
    """
    record = read_record(folder, VipeRecord, "VIPE*", REMEDY)
    if record.schema_name != SCHEMA:
        raise ValueError(
            f"{folder}/settings.json: schema {record.schema_name!r}, expected {SCHEMA!r}"
        )
    encoder, decoder = build_vipe(record.settings)
    model = TrainedVipe(
        settings=record.settings,
        encoder=encoder,
        decoder=decoder,
        best_epoch=record.best_epoch,
        history=read_history(folder, REMEDY),
    )
    for name, network in _networks(model).items():
        network.load_state_dict(read_weights(folder / name, record.sha256.get(name), REMEDY))
    return model.to(torch.device(device))


def _networks(model: TrainedVipe) -> dict[str, nn.Module]:
    return {"encoder.safetensors": model.encoder, "decoder.safetensors": model.decoder}
