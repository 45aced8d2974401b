"""Hard cuts, found in frames that are decoded anyway.

A frame begins a shot where the picture changes suddenly and stays changed. Frames are compared as thumbnails (RGB,
``THUMBNAIL`` px), two of them by how different they are, in [0, 1]: the mean of the greatest absolute differences of
colour channels, weighted half and half with how little their colour histograms share. Then frame t begins a shot where

* its difference from t - 1 is at least ``min_change``,
* and at least ``min_ratio`` times the greatest difference among neighbouring frames within ``WINDOW_S`` to either
  side, which a camera that swings, or an athlete close to it, makes large for many frames in turn,
* and the pictures after it are as different from the one before it, as they are not after a photographer's flash.

Between two shots there may be something else for up to ``TRANSITION_S``: black pictures, one that is blended of both or
has a field of each, a title. Then the picture changes twice, at frames t and e; each is compared with what is usual
outside of the two, e with t - 1 as above, and both begin a shot: what lies between is one of its own.

Longer dissolves and wipes are no hard cuts and are not looked for. Nothing is decoded for it: frames pass through.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

import cv2
import numpy as np

from vpdlib.video.reader import Frame

#: Width and height of the thumbnails, px.
THUMBNAIL = (48, 32)
#: Frames within this time to either side tell how much the picture changes anyway.
WINDOW_S = 0.2
#: But no more of them than this, and no fewer than two where there are so many.
MAX_NEIGHBOURS = 12
#: A flash lights up this many frames at most; pictures are compared across it.
_FLASH_FRAMES = 2
#: Of the difference across a cut, so much must last.
_LASTING_FRACTION = 0.6
#: What lies between two shots lasts this long at most, s, and so many frames.
TRANSITION_S = 0.2
MAX_TRANSITION = 12
#: Of the difference between two shots, so much is between each of them and what lies between them.
_STEP_FRACTION = 0.3
#: Levels of a colour channel in the histograms.
_LEVELS = 6


class ShotFinder:
    """Tells shots while a video's frames pass through :meth:`add`.

    Parameters
    ----------
    min_change : least difference across a cut, in [0, 1].
    min_ratio : least ratio of the difference across a cut to those around it.
    """

    def __init__(self, min_change: float, min_ratio: float) -> None:
        self._min_change = min_change
        self._min_ratio = min_ratio
        # Thumbnails of the last frames: as many as are looked at before and after the longest transition.
        self._recent: deque[_Thumbnail] = deque(maxlen=3 * MAX_TRANSITION + _FLASH_FRAMES + 4)
        self._time_s: list[float] = []
        #: Difference of each frame from the one before.
        self._change: list[float] = []
        #: Difference of each frame from the one before the last ``_FLASH_FRAMES`` + 1: of frame t it stands at
        #: the place of the frame that would have begun the shot.
        self._lasting: list[float] = []
        #: First frames of what lies between two shots, and of the shots that follow.
        self._between: list[tuple[int, int]] = []
        #: Frames that may begin a shot, by what is known once they come.
        self._suspects: deque[int] = deque(maxlen=MAX_NEIGHBOURS)
        #: The next frame that may end what lies between two shots.
        self._next_end = 2

    def add(self, frame: Frame) -> None:
        """Look at the next frame of the video."""
        thumbnail = _Thumbnail(frame.rgb)
        if self._recent:
            self._change.append(thumbnail.difference(self._recent[-1]))
        else:
            self._change.append(0.0)
        self._recent.append(thumbnail)
        self._time_s.append(frame.time_s)
        if len(self._recent) >= _FLASH_FRAMES + 2:
            self._lasting.append(thumbnail.difference(self._recent[-_FLASH_FRAMES - 2]))
        if self._may_begin():
            self._suspects.append(len(self._change) - 1)
        # What follows is needed to judge one.
        self._look_between(len(self._change) - MAX_NEIGHBOURS - 1)

    @property
    def may_begin(self) -> bool:
        """Whether the frame that came last may begin a shot; which of these do, only later frames tell."""
        return bool(self._suspects) and self._suspects[-1] == len(self._change) - 1

    def shots(self) -> np.ndarray:
        """Return the number of the shot that every frame is of, int32 (N,), from 0."""
        time_s, change = np.array(self._time_s), np.array(self._change)
        num_frames = len(change)
        self._look_between(num_frames)
        begins = np.zeros(num_frames, np.int32)
        for frame in np.flatnonzero(change >= self._min_change):
            # At a video's end there is nothing after a flash that could tell it from a cut.
            lasting = self._lasting[frame - 1] if frame - 1 < len(self._lasting) else change[frame]
            around = _neighbours(time_s, int(frame))
            usual = float(change[around].max(initial=0.0))
            begins[frame] = (
                frame > 0
                and change[frame] >= self._min_ratio * usual
                and lasting >= _LASTING_FRACTION * change[frame]
            )
        for first, following in self._between:
            begins[[first, following]] = 1
        return np.cumsum(begins, dtype=np.int32)

    def _may_begin(self) -> bool:
        last = len(self._change) - 1
        if last == 0 or self._change[last] < _STEP_FRACTION * self._min_change:
            return False
        # What is usual before it, but for where the picture may have been another one: a title changes twice.
        usual = 0.0
        for count, before in enumerate(range(last - 1, max(last - MAX_NEIGHBOURS, 1) - 1, -1)):
            if count >= 2 and self._time_s[last] - self._time_s[before] > WINDOW_S:
                break
            if before not in self._suspects:
                usual = max(usual, self._change[before])
        return self._change[last] >= self._min_ratio * usual

    def _look_between(self, until: int) -> None:
        """Look for what lies between two shots and ends before a frame."""
        for end in range(self._next_end, until):
            # Of a difference that counts, this is the least fraction of a step.
            if self._change[end] < _STEP_FRACTION * self._min_change:
                continue
            for first in range(end - 1, max(end - MAX_TRANSITION, 1) - 1, -1):
                if self._time_s[end] - self._time_s[first] > TRANSITION_S + 1e-6:
                    break
                if self._is_between(first, end):
                    self._between.append((first, end))
                    break
        self._next_end = max(self._next_end, until)

    def _is_between(self, first: int, end: int) -> bool:
        """Whether frames ``first`` to ``end`` - 1 lie between two shots."""
        # What needs no pictures first: most frames end here.
        steps = min(self._change[first], self._change[end])
        before, after = self._around(first, end)
        if before.start == before.stop or after.start == after.stop:
            # What is usual there is not known.
            return False
        usual = max([*self._change[before], *self._change[after]])
        if steps < max(_STEP_FRACTION * self._min_change, self._min_ratio * usual):
            return False
        across = self._difference(first - 1, end)
        steps = min(steps, self._difference(first - 1, end - 1), self._difference(first, end))
        if across < self._min_change or steps < _STEP_FRACTION * across:
            return False
        length, last = end - first + 1, len(self._change) - 1
        usual_across = max(
            self._difference(max(first - 1 - length, before.start - 1, 0), first - 1),
            self._difference(end, min(end + length, last)),
        )
        lasting = self._difference(first - 1, min(end + _FLASH_FRAMES + 1, last))
        return across >= self._min_ratio * usual_across and lasting >= _LASTING_FRACTION * across

    def _around(self, first: int, end: int) -> tuple[slice, slice]:
        """The frames before and after some that tell how much the picture changes anyway."""
        low, high = first, end + 1
        while low > 1 and first - low < MAX_NEIGHBOURS:
            if first - low >= 2 and self._time_s[first] - self._time_s[low - 1] > WINDOW_S:
                break
            low -= 1
        while high < len(self._change) and high - end <= MAX_NEIGHBOURS:
            if high - end > 2 and self._time_s[high] - self._time_s[end] > WINDOW_S:
                break
            high += 1
        return slice(low, first), slice(end + 1, high)

    def _difference(self, one: int, other: int) -> float:
        """How different two of the last frames are."""
        oldest = len(self._change) - len(self._recent)
        return self._recent[one - oldest].difference(self._recent[other - oldest])


def find_shots(
    frames: Iterable[Frame], min_change: float, min_ratio: float
) -> tuple[np.ndarray, np.ndarray]:
    """Go through a video for its time stamps and cuts alone.

    Parameters
    ----------
    frames : the video's frames, in order.
    min_change, min_ratio : see :class:`ShotFinder`.

    Returns
    -------
    time of every frame, s, float64 (N,), and its shot, int32 (N,).
    """
    finder = ShotFinder(min_change, min_ratio)
    time_s = []
    for frame in frames:
        finder.add(frame)
        time_s.append(frame.time_s)
    return np.array(time_s, np.float64), finder.shots()


def _neighbours(time_s: np.ndarray, frame: int) -> np.ndarray:
    """The frames whose differences tell what is usual around one, without itself and the video's first."""
    low = np.searchsorted(time_s, time_s[frame] - WINDOW_S)
    high = np.searchsorted(time_s, time_s[frame] + WINDOW_S, side="right")
    low = min(max(low, frame - MAX_NEIGHBOURS), frame - 2)
    high = max(min(high, frame + MAX_NEIGHBOURS + 1), frame + 3)
    around = np.arange(max(low, 1), min(high, len(time_s)))
    return around[around != frame]


class _Thumbnail:
    """A small copy of a picture, and the histogram of its colours."""

    def __init__(self, rgb: np.ndarray) -> None:
        self.rgb = cv2.resize(rgb, THUMBNAIL, interpolation=cv2.INTER_AREA).astype(np.int16)
        level = self.rgb.reshape(-1, 3) * _LEVELS // 256
        place = (level[:, 0] * _LEVELS + level[:, 1]) * _LEVELS + level[:, 2]
        counts = np.bincount(place, minlength=_LEVELS**3)
        self.histogram = counts / len(place)

    def difference(self, other: _Thumbnail) -> float:
        """How different two pictures are, in [0, 1]."""
        moved = np.abs(self.rgb - other.rgb).max(axis=2).mean() / 255
        recoloured = 1 - np.minimum(self.histogram, other.histogram).sum()
        return float(moved + recoloured) / 2
