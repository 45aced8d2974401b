"""Flow of whole videos, in batches that do not end where a video ends.

Clips are often shorter than a batch, so pairs of crops are gathered across videos. Where the estimator
works on a GPU, it computes one batch while the one before is being quantised and the next one read.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice

import numpy as np

from vpdlib.flow.base import FlowEstimator
from vpdlib.flow.quantise import quantise
from vpdlib.flow.settings import FlowSettings

#: Batches that wait for the GPU or run on it while the CPU does the rest.
_AHEAD = 2


@dataclass
class StoredFlow:
    """The flow of one video as it is stored.

    Parameters
    ----------
    flow : (N, S, S, 2) uint8, see :func:`vpdlib.flow.quantise.quantise`.
    num_masked : pixels at which the flow was not finite.
    """

    flow: np.ndarray
    num_masked: int = 0
    _num_missing: int = field(init=False)

    def __post_init__(self) -> None:
        self._num_missing = len(self.flow)

    @property
    def complete(self) -> bool:
        """True once every row is there."""
        return self._num_missing == 0

    def put(self, row: int, quantised: tuple[np.ndarray, int]) -> None:
        """Store one row."""
        self.flow[row] = quantised[0]
        self.num_masked += quantised[1]
        self._num_missing -= 1


def parts_of_rows(num_rows: int, length: int = 512) -> list[slice]:
    """Parts of at most `length` rows that make up a video; a single empty one where it has none.

    A video of hours does not fit into memory: `stored_flow` may be given its parts one after the other.
    """
    firsts = range(0, max(num_rows, 1), length)
    return [slice(first, min(first + length, num_rows)) for first in firsts]


def stored_flow(
    videos: Iterable[tuple[np.ndarray, np.ndarray]],
    estimator: FlowEstimator,
    settings: FlowSettings,
    threads: int = 1,
) -> Iterator[StoredFlow]:
    """Estimate and quantise the flow of videos.

    Parameters
    ----------
    videos : for each video, or part of one, its previous and its current crops, (N, S, S, 3) uint8; N may be 0.
        Read as needed.
    estimator : finds the flow.
    settings : how it is stored.
    threads : CPU threads that quantise.

    Yields
    ------
    The flow of each video, in their order.

    Raises
    ------
    ValueError
        If the crops of a video are not of one shape.
    """
    waiting: deque[StoredFlow] = deque()

    def pairs() -> Iterator[tuple[StoredFlow, int, np.ndarray, np.ndarray]]:
        for previous, current in videos:
            if previous.shape != current.shape:
                raise ValueError(
                    f"the previous crops of a video are {previous.shape}, its crops {current.shape}; "
                    "they must be of one shape"
                )
            video = StoredFlow(np.empty((*current.shape[:3], 2), np.uint8))
            waiting.append(video)
            for row in range(len(current)):
                yield video, row, previous[row], current[row]

    def batches() -> Iterator[list[tuple[StoredFlow, int, np.ndarray, np.ndarray]]]:
        remaining = pairs()
        while batch := list(islice(remaining, estimator.batch_size)):
            yield batch

    def estimate(batch: list[tuple[StoredFlow, int, np.ndarray, np.ndarray]]) -> np.ndarray:
        _, _, previous, current = zip(*batch, strict=True)
        return estimator.estimate_many(np.stack(previous), np.stack(current))

    def store(flow: np.ndarray) -> tuple[np.ndarray, int]:
        return quantise(flow, settings.max_px, settings.subtract_median)

    with ThreadPoolExecutor(threads) as pool:
        # A pool of one would only hand work to and fro.
        quantise_all = pool.map if threads > 1 else map
        for batch, flow in _ahead(estimate, batches(), _AHEAD if estimator.on_gpu else 0):
            for (video, row, _, _), quantised in zip(batch, quantise_all(store, flow), strict=True):
                video.put(row, quantised)
            while waiting and waiting[0].complete:
                yield waiting.popleft()
    yield from waiting


def _ahead(function: Callable, items: Iterable, depth: int) -> Iterator[tuple]:
    """Yield each item with the function's answer; up to ``depth`` further calls run meanwhile, in one thread."""
    if depth == 0:
        for item in items:
            yield item, function(item)
        return
    running: deque[tuple[object, Future]] = deque()
    with ThreadPoolExecutor(1) as worker:
        for item in items:
            running.append((item, worker.submit(function, item)))
            if len(running) > depth:
                first, answer = running.popleft()
                yield first, answer.result()
        for first, answer in running:
            yield first, answer.result()
