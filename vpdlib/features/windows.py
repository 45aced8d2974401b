"""Descriptors by networks over windows of frames: what R3D and the video encoders share.

A *run* is crops of consecutive frames; windows do not reach over frames without the athlete. N crops of a
run, M windows of T frames, S side of crops, px.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from vpdlib.artifacts.crops import Crops


class Run:
    """Consecutive crops of a video, as an array (N, S, S, 3) uint8 that is read only where it is looked at."""

    dtype = np.dtype(np.uint8)

    def __init__(self, video: Crops, start: int, stop: int, side: int) -> None:
        self._video, self._start = video, start
        self.shape = (stop - start, side, side, 3)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: slice) -> np.ndarray:
        first, last = self._start + rows.start, self._start + rows.stop
        return self._video.crop[first:last]


def embed_runs(
    video: Crops, side: int, width: int, embed: Callable[[np.ndarray], np.ndarray]
) -> np.ndarray:
    """Describe all crops of a video, each run of consecutive frames by itself.

    Parameters
    ----------
    video : of a crop artifact, N crops in all.
    side : of the crops, px.
    width : d, of the descriptors.
    embed : maps the crops of a run, (n, side, side, 3) uint8, to (n, 2, d) float32.

    Returns
    -------
    (N, 2, d) float32.
    """
    frame = video.frame
    descriptor = np.empty((len(frame), 2, width), np.float32)
    cuts = [0, *(np.flatnonzero(np.diff(frame) != 1) + 1).tolist(), len(frame)]
    for start, stop in pairwise(cuts):
        if stop > start:
            run = Run(video, start, stop, side)
            descriptor[start:stop] = embed(run)  # type: ignore[arg-type]
    return descriptor


def describe_windows(
    frames: np.ndarray,
    windows: np.ndarray,
    network: Callable[[Tensor], Tensor],
    prepare: Callable[[Tensor], Tensor],
    device: str,
    batch_size: int,
    amp: bool,
) -> Iterator[tuple[slice, np.ndarray]]:
    """Put windows and their flipped images through a network, batch by batch.

    Only the frames of one batch of windows are on the device at a time.

    Parameters
    ----------
    frames : (N, S, S, 3) uint8, RGB, consecutive; an array, or an HDF5 dataset, which is read batch by batch.
    windows : (M, T) int64, rows of `frames`, from window to window not falling.
    network : maps clips (B, T, 3, P, P) on the device to (B, ...); in evaluation mode and on the device already.
    prepare : maps frames (n, S, S, 3) uint8 on the device to inputs (n, 3, P, P) float32.
    device : "cpu" or "cuda".
    batch_size : windows at once.
    amp : compute in half precision on CUDA, in bfloat16 on the CPU.

    Yields
    ------
    Rows of `windows`, and (B, 2, ...) float32: [:, 0] of the windows, [:, 1] of their flipped images.

    Raises
    ------
    ValueError : frames of another shape or type.
    """
    if len(frames.shape) != 4 or frames.shape[3] != 3 or frames.dtype != np.uint8:
        raise ValueError(f"frames {frames.shape} {frames.dtype}: expected (N, S, S, 3) uint8")
    kind = torch.device(device).type
    half = torch.float16 if kind == "cuda" else torch.bfloat16
    for start in range(0, len(windows), batch_size):
        rows = slice(start, min(start + batch_size, len(windows)))
        batch = windows[rows]
        low, high = int(batch.min()), int(batch.max()) + 1
        read = torch.from_numpy(np.ascontiguousarray(frames[low:high]))
        if kind == "cuda":
            read = read.pin_memory()
        # Left before each yield: what asks for the batches is not to run in these modes.
        with torch.inference_mode(), torch.autocast(kind, dtype=half, enabled=amp):
            inputs = prepare(read.to(device, non_blocking=True))
            clips = inputs[torch.from_numpy(batch - low).to(device)]
            both = [network(clip).float().cpu().numpy() for clip in (clips, clips.flip(-1))]
        yield rows, np.stack(both, axis=1)


def require_finite(descriptor: np.ndarray, what: str) -> None:
    """Refuse descriptors (N, 2, d) that are not finite.

    Parameters
    ----------
    descriptor : of N frames.
    what : whose they are, for the message.

    Raises
    ------
    ValueError : some are not; the message names how many frames, and the first of them.
    """
    bad = np.flatnonzero(~np.isfinite(descriptor).all(axis=(1, 2)))
    if len(bad):
        raise ValueError(
            f"the {what} features of {len(bad)} frames are not finite, the first ones {bad[:5].tolist()}; check "
            "the weights, or set amp: false"
        )
