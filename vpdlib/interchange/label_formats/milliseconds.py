"""Times in whole milliseconds, as subtitles and the like have them, so that the same frames are of an action."""

from __future__ import annotations

import math

#: By so much computed times may miss a whole millisecond, ms.
_SLACK_MS = 1e-6


def milliseconds(time_s: float) -> int:
    """A time in whole milliseconds, seconds rounded down.

    A frame that begins at the time is then still at or after it, and the one before still before it, at whatever
    rate; rounded to the nearest, every third frame at 29.97 a second would be too early.
    """
    return math.floor(1000 * time_s + _SLACK_MS)


def span_ms(start_s: float, end_s: float) -> tuple[int, int]:
    """Start and end of an action, of a millisecond at least."""
    start_ms = milliseconds(start_s)
    return start_ms, max(milliseconds(end_s), start_ms + 1)
