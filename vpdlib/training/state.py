"""Saved states of a training: one file, replaced whole, read without running code from it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import torch

from vpdlib.atomic import replacing
from vpdlib.progress import note
from vpdlib.training.distributed import ALONE, World
from vpdlib.weights.state_dict import DAMAGED

SCHEMA = "vpd-training-3"

Trained = TypeVar("Trained")


class StateError(ValueError):
    """A file is no saved state of a training, or a damaged one; the message names it."""


class OtherTrainingError(ValueError):
    """A saved state is of a training with other settings, frames or labels; the message names the file."""


def save_state(path: Path, identity: str, state: dict[str, Any]) -> None:
    """Write a saved state beside its place and then put it there in one step.

    Parameters
    ----------
    path : the saved state; its folder is made.
    identity : digest of what the training depends on; see `load_state`.
    state : tensors, numbers, strings, lists and dicts.
    """
    with replacing(path) as temporary, temporary.open("wb") as file:
        torch.save({"schema": SCHEMA, "identity": identity, "state": state}, file)


def load_state(path: Path, identity: str) -> dict[str, Any]:
    """Read a saved state of the same training.

    Parameters
    ----------
    path : the saved state.
    identity : must equal the one it was saved with.

    Returns
    -------
    dict : the state that was saved, on the CPU: networks and optimiser take their part to their own device, and the
        optimiser's step counts, which it reads at every step, stay where that costs nothing.

    Raises
    ------
    OtherTrainingError : of another training.
    StateError : not a readable saved state.
    """
    try:
        # weights_only: nothing but tensors and plain containers is ever built from the file.
        content = torch.load(path, map_location="cpu", weights_only=True)
    except DAMAGED as error:
        reason = str(error).split("\n")[0][:300]
        raise StateError(
            f"{path} is not a readable saved state ({type(error).__name__}: {reason}); delete it to start from the "
            "beginning"
        ) from error
    if not isinstance(content, dict) or content.get("schema") != SCHEMA:
        raise StateError(
            f"{path} is no saved state of a training of this version; delete it or give another path"
        )
    if not {"identity", "state"} <= content.keys():
        raise StateError(f"{path} is damaged; delete it to start from the beginning")
    if content["identity"] != identity:
        raise OtherTrainingError(
            f"{path} is of a training with other settings, frames or labels; delete it to start "
            "anew"
        )
    return content["state"]


def resume_or_start(train: Callable[[Path], Trained], path: Path, world: World = ALONE) -> Trained:
    """Train with a saved state that the workflow owns, and start anew where it turns out to be of another training.

    That happens although the workflow names a saved state after its job's settings, code and inputs: inputs that
    were made anew on another computer have the same digests, and other last digits.

    Parameters
    ----------
    train : trains with the saved state at the path that it is given.
    path : the saved state, there or not.
    world : the processes that train together; each comes here.
    """
    try:
        return train(path)
    except OtherTrainingError as error:
        note(f"{error}. The workflow does so now: its inputs were made anew since.")
        # Each has read it: it is not the training of any.
        world.wait()
        if world.is_first:
            path.unlink()
        world.wait()
        return train(path)
