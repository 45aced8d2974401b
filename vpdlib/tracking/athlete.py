"""Which of the tracks are the athlete's.

The athlete of a video is a set of segments, whole tracks that do not overlap in time: who leaves and comes back,
elsewhere in the picture too, and who is cut away from and shown again in another shot, has a segment each time.
Segments are chosen among whole tracks and never frame by frame, by one rule.

Salience. A track's salience is the sum, over its detections, of

    area share of the frame x score^score_power x time it stands for, where its centre is central,

times 1 + ``inverted_bonus`` while its torso is upside down (rule ``upside_down``), and, for the
whole track, times

    1 + ``travel_bonus`` x min(how far it travels in body lengths, 1)
      + ``shape_bonus`` x min(how much its height changes in body lengths, 0.5) / 0.5.

Travel alone does not tell an athlete, since a panning camera moves everyone in the picture; but
bystanders keep their height and athletes crouch, reach, tuck and jump. So a large person who
performs in the middle beats a large one who stands by or sits at the edge, and a long track beats a
short one. The rule follows the seeds of the paper's supplement ("largest person", "upside-down
pose"; specification section 3).

Where two athletes share the picture (tennis), "central" in height is the half of the picture in which the
one in question stands: the far one's feet are above ``net_height``, the near one's below.

Segments. In every shot the tracks, and parts of them, are followed that together have the greatest sum of salience
per second x seconds, one at a time, where to begin with a track later than it begins, or to leave it before it
ends, costs ``switch_s`` seconds of its own. So an attempt beats the coach who stands beside it all day, and one who
walks past the camera does not beat the athlete behind. What is followed has at least ``min_share`` of the greatest
salience per second in its shot: nobody is followed who merely stands by while the athlete is away.

Appearance. This is done twice. The first time tells when there are segments. Where several tracks could be one, the
second time decides by who is seen again: salience is multiplied by 1 + ``look_bonus`` x recurrence, where the
recurrence of a track is how alike (:mod:`vpdlib.tracking.likeness`) its best match is among the candidates of each
other segment's time, on average, less the least that any rival of its time has. So the athlete of every attempt
beats those who are beside them in one; where nobody else could be meant, or the video has one segment only,
appearance changes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from vpdlib.geometry import area, centre_size
from vpdlib.skeleton import COCO17
from vpdlib.tracking.associate import meeting_cost
from vpdlib.tracking.likeness import Look, likeness, look_of
from vpdlib.tracking.people import PeopleDetections, Track
from vpdlib.tracking.settings import TrackingSettings

_SHOULDERS = [COCO17.index("left_shoulder"), COCO17.index("right_shoulder")]
_HIPS = [COCO17.index("left_hip"), COCO17.index("right_hip")]
#: Keypoints below this score do not say which way up a torso is.
_MIN_KEYPOINT_SCORE = 0.2


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
    candidates = [
        _Candidate(track, salience(track, people, settings) / _seconds(track, people))
        for track in tracks
        if _is_long_enough(track, shot_s, settings)
    ]
    candidates = [c for c in candidates if c.rate > 0]
    segments = _followed(candidates, settings)
    if len(segments) > 1 and settings.look_bonus:
        recurrence = _recurrence(candidates, segments)
        recurring = [
            _Candidate(c.track, c.rate * (1 + settings.look_bonus * again))
            for c, again in zip(candidates, recurrence, strict=True)
        ]
        segments = _followed(recurring, settings)
    return _bridged(segments, tracks, settings)


@dataclass(frozen=True)
class _Candidate:
    """A track and its salience per second."""

    track: Track
    rate: float


def _followed(candidates: list[_Candidate], settings: TrackingSettings) -> list[Track]:
    """The segments of all shots, in order of time."""
    by_shot: dict[int, list[_Candidate]] = defaultdict(list)
    for candidate in candidates:
        by_shot[candidate.track.shot].append(candidate)
    segments = []
    for of_shot in by_shot.values():
        pieces = _best_pieces(of_shot, settings.switch_s)
        least = settings.min_share * max(candidate.rate for candidate, _, _ in pieces)
        done_s = -np.inf
        for candidate, start_s, end_s in pieces:
            if candidate.rate < least:
                continue
            part = candidate.track.within(start_s, end_s)
            # Two tracks may have a detection at the moment at which one is left for the other.
            for rest in part.outside(-np.inf, done_s):
                segments.append(rest)
                done_s = rest.end_s
    return sorted(segments, key=lambda track: track.start_s)


def _best_pieces(
    candidates: list[_Candidate], switch_s: float
) -> list[tuple[_Candidate, float, float]]:
    """The parts of tracks, one at a time, of the greatest value in sum; see the module's text.

    Tracks begin and end at few moments, and between two of them nothing changes; so it is enough to decide there,
    by dynamic programming over those moments.

    Parameters
    ----------
    candidates : the tracks of a shot and their salience per second.
    switch_s : what a cut into a track costs, in seconds of its salience.

    Returns
    -------
    Candidates with begin and end of their parts, s, in order of time.
    """
    moments = sorted({t for c in candidates for t in (c.track.start_s, c.track.end_s)})
    if len(moments) == 1:
        # A shot of one sampled frame: each track lasts for no time at all.
        best = max(candidates, key=lambda c: c.rate)
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
                leaving[i] -= switch_s * candidate.rate
        source = int(np.argmax(leaving))
        now = np.full(nobody + 1, -np.inf)
        now[nobody], links[at, nobody] = leaving[source], source
        for i, candidate in enumerate(candidates):
            if not span[i][0] <= at < span[i][1]:
                continue
            entering = leaving[source] - switch_s * candidate.rate * (at > span[i][0])
            # What goes on is preferred among equals.
            links[at, i] = i if value[i] >= entering else source
            now[i] = max(value[i], entering) + candidate.rate * (moments[at + 1] - moments[at])
        value = now
    following = int(np.argmax(value))
    pieces: list[tuple[_Candidate, float, float]] = []
    for at in range(len(moments) - 2, -1, -1):
        if following != nobody:
            end_s = moments[at + 1]
            if pieces and pieces[-1][0] is candidates[following] and pieces[-1][1] == end_s:
                end_s = pieces.pop()[2]
            pieces.append((candidates[following], moments[at], end_s))
        following = int(links[at, following])
    return pieces[::-1]


def _bridged(segments: list[Track], tracks: list[Track], settings: TrackingSettings) -> list[Track]:
    """Join to the segments what is the same person's: each other, and tracks in the time between them."""
    # Who is there at the same time as the athlete is somebody else, before and after too.
    free = [
        track
        for track in tracks
        if all(track.end_s < s.start_s or track.start_s > s.end_s for s in segments)
    ]
    bridged: list[Track] = []
    waiting = list(segments)
    while waiting:
        segment = _bridge(waiting.pop(0), [*waiting, *free], settings)
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


