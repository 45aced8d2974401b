"""Checkpoints of a training: one file, replaced whole, read without running code from it."""

from __future__ import annotations

import os
import pickle
import zipfile
from pathlib import Path
from typing import Any

import torch

SCHEMA = "vpd-student-checkpoint-1"


def save_checkpoint(path: Path, identity: str, state: dict[str, Any]) -> None:
    """Write a checkpoint beside its place and then put it there in one step.

    Parameters
    ----------
    path : the checkpoint; its folder is made.
    identity : digest of what the training depends on; see `load_checkpoint`.
    state : tensors, numbers, strings, lists and dicts.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            torch.save({"schema": SCHEMA, "identity": identity, "state": state}, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def load_checkpoint(path: Path, identity: str, device: torch.device) -> dict[str, Any]:
    """Read a checkpoint of the same training.

    Parameters
    ----------
    path : the checkpoint.
    identity : must equal the one it was saved with.
    device : where its tensors go.

    Returns
    -------
    dict : the state that was saved.

    Raises
    ------
    ValueError : not a readable checkpoint, or one of another training.
    """
    try:
        # weights_only: nothing but tensors and plain containers is ever built from the file.
        content = torch.load(path, map_location=device, weights_only=True)
    except (RuntimeError, EOFError, pickle.UnpicklingError, zipfile.BadZipFile) as error:
        raise ValueError(
            f"{path} is not a readable checkpoint ({error}); delete it to start from the beginning"
        ) from error
    if not isinstance(content, dict) or content.get("schema") != SCHEMA:
        raise ValueError(
            f"{path} is no checkpoint of a training of this version; delete it or give another path"
        )
    if content["identity"] != identity:
        raise ValueError(
            f"{path} is of a training with other settings, frames or labels; delete it to start "
            "anew"
        )
    return content["state"]
