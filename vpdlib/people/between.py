"""Who is in the frames between two that were looked at: the people of both, interpolated.

People of two looks are the same where their boxes overlap the most in sum. Who is in both is between them too, with
box, keypoints, score and colours on the straight line from one to the other; who is in one only is not. That is
right where a third look agrees: whoever is sure in any of the three is in all, and the middle box is where the line
has it. Frames: boxes xyxy in source px; time in s.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from vpdlib.geometry import iou_matrix
from vpdlib.people.base import SURE_SCORE, People

Columns = dict[str, np.ndarray]


@dataclass(frozen=True)
class SeenPeople:
    """The people of one look, and its time in s."""

    time_s: float
    people: People


def same_people(before_px: np.ndarray, after_px: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows of the boxes (A, 4) and (B, 4) that are the same people: two arrays of one length, none twice."""
    iou = iou_matrix(before_px, after_px)
    rows, columns = linear_sum_assignment(iou, maximize=True)
    overlap = iou[rows, columns] > 0
    return rows[overlap], columns[overlap]


def agree(before: SeenPeople, now: SeenPeople, after: SeenPeople, min_iou: float) -> bool:
    """Whether what is seen now is what the looks before and after make one expect.

    Parameters
    ----------
    before, now, after : three looks of one shot, in order of time.
    min_iou : least overlap of a box with the one interpolated.
    """
    from_before = dict(zip(*_pairs(before, now), strict=True))
    to_after = dict(zip(*_pairs(now, after), strict=True))
    # In all three: rows of before, now, after.
    chains = [(a, b, to_after[b]) for a, b in from_before.items() if b in to_after]
    for place, seen in enumerate((before, now, after)):
        sure = np.flatnonzero(seen.people.score >= SURE_SCORE)
        if not set(sure.tolist()) <= {chain[place] for chain in chains}:
            return False
    fraction = (now.time_s - before.time_s) / (after.time_s - before.time_s)
    for a, b, c in chains:
        scores = before.people.score[a], now.people.score[b], after.people.score[c]
        if max(scores) < SURE_SCORE:
            continue
        ends = before.people.box_px[a], after.people.box_px[c]
        expected = (1 - fraction) * ends[0] + fraction * ends[1]
        if iou_matrix(expected, now.people.box_px[b])[0, 0] < min_iou:
            return False
    return True


def _pairs(one: SeenPeople, other: SeenPeople) -> tuple[list[int], list[int]]:
    rows, columns = same_people(one.people.box_px, other.people.box_px)
    return rows.tolist(), columns.tolist()


def fill_between(
    seen: Mapping[str, np.ndarray],
    num_people: np.ndarray,
    looked_at: np.ndarray,
    time_s: np.ndarray,
    shot: np.ndarray,
) -> Iterator[Columns]:
    """Put people into the frames that were not looked at.

    Parameters
    ----------
    seen : columns of the people artifact that have a row for each person, of the frames looked at, in order.
    num_people : (L,) people of each of these.
    looked_at : (M,) bool, which of the sampled frames they are; the first and the last are among them.
    time_s, shot : (M,) of the sampled frames.

    Yields
    ------
    The columns of each of the M frames. A frame whose neighbours were looked at in its own shot has the people of
    both, interpolated; with one such neighbour it has those of that one, and with none nobody.
    """
    places = np.flatnonzero(looked_at)
    first = np.append(0, np.cumsum(num_people))
    nobody = {name: column[:0] for name, column in seen.items()}

    def look(number: int) -> Columns:
        return {name: column[first[number] : first[number + 1]] for name, column in seen.items()}

    for number, place in enumerate(places):
        yield look(number)
        if number + 1 == len(places) or places[number + 1] == place + 1:
            continue
        after = int(places[number + 1])
        one, other = look(number), look(number + 1)
        rows, columns = same_people(one["box_px"], other["box_px"])
        both = _rows(one, rows), _rows(other, columns)
        for between in range(place + 1, after):
            if shot[place] == shot[after]:
                fraction = (time_s[between] - time_s[place]) / (time_s[after] - time_s[place])
                people = _interpolated(*both, float(fraction))
            elif shot[between] == shot[place]:
                people = one
            elif shot[between] == shot[after]:
                people = other
            else:
                people = nobody
            yield people


def _rows(columns: Columns, rows: np.ndarray) -> Columns:
    return {name: column[rows] for name, column in columns.items()}


def _interpolated(one: Columns, other: Columns, fraction: float) -> Columns:
    """The people on the line from one look to the other, where they are the same, row by row."""
    result = {}
    nearer = one if fraction <= 0.5 else other
    for name, column in one.items():
        if name in ("source", "mask"):
            # A mask is over its box, and goes with it.
            result[name] = nearer[name]
            continue
        value = (1 - fraction) * column.astype(np.float64) + fraction * other[name]
        result[name] = (np.rint(value) if name == "appearance" else value).astype(column.dtype)
    return result
