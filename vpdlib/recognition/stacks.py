"""Trainings of networks on packed batches, as many of them together as pays.

On a CPU a step in time of a small network takes longer to call than to compute; networks that step together
(`vpdlib.recognition.recurrence`) share the calls. Large ones gain nothing, and numbers of many no longer fit into the
processor's cache. On a GPU every network is trained alone: its recurrence is cuDNN's.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import torch

from vpdlib.recognition.networks import draw_dropout_from, logits_together
from vpdlib.training.reproducible import seeded
from vpdlib.training.together import Stepwise, run_together

# States that the networks of a stack have in a step in time, both directions: 15 networks of 32 units and 20 sequences
# have 19,200, five of 64 units and 50 sequences 32,000; one as in the paper, of 128 units and 100 sequences, 25,600.
_STATES_OF_A_STEP = 32_000


@dataclass(kw_only=True)
class PackedTraining(Stepwise):
    """A training of a `vpdlib.recognition.networks.PackedClassifier`.

    Attributes
    ----------
    seed : of dropout.
    """

    together = staticmethod(logits_together)

    seed: int


def run_in_stacks(
    trainings: Sequence[PackedTraining],
    states_of_a_step: int,
    num_epochs: int,
    title: str | None,
    *,
    validate_every: int = 1,
    patience: float = math.inf,
    min_epochs: int = 0,
) -> list[int]:
    """Run trainings of networks of one kind and size, as many together as pays.

    What comes of one does not depend on the others, but for rounding.

    Parameters
    ----------
    trainings : on one device.
    states_of_a_step : numbers that one network's states have in a step in time, both directions.
    num_epochs, title, validate_every, patience, min_epochs : see `vpdlib.training.together.run_together`.

    Returns
    -------
    Of each the epoch, from 1, whose weights it has.

    Raises
    ------
    NonFiniteLossError
        If a loss of one became NaN or infinite.
    """
    size = max(_STATES_OF_A_STEP // states_of_a_step, 1)
    if trainings[0].device.type != "cpu":
        size = 1
    found = []
    for first in range(0, len(trainings), size):
        stack = trainings[first : first + size]
        named = title
        if title is not None and len(trainings) > 1:
            last = first + len(stack)
            numbers = f"{last}" if len(stack) == 1 else f"{first + 1} to {last}"
            named = f"{title}, {numbers} of {len(trainings)}"
        with ExitStack() as draws:
            for training in stack:
                draws.enter_context(_own_dropout(training))
            found += run_together(
                stack,
                num_epochs,
                named,
                validate_every=validate_every,
                patience=patience,
                min_epochs=min_epochs,
            )
    return found


@contextmanager
def _own_dropout(training: PackedTraining) -> Iterator[None]:
    """Dropout that depends on the training's seed alone."""
    if training.device.type != "cpu":
        with seeded(training.seed, training.device):
            yield
        return
    draw_dropout_from(training.network, torch.Generator().manual_seed(training.seed))
    yield
    draw_dropout_from(training.network, None)
