"""A trained VIPE* on disk: a folder that appears whole, and is checked before it is used.

encoder.safetensors, decoder.safetensors (for measuring only), history.csv (one row per epoch) and
settings.json (exact settings, best epoch, sha256 of the weights). None of these formats can run
code. Embeddings (N, 2, dim) are made of it by ``vpdlib.vipe.embed``.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path

import torch
from pydantic import BaseModel, ConfigDict, ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

import vpdlib
from vpdlib.provenance import digest_file
from vpdlib.students.folder import new_folder, write_history, write_networks
from vpdlib.vipe.network import TrainedVipe, build_vipe
from vpdlib.vipe.settings import VipeSettings
from vpdlib.vipe.train import HISTORY_COLUMNS

SCHEMA = "vpd-vipe-1"


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
    path = folder / "settings.json"
    if not path.is_file():
        raise FileNotFoundError(f"{folder} holds no VIPE* (no settings.json); train it first")
    try:
        record = VipeRecord.model_validate(json.loads(path.read_text()))
    except (json.JSONDecodeError, UnicodeDecodeError, ValidationError) as error:
        raise ValueError(f"{path} is damaged or of another version: {error}") from error
    if record.schema_name != SCHEMA:
        raise ValueError(f"{path}: schema {record.schema_name!r}, expected {SCHEMA!r}")
    encoder, decoder = build_vipe(record.settings)
    model = TrainedVipe(
        settings=record.settings,
        encoder=encoder,
        decoder=decoder,
        best_epoch=record.best_epoch,
        history=_read_history(folder / "history.csv"),
    )
    for name, network in _networks(model).items():
        network.load_state_dict(_read_weights(folder / name, record.sha256.get(name)))
    return model.to(torch.device(device))


def _networks(model: TrainedVipe) -> dict[str, nn.Module]:
    return {"encoder.safetensors": model.encoder, "decoder.safetensors": model.decoder}


def _read_weights(path: Path, expected: str | None) -> dict[str, torch.Tensor]:
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing; train VIPE* again")
    found = digest_file(path)
    if found != expected:
        raise ValueError(
            f"{path} is damaged: sha256 {found}, expected {expected}; delete its folder and train "
            "VIPE* again"
        )
    try:
        return load_file(path)
    except SafetensorError as error:
        raise ValueError(f"{path} is not a safetensors file: {error}") from error


def _read_history(path: Path) -> list[dict[str, float]]:
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing; train VIPE* again")
    try:
        with path.open(newline="") as file:
            rows = [{k: float(value) for k, value in row.items()} for row in csv.DictReader(file)]
    except (TypeError, ValueError) as error:
        raise ValueError(f"{path} is damaged: {error}") from error
    return [{**row, "epoch": int(row["epoch"])} for row in rows]
