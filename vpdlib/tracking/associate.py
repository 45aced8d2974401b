"""From detections to tracks over the whole video.

Two passes. Forward, each track predicts its box at constant velocity and is matched to the frame's detections by
the Hungarian method: confident detections first, then weak ones to the tracks left over, as in ByteTrack (Zhang et
al., ECCV 2022). The cost mixes overlap with the distance between centres in body lengths, because athletes between
two sampled frames move further than their width and change shape when they tuck. A track that coasts too long ends.
Then ends and starts of tracks are stitched across longer gaps by extrapolating both to meet. All tracks end at a
cut. Boxes are xyxy source px; a "body length" is a box's longer side. It is our own since libraries' ByteTrack neither
ends tracks at cuts nor stitches them, and matches by overlap alone.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from vpdlib.geometry import area, centre_size, from_centre_size, iou_matrix
from vpdlib.tracking.people import PeopleDetections, Track
from vpdlib.tracking.settings import TrackingSettings

_IMPOSSIBLE = 1e6
#: A detection that lies in one already matched in its frame by this fraction of the smaller of the two
#: starts no track: detectors give one person a second box (without the arms, say), and a track on
#: it would take the person's next detections away.
_SECOND_BOX_FRACTION = 0.6


def associate(people: PeopleDetections, settings: TrackingSettings) -> list[Track]:
    """Join detections into tracks.

    Parameters
    ----------
    people : the detections of one video.
    settings : gates and times.

    Returns
    -------
    Tracks in order of their first detection. Each detection is in at most one.
    """
    return stitch(link_forward(people, settings), settings)


def link_forward(people: PeopleDetections, settings: TrackingSettings) -> list[Track]:
    """Join detections frame by frame; gaps in a track are at most ``coast_s``, and cuts end it."""
    active: list[Track] = []
    ended: list[Track] = []
    # Where few frames are sampled a track must outlive at least one frame without a detection.
    sampled_s = np.asarray(people.time_s)[people.frames]
    step_s = float(np.median(np.diff(sampled_s))) if len(sampled_s) > 1 else 0.0
    coast_s = max(settings.coast_s, 2 * step_s) + 1e-6
    shots = people.shots
    for row, frame in enumerate(people.frames):
        now_s, shot = float(people.time_s[frame]), int(shots[frame])
        # Times are sums of floating-point steps, hence the slack.
        goes_on = [track.shot == shot and now_s - track.end_s <= coast_s for track in active]
        ended += [track for track, on in zip(active, goes_on, strict=True) if not on]
        active = [track for track, on in zip(active, goes_on, strict=True) if on]
        score = people.score[row]
        strong = np.flatnonzero(score >= settings.high_score)
        weak = np.flatnonzero((score >= settings.low_score) & (score < settings.high_score))
        free = list(active)
        used: list[int] = []
        for level in (strong, weak):
            taken = _match(free, people.box_px[row][level], now_s, settings)
            for track_row, box_row in taken.items():
                free[track_row].append(people, row, int(level[box_row]))
                used.append(int(level[box_row]))
            free = [track for at, track in enumerate(free) if at not in taken]
        for item in sorted(set(strong.tolist()) - set(used), key=lambda item: -score[item]):
            boxes = people.box_px[row]
            if (_shared(boxes[item], boxes[used]) >= _SECOND_BOX_FRACTION).any():
                continue
            used.append(item)
            track = Track(shot)
            track.append(people, row, item)
            active.append(track)
    return sorted(ended + active, key=lambda track: track.start_s)


def stitch(tracks: list[Track], settings: TrackingSettings) -> list[Track]:
    """Join tracks of a shot whose gap is at most ``max_gap_s`` and whose extrapolations meet."""
    tracks = sorted(tracks, key=lambda track: track.start_s)
    starts_s = np.array([track.start_s for track in tracks])
    costs: dict[tuple[int, int], float] = {}
    for a, earlier in enumerate(tracks):
        low = int(np.searchsorted(starts_s, earlier.end_s, side="right"))
        high = int(np.searchsorted(starts_s, earlier.end_s + settings.max_gap_s + 1e-6, "right"))
        for b in range(low, high):
            cost = meeting_cost(earlier, tracks[b], settings)
            if cost < _IMPOSSIBLE:
                costs[a, b] = cost
    successor = _best_pairs(costs, len(tracks))
    joined = []
    for first in sorted(set(range(len(tracks))) - set(successor.values())):
        track, at = tracks[first], first
        while at in successor:
            at = successor[at]
            track = track.joined(tracks[at])
        joined.append(track)
    return sorted(joined, key=lambda track: track.start_s)


def _best_pairs(costs: dict[tuple[int, int], float], num_tracks: int) -> dict[int, int]:
    """Most pairs of least cost, each track at most once on either side."""
    if not costs:
        return {}
    pairs = np.array(list(costs))
    # Hours of video have many tracks, of which few can meet: what cannot is solved apart.
    graph = coo_array(
        (np.ones(len(pairs)), (pairs[:, 0], num_tracks + pairs[:, 1])), (2 * num_tracks,) * 2
    )
    _, part = connected_components(graph, directed=False)
    successor = {}
    for number in np.unique(part[pairs[:, 0]]):
        own = pairs[part[pairs[:, 0]] == number]
        rows, columns = np.unique(own[:, 0]), np.unique(own[:, 1])
        cost = np.full((len(rows), len(columns)), _IMPOSSIBLE)
        for a, b in own:
            cost[np.searchsorted(rows, a), np.searchsorted(columns, b)] = costs[int(a), int(b)]
        for row, column in zip(*linear_sum_assignment(cost), strict=True):
            if cost[row, column] < _IMPOSSIBLE:
                successor[int(rows[row])] = int(columns[column])
    return successor


def meeting_cost(earlier: Track, later: Track, settings: TrackingSettings) -> float:
    """Say how badly two tracks fit together as one person.

    Both are extrapolated to the middle of the gap, at constant velocity and standing still; the
    better of the two counts, since after a landing the velocity says nothing. The allowed distance
    grows with the gap, see :func:`allowed_distance`.

    Returns
    -------
    Distance in body lengths over the allowed one, in [0, 1], plus the gap as a small tie-breaker; a
    huge number where they do not fit or a cut lies between them.
    """
    if earlier.shot != later.shot:
        return _IMPOSSIBLE
    gap_s = later.start_s - earlier.end_s
    state_a, velocity_a = earlier.motion(at_end=True)
    state_b, velocity_b = later.motion(at_end=False)
    length_a, length_b = state_a[2:].max(), state_b[2:].max()
    if max(length_a, length_b) > settings.max_size_ratio * min(length_a, length_b):
        return _IMPOSSIBLE
    length = (length_a + length_b) / 2
    moving = state_a[:2] + velocity_a * gap_s / 2 - (state_b[:2] - velocity_b * gap_s / 2)
    still = state_a[:2] - state_b[:2]
    distance = min(np.hypot(*moving), np.hypot(*still)) / length
    allowed = allowed_distance(gap_s, settings)
    if distance > allowed:
        return _IMPOSSIBLE
    return float(distance / allowed + 0.1 * gap_s)


def allowed_distance(away_s: np.ndarray | float, settings: TrackingSettings) -> np.ndarray:
    """Greatest distance from a prediction, in body lengths, at which it may be the same person.

    It is ``max_distance`` just after a detection and grows by ``max_speed`` per second up to twice
    that, for predictions at constant velocity know nothing of the top of a flight or of a landing.
    """
    grown = settings.max_distance + settings.max_speed * np.asarray(away_s)
    return np.minimum(grown, 2 * settings.max_distance)


def _match(
    tracks: list[Track], boxes: np.ndarray, now_s: float, settings: TrackingSettings
) -> dict[int, int]:
    """Assign boxes (K, 4) to tracks; return track row -> box row."""
    if not tracks or not len(boxes):
        return {}
    predicted = np.stack([_predict(track, now_s) for track in tracks])
    found = centre_size(boxes)
    away_s = np.array([now_s - track.end_s for track in tracks])
    overlap = iou_matrix(from_centre_size(predicted), boxes)
    length = predicted[:, None, 2:].max(axis=-1)
    found_length = found[None, :, 2:].max(axis=-1)
    mean_length = (length + found_length) / 2
    distance = np.linalg.norm(predicted[:, None, :2] - found[None, :, :2], axis=-1) / mean_length
    ratio = np.maximum(length, found_length) / np.maximum(np.minimum(length, found_length), 1e-9)
    allowed = allowed_distance(away_s, settings)
    possible = ((overlap >= settings.min_iou) | (distance <= allowed[:, None])) & (
        ratio <= settings.max_size_ratio
    )
    cost = settings.iou_weight * (1 - overlap) + (1 - settings.iou_weight) * np.minimum(distance, 1)
    cost = np.where(possible, cost, _IMPOSSIBLE)
    pairs = zip(*linear_sum_assignment(cost), strict=True)
    return {int(a): int(b) for a, b in pairs if cost[a, b] < _IMPOSSIBLE}


def _shared(box: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Shared area of a box (4,) and others (K, 4), as a fraction of the smaller of each two."""
    low = np.maximum(box[:2], others[:, :2])
    both = area(np.concatenate([low, np.minimum(box[2:], others[:, 2:])], axis=1))
    return both / np.maximum(np.minimum(area(box), area(others)), 1e-9)


def _predict(track: Track, now_s: float) -> np.ndarray:
    """Predicted centre x, y, width, height (4,)."""
    state, velocity = track.motion(at_end=True)
    state = state.copy()
    # No one keeps a speed for long: the prediction stops moving after a quarter of a second.
    state[:2] += velocity * min(now_s - track.end_s, 0.25)
    return state
