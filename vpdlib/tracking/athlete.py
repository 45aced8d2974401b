"""Which of the tracks are the athlete's.

The athlete of a video is a set of segments, whole tracks that do not overlap in time: who leaves and comes back,
elsewhere in the picture too, and who is cut away from and shown again in another shot, has a segment each time.
Segments are chosen among whole tracks and never frame by frame, by one rule, from each track's salience
(:mod:`vpdlib.tracking.salience`).

Segments. In every shot the tracks, and parts of them, are followed that together have the greatest sum of salience
per second x seconds, one at a time, where to begin with a track later than it begins, or to leave it before it
ends, costs ``switch_s`` seconds of its own. So an attempt beats the coach who stands beside it all day, and one who
walks past the camera does not beat the athlete behind. What is followed has at least ``min_share`` of the salience
per second that is reached for ``REFERENCE_S`` in its shot: nobody is followed who merely stands by while the athlete is
away, and nobody is lost to someone who comes close to the camera to stop it. A shot of a few frames between others,
as a title or a black picture between two scenes, has no athlete.

Appearance. This is done twice. The first time tells when there are segments. Where several tracks could be one, the
second time decides by who is seen again (:mod:`vpdlib.tracking.recurrence`): salience is multiplied by 1 +
``look_bonus`` x recurrence for that choice. So the athlete of every attempt beats those who are beside them in one;
where nobody else could be meant, or the video has one segment only, appearance changes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace

import numpy as np

from vpdlib.tracking.associate import meeting_cost
from vpdlib.tracking.people import PeopleDetections, Track
from vpdlib.tracking.recurrence import Candidate, recurrence
from vpdlib.tracking.salience import activity, salience, seconds
from vpdlib.tracking.settings import TrackingSettings

#: What is followed is measured by the salience per second that is reached for this long, or for half of what is
#: followed in the shot.
REFERENCE_S = 3.0
#: A shot that lasts less, of a video that has others, has no athlete.
MIN_SHOT_S = 0.2


@dataclass(frozen=True)
class _Segment:
    """A part of a track that is followed, and whether it is all of it."""

    track: Track
    is_whole: bool


def choose_athlete(
    tracks: list[Track], people: PeopleDetections, settings: TrackingSettings
) -> list[Track]:
    """Choose the athlete's segments; to each, pieces of the same person after longer losses are joined.

    Parameters
    ----------
    tracks : stitched tracks of the video.
    people : the detections they are made of (for the frame's size and times).
    settings : the rule and its weights.

    Returns
    -------
    The segments in order of time; none where no track is long enough or none is ever in the central region.
    """
    shot_s = _shot_lengths(people)
    fleeting = _fleeting_shots(people)
    candidates = [
        Candidate(
            track,
            salience(track, people, settings) / seconds(track, people),
            activity(track, settings),
        )
        for track in tracks
        if track.shot not in fleeting and _is_long_enough(track, shot_s, settings)
    ]
    candidates = [c for c in candidates if c.rate > 0]
    segments = _followed(candidates, settings)
    if len(segments) > 1 and settings.look_bonus:
        again = recurrence(candidates, [segment.track for segment in segments])
        candidates = [
            replace(candidate, bonus=1 + settings.look_bonus * float(fraction))
            for candidate, fraction in zip(candidates, again, strict=True)
        ]
        segments = _followed(candidates, settings)
    return _bridged(segments, tracks, settings)


def _followed(candidates: list[Candidate], settings: TrackingSettings) -> list[_Segment]:
    """The segments of all shots, in order of time."""
    by_shot: dict[int, list[Candidate]] = defaultdict(list)
    for candidate in candidates:
        by_shot[candidate.track.shot].append(candidate)
    segments = []
    for of_shot in by_shot.values():
        pieces = _best_pieces(of_shot, settings.switch_s)
        least = settings.min_share * _reference(pieces)
        done_s = -np.inf
        for candidate, start_s, end_s in pieces:
            if candidate.rate < least:
                continue
            part = candidate.track.within(start_s, end_s)
            # Two tracks may have a detection at the moment at which one is left for the other.
            for rest in part.outside(-np.inf, done_s):
                is_whole = start_s <= candidate.track.start_s and end_s >= candidate.track.end_s
                segments.append(_Segment(rest, is_whole))
                done_s = rest.end_s
    return sorted(segments, key=lambda segment: segment.track.start_s)


def _reference(pieces: list[tuple[Candidate, float, float]]) -> float:
    """The salience per second that is reached for ``REFERENCE_S``, or for half of the time of all pieces."""
    needed_s = min(REFERENCE_S, sum(end_s - start_s for _, start_s, end_s in pieces) / 2)
    so_far_s = 0.0
    reference = 0.0
    for candidate, start_s, end_s in sorted(pieces, key=lambda piece: -piece[0].rate):
        reference = candidate.rate
        so_far_s += end_s - start_s
        if so_far_s >= needed_s:
            break
    return reference


def _best_pieces(
    candidates: list[Candidate], switch_s: float
) -> list[tuple[Candidate, float, float]]:
    """The parts of tracks, one at a time, of the greatest value in sum; see the module's text.

    Tracks begin and end at few moments, and between two of them nothing changes; so it is enough to decide there,
    by dynamic programming over those moments.

    Parameters
    ----------
    candidates : the tracks of a shot.
    switch_s : what a cut into a track costs, in seconds of its worth.

    Returns
    -------
    Candidates with begin and end of their parts, s, in order of time.
    """
    moments = sorted({t for c in candidates for t in (c.track.start_s, c.track.end_s)})
    if len(moments) == 1:
        # A shot of one sampled frame: each track lasts for no time at all.
        best = max(candidates, key=lambda c: c.worth)
        return [(best, moments[0], moments[0])]
    span = [(moments.index(c.track.start_s), moments.index(c.track.end_s)) for c in candidates]
    # value[i] of having followed i up to a moment; None is nobody. Links lead back to whom was followed before.
    nobody = len(candidates)
    value = np.full(nobody + 1, -np.inf)
    value[nobody] = 0.0
    links = np.empty((len(moments) - 1, nobody + 1), np.int64)
    for at in range(len(moments) - 1):
        leaving = value.copy()
        for i, candidate in enumerate(candidates):
            if span[i][0] < at < span[i][1]:
                leaving[i] -= switch_s * candidate.worth
        source = int(np.argmax(leaving))
        now = np.full(nobody + 1, -np.inf)
        now[nobody], links[at, nobody] = leaving[source], source
        for i, candidate in enumerate(candidates):
            if not span[i][0] <= at < span[i][1]:
                continue
            entering = leaving[source] - switch_s * candidate.worth * (at > span[i][0])
            # What goes on is preferred among equals.
            links[at, i] = i if value[i] >= entering else source
            now[i] = max(value[i], entering) + candidate.worth * (moments[at + 1] - moments[at])
        value = now
    following = int(np.argmax(value))
    pieces: list[tuple[Candidate, float, float]] = []
    for at in range(len(moments) - 2, -1, -1):
        if following != nobody:
            end_s = moments[at + 1]
            if pieces and pieces[-1][0] is candidates[following] and pieces[-1][1] == end_s:
                end_s = pieces.pop()[2]
            pieces.append((candidates[following], moments[at], end_s))
        following = int(links[at, following])
    return pieces[::-1]


def _bridged(
    segments: list[_Segment], tracks: list[Track], settings: TrackingSettings
) -> list[Track]:
    """Join to the segments what is the same person's: each other, and tracks in the time between them.

    Somebody who was followed there, and came and went in that time, stands between them. Somebody who was there
    beside the athlete as well does not: the athlete was lost to the detector.
    """
    # Who is there at the same time as the athlete is somebody else, before and after too.
    free = [
        track
        for track in tracks
        if all(track.end_s < s.track.start_s or track.start_s > s.track.end_s for s in segments)
    ]
    whole = [segment.track for segment in segments if segment.is_whole]
    bridged: list[Track] = []
    waiting = [segment.track for segment in segments]
    while waiting:
        segment = _bridge(waiting.pop(0), [*waiting, *free], whole, settings)
        waiting = [other for other in waiting if other.start_s > segment.end_s]
        free = [t for t in free if t.end_s < segment.start_s or t.start_s > segment.end_s]
        bridged.append(segment)
    return bridged


def _shot_lengths(people: PeopleDetections) -> dict[int, float]:
    """Seconds from the first to the last sampled frame of every shot."""
    sampled_s, shots = np.asarray(people.time_s)[people.frames], people.shots[people.frames]
    firsts = (
        np.flatnonzero(np.append(True, np.diff(shots) != 0)) if len(shots) else np.array([], int)
    )
    lasts = np.append(firsts[1:] - 1, len(shots) - 1) if len(shots) else firsts
    return {
        int(shots[a]): float(sampled_s[b] - sampled_s[a])
        for a, b in zip(firsts, lasts, strict=True)
    }


def _is_long_enough(track: Track, shot_s: dict[int, float], settings: TrackingSettings) -> bool:
    # A track lasts from its first to its last detection, so that of a very short clip lasts less than the clip.
    shortest_s = min(settings.min_length_s, shot_s[track.shot] / 2)
    return track.end_s - track.start_s >= shortest_s


def _fleeting_shots(people: PeopleDetections) -> set[int]:
    """Shots of less than ``MIN_SHOT_S``, in a video of several."""
    numbers, firsts, counts = np.unique(people.shots, return_index=True, return_counts=True)
    time_s = np.asarray(people.time_s)
    lasts_s = time_s[firsts + counts - 1] - time_s[firsts]
    return set(numbers[lasts_s < MIN_SHOT_S].tolist()) if len(numbers) > 1 else set()


def _bridge(
    athlete: Track, others: list[Track], between: list[Track], settings: TrackingSettings
) -> Track:
    """Extend the athlete's track, forward and backward, over losses of at most ``bridge_s`` without ``between``."""
    reach = settings.model_copy(
        update={"max_gap_s": settings.bridge_s, "coast_s": min(settings.coast_s, settings.bridge_s)}
    )
    while True:
        fitting = []
        for other in others:
            pair = (athlete, other) if other.start_s > athlete.end_s else (other, athlete)
            gap_s = pair[1].start_s - pair[0].end_s
            if 0 < gap_s <= settings.bridge_s and not _are_parted(*pair, between):
                cost = meeting_cost(*pair, reach)
                if cost < 10:
                    # Nearest in time first, so that no piece that fits is jumped over.
                    fitting.append((gap_s, cost, id(other), other, pair))
        if not fitting:
            return athlete
        *_, chosen, pair = min(fitting, key=lambda entry: entry[:3])
        athlete = pair[0].joined(pair[1])
        others = [other for other in others if other is not chosen]


def _are_parted(earlier: Track, later: Track, between: list[Track]) -> bool:
    """Whether one of some tracks lies wholly between two others."""
    return any(earlier.end_s < track.start_s and track.end_s < later.start_s for track in between)
