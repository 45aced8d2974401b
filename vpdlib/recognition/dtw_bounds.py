"""Lower bounds of DTW distances, at a quarter of their cost, for a ranked search that measures only what can matter.

**Why it is a bound.** A frame becomes its coordinates in an orthonormal basis of a few channels, and the length of
what the basis leaves out. Two frames are at least as far apart as these vectors are: the left-out parts differ
by at least the difference of their lengths. A path costs no less where each of its cells costs less, so that
the DTW distance of the reduced sequences, over the same cells with the same steps, is no more than that
of the sequences. The basis is that of the largest variance (principal components) of the frames.

**Why it is cheap.** It is computed in float32 for eight references of equal length at once, one to a lane of a vector
register: no short loop, no sum across a register, and the dynamic programme runs in lanes too. What float32 may have
rounded up is taken off again, so that the bound holds exactly.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vpdlib.compiled import compiled
from vpdlib.recognition.dtw import PackedSequences
from vpdlib.recognition.dtw_kernels import paid_columns, reachable_columns
from vpdlib.recognition.vectors import LANES, lane_distances

# Coordinates kept of a frame. More leave fewer pairs to measure and cost more; from 16 to 28 it is the same in all on a
# student's descriptors (docs/performance.md).
NUM_COMPONENTS = 20
_DIM = NUM_COMPONENTS + 1
# Frames that the basis is found from; more do not change it.
_FRAMES_OF_BASIS = 20_000
_EPSILON = float(np.finfo(np.float32).eps)


@dataclass(frozen=True)
class Basis:
    """Directions of most variance.

    Attributes
    ----------
    mean : (d,) float64.
    axes : (d, at most NUM_COMPONENTS) float64, orthonormal columns.
    """

    mean: NDArray[np.float64]
    axes: NDArray[np.float64]

    @classmethod
    def of(cls, sequences: PackedSequences) -> Basis:
        """The basis of the frames (total, d) of some sequences."""
        step = max(1, len(sequences.frames) // _FRAMES_OF_BASIS)
        frames = sequences.frames[::step].astype(np.float64)
        mean = frames.mean(axis=0)
        _, axes = np.linalg.eigh((frames - mean).T @ (frames - mean))
        return cls(mean, np.ascontiguousarray(axes[:, ::-1][:, :NUM_COMPONENTS]))


@dataclass(frozen=True)
class ReducedSequences:
    """Sequences of shortened frames, in groups of eight of equal length.

    Attributes
    ----------
    frames : (total frames, 21) float32, end to end as the sequences were.
    starts : (S + 1,) int64, as of the sequences.
    order : (8 G,) int64 sequences by length, eight to a group; a group that would run short repeats its last one.
    group_of : (S,) int64 the group of each sequence.
    num_real : (G,) int64 how many of a group's eight are not repeated.
    lanes : float32, the groups end to end, each (frames, 21, 8).
    lane_starts : (G + 1,) int64 into ``lanes``.
    norm : the largest length of a frame, in units of the descriptors.
    """

    frames: NDArray[np.float32]
    starts: NDArray[np.int64]
    order: NDArray[np.int64]
    group_of: NDArray[np.int64]
    num_real: NDArray[np.int64]
    lanes: NDArray[np.float32]
    lane_starts: NDArray[np.int64]
    norm: float

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def max_length(self) -> int:
        """Frames of the longest sequence."""
        return int(np.diff(self.starts).max(initial=0))


def reduce_sequences(sequences: PackedSequences, basis: Basis) -> ReducedSequences:
    """Shorten every frame and deal the sequences to groups."""
    frames = np.zeros((len(sequences.frames), _DIM), np.float32)
    norm = 0.0
    for first in range(0, len(frames), _FRAMES_OF_BASIS):
        part = slice(first, first + _FRAMES_OF_BASIS)
        centred = sequences.frames[part].astype(np.float64) - basis.mean
        kept = centred @ basis.axes
        squared = (centred**2).sum(axis=1)
        frames[part, : kept.shape[1]] = kept
        frames[part, -1] = np.sqrt(np.maximum(squared - (kept**2).sum(axis=1), 0.0))
        norm = max(norm, float(np.sqrt(squared.max(initial=0.0))))
    lengths = np.diff(sequences.starts)
    order: list[int] = []
    num_real: list[int] = []
    by_length = np.argsort(lengths, kind="stable")
    for length in np.unique(lengths):
        members = by_length[lengths[by_length] == length]
        for first in range(0, len(members), LANES):
            group = members[first : first + LANES]
            num_real.append(len(group))
            order.extend(np.pad(group, (0, LANES - len(group)), mode="edge"))
    groups = np.array(order, np.int64).reshape(-1, LANES)
    sizes = [int(lengths[group[0]]) * _DIM * LANES for group in groups]
    lane_starts = np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)]).astype(np.int64)
    lanes = np.empty(int(lane_starts[-1]), np.float32)
    for index, group in enumerate(groups):
        of_group = [frames[sequences.starts[s] : sequences.starts[s + 1]] for s in group]
        lanes[lane_starts[index] : lane_starts[index + 1]] = np.stack(of_group, axis=2).reshape(-1)
    group_of = np.empty(len(lengths), np.int64)
    group_of[groups] = np.arange(len(groups))[:, None]
    return ReducedSequences(
        frames=frames,
        starts=sequences.starts,
        order=groups.reshape(-1),
        group_of=group_of,
        num_real=np.array(num_real, np.int64),
        lanes=lanes,
        lane_starts=lane_starts,
        norm=norm,
    )


def lower_bounds(
    queries: ReducedSequences,
    which: NDArray[np.integer],
    references: ReducedSequences,
    first_group: int = 0,
    threads: int = 1,
) -> NDArray[np.float32]:
    """What the distances of `vpdlib.recognition.dtw` are at least.

    Parameters
    ----------
    queries, references : reduced with one basis.
    which : (Q,) numbers of queries.
    first_group : of the references; earlier ones are left out, their bounds are infinite.
    threads : number of threads that share the queries.

    Returns
    -------
    (Q, R) float32, by the references' own numbers; in units of the descriptors.
    """
    out = np.full((len(which), len(references)), np.inf, np.float32)
    # Rounding of a frame's coordinates; that of the sums is relative, and is taken off in the loop.
    slack = np.float32(16 * _EPSILON * max(queries.norm, references.norm))
    numbers = np.asarray(which, np.int64)
    n, m = queries.max_length, references.max_length

    def measure(first: int) -> None:
        rows = slice(first, None, threads)
        _bound_queries(
            queries.frames,
            queries.starts,
            numbers[rows],
            references.lanes,
            references.lane_starts,
            references.order,
            references.num_real,
            first_group,
            slack,
            out[rows],
            np.zeros((3, (m + 2) * LANES), np.float32),
            np.zeros((4, (m + 3) * LANES), np.float32),
            np.zeros((4, n), np.int64),
        )

    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(measure, range(min(threads, len(numbers)))):
            pass
    return out


@compiled
def _bound_queries(  # type: ignore[no-untyped-def]
    frames,
    starts,
    which,
    lanes,
    lane_starts,
    order,
    num_real,
    first_group,
    slack,
    out,
    cost,
    total,
    ranges,
):
    epsilon = np.float32(_EPSILON)
    for row in range(len(which)):
        query = starts[which[row]] * _DIM
        n = starts[which[row] + 1] - starts[which[row]]
        ranged = -1
        for group in range(first_group, len(num_real)):
            m = (lane_starts[group + 1] - lane_starts[group]) // (_DIM * LANES)
            at = lane_starts[group]
            if 2 * (max(n, m) - 1) <= 3 * (min(n, m) - 1):
                # Groups stand by length: many in turn have the same cells.
                if m != ranged:
                    reachable_columns(n, m, ranges[0], ranges[1])
                    paid_columns(n, m, ranges[0], ranges[1], ranges[2], ranges[3])
                    ranged = m
                last = _bound_p2(frames, query, n, lanes, at, m, cost, total, ranges)
            else:
                last = _bound_2(frames, query, n, lanes, at, m, cost, total)
            # Sums of up to n + m costs, each of 21 squares, in float32.
            share = np.float32(1) - np.float32(n + m + 2 * _DIM) * epsilon
            for lane in range(num_real[group]):
                bound = last[lane] / np.float32(n + m) * share - slack
                out[row, order[group * LANES + lane]] = max(bound, np.float32(0))


@compiled
def _bound_p2(frames, query, n, lanes, at, m, cost, total, ranges):  # type: ignore[no-untyped-def]
    """Costs (8,) of the best `symmetricP2` paths; rings of three rows of costs and four of sums.

    A column is eight floats; columns of ``cost`` are two further, those of ``total`` three.
    """
    low, high, first, last = ranges[0], ranges[1], ranges[2], ranges[3]
    for ring in range(4):
        _wipe(total[ring], 0, m + 3)
    for i in range(n):
        costs = cost[i % 3]
        _costs_of_row(
            frames, query + i * _DIM, lanes, at, first[i], last[i] + 1, costs[2 * LANES :]
        )
        row = total[i % 4]
        if i == 0:
            for lane in range(LANES):
                row[3 * LANES + lane] = costs[2 * LANES + lane]
            continue
        if i >= 4:
            # What the row four before left behind.
            _wipe(row, low[i - 4] + 3, high[i - 4] + 4)
        start, end = max(low[i], 1) * LANES, (high[i] + 1) * LANES
        if end > start:
            _row_p2(
                row[start + 3 * LANES : end + 3 * LANES],
                total[(i + 3) % 4][start + 2 * LANES : end + 2 * LANES],
                total[(i + 2) % 4][start:end],
                total[(i + 1) % 4][start + LANES : end + LANES],
                costs[start : end + 2 * LANES],
                cost[(i + 2) % 3][start : end + 2 * LANES],
                cost[(i + 1) % 3][start : end + 2 * LANES],
            )
    return total[(n - 1) % 4, (m + 2) * LANES : (m + 3) * LANES]


@compiled
def _costs_of_row(frames, frame_at, lanes, at, first, end, costs):  # type: ignore[no-untyped-def]
    """Distances of one frame and columns first, first + 1, ..., end - 1 of a group, into those columns of ``costs``."""
    for j in range(first, end):
        lane_distances(frames, frame_at, lanes, at + j * _DIM * LANES, _DIM, costs, j * LANES)


@compiled
def _wipe(row, first, end):  # type: ignore[no-untyped-def]
    # Columns first, first + 1, ..., end - 1. A loop: a slice that is filled is much slower here.
    for k in range(first * LANES, end * LANES):
        row[k] = np.float32(np.inf)


@compiled
def _row_p2(here, before, before_2, before_3, cost, cost_1, cost_2):  # type: ignore[no-untyped-def]
    """A row of sums; each slice begins at the column that its step comes from."""
    two = np.float32(2)
    for k in range(len(here)):
        own = cost[k + 2 * LANES]
        best = before[k] + two * own
        wide = before_2[k] + two * (cost_1[k] + cost[k + LANES]) + own
        tall = before_3[k] + two * (cost_2[k + LANES] + cost_1[k + 2 * LANES]) + own
        best = wide if wide < best else best
        here[k] = tall if tall < best else best


@compiled
def _bound_2(frames, query, n, lanes, at, m, cost, total):  # type: ignore[no-untyped-def]
    """Costs (8,) of the best `symmetric2` paths; two rows of ``total`` in turn, their columns one further."""
    costs = cost[0]
    for i in range(n):
        _costs_of_row(frames, query + i * _DIM, lanes, at, 0, m, costs)
        here, before = total[i % 2], total[(i + 1) % 2]
        _wipe(here, 0, 1)
        if i == 0:
            here[LANES : 2 * LANES] = costs[:LANES]
            for k in range(LANES, m * LANES):
                here[k + LANES] = here[k] + costs[k]
            continue
        _row_2(here, before, costs[: m * LANES])
    return total[(n - 1) % 2, m * LANES : (m + 1) * LANES]


@compiled
def _row_2(here, before, cost):  # type: ignore[no-untyped-def]
    for k in range(len(cost)):
        straight = before[k + LANES] + cost[k]
        slanted = before[k] + np.float32(2) * cost[k]
        best = slanted if slanted < straight else straight
        level = here[k] + cost[k]
        here[k + LANES] = level if level < best else best
