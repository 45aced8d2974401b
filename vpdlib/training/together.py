"""Several trainings of like networks that take their steps together, each with its own data, draws, best epoch and end.

On a CPU a step of a small network is mostly what every operation costs besides its work; networks that can be asked
at once (`Together`) share that. A training (`Stepwise`) says what its steps are; here they are taken (`run_together`).
A training that has ended leaves the others.
"""

from __future__ import annotations

import math
import time
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Any, ClassVar, NamedTuple, Protocol

import torch
from torch import Tensor, nn

from vpdlib.progress import track
from vpdlib.training.best_epoch import Score
from vpdlib.training.epochs import Entry, Training
from vpdlib.training.precision import autocast


class Together(Protocol):
    """Asks networks of one kind and size at once."""

    def __call__(self, networks: Sequence[Any], batches: Sequence[Any]) -> list[Tensor]:
        """Logits of each network of its own batch, as it would give them alone."""
        ...


class Step(NamedTuple):
    """One step of a training.

    Attributes
    ----------
    batch : what the network is asked.
    truth : the class of each answer, int64 on the network's device.
    weight : of the step's loss in the mean of the epoch.
    """

    batch: Any
    truth: Tensor
    weight: int


class Stepwise(Training):
    """A training of a classifier whose steps can be taken together with those of others."""

    #: Asks networks of this kind.
    together: ClassVar[Together]

    @abstractmethod
    def steps(self, epoch: int) -> Iterator[Step]:
        """The steps of an epoch, counted from 1, each asked for just before it is taken."""

    @abstractmethod
    def val_steps(self) -> Iterator[Step]:
        """What is asked for validation; nothing without any."""

    @abstractmethod
    def measure(self, answers: list[tuple[Step, Tensor]]) -> tuple[Entry, Score | None]:
        """What `val_pass` returns, from each step of validation with its logits, float32; there may be none."""

    def after_training(self, train_loss: float) -> Entry:
        """What else the history is to say of an epoch that has been learnt from, with that mean loss."""
        return {}

    def is_done(self) -> bool:
        """Whether the epoch that has been learnt from is the last, whatever comes of validation."""
        return False

    def train_pass(self, epoch: int) -> Entry:
        """See `Training`."""
        (entry,) = _learn([self], epoch)
        return entry

    def val_pass(self, epoch: int) -> tuple[Entry, Score | None]:
        """See `Training`."""
        (measured,) = _validate([self])
        return measured


def run_together(
    trainings: Sequence[Stepwise],
    num_epochs: int,
    title: str | None,
    *,
    validate_every: int = 1,
    patience: float = math.inf,
    min_epochs: int = 0,
) -> list[int]:
    """Train all epochs of several trainings, and take each one's best epoch's weights.

    Parameters
    ----------
    trainings : of networks of one kind and size on one device; each is left with its best epoch's weights, in
        evaluation mode.
    num_epochs, title, validate_every, patience, min_epochs : as for `vpdlib.training.epochs.run_epochs`, of each.

    Returns
    -------
    Of each the epoch, from 1, whose weights are taken.

    Raises
    ------
    NonFiniteLossError
        If a loss of one became NaN or infinite.
    """
    running = list(trainings)
    epochs = range(1, num_epochs + 1)
    for epoch in epochs if title is None else track(epochs, title, unit="epoch"):
        start = time.monotonic()
        for training in running:
            training.network.train()
        entries = [{"epoch": epoch, **entry} for entry in _learn(running, epoch)]
        for training, entry in zip(running, entries, strict=True):
            training.require_finite("loss", entry["train_loss"], epoch)
        all_look = epoch % validate_every == 0 or epoch == num_epochs
        done = {id(training) for training in running if training.is_done()}
        looking = [training for training in running if all_look or id(training) in done]
        for training in looking:
            training.network.eval()
        with torch.no_grad():
            measured = dict(zip(map(id, looking), _validate(looking), strict=True))
        seconds = (time.monotonic() - start) / len(running)
        left = []
        for training, entry in zip(running, entries, strict=True):
            of_val, score = measured.get(id(training), ({}, None))
            whole = {**entry, **of_val, "seconds": seconds}
            is_last = training.end_epoch(whole, score, patience, min_epochs)
            if not (is_last or id(training) in done):
                left.append(training)
        running = left
        if not running:
            break
    return [training.end() for training in trainings]


def _learn(trainings: Sequence[Stepwise], epoch: int) -> list[Entry]:
    """Take all steps of an epoch; return train_loss and what else is kept of each."""
    # Kept on the device: asking for every step's loss would wait for the GPU each time.
    totals = [torch.zeros((), dtype=torch.float64, device=one.device) for one in trainings]
    weights = [0] * len(trainings)
    for of_all in _in_turn([training.steps(epoch) for training in trainings]):
        logits = _ask([(trainings[member], step) for member, step in of_all])
        losses = [
            nn.functional.cross_entropy(of_one, step.truth)
            for of_one, (_, step) in zip(logits, of_all, strict=True)
        ]
        taking = [trainings[member] for member, _ in of_all]
        for training in taking:
            training.optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward([one.scale(loss) for one, loss in zip(taking, losses, strict=True)])
        for loss, (member, step) in zip(losses, of_all, strict=True):
            trainings[member].take_step()
            totals[member] += loss.detach().double() * step.weight
            weights[member] += step.weight
    entries = []
    for training, total, weight in zip(trainings, totals, weights, strict=True):
        # No step at all is one of no loss.
        train_loss = float(total) / max(weight, 1)
        entries.append({"train_loss": train_loss, **training.after_training(train_loss)})
    return entries


def _validate(trainings: Sequence[Stepwise]) -> list[tuple[Entry, Score | None]]:
    """Ask each for its validation, in evaluation mode and without gradients."""
    answers: list[list[tuple[Step, Tensor]]] = [[] for _ in trainings]
    for of_all in _in_turn([training.val_steps() for training in trainings]):
        logits = _ask([(trainings[member], step) for member, step in of_all])
        for of_one, (member, step) in zip(logits, of_all, strict=True):
            answers[member].append((step, of_one))
    return [one.measure(found) for one, found in zip(trainings, answers, strict=True)]


def _in_turn(steps_of: Sequence[Iterator[Step]]) -> Iterator[list[tuple[int, Step]]]:
    """The first step of each, with its number, then the second of those that have one, and so on."""
    for steps in zip_longest(*steps_of):
        yield [(member, step) for member, step in enumerate(steps) if step is not None]


def _ask(asked: Sequence[tuple[Stepwise, Step]]) -> list[Tensor]:
    """Logits, float32, of each training's network of its step."""
    first = asked[0][0]
    with autocast(first.device, first.amp_dtype):
        logits = first.together(
            [one.network for one, _ in asked], [step.batch for _, step in asked]
        )
    return [of_one.float() for of_one in logits]
