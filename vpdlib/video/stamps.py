"""Time stamps of pictures: mending those that are wrong, and the rate that they tell.

Stamps are seconds on the container's clock, in the order in which pictures are shown; None where a picture has none.
:class:`StampMender` makes them strictly increase and holds back a few pictures only, so that nothing is read twice.
Which stamp is wrong is told by the others around it: the longest increasing run of stamps stays as it is.
"""

from __future__ import annotations

import statistics
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

#: Pictures held back until their stamps are settled.
LOOK_AHEAD = 8
#: A stamp at most so many steps after the one before is settled at once.
PLAIN_STEPS = 1.5
#: So many pictures at a video's beginning or end that lie far away from all others are stamped wrongly.
MAX_STRAY = 3
#: "Far away" is this long and this many pictures.
STRAY_GAP_S = 600.0
STRAY_GAP_STEPS = 100
#: Steps of this time and as many pictures are pauses, which do not count for a mean rate.
PAUSE_S = 10.0
#: What Matroska, FLV and ASF round stamps to, s.
MILLISECOND = Fraction(1, 1000)
#: Rates that stamps and header give agree where they differ by less than this fraction.
RATE_AGREEMENT = 2e-3
#: Rates that cameras and broadcasts have.
COMMON_RATES = tuple(
    sorted(
        {
            *(
                Fraction(rate)
                for rate in (10, 12, 15, 20, 24, 25, 30, 48, 50, 60, 90, 100, 120, 240)
            ),
            *(Fraction(rate * 1000, 1001) for rate in (15, 24, 30, 60, 120, 240)),
        }
    )
)


