"""Which frames dynamic time warping lays over one another: the path whose cost is the distance.

`vpdlib.recognition.dtw` gives the distance alone and looks only at cells that a path can pass. To look at a few pairs,
the whole square is computed here by the same recurrence, and what every cell came from is kept. Of steps that cost the
same, the straight one is taken.

A bent step of `symmetricP2` passes two cells before the one that it ends in; they are in the path, so that every step
from cell to cell takes a frame of the query, one of the reference, or one of each.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from vpdlib.compiled import compiled
from vpdlib.recognition.dtw import pack_sequences

#: What a cell was reached by; numbers, since compiled loops store them.
_DIAGONAL, _LONG_REFERENCE, _LONG_QUERY, _QUERY_ALONE, _REFERENCE_ALONE = range(5)


@dataclass(frozen=True)
class DtwPath:
    """The best alignment of two sequences of n and m descriptors.

    Attributes
    ----------
    cells : (P, 2) int64, frames of query and reference that match, from (0, 0) to (n - 1, m - 1).
    weights : (P,) float64, how often the distance of each pair of frames counts.
    cost : the sum of weighted distances of frames along the path.
    distance : ``cost / (n + m)``, that of `vpdlib.recognition.dtw.dtw_distance` up to rounding.
    """

    cells: NDArray[np.int64]
    weights: NDArray[np.float64]
    cost: float
    distance: float


def dtw_path(query: NDArray[np.floating], reference: NDArray[np.floating]) -> DtwPath:
    """The path that the DTW distance of two sequences is measured along.

    Parameters
    ----------
    query : (n, d) floats.
    reference : (m, d) floats.

    Returns
    -------
    By `symmetricP2`, or by `symmetric2` where the lengths differ too much for it. Memory: about 20 n m bytes.

    Raises
    ------
    ValueError
        As `vpdlib.recognition.dtw.pack_sequences`.
    """
    # It refuses what no distance can be measured of.
    pack_sequences([query, reference], "sequences")
    frames = cdist(query.astype(np.float64), reference.astype(np.float64))
    n, m = frames.shape
    is_p2 = 2 * (max(n, m) - 1) <= 3 * (min(n, m) - 1)
    cost, steps = _symmetric_p2(frames) if is_p2 else _symmetric_2(frames)
    cells, weights = _trace(steps)
    return DtwPath(cells, weights, float(cost), float(cost) / (n + m))


@compiled
def _symmetric_p2(frames):  # type: ignore[no-untyped-def]
    """Cost of the best path, and the step that leads to each cell."""
    n, m = frames.shape
    total = np.full((n, m), np.inf)
    steps = np.zeros((n, m), np.int8)
    total[0, 0] = frames[0, 0]
    for i in range(1, n):
        for j in range(1, m):
            own = frames[i, j]
            best = total[i - 1, j - 1] + 2.0 * own
            if i >= 2 and j >= 3:
                bent = 2.0 * frames[i - 1, j - 2] + 2.0 * frames[i, j - 1] + own
                bent += total[i - 2, j - 3]
                if bent < best:
                    best = bent
                    steps[i, j] = _LONG_REFERENCE
            if i >= 3 and j >= 2:
                bent = 2.0 * frames[i - 2, j - 1] + 2.0 * frames[i - 1, j] + own
                bent += total[i - 3, j - 2]
                if bent < best:
                    best = bent
                    steps[i, j] = _LONG_QUERY
            total[i, j] = best
    return total[n - 1, m - 1], steps


@compiled
def _symmetric_2(frames):  # type: ignore[no-untyped-def]
    """The same without a limit to the slope, a diagonal step counting its cell twice."""
    n, m = frames.shape
    total = np.full((n, m), np.inf)
    steps = np.zeros((n, m), np.int8)
    total[0, 0] = frames[0, 0]
    for i in range(n):
        for j in range(m):
            if i == 0 and j == 0:
                continue
            own = frames[i, j]
            best = np.inf
            if i and j:
                best = total[i - 1, j - 1] + 2.0 * own
            if i and total[i - 1, j] + own < best:
                best = total[i - 1, j] + own
                steps[i, j] = _QUERY_ALONE
            if j and total[i, j - 1] + own < best:
                best = total[i, j - 1] + own
                steps[i, j] = _REFERENCE_ALONE
            total[i, j] = best
    return total[n - 1, m - 1], steps


@compiled
def _trace(steps):  # type: ignore[no-untyped-def]
    """The cells from the first to the last, and how often each counts."""
    n, m = steps.shape
    cells = np.empty((n + m, 2), np.int64)
    weights = np.empty(n + m)
    i, j, place = n - 1, m - 1, n + m
    while i or j:
        step = steps[i, j]
        place -= 1
        cells[place] = i, j
        weights[place] = 2.0 if step == _DIAGONAL else 1.0
        if step in (_LONG_REFERENCE, _LONG_QUERY):
            # The bent steps' last move takes one frame alone, the two before it one of each.
            i, j = (i, j - 1) if step == _LONG_REFERENCE else (i - 1, j)
            for _ in range(2):
                place -= 1
                cells[place] = i, j
                weights[place] = 2.0
                i, j = i - 1, j - 1
        elif step == _QUERY_ALONE:
            i -= 1
        elif step == _REFERENCE_ALONE:
            j -= 1
        else:
            i, j = i - 1, j - 1
    place -= 1
    cells[place] = 0, 0
    weights[place] = 1.0
    return cells[place:].copy(), weights[place:].copy()
