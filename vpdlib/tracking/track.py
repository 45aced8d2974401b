"""From the people of a video to the athlete: the tracking stage in one call."""

from __future__ import annotations

import numpy as np

from vpdlib.tracking.associate import associate
from vpdlib.tracking.athlete import choose_athlete
from vpdlib.tracking.fill import (
    ORIGIN_NONE,
    ORIGIN_SUPPLIED,
    AthleteTrack,
    fill_segments,
)
from vpdlib.tracking.people import PeopleDetections
from vpdlib.tracking.previous import previous_frame_index, runs
from vpdlib.tracking.settings import TrackingSettings


def track_athlete(people: PeopleDetections, settings: TrackingSettings) -> AthleteTrack:
    """Find the athlete of a video.

    Parameters
    ----------
    people : the detections on the sampled frames.
    settings : see :class:`vpdlib.tracking.settings.TrackingSettings`.

    Returns
    -------
    The athlete's box, its origin, score and segment for every frame; an empty track where nobody was found.
    """
    segments = choose_athlete(associate(people, settings), people, settings)
    return fill_segments(segments, people, settings)


def supplied_track(box_px: np.ndarray, shot: np.ndarray) -> AthleteTrack:
    """The track that another tool's boxes are.

    Parameters
    ----------
    box_px : (N, 4) xyxy source px; NaN where there is none.
    shot : (N,) number of every frame's shot.

    Returns
    -------
    The boxes as they are; what lies in one shot is one segment.
    """
    there = np.isfinite(box_px).all(axis=1)
    _, segment = np.unique(shot[there], return_inverse=True)
    segments = np.full(len(box_px), -1, np.int32)
    segments[there] = segment
    return AthleteTrack(
        box_px=box_px,
        origin=np.where(there, ORIGIN_SUPPLIED, ORIGIN_NONE).astype(np.uint8),
        score=there.astype(np.float32),
        segment=segments,
    )


def track_datasets(
    athlete: AthleteTrack, time_s: np.ndarray, shot: np.ndarray
) -> dict[str, np.ndarray]:
    """Datasets of one video for the tracks artifact.

    Parameters
    ----------
    athlete : the box of every frame.
    time_s : (N,) time of every frame, s.
    shot : (N,) its shot.
    """
    run = runs(shot, athlete.segment)
    return {
        "time_s": time_s,
        "shot": shot,
        "segment": athlete.segment,
        "previous_frame": previous_frame_index(time_s, run=run),
        "box_px": athlete.box_px,
        "origin": athlete.origin,
        "score": athlete.score,
    }