def _recurrence(candidates: list[_Candidate], segments: list[Track]) -> np.ndarray:
    """How much of each candidate is seen again at other times, above the least of its rivals, (C,) in [0, 1]."""
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


#: A candidate whose salience per second is this share of the best of a time, or more, could be meant there.
_RIVAL_SHARE = 0.1
#: So many of them are looked at.
_MAX_RIVALS = 6


def _rivals(candidates: list[_Candidate], segment: Track) -> list[int]:
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
    return [row for row in rows if candidates[row].rate >= _RIVAL_SHARE * most][:_MAX_RIVALS]


def _seconds(track: Track, people: PeopleDetections) -> float:
    return float(_durations(people, track).sum())


def salience(track: Track, people: PeopleDetections, settings: TrackingSettings) -> float:
    """Return the salience of one track in seconds of a full-frame person; see the module's text."""
    boxes = np.stack(track.box_px)
    centre = centre_size(boxes)[:, :2] / [people.width, people.height]
    central = np.abs(centre - 0.5) <= settings.central_fraction / 2
    if people.athlete:
        # Two athletes with a net between them: whoever stands on the right side of it counts.
        far = boxes[:, 3] <= settings.net_height * people.height
        central[:, 1] = far if people.athlete == "far" else ~far
    share = central.all(axis=1) * area(boxes) / (people.width * people.height)
    weight = np.ones(len(track))
    if settings.athlete_rule == "upside_down":
        weight += settings.inverted_bonus * inverted(np.stack(track.keypoints_px))
    seconds = _durations(people, track)
    total = float(np.sum(share * np.array(track.score) ** settings.score_power * weight * seconds))
    bonus = settings.travel_bonus * min(travel(track), 1.0)
    bonus += settings.shape_bonus * min(height_change(track), 0.5) / 0.5
    return total * (1 + bonus)


