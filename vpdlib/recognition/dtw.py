"""Dynamic time warping between sequences of descriptors, the distance of nearest-neighbour search and retrieval.

A sequence is an array (n, d): one descriptor a frame. The distance of two sequences follows the paper's
supplement (docs/method.md sections 9 and 10): Euclidean distance between frames, the step pattern
`symmetricP2` (a slope between 2/3 and 3/2), and the cost of the best path divided by n + m. That pattern
cannot align two sequences whose lengths differ too much; such a pair is measured with the unconstrained
`symmetric2`, normalised in the same way.

With N = n - 1 and M = m - 1 steps to go, `symmetricP2` (steps (1, 1), (2, 3), (3, 2)) reaches the end if and
only if 2 max(N, M) <= 3 min(N, M). The same inequality, seen from both ends, leaves a parallelogram of cells
that a path can pass, a fifth of a square; costs are computed only there. It is our own since dtw-python computes the
whole square: a fifth of the pairs a second on one thread, the same distances (``benchmarks/dtw_rate.py``).

The loops are compiled by Numba on first use (about two seconds a process) and hold no interpreter lock, so a plain
pool of threads shares the pairs. Numba's own parallel loops are not used: their thread pool must not be
forked, and data loaders fork.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from vpdlib.progress import track

# Reassociation lets the sum over channels run in vector registers; infinities keep their meaning.
_FAST_SUM = {"reassoc", "contract", "nsz"}
# Cells of the cost matrix a thread works on between two looks at the interpreter (about a second).
_CELLS_PER_TASK = 20_000_000


@dataclass(frozen=True)
class PackedSequences:
    """Sequences laid end to end: sequence s is ``frames[starts[s]:starts[s + 1]]``.

    Attributes
    ----------
    frames : (total frames, d) float32 or float64, C-contiguous.
    starts : (number of sequences + 1,) int64.
    """

    frames: NDArray[np.floating]
    starts: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def max_length(self) -> int:
        """Frames of the longest sequence (0 without sequences)."""
        return int(np.diff(self.starts).max(initial=0))


def pack_sequences(sequences: Sequence[NDArray[np.floating]], name: str) -> PackedSequences:
    """Check sequences and lay them end to end.

    Parameters
    ----------
    sequences : arrays (n_i, d), n_i >= 1, float32 or float64 (anything else becomes float64).
    name : what the sequences are, for messages.

    Raises
    ------
    ValueError
        For an array that is not two-dimensional, an empty one, differing d, and NaN or infinity.
    """
    for index, sequence in enumerate(sequences):
        if sequence.ndim != 2 or sequence.shape[0] == 0:
            raise ValueError(
                f"{name}[{index}] has shape {sequence.shape}; DTW needs (frames, channels) with at "
                "least one frame: leave out actions without frames beforehand"
            )
        if sequence.shape[1] != sequences[0].shape[1]:
            raise ValueError(
                f"{name}[{index}] has {sequence.shape[1]} channels and {name}[0] has "
                f"{sequences[0].shape[1]}: all must come from one feature set"
            )
    single = bool(sequences) and all(sequence.dtype == np.float32 for sequence in sequences)
    dtype = np.float32 if single else np.float64
    lengths = [sequence.shape[0] for sequence in sequences]
    starts = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]).astype(np.int64)
    num_channels = sequences[0].shape[1] if sequences else 0
    frames = np.empty((int(starts[-1]), num_channels), dtype=dtype)
    for index, sequence in enumerate(sequences):
        frames[starts[index] : starts[index + 1]] = sequence
        if not np.isfinite(frames[starts[index] : starts[index + 1]]).all():
            raise ValueError(
                f"{name}[{index}] holds NaN or infinity: mask such frames where the features are made"
            )
    return PackedSequences(frames, starts)


def dtw_distance(a: NDArray[np.floating], b: NDArray[np.floating]) -> float:
    """Length-normalised DTW distance of two sequences.

    Parameters
    ----------
    a : (n, d) floats.
    b : (m, d) floats.

    Returns
    -------
    Cost of the best `symmetricP2` path (`symmetric2` where none exists) over n + m, in units of the
    descriptors.

    Raises
    ------
    ValueError
        As `pack_sequences`, and where d differs.
    """
    return float(dtw_distances([a], [b], threads=1)[0, 0])


def dtw_distances(
    queries: Sequence[NDArray[np.floating]],
    references: Sequence[NDArray[np.floating]],
    threads: int = 1,
    description: str | None = None,
) -> NDArray[np.float64]:
    """All length-normalised DTW distances between two lists of sequences.

    Parameters
    ----------
    queries : Q arrays (n_i, d).
    references : R arrays (m_j, d).
    threads : number of threads that share the pairs; the result does not depend on it.
    description : what a progress report is called; None reports nothing.

    Returns
    -------
    (Q, R) float64; see `dtw_distance`.

    Raises
    ------
    ValueError
        As `pack_sequences`, where d differs, and where ``threads`` is below 1.
    """
    return packed_distances(
        pack_sequences(queries, "queries"),
        pack_sequences(references, "references"),
        threads,
        description,
    )


def packed_distances(
    queries: PackedSequences,
    references: PackedSequences,
    threads: int = 1,
    description: str | None = None,
) -> NDArray[np.float64]:
    """`dtw_distances` of sequences that are packed already; the memory is that of the result.

    Raises
    ------
    ValueError
        Where d differs, and where ``threads`` is below 1.
    """
    if threads < 1:
        raise ValueError(f"threads is {threads}; give at least 1")
    distances = np.zeros((len(queries), len(references)), dtype=np.float64)
    if distances.size == 0:
        return distances
    if queries.frames.shape[1] != references.frames.shape[1]:
        raise ValueError(
            f"queries have {queries.frames.shape[1]} channels and references "
            f"{references.frames.shape[1]}: both must come from one feature set"
        )
    mean_cells = (len(queries.frames) / len(queries)) * (len(references.frames) / len(references))
    # At least four tasks a thread, so that none waits long for the last.
    per_task = min(
        math.ceil(_CELLS_PER_TASK / max(mean_cells, 1.0)),
        math.ceil(distances.size / (4 * threads)),
    )
    tasks = range(0, distances.size, per_task)
    flat = distances.reshape(-1)

    def measure(first: int) -> None:
        # Every task has its own scratch: threads share nothing that is written but the result.
        n, m = queries.max_length, references.max_length
        _measure_pairs(
            queries.frames,
            queries.starts,
            references.frames,
            references.starts,
            first,
            flat[first : first + per_task],
            np.empty((n, m)),
            np.empty((n + 3, m + 3)),
        )

    with ThreadPoolExecutor(threads) as pool:
        finished = pool.map(measure, tasks)
        for _ in (
            finished if description is None else track(finished, description, len(tasks), "block")
        ):
            pass
    return distances


@njit(nogil=True, fastmath=_FAST_SUM)
def _frame_distance(a, i, b, j):  # type: ignore[no-untyped-def]
    total = 0.0
    for channel in range(a.shape[1]):
        difference = np.float64(a[i, channel]) - np.float64(b[j, channel])
        total += difference * difference
    return np.sqrt(total)


@njit(nogil=True)
def _reachable_columns(i, num_rows, num_columns):  # type: ignore[no-untyped-def]
    """First and last column of row i that lie on a `symmetricP2` path from corner to corner."""
    left = num_rows - 1 - i
    low_from_start = (2 * i + 2) // 3
    high_from_start = (3 * i) // 2
    low = max(low_from_start, num_columns - 1 - (3 * left) // 2)
    high = min(high_from_start, num_columns - 1 - (2 * left + 2) // 3)
    return low, high


@njit(nogil=True)
def _symmetric_p2(a, a0, n, b, b0, m, cost, total):  # type: ignore[no-untyped-def]
    """Cost of the best path; ``cost`` and ``total`` are scratch, ``total`` offset by 3 rows and columns."""
    total[: n + 3, : m + 3] = np.inf
    # A step (2, 3) or (3, 2) pays for cells beside the reachable ones: one column before a row's range
    # and what the next two rows take from this one.
    for i in range(n):
        low, high = _reachable_columns(i, n, m)
        low -= 1
        if i + 1 < n:
            next_low, next_high = _reachable_columns(i + 1, n, m)
            low = min(low, next_low - 2)
            high = max(high, next_high)
        if i + 2 < n:
            next_low, next_high = _reachable_columns(i + 2, n, m)
            low = min(low, next_low - 1)
            high = max(high, next_high - 1)
        for j in range(max(low, 0), min(high, m - 1) + 1):
            cost[i, j] = _frame_distance(a, a0 + i, b, b0 + j)
    total[3, 3] = cost[0, 0]
    for i in range(1, n):
        low, high = _reachable_columns(i, n, m)
        for j in range(max(low, 1), high + 1):
            here = cost[i, j]
            best = total[i + 2, j + 2] + 2.0 * here
            if j >= 3 and i >= 2:
                wide = total[i + 1, j] + 2.0 * (cost[i - 1, j - 2] + cost[i, j - 1]) + here
                best = min(best, wide)
            if i >= 3 and j >= 2:
                tall = total[i, j + 1] + 2.0 * (cost[i - 2, j - 1] + cost[i - 1, j]) + here
                best = min(best, tall)
            total[i + 3, j + 3] = best
    return total[n + 2, m + 2]


@njit(nogil=True)
def _symmetric_2(a, a0, n, b, b0, m, total):  # type: ignore[no-untyped-def]
    """Cost of the best unconstrained path, a diagonal step counting its cell twice."""
    for i in range(n):
        for j in range(m):
            here = _frame_distance(a, a0 + i, b, b0 + j)
            if i == 0 and j == 0:
                total[0, 0] = here
                continue
            best = np.inf
            if i > 0 and j > 0:
                best = total[i - 1, j - 1] + 2.0 * here
            if i > 0:
                best = min(best, total[i - 1, j] + here)
            if j > 0:
                best = min(best, total[i, j - 1] + here)
            total[i, j] = best
    return total[n - 1, m - 1]


@njit(nogil=True)
def _measure_pairs(  # type: ignore[no-untyped-def]
    queries, query_starts, references, reference_starts, first, out, cost, total
):
    """Write the distances of pairs first, first + 1, ... (row by row) into ``out``."""
    num_references = len(reference_starts) - 1
    for index in range(len(out)):
        query = (first + index) // num_references
        reference = (first + index) % num_references
        a0, b0 = query_starts[query], reference_starts[reference]
        n = query_starts[query + 1] - a0
        m = reference_starts[reference + 1] - b0
        if 2 * (max(n, m) - 1) <= 3 * (min(n, m) - 1):
            path = _symmetric_p2(queries, a0, n, references, b0, m, cost, total)
        else:
            path = _symmetric_2(queries, a0, n, references, b0, m, total)
        out[index] = path / (n + m)
