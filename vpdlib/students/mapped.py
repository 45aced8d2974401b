"""Crops that several processes of one machine keep in memory once: a file of each array, which all of them map.

Crops that are mapped are pages of the system's cache, one copy whatever the number of processes, which it may drop and
read again where memory is short.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from vpdlib.students.frames import ArrayFrames, CropBatch, FrameStore, in_batches
from vpdlib.training.distributed import World

#: Frames that are read, and written, at a time.
_AT_ONCE = 1000


def map_frames(store: FrameStore, world: World, folder: Path) -> ArrayFrames:
    """Keep the crops of a store for the processes of this machine; all processes must come here.

    Parameters
    ----------
    store : N frames, N > 0; the first process of each machine reads them.
    world : the processes.
    folder : of this machine's own and large enough; its files are removed again once every process has mapped them,
        and take up room until these end.
    """
    if world.local_rank == 0:
        _write(store, folder)
    world.wait()
    arrays = {
        path.stem: np.asarray(np.load(path, mmap_mode="r")) for path in sorted(folder.glob("*.npy"))
    }
    world.wait()
    if world.local_rank == 0:
        for path in folder.glob("*.npy"):
            path.unlink()
    others = {
        name.removeprefix("other_"): array
        for name, array in arrays.items()
        if name.startswith("other_")
    }
    return ArrayFrames(arrays["rgb"], arrays.get("mask"), others)


def _write(store: FrameStore, folder: Path) -> None:
    files: dict[str, np.ndarray] = {}
    done = 0
    for indices in in_batches(np.arange(len(store)), _AT_ONCE):
        read = _arrays(store.load(indices))
        if not files:
            files = {
                name: np.lib.format.open_memmap(
                    folder / f"{name}.npy", "w+", array.dtype, (len(store), *array.shape[1:])
                )
                for name, array in read.items()
            }
        for name, array in read.items():
            files[name][done : done + len(array)] = array
        done += len(indices)


def _arrays(batch: CropBatch) -> Mapping[str, np.ndarray]:
    others = {f"other_{name}": array for name, array in batch.others.items()}
    mask = {} if batch.mask is None else {"mask": batch.mask}
    return {"rgb": batch.rgb, **mask, **others}
