"""The epochs of a training: one loop for every network, which can go on from a saved state.

A kind of training says how an epoch is learnt from and how the network is then measured (`Training`); the loop
does the rest (`run_epochs`).
"""

from __future__ import annotations

import math
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import nn

from vpdlib.progress import note, track
from vpdlib.training.best_epoch import BestEpoch, Score
from vpdlib.training.precision import autocast
from vpdlib.training.state import OtherTrainingError, load_state, save_state

#: What the history says of an epoch: epoch (from 1), train_loss, what was measured, seconds.
Entry = dict[str, float]


class NonFiniteLossError(ArithmeticError):
    """A loss became NaN or infinite; the message names the frames or the epoch."""


@dataclass(kw_only=True)
class Training(ABC):
    """One training of a network, that goes epoch by epoch.

    A saved state has no states of generators: where there is one, all that is random must come from an epoch's number.

    Attributes
    ----------
    network : on its device.
    optimizer : of its parameters.
    amp_dtype : see `vpdlib.training.precision.amp_dtype`; the loss is scaled where it is float16.
    history : the entries of the epochs so far.
    best : the best one of them.
    """

    #: For messages: what is trained, and what to do where its loss is not finite.
    what: ClassVar[str] = "the network"
    remedy: ClassVar[str] = "lower learning_rate"

    network: nn.Module
    optimizer: torch.optim.Optimizer
    amp_dtype: torch.dtype | None
    device: torch.device = field(init=False)
    history: list[Entry] = field(init=False, default_factory=list)
    best: BestEpoch = field(init=False)

    def __post_init__(self) -> None:
        self.device = next(self.network.parameters()).device
        self.best = BestEpoch(self.network)
        scales = self.amp_dtype == torch.float16
        self._scaler = torch.amp.GradScaler(self.device.type, enabled=scales)

    @abstractmethod
    def train_pass(self, epoch: int) -> Entry:
        """Learn from an epoch, counted from 1, in training mode; return train_loss and what else is kept of it."""

    @abstractmethod
    def val_pass(self, epoch: int) -> tuple[Entry, Score | None]:
        """Measure the network after an epoch, in evaluation mode and without gradients.

        Returns
        -------
        What the history is to say of it, and how well it does; None where it is not to be compared.
        """

    def margin(self, score: Score) -> float:
        """How much of the first number of a score is chance: by more it must rise for training to go on."""
        return 0.0

    def epoch(self, epoch: int, look: bool) -> tuple[Entry, Score | None]:
        """Train one epoch, counted from 1, and measure it if it is to be looked at; return its entry and score."""
        start = time.monotonic()
        self.network.train()
        entry = {"epoch": epoch, **self.train_pass(epoch)}
        self.require_finite("loss", entry["train_loss"], epoch)
        score = None
        if look:
            self.network.eval()
            with torch.no_grad():
                measured, score = self.val_pass(epoch)
            entry |= measured
        return {**entry, "seconds": time.monotonic() - start}, score

    def require_finite(self, name: str, loss: float, epoch: int) -> None:
        """Raise a `NonFiniteLossError` if a loss is NaN or infinite."""
        if not math.isfinite(loss):
            raise NonFiniteLossError(
                f"the {name} of {self.what} is {loss} in epoch {epoch}: {self.remedy}"
            )

    def autocast(self) -> torch.autocast:
        """Mixed precision, where there is any."""
        return autocast(self.device, self.amp_dtype)

    def set_rate(self, rate: float) -> None:
        """Set the optimiser's learning rate; groups that have a `rate_factor` get so many times as much."""
        for group in self.optimizer.param_groups:
            group["lr"] = rate * group.get("rate_factor", 1.0)

    def descend(self, loss: torch.Tensor, clip_norm: float | None = None) -> None:
        """One step of the optimiser; a longer gradient is shortened to the norm that is given."""
        self.optimizer.zero_grad(set_to_none=True)
        self.scale(loss).backward()
        self.take_step(clip_norm)

    def scale(self, loss: torch.Tensor) -> torch.Tensor:
        """A loss as gradients are taken of it, so that none is lost to float16."""
        scaled: torch.Tensor = self._scaler.scale(loss)
        return scaled

    def take_step(self, clip_norm: float | None = None) -> None:
        """Change the weights by the gradients of a scaled loss; see `descend`."""
        if clip_norm is not None:
            self._scaler.unscale_(self.optimizer)
            nn.utils.clip_grad_norm_(self.network.parameters(), clip_norm)
        self._scaler.step(self.optimizer)
        self._scaler.update()

    def end_epoch(
        self, entry: Entry, score: Score | None, patience: float, min_epochs: int
    ) -> bool:
        """Keep what an epoch has come to; return whether it is the last, see `run_epochs`."""
        self.history.append(entry)
        if score is None:
            return False
        epoch = len(self.history)
        self.best.look(epoch, score, self.margin(score))
        return epoch >= min_epochs and epoch - self.best.risen >= patience

    def end(self) -> int:
        """Take the best epoch's weights, in evaluation mode; return its number, from 1."""
        self.network.eval()
        return self.best.restore(len(self.history))

    def state_dict(self) -> dict[str, Any]:
        """Return all that a saved state must hold."""
        return {
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "scaler": self._scaler.state_dict(),
            "history": self.history,
            "best": self.best.state_dict(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a saved state."""
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        # Empty where the training ran without scaling, as on a card of another generation.
        if self._scaler.is_enabled() and state["scaler"]:
            self._scaler.load_state_dict(state["scaler"])
        self.history = state["history"]
        self.best.load_state_dict(state["best"])


def run_epochs(
    training: Training,
    num_epochs: int,
    title: str | None,
    *,
    validate_every: int = 1,
    patience: float = math.inf,
    min_epochs: int = 0,
    identity: str = "",
    state_path: Path | None = None,
    save_every_s: float = 60.0,
    note_epochs: bool = False,
    on_epoch: Callable[[Entry], None] | None = None,
    saves: bool = True,
) -> int:
    """Train all epochs that are left, from the saved state on if there is one, and take the best one's weights.

    Parameters
    ----------
    training : its network is left with the best epoch's weights, in evaluation mode.
    num_epochs : of the whole training.
    title : of the progress report; None reports nothing.
    validate_every : epochs between two looks at validation; the last epoch is looked at, too.
    patience : epochs in which the first number of the score has not risen by more than its margin, after which an epoch
        that has a score is the last; not before `min_epochs`. What tells equal ones apart (as the loss does of equal
        accuracies) has no part in it: it may change for ever where there is nothing left to learn.
    identity : digest of what the training depends on; a saved state of another one is refused.
    state_path : where to resume from, if the file is there, and to save to; None for neither.
    save_every_s : seconds between saved states; 0 writes one after every epoch. The last epoch has one.
    note_epochs : write a line of each epoch, whose entry then holds val_loss.
    on_epoch : called with the entry of each finished epoch.
    saves : False for a process of several that only resumes from a state which the first one saves.

    Returns
    -------
    The epoch, from 1, whose weights are taken.

    Raises
    ------
    NonFiniteLossError
        If a loss became NaN or infinite.
    OtherTrainingError
        If the saved state belongs to another training, or to a longer one.
    StateError
        If it cannot be read.
    """
    if state_path is not None and state_path.exists():
        training.load_state_dict(load_state(state_path, identity))
        if len(training.history) > num_epochs:
            raise OtherTrainingError(
                f"{state_path} is of {len(training.history)} epochs, and {num_epochs} are asked for: ask for as "
                "many, or remove it to train anew"
            )
    last_saved = time.monotonic()
    epochs = range(len(training.history) + 1, num_epochs + 1)
    for epoch in epochs if title is None else track(epochs, title, unit="epoch"):
        look = epoch % validate_every == 0 or epoch == num_epochs
        entry, score = training.epoch(epoch, look)
        is_last = training.end_epoch(entry, score, patience, min_epochs)
        if note_epochs:
            note(
                f"epoch {epoch}/{num_epochs}: train {entry['train_loss']:.4f}, "
                f"val {entry['val_loss']:.4f} ({entry['seconds']:.1f} s)"
            )
        if on_epoch is not None:
            on_epoch(entry)
        due = time.monotonic() - last_saved >= save_every_s
        if saves and state_path is not None and (due or epoch == num_epochs):
            save_state(state_path, identity, training.state_dict())
            last_saved = time.monotonic()
        if is_last:
            break
    return training.end()
