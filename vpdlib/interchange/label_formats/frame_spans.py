"""Actions as spans of frames, for formats that number them: the frames that begin within an action."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from vpdlib.datasets.base import TIME_SLACK_S, DatasetError
from vpdlib.interchange.formats import WrittenAction, WrittenVideo


def frame_span(
    action: WrittenAction, video: WrittenVideo, counts: Literal["time", "pictures"] = "time"
) -> tuple[int, int]:
    """First frame of an action, from 0, and the first one after it.

    Parameters
    ----------
    action, video : the action, and the video that it is in.
    counts : what the number is, as of :class:`vpdlib.interchange.formats.FrameTime`.

    Raises
    ------
    DatasetError
        If no frame begins within the action.
    """
    times_s = (action.start_s - TIME_SLACK_S, action.end_s - TIME_SLACK_S)
    if counts == "pictures" and video.picture_times is not None:
        first, end = (int(place) for place in np.searchsorted(video.picture_times(), times_s))
    else:
        first, end = (math.ceil(time_s * video.fps) for time_s in times_s)
        if video.num_frames:
            end = min(end, video.num_frames)
    if end <= first:
        raise DatasetError(
            f"{video.path.name}: {action.label!r} from {action.start_s:g} to {action.end_s:g} s has no frame of its "
            f"own ({video.num_frames} at {video.fps:g} a second). Correct it, or take a format that has times, such as "
            "elan."
        )
    return first, end
