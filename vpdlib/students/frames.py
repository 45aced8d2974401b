"""Where a student's crops come from, and how batches of them are read.

A `FrameStore` is anything with a length and a ``load``; it knows crops, not labels. Shapes of a
batch: B crops, S crop side; RGB (B, S, S, 3) uint8; mask (B, S, S) uint8, 0 on the background; the
others, such as flow, as `vpdlib.students.settings.INPUTS` says, as they are stored. Stores that read
files are wrapped in `LazyFrames`, which opens them inside the process that reads.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset


class CropBatch(NamedTuple):
    """Crops of some frames.

    Attributes
    ----------
    rgb : (B, S, S, 3) uint8.
    mask : (B, S, S) uint8, 0 on the background, or None where there is none.
    others : what else students see, by name: (B, H, H) or (B, H, H, C) each.
    """

    rgb: np.ndarray
    mask: np.ndarray | None
    others: Mapping[str, np.ndarray]


class FrameStore(Protocol):
    """The contract of a source of crops."""

    def __len__(self) -> int:
        """Return the number of frames."""

    def load(self, indices: np.ndarray) -> CropBatch:
        """Return the crops of `indices` (B,) int, in that order, with repetition if asked for."""


class ArrayFrames:
    """Crops held in memory.

    Parameters
    ----------
    rgb : (N, S, S, 3) uint8.
    mask : (N, S, S) uint8 or None.
    others : by name, N rows each.

    Raises
    ------
    ValueError : wrong dtype, shape or length.
    """

    def __init__(
        self,
        rgb: np.ndarray,
        mask: np.ndarray | None = None,
        others: Mapping[str, np.ndarray] | None = None,
    ) -> None:
        if rgb.ndim != 4 or rgb.shape[1] != rgb.shape[2] or rgb.shape[3] != 3:
            raise ValueError(f"rgb {rgb.shape}: expected square crops (N, S, S, 3)")
        for name, array, shape in (("rgb", rgb, rgb.shape), ("mask", mask, rgb.shape[:3])):
            if array is not None and (array.shape != shape or array.dtype != np.uint8):
                raise ValueError(
                    f"{name} {array.shape} {array.dtype}: expected {shape} uint8, as rgb has"
                )
        self.rgb, self.mask, self.others = rgb, mask, others or {}
        for name, array in self.others.items():
            if len(array) != len(rgb):
                raise ValueError(f"{name} {array.shape}: expected {len(rgb)} rows, as rgb has")

    def __len__(self) -> int:
        """Return the number of frames."""
        return len(self.rgb)

    def load(self, indices: np.ndarray) -> CropBatch:
        """Return the crops of `indices` (B,)."""
        return CropBatch(*_each(self, lambda array: array[indices]))


class LazyFrames:
    """A store that is opened at its first use in each process.

    HDF5 handles must not be inherited over a fork; this holds only how to open.

    Parameters
    ----------
    open_store : opens the real store; must be picklable where workers are spawned.
    num_frames : its length, known beforehand.
    """

    def __init__(self, open_store: Callable[[], FrameStore], num_frames: int) -> None:
        self._open_store = open_store
        self._num_frames = num_frames
        self._store: FrameStore | None = None
        self._opened_by = -1

    def __len__(self) -> int:
        """Return the number of frames."""
        return self._num_frames

    def load(self, indices: np.ndarray) -> CropBatch:
        """Return the crops of `indices` (B,), opening the store if this process has not yet.

        Raises
        ------
        ValueError : the opened store has another length than was declared.
        """
        if self._store is None or self._opened_by != os.getpid():
            self._store, self._opened_by = self._open_store(), os.getpid()
            if len(self._store) != self._num_frames:
                raise ValueError(
                    f"the opened store holds {len(self._store)} frames, {self._num_frames} were "
                    "declared; rebuild the frame list"
                )
        return self._store.load(indices)

    def __getstate__(self) -> dict[str, object]:
        """Leave the open store behind when sent to another process."""
        return {**self.__dict__, "_store": None, "_opened_by": -1}


class TensorBatch(NamedTuple):
    """A `CropBatch` as tensors, with the frame indices it was read from."""

    indices: torch.Tensor
    rgb: torch.Tensor
    mask: torch.Tensor | None
    others: Mapping[str, torch.Tensor]

    def to(self, device: torch.device) -> TensorBatch:
        """Copy to a device; asynchronously where the memory is pinned."""
        return self._map(lambda tensor: tensor.to(device, non_blocking=True))

    def pin_memory(self) -> TensorBatch:
        """Copy to page-locked memory (called by torch's loader)."""
        return self._map(lambda tensor: tensor.pin_memory())

    def _map(self, change: Callable[[torch.Tensor], torch.Tensor]) -> TensorBatch:
        return TensorBatch(change(self.indices), *_each(self, change))


def _each(
    batch: ArrayFrames | CropBatch | TensorBatch, change: Callable[[Any], Any]
) -> tuple[Any, Any, dict[str, Any]]:
    """Its RGB, mask and others, each changed."""
    mask = None if batch.mask is None else change(batch.mask)
    return change(batch.rgb), mask, {name: change(each) for name, each in batch.others.items()}


class CropDataset(Dataset[TensorBatch]):
    """A torch data set whose items are whole batches: an array of indices in, a `TensorBatch` out.

    Parameters
    ----------
    frames : the crops.
    """

    def __init__(self, frames: FrameStore) -> None:
        self.frames = frames

    def __len__(self) -> int:
        """Return the number of frames."""
        return len(self.frames)

    def __getitem__(self, indices: np.ndarray) -> TensorBatch:
        """Return the crops of `indices` (B,) int as tensors."""
        batch = self.frames.load(np.asarray(indices))
        tensors = _each(batch, lambda array: torch.from_numpy(np.ascontiguousarray(array)))
        return TensorBatch(torch.from_numpy(np.asarray(indices, dtype=np.int64)), *tensors)


class BatchReader:
    """Reads given batches, in the main process or ahead in workers that live as long as the reader.

    Parameters
    ----------
    frames : the crops.
    num_workers : reading processes; 0 for none.
    pin_memory : page-locked batches, for asynchronous copies to a GPU.
    """

    def __init__(self, frames: FrameStore, num_workers: int = 0, pin_memory: bool = False) -> None:
        # The loader keeps this list as its sampler; its content is exchanged for every pass.
        self._batches: list[np.ndarray] = []
        self._loader: DataLoader[TensorBatch] = DataLoader(
            CropDataset(frames),
            batch_size=None,
            sampler=self._batches,
            num_workers=num_workers,
            pin_memory=pin_memory,
            persistent_workers=num_workers > 0,
        )

    def read(self, batches: Sequence[np.ndarray]) -> Iterator[TensorBatch]:
        """Yield the crops of each array of indices, in order."""
        self._batches[:] = batches
        yield from self._loader


def in_batches(indices: np.ndarray, batch_size: int) -> list[np.ndarray]:
    """Cut indices (N,) into consecutive arrays of at most `batch_size`."""
    return [indices[i : i + batch_size] for i in range(0, len(indices), batch_size)]


def split_validation(
    num_frames: int, fraction: float, seed: int, groups: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Split frames at random into training and validation.

    Parameters
    ----------
    num_frames : frames to split.
    fraction : fraction of validation, 0 < fraction < 1.
    seed : the same seed gives the same split.
    groups : (num_frames,) labels, such as videos; a group is never divided. Groups are drawn at
        random until they hold at least `fraction` of the frames. None: by frame, as in the paper.

    Returns
    -------
    train, val : sorted int64 positions in 0..num_frames-1, disjoint, together all, neither empty.

    Raises
    ------
    ValueError : too few frames or groups to have both parts.
    """
    if not 0 < fraction < 1:
        raise ValueError(f"validation fraction {fraction}: expected a value between 0 and 1")
    rng = np.random.default_rng(seed)
    if groups is None:
        if num_frames < 2:
            raise ValueError(f"{num_frames} labelled frames: at least 2 are needed to hold one out")
        num_val = min(max(round(num_frames * fraction), 1), num_frames - 1)
        order = rng.permutation(num_frames)
        return np.sort(order[num_val:]), np.sort(order[:num_val])
    groups = np.asarray(groups)
    if groups.shape != (num_frames,):
        raise ValueError(f"groups {groups.shape}: expected one per frame, ({num_frames},)")
    names, member, num_members = np.unique(groups, return_inverse=True, return_counts=True)
    if len(names) < 2:
        raise ValueError(
            f"all {num_frames} labelled frames are of {len(names)} group: at least 2 groups are "
            "needed "
            "to hold one out; split by frame instead"
        )
    order = rng.permutation(len(names))
    held = np.cumsum(num_members[order])
    num_held = min(int(np.searchsorted(held, num_frames * fraction)) + 1, len(names) - 1)
    in_val = np.isin(member.reshape(-1), order[:num_held])
    return np.flatnonzero(~in_val), np.flatnonzero(in_val)


def measure_rgb(
    frames: FrameStore, indices: np.ndarray, max_frames: int = 2000, seed: int = 0
) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """Measure mean and standard deviation of R, G, B over the pixels of some crops.

    Parameters
    ----------
    frames : the crops.
    indices : frames to measure.
    max_frames : at most this many of them, drawn at random.
    seed : of the draw.

    Returns
    -------
    mean, std : three numbers each, of values in 0..1; std is at least 1/255.

    Raises
    ------
    ValueError : no frames.
    """
    if len(indices) == 0:
        raise ValueError("no training frames to measure RGB mean and standard deviation on")
    if len(indices) > max_frames:
        rng = np.random.default_rng(seed)
        indices = np.sort(rng.choice(indices, max_frames, replace=False))
    total, squares, num_pixels = np.zeros(3), np.zeros(3), 0
    for batch in in_batches(indices, 100):
        values = frames.load(batch).rgb.reshape(-1, 3).astype(np.float32) / 255
        total += values.sum(axis=0, dtype=np.float64)
        squares += np.square(values).sum(axis=0, dtype=np.float64)
        num_pixels += len(values)
    mean = total / num_pixels
    std = np.sqrt(np.maximum(squares / num_pixels - mean**2, (1 / 255) ** 2))
    return tuple(mean.tolist()), tuple(std.tolist())