class StampMender:
    """Settle the times of pictures one after the other.

    A stamp that is missing, does not increase, or is passed by the stamps after it is replaced: by the previous time
    plus the step of the pictures around it, or evenly up to the next good one where that is nearer. All other stamps
    stay as they are, however long a gap is. Up to three pictures at the beginning or the end that lie ten minutes and a
    hundred pictures away from all others are stamped wrongly. Where all stamps fall behind and go on from
    there, as in recordings joined end to end, the clock was set anew: time then continues.

    Parameters
    ----------
    step_s : the usual time between pictures, s.

    Attributes
    ----------
    replaced : stamps that were replaced; a clock that was set anew counts once.
    """

    def __init__(self, step_s: float) -> None:
        self.replaced = 0
        self._step_s = step_s
        self._gap_s = max(STRAY_GAP_S, STRAY_GAP_STEPS * step_s)
        self._offset_s = 0.0
        self._last_s: float | None = None
        self._steps: deque[float] = deque(maxlen=LOOK_AHEAD + 1)
        self._waiting: deque[float | None] = deque()

    def push(self, stamp_s: float | None) -> list[float]:
        """Take the next picture's stamp; return the times that are now settled, in order."""
        self._waiting.append(stamp_s)
        times = []
        while self._waiting and (len(self._waiting) > LOOK_AHEAD or self._is_plain()):
            times.append(self._settle(ended=False))
        return times

    def _is_plain(self) -> bool:
        """Whether the next stamp is where it is expected, so that none after it can belong before it."""
        stamp_s = self._waiting[0]
        if stamp_s is None or self._last_s is None:
            return False
        step_s = stamp_s + self._offset_s - self._last_s
        return 0 < step_s <= PLAIN_STEPS * self._local_step()

    def flush(self) -> list[float]:
        """Return the times of all pictures that are still held back."""
        return [self._settle(ended=True) for _ in range(len(self._waiting))]

    def _settle(self, ended: bool) -> float:
        if self._is_plain():
            plain_s = (self._waiting.popleft() or 0.0) + self._offset_s
            self._steps.append(plain_s - (self._last_s or 0.0))
            self._last_s = plain_s
            return plain_s
        values = [None if v is None else v + self._offset_s for v in self._waiting]
        last_s = self._last_s
        if last_s is not None and self._is_set_anew(values, last_s):
            first = next(v for v in values if v is not None)
            shift_s = last_s + self._local_step() - first
            self._offset_s += shift_s
            self.replaced += 1
            values = [None if v is None else v + shift_s for v in values]
        good = self._good(values, ended)
        self._waiting.popleft()
        if good and good[0] == 0:
            time_s = values[0]
            assert time_s is not None
        else:
            self.replaced += 1
            time_s = self._filled(values, good)
        if last_s is not None:
            self._steps.append(time_s - last_s)
        self._last_s = time_s
        return time_s

    def _is_set_anew(self, values: Sequence[float | None], last_s: float) -> bool:
        """Whether the stamps fall behind and increase from there."""
        if values[0] is None or values[0] > last_s:
            return False
        ahead = len(_increasing(values, last_s))
        anyhow = len(_increasing(values, None))
        return anyhow >= 3 and 2 * anyhow > len(values) and anyhow > 2 * ahead

    def _good(self, values: Sequence[float | None], ended: bool) -> list[int]:
        """Indices of the stamps that stay, of those in view."""
        last_s = self._last_s
        good = _increasing(values, last_s)
        if not good:
            return good
        if last_s is None:
            # The video's beginning: a few pictures, then a leap to the many.
            for num in range(1, min(MAX_STRAY, (len(good) - 1) // 2) + 1):
                if _at(values, good[num]) - _at(values, good[num - 1]) > self._gap_s:
                    return good[num:]
        elif ended and len(values) <= MAX_STRAY:
            # Its end: they lie away from what came before.
            good = [at for at in good if _at(values, at) - last_s <= self._gap_s]
        return good

    def _local_step(self) -> float:
        return statistics.median(self._steps) if self._steps else self._step_s

    def _filled(self, values: Sequence[float | None], good: Sequence[int]) -> float:
        """A time for the first picture in view, whose stamp does not count."""
        step_s = self._local_step()
        if self._last_s is None:
            # Before the first stamp that counts; without any, the video begins at 0.
            return _at(values, good[0]) - good[0] * step_s if good else 0.0
        if not good:
            return self._last_s + step_s
        even_s = (_at(values, good[0]) - self._last_s) / (good[0] + 1)
        return self._last_s + min(step_s, even_s)


def _at(values: Sequence[float | None], index: int) -> float:
    value = values[index]
    assert value is not None
    return value


def _increasing(values: Sequence[float | None], above: float | None) -> list[int]:
    """Indices of the longest run of strictly increasing values that lie above a limit.

    Of runs of one length, the one that begins lowest.
    """
    known = [at for at, v in enumerate(values) if v is not None and (above is None or v > above)]
    numbers = [_at(values, at) for at in known]
    if all(a < b for a, b in pairwise(numbers)):
        return known
    length = [1] * len(known)
    following: list[int | None] = [None] * len(known)
    for i in range(len(known) - 2, -1, -1):
        for j in range(i + 1, len(known)):
            if numbers[j] > numbers[i] and length[j] + 1 > length[i]:
                length[i], following[i] = length[j] + 1, j
    longest = max(length)
    begins = [i for i in range(len(known)) if length[i] == longest]
    at: int | None = min(begins, key=lambda i: numbers[i])
    run = []
    while at is not None:
        run.append(known[at])
        at = following[at]
    return run


def mend(stamps_s: Iterable[float | None], step_s: float) -> NDArray[np.float64]:
    """Settle the stamps of a whole video, as :class:`StampMender` does one by one.

    Parameters
    ----------
    stamps_s : (N,) in the order in which pictures are shown.
    step_s : the usual time between pictures, s.

    Returns
    -------
    (N,) strictly increasing times, s.
    """
    stamps_s = list(stamps_s)
    plain = np.array([np.nan if v is None else v for v in stamps_s], np.float64)
    steps = np.diff(plain)
    if (steps > 0).all() and (steps <= max(STRAY_GAP_S, STRAY_GAP_STEPS * step_s)).all():
        return plain
    mender = StampMender(step_s)
    times = [time_s for stamp in stamps_s for time_s in mender.push(stamp)]
    return np.array(times + mender.flush(), np.float64)


def go_on(runs_s: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """The stamps of a video whose clock was set anew, as :class:`StampMender` lets time continue.

    Parameters
    ----------
    runs_s : increasing stamps from each beginning of the clock on, s; of the first one they stay.

    Returns
    -------
    (N,) increasing, s.
    """
    times_s = np.empty(0)
    for run_s in runs_s:
        shift_s = 0.0
        if len(times_s) and len(run_s):
            steps = np.diff(times_s)[-LOOK_AHEAD - 1 :]
            step_s = float(np.median(steps if len(steps) else np.diff(run_s)[:1]))
            shift_s = times_s[-1] + step_s - run_s[0]
        times_s = np.concatenate([times_s, run_s + shift_s])
    return times_s


def choose_rate(
    stated: Iterable[Fraction | None], stamps_s: NDArray[np.float64], tick: Fraction
) -> float | None:
    """The number of pictures a second.

    Parameters
    ----------
    stated : what the header says, the most trusted first; None, 0 and more than 1000 are passed over.
    stamps_s : (N,) increasing stamps of pictures, s.
    tick : to what stamps are rounded, s.

    Returns
    -------
    The first stated rate that the stamps bear out, exact; else what they tell, as a common rate where it
    is one but for the rounding; None where neither says anything.
    """
    rates = [Fraction(rate) for rate in stated if rate and 0 < rate <= 1000]
    found = _tell_rate(stamps_s)
    if found is None:
        return float(rates[0]) if rates else None
    if tick == MILLISECOND:
        # Where Matroska states nothing, FFmpeg takes a rounded step for it: 33 ms, 30.303 a second.
        rates = [r for r in rates if r in COMMON_RATES or (1 / r / tick).denominator > 1]
    # Both ends of the span are rounded.
    rounding = 2 * float(tick) / found.span_s
    for rate in rates:
        if abs(float(rate) - found.rate) <= max(found.slack, rounding) * found.rate:
            return float(rate)
    slack = max(2e-4, rounding) * found.rate
    near = [rate for rate in COMMON_RATES if abs(float(rate) - found.rate) <= slack]
    # A few rounded stamps do not tell 30 from 29.97.
    near.sort(key=lambda rate: (rate.denominator > 1, abs(float(rate) - found.rate)))
    return float(near[0]) if near else found.rate


@dataclass(frozen=True)
class _Rate:
    """Pictures a second, the time that they were told from, and by which share a stated rate may differ."""

    rate: float
    span_s: float
    slack: float


def _tell_rate(stamps_s: NDArray[np.float64]) -> _Rate | None:
    """What stamps tell of the rate; None for fewer than two pictures.

    At a constant rate, gaps where pictures were lost or the camera paused do not count. At one that varies it is the
    mean.
    """
    steps = np.diff(stamps_s)
    steps = steps[steps > 0]
    if not len(steps):
        return None
    # Rounding makes steps of two lengths, of which the median is one: the usual step is the mean of those near it.
    usual = float(np.median(steps))
    near = steps[np.abs(steps - usual) <= 0.25 * usual]
    # Of two steps that differ the median is between them, and near neither.
    usual = float(near.mean()) if len(near) else usual
    number = np.round(steps / usual)
    regular = (number >= 1) & (np.abs(steps / usual - number) <= 0.25) & (number <= STRAY_GAP_STEPS)
    if regular.mean() >= 0.9 and (number[regular] == 1).mean() >= 0.75:
        span_s = float(steps[regular].sum())
        return _Rate(float(number[regular].sum()) / span_s, span_s, RATE_AGREEMENT)
    steps = steps[steps <= max(PAUSE_S, STRAY_GAP_STEPS * usual)]
    span_s = float(steps.sum())
    # A stated mean counts pictures, or the steps between them.
    return _Rate(len(steps) / span_s, span_s, RATE_AGREEMENT + 1 / len(steps))
