"""The athlete's track of videos as an artifact of kind "tracks": what rule `track_athlete` makes of detections."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from vpdlib.artifacts import ArtifactWriter, Provenance, read_artifact
from vpdlib.artifacts.people import People
from vpdlib.artifacts.tracks import Tracks
from vpdlib.progress import note, track
from vpdlib.tracking.fill import AthleteTrack
from vpdlib.tracking.people import PeopleDetections
from vpdlib.tracking.settings import TrackingSettings
from vpdlib.tracking.track import track_athlete, track_datasets


def write_tracks(
    path: str | Path, provenance: Provenance, people_path: str | Path, settings: TrackingSettings
) -> None:
    """Follow the athlete of every video of an artifact of people.

    Parameters
    ----------
    path, provenance : of the artifact.
    people_path : of kind "people".
    settings : see :func:`vpdlib.tracking.track.track_athlete`.

    Raises
    ------
    ArtifactError
        If the people are missing or damaged.
    """
    with (
        ArtifactWriter(path, Tracks, provenance) as artifact,
        read_artifact(people_path, People) as people,
    ):
        for video in track(list(people.videos()), "tracking", unit="video"):
            detections = detections_of(video)
            athlete = track_athlete(detections, settings)
            add_track(
                artifact,
                video.video_id,
                athlete,
                detections.time_s,
                detections.shots,
                video.attributes,
            )


def detections_of(video: People) -> PeopleDetections:
    """The people of one video, one list per sampled frame."""
    time_s = video.time_s
    num_people = video.num_people

    def by_frame(rows: np.ndarray) -> list[np.ndarray]:
        # No frame, no list: a split always gives one part.
        return np.split(rows, np.cumsum(num_people)[:-1])[: len(num_people)]

    return PeopleDetections(
        frames=video.frame,
        box_px=by_frame(video.box_px),
        score=by_frame(video.score),
        keypoints_px=by_frame(video.keypoints_px),
        num_frames=len(time_s),
        width=int(video.attributes["width"]),
        height=int(video.attributes["height"]),
        time_s=time_s,
        athlete=str(video.attributes["athlete"]),
        shot=video.shot,
        appearance=by_frame(video.appearance),
        looked_at=video.looked_at > 0,
    )


def add_track(
    artifact: ArtifactWriter,
    video: str,
    athlete: AthleteTrack,
    time_s: np.ndarray,
    shot: np.ndarray,
    attributes: Mapping[str, Any],
) -> None:
    """Write one video's track, and say what became of it.

    Parameters
    ----------
    artifact : of kind "tracks".
    video : its id.
    athlete : its track, N frames.
    time_s, shot : (N,) of every frame, seconds and number.
    attributes : of the video.
    """
    if not (athlete.segment >= 0).any():
        note(f"{video}: no athlete; it is carried on as empty")
    else:
        fraction = np.mean(athlete.segment >= 0)
        note(
            f"{video}: {shot[-1] + 1} shots, {athlete.segment.max() + 1} segments of the athlete in "
            f"{fraction:.0%} of the frames"
        )
    artifact.add_video(video, track_datasets(athlete, time_s, shot), attributes)
