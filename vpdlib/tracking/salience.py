"""How much a track counts: the salience by which the athlete is chosen.

A track's salience is the sum, over its detections, of

    area fraction of the frame x score^score_power x time it stands for, where its centre is central,

times 1 + ``inverted_bonus`` while its torso is upside down (rule ``upside_down``), and, for the
whole track, times its activity

    1 + ``travel_bonus`` x min(how far it travels in body lengths, 1)
      + ``shape_bonus`` x min(how much its height changes in body lengths, 0.5) / 0.5.

Travel alone does not tell an athlete, since a panning camera moves everyone in the picture; but
bystanders keep their height and athletes crouch, reach, tuck and jump. So a large person who
performs in the middle beats a large one who stands by or sits at the edge, and a long track beats a
short one. The rule follows the seeds of the paper's supplement ("largest person", "upside-down
pose"; docs/method.md section 3).

Where two athletes share the picture (tennis), "central" in height is the half of the picture in which the
one in question stands: the far one's feet are above ``net_height``, the near one's below.
"""

from __future__ import annotations

import numpy as np

from vpdlib.geometry import area, centre_size
from vpdlib.skeleton import COCO17
from vpdlib.tracking.people import PeopleDetections, Track
from vpdlib.tracking.settings import TrackingSettings

_SHOULDERS = [COCO17.index("left_shoulder"), COCO17.index("right_shoulder")]
_HIPS = [COCO17.index("left_hip"), COCO17.index("right_hip")]
#: Keypoints below this score do not say which way up a torso is.
_MIN_KEYPOINT_SCORE = 0.2


def seconds(track: Track, people: PeopleDetections) -> float:
    """How long a track's detections stand for, s."""
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
    fraction = central.all(axis=1) * area(boxes) / (people.width * people.height)
    weight = np.ones(len(track))
    if settings.athlete_rule == "upside_down":
        weight += settings.inverted_bonus * inverted(np.stack(track.keypoints_px))
    stands_for_s = _durations(people, track)
    score = np.array(track.score) ** settings.score_power
    return float(np.sum(fraction * score * weight * stands_for_s)) * activity(track, settings)


def activity(track: Track, settings: TrackingSettings) -> float:
    """How much a track performs: 1 of someone who stands still, up to 1 + ``travel_bonus`` + ``shape_bonus``."""
    moved = settings.travel_bonus * min(travel(track), 1.0)
    return 1 + moved + settings.shape_bonus * min(height_change(track), 0.5) / 0.5


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
