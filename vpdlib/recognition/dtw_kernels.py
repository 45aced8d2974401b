"""The compiled loops of `vpdlib.recognition.dtw`.

With N = n - 1 and M = m - 1 steps to go, `symmetricP2` (steps (1, 1), (2, 3), (3, 2)) reaches the end if and
only if 2 max(N, M) <= 3 min(N, M). The same inequality, seen from both ends, leaves a parallelogram of cells
that a path can pass, a fifth of a square. Costs are computed only there and where a bent step pays for a cell beside
it, in tiles of two rows and four columns, so that a descriptor that is loaded serves several cells.

Every cost is summed in one order, whichever tile it falls into, so that a distance is the same to the last bit in
both directions. Numba compiles on first use and keeps what it made beside the module. Its own parallel loops are
not used: their thread pool must not be forked, and data loaders fork.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vpdlib.compiled import compiled
from vpdlib.recognition.vectors import CHANNELS, symmetric_p2_row, tile_distances


class Scratch(NamedTuple):
    """What a thread writes into while it measures pairs of up to n and m frames.

    Attributes
    ----------
    query, reference : frames end to end, each padded to ``channels`` with zeros.
    cost, total : rows of ``stride`` cells; those of ``cost`` begin two rows and columns before the first cell, those of
        ``total`` three.
    low, high, first, last : of each row, see `reachable_columns` and `paid_columns`.
    """

    query: NDArray[np.float64]
    reference: NDArray[np.float64]
    cost: NDArray[np.float64]
    total: NDArray[np.float64]
    low: NDArray[np.int64]
    high: NDArray[np.int64]
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    channels: int
    stride: int


def make_scratch(n: int, m: int, num_channels: int) -> Scratch:
    """Scratch for queries of at most n frames and references of at most m."""
    channels = -(-max(num_channels, 1) // CHANNELS) * CHANNELS
    # Tiles and vectors reach past the end, and what they find there must be numbers: it is added to infinity.
    stride = m + 8
    return Scratch(
        query=np.zeros((n + 1) * channels),
        reference=np.zeros((m + 3) * channels),
        cost=np.zeros((n + 3) * stride),
        total=np.full((n + 3) * stride, np.inf),
        low=np.zeros(n + 1, np.int64),
        high=np.zeros(n + 1, np.int64),
        first=np.zeros(n + 1, np.int64),
        last=np.zeros(n + 1, np.int64),
        channels=channels,
        stride=stride,
    )


@compiled
def measure_pairs(  # type: ignore[no-untyped-def]
    queries, query_starts, references, reference_starts, query_of, reference_of, out, scratch
):
    """Write the distance of queries[query_of[p]] and references[reference_of[p]] into out[p]."""
    held = -1
    for pair in range(len(out)):
        query, reference = query_of[pair], reference_of[pair]
        a0, b0 = query_starts[query], reference_starts[reference]
        n = query_starts[query + 1] - a0
        m = reference_starts[reference + 1] - b0
        if query != held:
            _copy(queries, a0, n, scratch.query, scratch.channels)
            held = query
        _copy(references, b0, m, scratch.reference, scratch.channels)
        if 2 * (max(n, m) - 1) <= 3 * (min(n, m) - 1):
            path = _symmetric_p2(n, m, scratch)
        else:
            path = _symmetric_2(n, m, scratch)
        out[pair] = path / (n + m)


@compiled
def _copy(frames, start, count, out, channels):  # type: ignore[no-untyped-def]
    """Frames start, start + 1, ... as float64."""
    for index in range(count):
        source = frames[start + index]
        target = out[index * channels : (index + 1) * channels]
        for channel in range(len(source)):
            target[channel] = source[channel]


@compiled
def reachable_columns(n, m, low, high):  # type: ignore[no-untyped-def]
    """First and last column of each row that lie on a `symmetricP2` path from corner to corner."""
    for i in range(n):
        left = n - 1 - i
        low[i] = max((2 * i + 2) // 3, m - 1 - ((3 * left) >> 1))
        high[i] = min((3 * i) >> 1, m - 1 - (2 * left + 2) // 3)


@compiled
def paid_columns(n, m, low, high, first, last):  # type: ignore[no-untyped-def]
    """First and last column of each row whose cost is asked for: bent steps pay beside the reachable cells.

    A step (2, 3) or (3, 2) takes one column before a row's range, and what the next two rows take from this one.
    """
    for i in range(n):
        start, end = low[i] - 1, high[i]
        if i + 1 < n:
            start, end = min(start, low[i + 1] - 2), max(end, high[i + 1])
        if i + 2 < n:
            start, end = min(start, low[i + 2] - 1), max(end, high[i + 2] - 1)
        first[i], last[i] = max(start, 0), min(end, m - 1)


@compiled
def _symmetric_p2(n, m, scratch):  # type: ignore[no-untyped-def]
    """Cost of the best path."""
    low, high, stride = scratch.low, scratch.high, scratch.stride
    reachable_columns(n, m, low, high)
    paid_columns(n, m, low, high, scratch.first, scratch.last)
    _costs(n, m, scratch)
    cost, total = scratch.cost, scratch.total
    # Other pairs left their sums: wiped are the rows before the first and four columns about each row's range.
    for row in range(4):
        for j in range(min(stride, 12)):
            total[row * stride + j] = np.inf
    total[3 * stride + 3] = cost[2 * stride + 2]
    for i in range(1, n):
        start, end = max(low[i], 1), high[i] + 1
        here = (i + 3) * stride + 3
        if end > start:
            symmetric_p2_row(
                total,
                here + start,
                here + start - stride - 1,
                here + start - 2 * stride - 3,
                here + start - 3 * stride - 2,
                cost,
                (i + 2) * stride + start,
                (i + 1) * stride + start,
                i * stride + start,
                end - start,
            )
        for beside in range(4):
            total[here + start - 4 + beside] = np.inf
            total[here + end + beside] = np.inf
    return total[(n + 2) * stride + m + 2]


@compiled
def _symmetric_2(n, m, scratch):  # type: ignore[no-untyped-def]
    """Cost of the best unconstrained path, a diagonal step counting its cell twice."""
    scratch.first[:n] = 0
    scratch.last[:n] = m - 1
    _costs(n, m, scratch)
    stride = scratch.stride
    for i in range(n):
        here = scratch.total[(i + 3) * stride + 2 : (i + 3) * stride + m + 3]
        before = scratch.total[(i + 2) * stride + 2 : (i + 2) * stride + m + 3]
        cost = scratch.cost[(i + 2) * stride + 2 : (i + 2) * stride + m + 2]
        here[0] = np.inf
        if i == 0:
            here[1] = cost[0]
            for j in range(1, m):
                here[j + 1] = here[j] + cost[j]
            continue
        for j in range(m):
            own = cost[j]
            straight = before[j + 1] + own
            slanted = before[j] + 2.0 * own
            best = slanted if slanted < straight else straight
            level = here[j] + own
            here[j + 1] = level if level < best else best
    return scratch.total[(n + 2) * stride + m + 2]


@compiled
def _costs(n, m, scratch):  # type: ignore[no-untyped-def]
    """Euclidean distances of the frames in columns first to last of each row, and of some beside them."""
    first, last, channels, stride = scratch.first, scratch.last, scratch.channels, scratch.stride
    for i in range(0, n, 2):
        start, end = first[i], last[i]
        if i + 1 < n:
            start, end = min(start, first[i + 1]), max(end, last[i + 1])
        # The tile of an odd last row is moved back to where frames are; so is the last tile of a row.
        row = max(min(i, n - 2), 0)
        for j in range(start, end + 1, 4):
            column = max(min(j, m - 4), 0)
            tile_distances(
                scratch.query,
                row * channels,
                scratch.reference,
                column * channels,
                channels,
                scratch.cost,
                (row + 2) * stride + column + 2,
                stride,
            )
