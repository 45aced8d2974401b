"""In which frames of the labelled actions the athlete is followed, so that pages tell of those that lose theirs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vpdlib.artifacts import read_artifact
from vpdlib.artifacts.tracks import Tracks
from vpdlib.datasets.base import frames_within
from vpdlib.datasets.by_video import ActionsByVideo
from vpdlib.datasets.tables import ActionRow


@dataclass(frozen=True)
class FollowedAction:
    """The frames of an action.

    Attributes
    ----------
    frames, with_athlete : how many there are, and in how many the athlete is followed.
    gaps_s : stretches in which nobody is, from the time of the first frame to that of the next one after, seconds.
    """

    frames: int
    with_athlete: int
    gaps_s: tuple[tuple[float, float], ...]

    @property
    def is_whole(self) -> bool:
        """Whether the athlete is followed all the time."""
        return self.with_athlete == self.frames


def followed_actions(
    actions: Iterable[ActionRow], tracks: Iterable[Path]
) -> dict[str, FollowedAction]:
    """What the tracks say of each action, by its id; those of videos without a track are not there.

    Parameters
    ----------
    actions : the labelled ones.
    tracks : the artifacts of tracks.

    Raises
    ------
    ArtifactError
        If an artifact is damaged.
    """
    wanted = ActionsByVideo(actions)
    found = {}
    for path in tracks:
        with read_artifact(path, Tracks) as artifact:
            for video in artifact.videos():
                of_video = wanted.take(video.video_id)
                if not of_video:
                    continue
                time_s, is_followed = video.time_s, video.segment >= 0
                for action in of_video:
                    found[action.action] = _followed(action.start, action.end, time_s, is_followed)
    return found


def _followed(
    start_s: float, end_s: float, time_s: NDArray[np.floating], is_followed: NDArray[np.bool_]
) -> FollowedAction:
    rows = np.flatnonzero(frames_within(time_s, start_s, end_s))
    lost = rows[~is_followed[rows]]
    # Lost frames that follow one another are a stretch.
    first = np.diff(lost, prepend=-2) != 1
    last = np.diff(lost, append=len(time_s) + 1) != 1
    next_s = np.append(time_s, np.inf)[1:]
    gaps = tuple(
        (float(time_s[begin]), min(float(next_s[end]), end_s))
        for begin, end in zip(lost[first], lost[last], strict=True)
    )
    return FollowedAction(len(rows), len(rows) - len(lost), gaps)
