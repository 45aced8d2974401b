"""What the trainings of students and of VIPE* share."""

from __future__ import annotations

import math
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import nn

from vpdlib.progress import note, track
from vpdlib.training.checkpoint import OtherTrainingError, load_checkpoint, save_checkpoint


class NonFiniteLossError(ArithmeticError):
    """A loss became NaN or infinite; the message names the frames or the epoch."""


def cuda_amp_dtype(enabled: bool) -> torch.dtype | None:
    """The type of mixed precision on a GPU, or None for float32 throughout."""
    if not enabled:
        return None
    # bfloat16 has the range of float32; float16 needs its losses scaled.
    # Cards before Ampere emulate bfloat16, slowly.
    has_bf16 = torch.cuda.is_bf16_supported(including_emulation=False)
    return torch.bfloat16 if has_bf16 else torch.float16


def copy_state(network: nn.Module) -> dict[str, torch.Tensor]:
    """A copy of a network's weights and statistics."""
    return {name: tensor.detach().clone() for name, tensor in network.state_dict().items()}


@dataclass(kw_only=True)
class Training(ABC):
    """One training of an encoder, perhaps with a decoder behind it, that goes epoch by epoch.

    Its whole state can be saved between two epochs, and the weights of the best one are kept.
    """

    device: torch.device
    encoder: nn.Module
    decoder: nn.Module | None
    optimizer: torch.optim.Optimizer
    amp_dtype: torch.dtype | None
    history: list[dict[str, float]] = field(default_factory=list)
    best: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.scaler = torch.amp.GradScaler(
            self.device.type, enabled=self.amp_dtype == torch.float16
        )

    @abstractmethod
    def epoch(self, epoch: int) -> dict[str, float]:
        """Train one epoch, counted from 1, append its entry to the history and return it."""

    def set_training(self, training: bool) -> None:
        """Put the networks into training or evaluation mode."""
        self.encoder.train(training)
        if self.decoder is not None:
            self.decoder.train(training)

    def autocast(self) -> torch.autocast:
        """Mixed precision, where there is any."""
        return torch.autocast(
            self.device.type, dtype=self.amp_dtype, enabled=self.amp_dtype is not None
        )

    def descend(self, loss: torch.Tensor) -> None:
        """One step of the optimiser."""
        self.optimizer.zero_grad(set_to_none=True)
        self.scaler.scale(loss).backward()
        self.scaler.step(self.optimizer)
        self.scaler.update()

    def keep_if_best(self, epoch: int, loss: float) -> None:
        """Remember the weights of an epoch, if its loss is the lowest so far."""
        if loss < self.best.get("loss", math.inf):
            self.best = {"epoch": epoch, "loss": loss, **self._networks(copy_state)}

    def take_best(self) -> None:
        """Put the best epoch's weights into the networks."""
        self._load_networks(self.best)

    def state(self) -> dict[str, Any]:
        """Return all that a checkpoint must hold."""
        return {
            **self._networks(nn.Module.state_dict),
            "optimizer": self.optimizer.state_dict(),
            "scaler": self.scaler.state_dict(),
            "history": self.history,
            "best": self.best,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from a checkpoint's state."""
        self._load_networks(state)
        self.optimizer.load_state_dict(state["optimizer"])
        # Empty where the training ran without scaling, as on a card of another generation.
        if self.scaler.is_enabled() and state["scaler"]:
            self.scaler.load_state_dict(state["scaler"])
        self.history = list(state["history"])
        self.best = dict(state["best"])

    def _networks(self, read: Callable[[nn.Module], dict[str, Any]]) -> dict[str, Any]:
        return {
            "encoder": read(self.encoder),
            "decoder": None if self.decoder is None else read(self.decoder),
        }

    def _load_networks(self, state: dict[str, Any]) -> None:
        self.encoder.load_state_dict(state["encoder"])
        if self.decoder is not None:
            self.decoder.load_state_dict(state["decoder"])


def adamw(
    encoder: nn.Module, decoder: nn.Module | None, learning_rate: float, weight_decay: float
) -> torch.optim.AdamW:
    """The optimiser of the paper for an encoder and what is behind it."""
    parameters = [*encoder.parameters(), *(decoder.parameters() if decoder is not None else ())]
    return torch.optim.AdamW(parameters, lr=learning_rate, weight_decay=weight_decay)


def run_epochs(
    run: Training,
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
    OtherTrainingError
        If the checkpoint belongs to another training, or to a longer one.
    CheckpointError
        If it cannot be read.
    """
    if checkpoint_path is not None and checkpoint_path.exists():
        run.restore(load_checkpoint(checkpoint_path, identity))
        if len(run.history) > num_epochs:
            raise OtherTrainingError(
                f"{checkpoint_path} is of {len(run.history)} epochs, and {num_epochs} are asked for: ask for as "
                "many, or remove it to train anew"
            )
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
