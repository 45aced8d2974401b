"""Dynamic time warping between sequences of descriptors, the distance of nearest-neighbour search and retrieval.

A sequence is an array (n, d): one descriptor a frame. The distance of two sequences follows the paper's
supplement (docs/method.md sections 9 and 10): Euclidean distance between frames, the step pattern
`symmetricP2` (a slope between 2/3 and 3/2), and the cost of the best path divided by n + m. That pattern
cannot align two sequences whose lengths differ too much; such a pair is measured with the unconstrained
`symmetric2`, normalised in the same way.

It is our own since dtw-python computes the whole square of cells, where a path can pass only a fifth: a small part
of the pairs a second on one thread, the same distances (``benchmarks/dtw_rate.py``). The loops are in
`vpdlib.recognition.dtw_kernels`; they hold no interpreter lock, so that a plain pool of threads shares the pairs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vpdlib.progress import track
from vpdlib.recognition.dtw_kernels import make_scratch, measure_pairs

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
    distances = np.zeros((len(queries), len(references)), dtype=np.float64)

    def pairs(first: int, end: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        return np.divmod(np.arange(first, end), len(references))

    _fill(distances.reshape(-1), queries, references, pairs, threads, description)
    return distances


def listed_distances(
    queries: PackedSequences,
    references: PackedSequences,
    query_of: NDArray[np.integer],
    reference_of: NDArray[np.integer],
    threads: int = 1,
) -> NDArray[np.float64]:
    """The same distances as `packed_distances`, to the last bit, of some pairs only.

    Parameters
    ----------
    query_of, reference_of : (P,) the numbers of the sequences of each pair; best with equal queries side by side.

    Returns
    -------
    (P,) float64.

    Raises
    ------
    ValueError
        As `packed_distances`.
    """
    distances = np.zeros(len(query_of), dtype=np.float64)

    def pairs(first: int, end: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        of_queries, of_references = query_of[first:end], reference_of[first:end]
        return of_queries.astype(np.int64, copy=False), of_references.astype(np.int64, copy=False)

    _fill(distances, queries, references, pairs, threads, None)
    return distances


def _fill(
    out: NDArray[np.float64],
    queries: PackedSequences,
    references: PackedSequences,
    pairs: Callable[[int, int], tuple[NDArray[np.int64], NDArray[np.int64]]],
    threads: int,
    description: str | None,
) -> None:
    """Write the distances of pairs 0, 1, ..., of which ``pairs(first, end)`` gives the numbers of the sequences."""
    if threads < 1:
        raise ValueError(f"threads is {threads}; give at least 1")
    if not len(out):
        return
    num_channels = queries.frames.shape[1]
    if num_channels != references.frames.shape[1]:
        raise ValueError(
            f"queries have {num_channels} channels and references "
            f"{references.frames.shape[1]}: both must come from one feature set"
        )
    mean_cells = (len(queries.frames) / len(queries)) * (len(references.frames) / len(references))
    # At least four tasks a thread, so that none waits long for the last.
    per_task = min(
        math.ceil(_CELLS_PER_TASK / max(mean_cells, 1.0)), math.ceil(len(out) / (4 * threads))
    )
    firsts = range(0, len(out), per_task)

    def measure(first: int) -> None:
        end = min(first + per_task, len(out))
        # Every task has its own scratch: threads share nothing that is written but the result.
        measure_pairs(
            queries.frames,
            queries.starts,
            references.frames,
            references.starts,
            *pairs(first, end),
            out[first:end],
            make_scratch(queries.max_length, references.max_length, num_channels),
        )

    with ThreadPoolExecutor(threads) as pool:
        finished = pool.map(measure, firsts)
        for _ in (
            finished if description is None else track(finished, description, len(firsts), "block")
        ):
            pass
