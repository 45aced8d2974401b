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
from numba import njit
from numpy.typing import NDArray

# Reassociation lets the sum over channels run in vector registers; infinities keep their meaning.
_FAST_SUM = {"reassoc", "contract", "nsz"}


class Scratch(NamedTuple):
    """What a thread writes into while it measures pairs of up to n and m frames of d channels."""

    query: NDArray[np.float64]
    reference: NDArray[np.float64]
    cost: NDArray[np.float64]
    total: NDArray[np.float64]
    low: NDArray[np.int64]
    high: NDArray[np.int64]
    first: NDArray[np.int64]
    last: NDArray[np.int64]


def make_scratch(n: int, m: int, num_channels: int) -> Scratch:
    """Scratch for queries of at most n frames and references of at most m."""
    return Scratch(
        # A tile may reach beyond a sequence of one, two or three frames.
        query=np.zeros((n + 1, num_channels)),
        reference=np.zeros((m + 3, num_channels)),
        # Two rows and columns before the first cell are read, and added to infinity: they must be numbers.
        cost=np.zeros((n + 3, m + 5)),
        total=np.full((n + 3, m + 3), np.inf),
        low=np.zeros(n + 1, np.int64),
        high=np.zeros(n + 1, np.int64),
        first=np.zeros(n + 1, np.int64),
        last=np.zeros(n + 1, np.int64),
    )


@njit(nogil=True, cache=True)
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
            _copy(queries, a0, n, scratch.query)
            held = query
        _copy(references, b0, m, scratch.reference)
        if 2 * (max(n, m) - 1) <= 3 * (min(n, m) - 1):
            path = _symmetric_p2(n, m, scratch)
        else:
            path = _symmetric_2(n, m, scratch)
        out[pair] = path / (n + m)


@njit(nogil=True, cache=True)
def _copy(frames, start, count, out):  # type: ignore[no-untyped-def]
    """Frames start, start + 1, ... as float64."""
    for index in range(count):
        source, target = frames[start + index], out[index]
        for channel in range(len(source)):
            target[channel] = source[channel]


@njit(nogil=True, cache=True)
def reachable_columns(n, m, low, high):  # type: ignore[no-untyped-def]
    """First and last column of each row that lie on a `symmetricP2` path from corner to corner."""
    for i in range(n):
        left = n - 1 - i
        low[i] = max((2 * i + 2) // 3, m - 1 - ((3 * left) >> 1))
        high[i] = min((3 * i) >> 1, m - 1 - (2 * left + 2) // 3)


@njit(nogil=True, cache=True)
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


@njit(nogil=True, cache=True)
def _symmetric_p2(n, m, scratch):  # type: ignore[no-untyped-def]
    """Cost of the best path; cells of `total` are three rows and columns further, those of `cost` two."""
    low, high = scratch.low, scratch.high
    reachable_columns(n, m, low, high)
    paid_columns(n, m, low, high, scratch.first, scratch.last)
    _costs(n, m, scratch)
    cost, total = scratch.cost, scratch.total
    # What other pairs left: before the first row up to the eighth column, then four columns about each row's range.
    for row in range(3):
        total[row, : min(m + 3, 12)] = np.inf
    total[3, : min(m + 3, 12)] = np.inf
    total[3, 3] = cost[2, 2]
    for i in range(1, n):
        before_3, before_2, before, here = total[i], total[i + 1], total[i + 2], total[i + 3]
        cost_2, cost_1, cost_0 = cost[i], cost[i + 1], cost[i + 2]
        start = max(low[i], 1)
        for j in range(max(start - 4, -3), start):
            here[j + 3] = np.inf
        for j in range(start, high[i] + 1):
            own = cost_0[j + 2]
            best = before[j + 2] + 2.0 * own
            wide = before_2[j] + 2.0 * (cost_1[j] + cost_0[j + 1]) + own
            tall = before_3[j + 1] + 2.0 * (cost_2[j + 1] + cost_1[j + 2]) + own
            best = wide if wide < best else best
            here[j + 3] = tall if tall < best else best
        for j in range(high[i] + 1, min(high[i] + 5, m)):
            here[j + 3] = np.inf
    return total[n + 2, m + 2]


@njit(nogil=True, cache=True)
def _symmetric_2(n, m, scratch):  # type: ignore[no-untyped-def]
    """Cost of the best unconstrained path, a diagonal step counting its cell twice."""
    scratch.first[:n] = 0
    scratch.last[:n] = m - 1
    _costs(n, m, scratch)
    cost, total = scratch.cost, scratch.total
    total[2, 2 : m + 3] = np.inf
    total[2 : n + 3, 2] = np.inf
    for i in range(n):
        for j in range(m):
            own = cost[i + 2, j + 2]
            if i == 0 and j == 0:
                total[3, 3] = own
                continue
            best = total[i + 2, j + 2] + 2.0 * own
            best = min(best, total[i + 2, j + 3] + own)
            total[i + 3, j + 3] = min(best, total[i + 3, j + 2] + own)
    return total[n + 2, m + 2]


@njit(nogil=True, cache=True)
def _costs(n, m, scratch):  # type: ignore[no-untyped-def]
    """Euclidean distances of the frames in columns first to last of each row, and of some beside them."""
    first, last = scratch.first, scratch.last
    for i in range(0, n, 2):
        start, end = first[i], last[i]
        if i + 1 < n:
            start, end = min(start, first[i + 1]), max(end, last[i + 1])
        for j in range(start, end + 1, 4):
            # The last tile of a row is moved back to where frames are; so is the one of an odd last row.
            _tile(
                scratch.query,
                max(min(i, n - 2), 0),
                scratch.reference,
                max(min(j, m - 4), 0),
                scratch.cost,
            )


@njit(nogil=True, cache=True, fastmath=_FAST_SUM)
def _tile(a, i, b, j, cost):  # type: ignore[no-untyped-def]
    """Costs of rows i, i + 1 and columns j to j + 3."""
    a0, a1 = a[i], a[i + 1]
    b0, b1, b2, b3 = b[j], b[j + 1], b[j + 2], b[j + 3]
    s00 = s01 = s02 = s03 = s10 = s11 = s12 = s13 = 0.0
    for channel in range(a.shape[1]):
        x, y = a0[channel], a1[channel]
        difference = x - b0[channel]
        s00 += difference * difference
        difference = x - b1[channel]
        s01 += difference * difference
        difference = x - b2[channel]
        s02 += difference * difference
        difference = x - b3[channel]
        s03 += difference * difference
        difference = y - b0[channel]
        s10 += difference * difference
        difference = y - b1[channel]
        s11 += difference * difference
        difference = y - b2[channel]
        s12 += difference * difference
        difference = y - b3[channel]
        s13 += difference * difference
    row = cost[i + 2, j + 2 : j + 6]
    row[0], row[1], row[2], row[3] = np.sqrt(s00), np.sqrt(s01), np.sqrt(s02), np.sqrt(s03)
    row = cost[i + 3, j + 2 : j + 6]
    row[0], row[1], row[2], row[3] = np.sqrt(s10), np.sqrt(s11), np.sqrt(s12), np.sqrt(s13)
