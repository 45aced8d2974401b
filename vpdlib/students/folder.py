"""A trained model's folder: weights as safetensors, history as CSV, settings as JSON; there whole or not at all.

None of these formats can run code. ``remedy`` is what a message advises, such as "run rule distil_student".
"""

from __future__ import annotations

import csv
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import torch
from pydantic import BaseModel, ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

from vpdlib.provenance import digest_file

Record = TypeVar("Record", bound=BaseModel)


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """Give a temporary folder to write into, which takes the place of ``folder`` when all went well."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = folder.with_name(f".{folder.name}.{os.getpid()}.tmp")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir()
    yield temporary
    for path in temporary.iterdir():
        with path.open("rb") as stream:
            os.fsync(stream.fileno())
    if folder.exists():
        shutil.rmtree(folder)
    os.replace(temporary, folder)


def write_networks(folder: Path, networks: Mapping[str, nn.Module]) -> dict[str, str]:
    """Write each network's weights under its file name; return their sha256."""
    sha256 = {}
    for name, network in networks.items():
        weights = {key: value.cpu().contiguous() for key, value in network.state_dict().items()}
        save_file(weights, folder / name)
        sha256[name] = digest_file(folder / name)
    return sha256


def write_history(folder: Path, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """Write ``history.csv``, one row an epoch."""
    with (folder / "history.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)


def read_record(folder: Path, model: type[Record], what: str, remedy: str) -> Record:
    """Read a folder's ``settings.json``.

    Raises
    ------
    FileNotFoundError
        If it is missing.
    ValueError
        If it is damaged or of another version.
    """
    path = folder / "settings.json"
    if not path.is_file():
        raise FileNotFoundError(f"{folder} holds no {what} (no settings.json); {remedy}")
    try:
        return model.model_validate(json.loads(path.read_text()))
    except (json.JSONDecodeError, UnicodeDecodeError, ValidationError) as error:
        raise ValueError(f"{path} is damaged or of another version: {error}") from error


def read_weights(path: Path, expected: str | None, remedy: str) -> dict[str, torch.Tensor]:
    """Read a network's weights, whose sha256 must be the expected one.

    Raises
    ------
    FileNotFoundError
        If the file is missing.
    ValueError
        If it is damaged.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing; {remedy}")
    found = digest_file(path)
    if found != expected:
        raise ValueError(
            f"{path} is damaged: sha256 {found}, expected {expected}; delete its folder and {remedy}"
        )
    try:
        return load_file(path)
    except SafetensorError as error:
        raise ValueError(f"{path} is not a safetensors file: {error}") from error


def read_history(folder: Path, remedy: str) -> list[dict[str, float]]:
    """Read ``history.csv``.

    Raises
    ------
    FileNotFoundError
        If it is missing.
    ValueError
        If it is damaged.
    """
    path = folder / "history.csv"
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing; {remedy}")
    try:
        with path.open(newline="") as file:
            rows = [{k: float(value) for k, value in row.items()} for row in csv.DictReader(file)]
    except (TypeError, ValueError) as error:
        raise ValueError(f"{path} is damaged: {error}") from error
    return [{**row, "epoch": int(row["epoch"])} for row in rows]
