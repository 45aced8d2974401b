"""Who is seen again: of several people who could be the athlete, the one whom other segments show too.

The recurrence of a track is how alike (:mod:`vpdlib.tracking.likeness`) its best match is among the candidates of each
other segment's time, on average, less the least that any rival of its time has. Rivals perform alike: a judge or
coach who stands beside every attempt is in all segments as well, and is none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vpdlib.tracking.likeness import Look, likeness, look_of
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
    rivals = [_rivals(candidates, segment) for segment in segments]
    looks: dict[int, Look] = {}
    for row in sorted({row for of_segment in rivals for row in of_segment}):
        looks[row] = look_of(candidates[row].track)
    again = np.zeros(len(candidates))
    contested = {row for of_segment in rivals if len(of_segment) > 1 for row in of_segment}
    for row in contested:
        track = candidates[row].track
        alike = [
            max(likeness(looks[row], looks[other]) for other in of_segment)
            for of_segment, segment in zip(rivals, segments, strict=True)
            if of_segment and (segment.end_s < track.start_s or segment.start_s > track.end_s)
        ]
        again[row] = np.mean(alike) if alike else 0.0
    above = np.zeros(len(candidates))
    for of_segment in rivals:
        if len(of_segment) > 1:
            above[of_segment] = np.maximum(
                above[of_segment], again[of_segment] - again[of_segment].min()
            )
    return above


def _rivals(candidates: list[Candidate], segment: Track) -> list[int]:
    """Rows of the candidates that could be meant in a segment's time, the most salient first."""
    rows = []
    for row, candidate in enumerate(candidates):
        track = candidate.track
        shared_s = min(track.end_s, segment.end_s) - max(track.start_s, segment.start_s)
        shorter_s = min(track.end_s - track.start_s, segment.end_s - segment.start_s)
        if track.shot == segment.shot and shared_s >= shorter_s / 2:
            rows.append(row)
    rows.sort(key=lambda row: -candidates[row].rate)
    most = candidates[rows[0]].rate if rows else 0.0
    rows = [row for row in rows if candidates[row].rate >= _RIVAL_FRACTION * most]
    liveliest = max((candidates[row].activity for row in rows), default=0.0)
    lively = [row for row in rows if candidates[row].activity >= _LIVELY_FRACTION * liveliest]
    return lively[:_MAX_RIVALS]