def inverted(keypoints_px: np.ndarray) -> np.ndarray:
    """Say where the torso is upside down.

    Parameters
    ----------
    keypoints_px : (N, 17, 3) COCO keypoints; NaN where unknown.

    Returns
    -------
    bool (N,): the hips' midpoint lies above the shoulders'. False where one of the four is missing
    or scores too low.
    """
    torso = keypoints_px[:, _SHOULDERS + _HIPS]
    # A comparison with NaN is false, which is the answer wanted for missing keypoints.
    sure = (torso[..., 2] >= _MIN_KEYPOINT_SCORE).all(axis=1)
    return sure & (torso[:, 2:, 1].mean(axis=1) < torso[:, :2, 1].mean(axis=1))


def travel(track: Track) -> float:
    """How far a track gets: diagonal of its centres' 5-95 % range, in body lengths (median box)."""
    values = centre_size(np.stack(track.box_px))
    low, high = np.percentile(values[:, :2], [5, 95], axis=0)
    length = np.median(values[:, 2:].max(axis=1))
    return float(np.hypot(*(high - low)) / max(length, 1e-9))


def height_change(track: Track) -> float:
    """How much a box changes its height: its 5-95 % range, in body lengths (median box)."""
    values = centre_size(np.stack(track.box_px))
    low, high = np.percentile(values[:, 3], [5, 95])
    return float((high - low) / max(np.median(values[:, 2:].max(axis=1)), 1e-9))


def _durations(people: PeopleDetections, track: Track) -> np.ndarray:
    """Seconds that each detection (n,) of a track stands for: half way to its neighbours."""
    times = np.asarray(people.time_s)[people.frames]
    if len(times) == 1:
        return np.ones(len(track))
    steps = np.diff(times)
    spans = (np.append(steps, steps[-1]) + np.insert(steps, 0, steps[0])) / 2
    return spans[np.searchsorted(people.frames, track.frames)]


def _bridge(athlete: Track, others: list[Track], settings: TrackingSettings) -> Track:
    """Extend the athlete's track, forward and backward, over losses of at most ``bridge_s``."""
    reach = settings.model_copy(
        update={"max_gap_s": settings.bridge_s, "coast_s": min(settings.coast_s, settings.bridge_s)}
    )
    while True:
        fitting = []
        for other in others:
            pair = (athlete, other) if other.start_s > athlete.end_s else (other, athlete)
            gap_s = pair[1].start_s - pair[0].end_s
            if 0 < gap_s <= settings.bridge_s:
                cost = meeting_cost(*pair, reach)
                if cost < 10:
                    # Nearest in time first, so that no piece is jumped over.
                    fitting.append((gap_s, cost, id(other), other, pair))
        if not fitting:
            return athlete
        *_, chosen, pair = min(fitting, key=lambda entry: entry[:3])
        athlete = pair[0].joined(pair[1])
        others = [other for other in others if other is not chosen]
