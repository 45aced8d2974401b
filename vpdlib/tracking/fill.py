"""A box for every frame of the athlete's segments.

The detections, on sampled frames only, are smoothed by centred local polynomials (they do not lag),
joined by cubic curves across losses up to ``fill_s``, so that a jump keeps its arc, and extended a
little beyond both ends of each run, but not over a cut. Boxes far from any detection are enlarged. Boxes are xyxy
source px.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vpdlib.geometry import centre_size, clip, from_centre_size
from vpdlib.tracking.people import PeopleDetections, Track
from vpdlib.tracking.settings import TrackingSettings

#: How a frame's box was found.
ORIGIN_NONE, ORIGIN_DETECTED, ORIGIN_PROPAGATED, ORIGIN_INTERPOLATED, ORIGIN_SUPPLIED = range(5)
ORIGIN_NAMES = ("none", "detected", "propagated", "interpolated", "supplied")
#: Body lengths by which a single box must jump, and back, to count as a wrong detection.
OUTLIER = 0.35


@dataclass(frozen=True)
class AthleteTrack:
    """The athlete's box in every frame.

    Attributes
    ----------
    segment : (N,) int32: number of the segment, in order of time; -1 where there is no box.
    box_px : (N, 4) float32 xyxy source px, within the frame; NaN where there is none.
    origin : (N,) uint8: 0 none, 1 detected, 2 propagated beyond the end of a run, 3
        interpolated, 4 supplied by another tool.
    score : (N,) float32: the detector's where detected, the lower neighbour's where interpolated,
        else 0.
    """

    box_px: np.ndarray
    origin: np.ndarray
    score: np.ndarray
    segment: np.ndarray

    @classmethod
    def empty(cls, num_frames: int) -> AthleteTrack:
        """Track of a video in which nobody was found."""
        return cls(
            np.full((num_frames, 4), np.nan, np.float32),
            np.zeros(num_frames, np.uint8),
            np.zeros(num_frames, np.float32),
            np.full(num_frames, -1, np.int32),
        )


def fill_segments(
    segments: Sequence[Track], people: PeopleDetections, settings: TrackingSettings
) -> AthleteTrack:
    """Give every frame that one of the segments covers a box.

    Parameters
    ----------
    segments : the athlete's detections, in order of time; they do not overlap.
    people : the detections they are made of (for the frame's size, times and cuts).
    settings : smoothing, gaps, growth.

    Returns
    -------
    Boxes, origins, scores and segments of all N frames. Two segments share the time between them, and none
    reaches over a cut.
    """
    time_s, shots = np.asarray(people.time_s, dtype=np.float64), people.shots
    result = AthleteTrack.empty(people.num_frames)
    for number, segment in enumerate(segments):
        reach = shots == segment.shot
        if number > 0 and segments[number - 1].shot == segment.shot:
            reach &= time_s > (segments[number - 1].end_s + segment.start_s) / 2
        if number + 1 < len(segments) and segments[number + 1].shot == segment.shot:
            reach &= time_s <= (segment.end_s + segments[number + 1].start_s) / 2
        frames = np.flatnonzero(reach)
        filled = fill_track(
            segment.shifted(-int(frames[0])), time_s[frames], people.width, people.height, settings
        )
        there = frames[filled.origin != ORIGIN_NONE]
        for name in ("box_px", "origin", "score"):
            getattr(result, name)[frames] = getattr(filled, name)
        result.segment[there] = number
    # A person there is interpolated too, in the people stage.
    between = people.frames_not_looked_at
    result.origin[between[result.origin[between] == ORIGIN_DETECTED]] = ORIGIN_INTERPOLATED
    return result


def fill_track(
    track: Track, time_s: np.ndarray, width: int, height: int, settings: TrackingSettings
) -> AthleteTrack:
    """Give every frame that the track covers a box.

    Parameters
    ----------
    track : the athlete's detections.
    time_s : (N,) time of every frame.
    width, height : frame size in px.
    settings : smoothing, gaps, growth.

    Returns
    -------
    Boxes, origins and scores of all N frames, as one segment. Frames in losses longer than ``fill_s`` and out of
    reach of the propagation stay empty.
    """
    time_s = np.asarray(time_s, dtype=np.float64)
    result = AthleteTrack.empty(len(time_s))
    known_s = np.array(track.time_s)
    cuts = np.flatnonzero(np.diff(known_s) > settings.fill_s + 1e-6) + 1
    runs = np.split(np.arange(len(track)), cuts)
    values = np.full((len(time_s), 4), np.nan)
    for number, rows in enumerate(runs):
        # Two neighbouring runs share the loss between them.
        from_s = -np.inf if number == 0 else known_s[[runs[number - 1][-1], rows[0]]].mean()
        to_s = np.inf
        if number + 1 < len(runs):
            to_s = known_s[[rows[-1], runs[number + 1][0]]].mean()
        _fill_run(track, rows, time_s, (from_s, to_s), settings, values, result)
    values[:, 2:] *= (
        1 + settings.growth * _distance_ramp(time_s, known_s, settings.growth_s)[:, None]
    )
    boxes = clip(from_centre_size(values), width, height)
    lost = ~((boxes[:, 2:] - boxes[:, :2]) >= 2).all(axis=1)  # NaN, or moved out of the frame
    result.box_px[:] = np.where(lost[:, None], np.nan, boxes)
    result.origin[lost] = ORIGIN_NONE
    result.score[lost] = 0
    result.segment[~lost] = 0
    return result


def smooth(
    known_s: np.ndarray, values: np.ndarray, window_s: float
) -> tuple[np.ndarray, np.ndarray]:
    """Smooth values by local polynomials.

    At each time a polynomial is fitted to the values within ``window_s`` / 2, weighted by a tricube
    and centred there, so that constant velocity and constant acceleration pass unchanged. Where
    there are fewer than five, values stay as they are: smoothing would flatten a tuck or a reach
    that is hardly longer than the sampling step. For the same reason no running median is taken.

    Parameters
    ----------
    known_s : (n,) increasing times.
    values : (n, C).
    window_s : width of the window; 0 leaves the values as they are.

    Returns
    -------
    Smoothed values (n, C) and their slopes (n, C) per second.
    """
    values = np.asarray(values, dtype=np.float64)
    if len(values) < 2:
        return values.copy(), np.zeros_like(values)
    if window_s == 0:
        return values.copy(), np.gradient(values, known_s, axis=0)
    smoothed, slopes = np.empty_like(values), np.empty_like(values)
    for row, now in enumerate(known_s):
        distance = np.abs(known_s - now)
        # For the slopes the window opens to the nearest neighbours where samples are sparse.
        half = max(window_s / 2, 1.01 * np.partition(distance, 1)[1])
        near = distance <= half
        degree = min(2, max(1, (int(np.count_nonzero(near)) - 1) // 2))
        weight = np.sqrt((1 - (0.999 * distance[near] / half) ** 3) ** 3)[:, None]
        powers = (known_s[near] - now)[:, None] ** np.arange(degree + 1)
        fit = np.linalg.lstsq(powers * weight, values[near] * weight, rcond=None)[0]
        # A straight line would flatten peaks, so with few values only its slope is used.
        smoothed[row] = fit[0] if degree == 2 else values[row]
        slopes[row] = fit[1]
    return smoothed, slopes


def without_outliers(known_s: np.ndarray, values: np.ndarray, window_s: float) -> np.ndarray:
    """Replace single outliers by the mean of their neighbours.

    Parameters
    ----------
    known_s : (n,) increasing times.
    values : (n, 4) centre x, centre y, width, height.
    window_s : a value counts as an outlier only if both neighbours lie within this time in all.

    Returns
    -------
    (n, 4). A row is replaced where it is off the mean of its neighbours by more than ``OUTLIER``
    body lengths in some column, while the neighbours agree with each other within half of that.
    """
    result = np.array(values, dtype=np.float64)
    if len(result) < 3:
        return result
    before, now, after = result[:-2], result[1:-1], result[2:]
    length = np.median(result[:, 2:].max(axis=1))
    off = np.abs(now - (before + after) / 2).max(axis=1) > OUTLIER * length
    calm = np.abs(before - after).max(axis=1) <= OUTLIER / 2 * length
    near = (known_s[2:] - known_s[:-2]) <= window_s + 1e-6
    rows = np.flatnonzero(off & calm & near) + 1
    result[rows] = ((before + after) / 2)[rows - 1]
    return result


def _fill_run(
    track: Track,
    rows: np.ndarray,
    time_s: np.ndarray,
    limits_s: tuple[float, float],
    settings: TrackingSettings,
    values: np.ndarray,
    result: AthleteTrack,
) -> None:
    """Write centre and size (into ``values``), origin and score of one gapless run."""
    known_s = np.array(track.time_s)[rows]
    score = np.array(track.score)[rows]
    known = centre_size(np.stack([track.box_px[row] for row in rows]))
    known = without_outliers(known_s, known, settings.smooth_s)
    known, slope = smooth(known_s, known, settings.smooth_s)
    known[:, 2:] = np.maximum(known[:, 2:], 1.0)

    within = (time_s >= known_s[0]) & (time_s <= known_s[-1])
    left = np.clip(np.searchsorted(known_s, time_s[within], side="right") - 1, 0, len(rows) - 1)
    right = np.minimum(left + 1, len(rows) - 1)
    values[within] = _hermite(time_s[within], known_s, known, slope, left, right)
    result.origin[within] = ORIGIN_INTERPOLATED
    result.score[within] = np.minimum(score[left], score[right])

    reach_s = settings.propagate_s + 1e-6
    before = (time_s < known_s[0]) & (time_s >= max(known_s[0] - reach_s, limits_s[0]))
    after = (time_s > known_s[-1]) & (time_s <= min(known_s[-1] + reach_s, limits_s[1]))
    for side, end in ((before, 0), (after, -1)):
        # The speed dies away: x(t) = x0 + v * tau * (1 - exp(-t / tau)).
        elapsed = time_s[side] - known_s[end]
        decay_s = 0.15
        moved = np.sign(elapsed) * decay_s * (1 - np.exp(-np.abs(elapsed) / decay_s))
        values[side, :2] = known[end, :2] + moved[:, None] * slope[end, :2]
        values[side, 2:] = known[end, 2:]
        result.origin[side] = ORIGIN_PROPAGATED

    frames = np.array(track.frames)[rows]
    values[frames] = known
    result.origin[frames] = ORIGIN_DETECTED
    result.score[frames] = score


def _hermite(
    at_s: np.ndarray,
    known_s: np.ndarray,
    known: np.ndarray,
    slope: np.ndarray,
    left: np.ndarray,
    right: np.ndarray,
) -> np.ndarray:
    """Interpolate centre (cubic, by the slopes) and size (linear) (n, 4) between known rows."""
    span = (known_s[right] - known_s[left])[:, None]
    fraction = np.divide(
        (at_s - known_s[left])[:, None], span, out=np.zeros_like(span), where=span > 0
    )
    values = known[left] + fraction * (known[right] - known[left])
    # What the cubic adds to the straight line; held within half a body, as slopes are noisy.
    chord = known[right, :2] - known[left, :2]
    bend = (
        fraction
        * (1 - fraction)
        * (
            (1 - fraction) * (slope[left, :2] * span - chord)
            - fraction * (slope[right, :2] * span - chord)
        )
    )
    limit = values[:, 2:].max(axis=1, keepdims=True) / 2
    values[:, :2] += np.clip(bend, -limit, limit)
    return values


def _distance_ramp(time_s: np.ndarray, known_s: np.ndarray, full_s: float) -> np.ndarray:
    """From 0 near detections to 1 at ``full_s`` or further from the nearest one, (N,).

    Frames that are merely between two samples, half a usual step away at most, are near.
    """
    after = np.clip(np.searchsorted(known_s, time_s), 0, len(known_s) - 1)
    before = np.clip(after - 1, 0, None)
    nearest = np.minimum(np.abs(time_s - known_s[after]), np.abs(time_s - known_s[before]))
    near_s = min(float(np.median(np.diff(known_s))) / 2 if len(known_s) > 1 else 0.0, full_s / 2)
    return np.clip((nearest - near_s) / (full_s - near_s), 0.0, 1.0)
