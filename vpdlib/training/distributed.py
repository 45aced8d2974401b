"""One training in several processes, each with a part of every batch: who they are, and how they agree.

torchrun starts the processes, on one machine or several, and says to each who it is (``RANK``, ``WORLD_SIZE``,
``LOCAL_RANK``, ``LOCAL_WORLD_SIZE``). W processes take W neighbouring parts of every batch of B examples, which may
differ by one in size. What is random is drawn for the whole batch in every process, and each takes its part of it; so
the number of processes changes what comes out by rounding alone, and a saved state of W processes is one of any other
number. Loss and gradient are sums over the batch; batch normalisation takes the mean and variance of the whole
(`vpdlib.training.shared_norm`). Source: docs/method.md section 7.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple, TypeVar

import torch
from torch import distributed, nn

from vpdlib.training.shared_norm import share_batch_norm

Value = TypeVar("Value")

#: How long a process waits for another that is alive, such as one that reads crops from a slow disk.
_PATIENCE = timedelta(minutes=30)


class Part(NamedTuple):
    """The rows ``start`` to ``stop`` of a batch of ``whole`` examples."""

    start: int
    stop: int
    whole: int

    @classmethod
    def all_of(cls, whole: int) -> Part:
        """All rows."""
        return cls(0, whole, whole)

    @property
    def rows(self) -> slice:
        """Picks the part's rows."""
        return slice(self.start, self.stop)


@dataclass(frozen=True)
class World:
    """The processes of a training, as one of them sees them.

    Attributes
    ----------
    rank, size : which one this is, from 0, and how many there are.
    local_rank, local_size : the same among those of its machine.
    """

    rank: int = 0
    size: int = 1
    local_rank: int = 0
    local_size: int = 1

    @property
    def is_first(self) -> bool:
        """Whether this process is the one that writes files."""
        return self.rank == 0

    def part(self, whole: int) -> Part:
        """The part of so many examples that is this process's."""
        return Part(self.rank * whole // self.size, (self.rank + 1) * whole // self.size, whole)

    def device(self, kind: str) -> str:
        """The device of a kind, "cpu" or "cuda", that is this process's own."""
        return f"cuda:{self.local_rank}" if kind == "cuda" and self.size > 1 else kind

    def threads(self, of_job: int) -> int:
        """CPU threads of this process, of those that its job has on this machine."""
        return max(1, of_job // self.local_size)

    def total(self, value: torch.Tensor) -> float:
        """The sum of a number () over all processes, the same bits in each; waits for them."""
        mine = value.detach().to("cpu", torch.float64)
        if self.size == 1:
            return mine.item()
        each = [torch.zeros_like(mine) for _ in range(self.size)]
        distributed.all_gather(each, mine)
        return sum(one.item() for one in each)

    def of_first(self, value: Value) -> Value:
        """What the first process has for a plain value; waits for it."""
        if self.size == 1:
            return value
        values = [value]
        distributed.broadcast_object_list(values)
        return values[0]

    def wait(self) -> None:
        """Wait until every process has come here."""
        # A barrier of its own would take a GPU that NCCL guesses.
        self.total(torch.zeros(()))


#: A training in this process alone.
ALONE = World()


@contextmanager
def joined(kind: str) -> Iterator[World]:
    """Join the processes that torchrun has started, within the block.

    Parameters
    ----------
    kind : of device that they compute on: "cuda", by NCCL, or "cpu", by gloo. Numbers of the CPU go by gloo.
    """
    rank, size, local_rank, local_size = (
        int(os.environ[name]) for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE")
    )
    world = World(rank, size, local_rank, local_size)
    if kind == "cuda":
        torch.cuda.set_device(local_rank)
    backend = "cpu:gloo,cuda:nccl" if kind == "cuda" else "gloo"
    distributed.init_process_group(backend, timeout=_PATIENCE)
    yield world
    # Not where the block has failed: others may wait for this process, and would be waited for.
    distributed.destroy_process_group()


class SharedNetwork:
    """A network as it is trained: torch's DistributedDataParallel where there are several processes.

    Parameters
    ----------
    network : on its device, with the same weights in every process; until `release` its batch normalisation is that
        of the whole batch.
    world : the processes.
    """

    def __init__(self, network: nn.Module, world: World) -> None:
        self._network, self._world = network, world
        self._wrapped: nn.Module = network
        self._learning: list[bool] = []
        self._restore: Callable[[], None] = lambda: None
        if world.size > 1:
            self._restore = share_batch_norm(network)

    def for_training(self) -> nn.Module:
        """What is asked in training, so that gradients become the mean of the processes'.

        It is made anew where other weights learn than before, which DistributedDataParallel must know beforehand.
        """
        learning = [parameter.requires_grad for parameter in self._network.parameters()]
        if self._world.size > 1 and learning != self._learning:
            # The former one takes its hooks along.
            self._wrapped = self._network
            is_gpu = next(self._network.parameters()).is_cuda
            self._wrapped = nn.parallel.DistributedDataParallel(
                self._network,
                device_ids=[self._world.local_rank] if is_gpu else None,
                # Running statistics are alike by themselves.
                forward_sync_buffers=False,
            )
        self._learning = learning
        return self._wrapped

    def release(self) -> None:
        """Give the network back as it came."""
        self._wrapped = self._network
        self._restore()
