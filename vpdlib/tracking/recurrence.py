"""Who is seen again: of several people who could be the athlete, the one whom other segments show too.

The recurrence of a track is how alike (:mod:`vpdlib.tracking.likeness`) its best match is among the candidates of each
other segment's time, on average, less the least that any rival of its time has. Rivals perform alike: a judge or
coach who stands beside every attempt is in all segments as well, and is none.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from vpdlib.tracking.likeness import Looks, look_of
from vpdlib.tracking.people import Track

#: A candidate whose salience per second is this fraction of the best of a time, or more, could be meant there,
_RIVAL_FRACTION = 0.1
#: if it has this fraction of the greatest activity among them, or more.
_LIVELY_FRACTION = 0.5
#: So many of them are looked at.
_MAX_RIVALS = 6


@dataclass(frozen=True)
class Candidate:
    """A track, its salience per second, its activity, and what its salience is multiplied by for the choice."""

    track: Track
    rate: float
    activity: float
    bonus: float = 1.0

    @property
    def worth(self) -> float:
        """What following it for a second is worth."""
        return self.rate * self.bonus


def recurrence(candidates: list[Candidate], segments: list[Track]) -> np.ndarray:
    """How much of each candidate is seen again at other times, above the least of its rivals.

    Parameters
    ----------
    candidates : of the video, C of them.
    segments : the times that count, S tracks.

    Returns
    -------
    (C,) in [0, 1]; 0 where nobody else could be meant.
    """
    of_shot: dict[int, list[int]] = defaultdict(list)
    for row, candidate in enumerate(candidates):
        of_shot[candidate.track.shot].append(row)
    rivals = [_rivals(candidates, of_shot[segment.shot], segment) for segment in segments]
    above = np.zeros(len(candidates))
    contested = sorted({row for of_segment in rivals if len(of_segment) > 1 for row in of_segment})
    if not contested:
        return above
    shown = sorted({row for of_segment in rivals for row in of_segment})
    place = {row: index for index, row in enumerate(shown)}
    looks = Looks([look_of(candidates[row].track) for row in shown])
    # One after the other, the rivals of every segment that has some.
    there = [(s, of_segment) for s, of_segment in zip(segments, rivals, strict=True) if of_segment]
    places = np.array([place[row] for _, of_segment in there for row in of_segment])
    firsts = np.cumsum([0, *(len(of_segment) for _, of_segment in there[:-1])])
    start_s = np.array([segment.start_s for segment, _ in there])
    end_s = np.array([segment.end_s for segment, _ in there])
    again = np.zeros(len(candidates))
    for row in contested:
        track = candidates[row].track
        best = np.maximum.reduceat(looks.likeness(place[row])[places], firsts)
        elsewhere = (end_s < track.start_s) | (start_s > track.end_s)
        again[row] = best[elsewhere].mean() if elsewhere.any() else 0.0
    for of_segment in rivals:
        if len(of_segment) > 1:
            above[of_segment] = np.maximum(
                above[of_segment], again[of_segment] - again[of_segment].min()
            )
    return above


def _rivals(candidates: list[Candidate], of_shot: list[int], segment: Track) -> list[int]:
    """Rows, of those of its shot, that could be meant in a segment's time, the most salient first."""
    rows = []
    for row in of_shot:
        track = candidates[row].track
        shared_s = min(track.end_s, segment.end_s) - max(track.start_s, segment.start_s)
        shorter_s = min(track.end_s - track.start_s, segment.end_s - segment.start_s)
        if shared_s >= shorter_s / 2:
            rows.append(row)
    rows.sort(key=lambda row: -candidates[row].rate)
    most = candidates[rows[0]].rate if rows else 0.0
    rows = [row for row in rows if candidates[row].rate >= _RIVAL_FRACTION * most]
    liveliest = max((candidates[row].activity for row in rows), default=0.0)
    lively = [row for row in rows if candidates[row].activity >= _LIVELY_FRACTION * liveliest]
    return lively[:_MAX_RIVALS]
