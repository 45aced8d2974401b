"""Times in whole milliseconds, as subtitles and the like have them, so that the same frames are of an action."""

from __future__ import annotations

import math

from vpdlib.datasets.base import TIME_SLACK_S

#: By so much computed numbers of frames may miss a whole one.
_SLACK_FRAMES = 1e-6
#: By so much computed times may miss a whole millisecond, ms.
_SLACK_MS = 1e-6


def milliseconds(time_s: float) -> int:
    """A time in whole milliseconds, seconds rounded down.

    A frame that begins at the time is then still at or after it, and the one before still before it, at whatever
    rate; rounded to the nearest, every third frame at 29.97 a second would be too early.
    """
    return math.floor(1000 * time_s + _SLACK_MS)


def span_ms(start_s: float, end_s: float, fps: float = 0.0) -> tuple[int, int]:
    """Start and end of an action, of a millisecond at least.

    A time that lies just after a frame's beginning is rounded up where rounded down it would take that frame in
    (``TIME_SLACK_S``); the rate, frames a second, is 0 where it is not known.
    """
    start_ms = _of_same_frame(start_s, fps)
    return start_ms, max(_of_same_frame(end_s, fps), start_ms + 1)


def _of_same_frame(time_s: float, fps: float) -> int:
    down = milliseconds(time_s)
    is_other = fps > 0 and _first_frame(down / 1000, fps) != _first_frame(time_s, fps)
    return down + 1 if is_other else down


def _first_frame(time_s: float, fps: float) -> int:
    """The first frame of an action that begins at a time."""
    return math.ceil((time_s - TIME_SLACK_S) * fps - _SLACK_FRAMES)
