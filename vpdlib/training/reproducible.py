"""What a training needs to give the same bits again: a number of threads, and random draws of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def torch_threads(threads: int) -> Iterator[None]:
    """Let torch use so many threads within a ``with`` block.

    Raises
    ------
    ValueError
        For fewer than one.
    """
    if threads < 1:
        raise ValueError(f"threads is {threads}; give at least 1")
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def seeded(seed: int, device: torch.device | None = None) -> Iterator[None]:
    """Seed torch's global generators, the CPU's and a device's, within a ``with`` block; then they are as before."""
    is_gpu = device is not None and device.type == "cuda"
    with torch.random.fork_rng(devices=[device] if is_gpu else []):
        torch.manual_seed(seed)
        yield
