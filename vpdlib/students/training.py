"""What the trainings of students and of VIPE* share."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import nn

from vpdlib.progress import note, track
from vpdlib.students.checkpoint import load_checkpoint, save_checkpoint


class NonFiniteLossError(ArithmeticError):
    """A loss became NaN or infinite; the message names the frames or the epoch."""


def cuda_amp_dtype(enabled: bool) -> torch.dtype | None:
    """The type of mixed precision on a GPU, or None for float32 throughout."""
    if not enabled:
        return None
    # bfloat16 has the range of float32; float16 needs its losses scaled.
    return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16


def copy_state(network: nn.Module) -> dict[str, torch.Tensor]:
    """A copy of a network's weights and statistics."""
    return {name: tensor.detach().clone() for name, tensor in network.state_dict().items()}


class Resumable(Protocol):
    """A training that goes epoch by epoch, whose whole state can be saved between two of them."""

    device: torch.device
    history: list[dict[str, float]]

    def epoch(self, epoch: int) -> dict[str, float]:
        """Train one epoch, counted from 1, append its entry to the history and return it."""
        ...

    def state(self) -> dict[str, Any]:
        """Return all that a checkpoint must hold."""
        ...

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from a checkpoint's state."""
        ...


def run_epochs(
    run: Resumable,
    num_epochs: int,
    title: str,
    identity: str,
    checkpoint_path: Path | None,
    checkpoint_every_s: float,
    on_epoch: Callable[[dict[str, float]], None] | None,
) -> None:
    """Train all epochs that are left, from the checkpoint on if there is one.

    Parameters
    ----------
    run : the training; its entries hold at least epoch, train_loss, val_loss and seconds.
    num_epochs : of the whole training.
    title : of the progress report.
    identity : digest of what the training depends on; a checkpoint of another one is refused.
    checkpoint_path : where to resume from, if the file is there, and to save to; None for neither.
    checkpoint_every_s : seconds between checkpoints; 0 writes one after every epoch. The last epoch has one.
    on_epoch : called with the entry of each finished epoch.

    Raises
    ------
    ValueError
        If the checkpoint belongs to another training.
    """
    if checkpoint_path is not None and checkpoint_path.exists():
        run.restore(load_checkpoint(checkpoint_path, identity, run.device))
    last_saved = time.monotonic()
    for epoch in track(range(len(run.history) + 1, num_epochs + 1), title, unit="epoch"):
        entry = run.epoch(epoch)
        note(
            f"epoch {epoch}/{num_epochs}: train {entry['train_loss']:.4f}, "
            f"val {entry['val_loss']:.4f} ({entry['seconds']:.1f} s)"
        )
        if on_epoch is not None:
            on_epoch(entry)
        due = time.monotonic() - last_saved >= checkpoint_every_s
        if checkpoint_path is not None and (due or epoch == num_epochs):
            save_checkpoint(checkpoint_path, identity, run.state())
            last_saved = time.monotonic()
