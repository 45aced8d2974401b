"""From the people of a video to its athlete: association, choice, and a box for every frame.

Boxes are xyxy source px; see :mod:`vpdlib.tracking.associate`, :mod:`~vpdlib.tracking.athlete` and
:mod:`~vpdlib.tracking.fill` for the three steps. Source: specification section 3.
"""

from __future__ import annotations

from vpdlib.tracking.associate import associate
from vpdlib.tracking.athlete import choose_athlete
from vpdlib.tracking.fill import AthleteTrack, fill_track
from vpdlib.tracking.people import PeopleDetections
from vpdlib.tracking.settings import TrackingSettings


def track_athlete(people: PeopleDetections, settings: TrackingSettings) -> AthleteTrack:
    """Find the athlete of a video.

    Parameters
    ----------
    people : the detections on the sampled frames.
    settings : see :class:`vpdlib.tracking.settings.TrackingSettings`.

    Returns
    -------
    The athlete's box, its origin and score for every frame; an empty track where nobody was found.
    """
    athlete = choose_athlete(associate(people, settings), people, settings)
    if athlete is None:
        return AthleteTrack.empty(people.num_frames)
    return fill_track(athlete, people.time_s, people.width, people.height, settings)
