"""What the networks of the baselines are fed: clips of actions, drawn at random or laid out for a test.

A source of clips knows the frames of every action and makes batches of them. A batch is a tuple of
tensors, first axis the actions, on the CPU; `Clips.inputs` turns it into what the network takes, on the
network's device. Batches are prepared in the training process or ahead of it, in workers; what is
random in a batch comes from its own seed, so that the number of workers changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

Batch = tuple[Tensor, ...]


class Clips(Protocol):
    """The contract of a source of clips."""

    @property
    def num_views(self) -> int:
        """How many clips of a test action are looked at."""

    def draw(self, action_ids: Sequence[str], rng: np.random.Generator) -> Batch:
        """A random clip of each action, randomly changed, for training."""

    def view(self, action_ids: Sequence[str], index: int) -> Batch:
        """Clip number `index` of each action, for testing."""

    def inputs(self, batch: Batch) -> Batch:
        """What the network takes, from a batch that is on its device."""


@dataclass(frozen=True)
class Request:
    """A batch to be made: a random one where there is a seed, else the clips of one index."""

    action_ids: tuple[str, ...]
    seed: tuple[int, ...] | None = None
    index: int = 0


class _Requests(Dataset[Batch]):
    """A torch data set whose items are whole batches."""

    def __init__(self, clips: Clips) -> None:
        self._clips = clips

    def __getitem__(self, request: Request) -> Batch:
        if request.seed is not None:
            return self._clips.draw(request.action_ids, np.random.default_rng(request.seed))
        return self._clips.view(request.action_ids, request.index)


class ClipReader:
    """Makes requested batches, and brings them to a device.

    Parameters
    ----------
    clips : the source.
    device : of the network; batches for a GPU are pinned and copied asynchronously.
    num_workers : processes that prepare batches ahead; 0 for none.
    """

    def __init__(self, clips: Clips, device: torch.device, num_workers: int = 0) -> None:
        self._clips, self._device = clips, device
        # The loader keeps this list as its sampler; its content is exchanged for every pass.
        self._requests: list[Request] = []
        self._loader: DataLoader[Batch] = DataLoader(
            _Requests(clips),
            batch_size=None,
            sampler=self._requests,
            num_workers=num_workers,
            pin_memory=device.type == "cuda",
            persistent_workers=num_workers > 0,
            # Its own, or the loader would draw from torch's global state, more or less often by the workers.
            generator=torch.Generator(),
        )

    def read(self, requests: Sequence[Request]) -> Iterator[Batch]:
        """Yield the network's inputs for each request, in order."""
        self._requests[:] = requests
        for batch in self._loader:
            moved = tuple(tensor.to(self._device, non_blocking=True) for tensor in batch)
            yield self._clips.inputs(moved)
