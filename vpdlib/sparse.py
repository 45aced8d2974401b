"""Looking at a few items of a sequence, and at more of them where these do not tell what lies between.

Frames of a video are looked at by a network, which costs time, and most of them show what one expects from those
around them. So every ``step``-th is looked at first. What lies between two looks is trusted where looks say that
interpolation is right there: the look at its beginning agrees with what is interpolated from the look as far before it
and the one at its end. Else its middle is looked at. If that agrees with what is interpolated from
the two ends, both halves are trusted; if not each half is treated likewise, down to every single item. So nothing is
trusted that was not confirmed beside, no item is looked at twice, and at worst all are looked at.

A run is a part of the sequence in which things go on without a break, such as a shot. Nothing is interpolated, and
nothing confirmed, over its ends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Generic, TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")

#: What was looked at, and what was seen; None where it was not looked at.
Seen = tuple[Item, Answer | None]
#: Looks at items, one answer each; whether they are among those that are looked at first.
Look = Callable[[Sequence[Item], bool], Sequence[Answer]]
#: Whether a look agrees with those before and after it. The number is how far the looks before and after are from each
#: other, in items.
Agree = Callable[[Answer, Answer, Answer, int], bool]


def look_sparsely(
    items: Iterable[tuple[bool, Item]],
    look: Look[Item, Answer],
    agree: Agree[Answer],
    step: int,
    batch_size: int = 1,
) -> Iterator[Seen[Item, Answer]]:
    """Look at the items of a sequence where it is needed; see the module's text.

    Parameters
    ----------
    items : whether one begins a run, and the item.
    look : sees the items it is given.
    agree : whether an answer agrees with what the answers before and after it make one expect.
    step : every so many are looked at first; 1: all.
    batch_size : so many are best looked at at once.

    Yields
    ------
    Every item in order, with its answer, or None where it was not looked at. max(``step``, ``batch_size``) + 1 items
    are held at most. What is looked at does not depend on ``batch_size``.
    """
    run = _Run(look, agree, step)
    part_size = max(step, batch_size // step * step)
    for begins, item in items:
        # Where all are looked at a run's end must not cut batches short.
        if begins and step > 1:
            yield from run.finish()
            run = _Run(look, agree, step)
        run.held.append(item)
        # One more than a whole number of steps: both ends of the last one.
        if len(run.held) == part_size + (step > 1):
            yield from run.settle()
    yield from run.finish()


class _Run(Generic[Item, Answer]):
    """One run: the items that are held, and what was seen. Places count from the run's first item."""

    def __init__(self, look: Look[Item, Answer], agree: Agree[Answer], step: int) -> None:
        self._look, self._agree, self._step = look, agree, step
        #: The place of the first item that is held.
        self.first = 0
        self.held: list[Item] = []
        #: Answers, and how fine the steps were when they were asked for: 0 for the first ones.
        self._seen: dict[int, tuple[Answer, int]] = {}

    def settle(self) -> Iterator[Seen[Item, Answer]]:
        """Decide on all that is held, but keep the last, with which the next part begins."""
        self._decide()
        yield from self._let_go(len(self.held) - (self._step > 1))

    def finish(self) -> Iterator[Seen[Item, Answer]]:
        """Decide on all that is held; no item follows."""
        self._decide()
        yield from self._let_go(len(self.held))

    def _decide(self) -> None:
        if not self.held:
            return
        last = self.first + len(self.held) - 1
        # The last of a run need not be at a whole number of steps.
        ends = sorted({*range(self.first, last + 1, self._step), last})
        self._ask([place for place in ends if place not in self._seen], 0)
        gaps = list(pairwise(ends))
        level = 0
        while gaps := [gap for gap in gaps if gap[1] - gap[0] > 1]:
            # The last step of a run may be shorter than the one before it.
            unsure = [
                (a, b)
                for a, b in gaps
                if not self._agrees(a - (b - a if level else self._step), a, b, level)
            ]
            level += 1
            self._ask([(a + b) // 2 for a, b in unsure], level)
            gaps = [
                half
                for a, b in unsure
                if not self._agrees(a, (a + b) // 2, b, level)
                for half in ((a, (a + b) // 2), ((a + b) // 2, b))
            ]

    def _agrees(self, before: int, now: int, after: int, level: int) -> bool:
        """Whether all three were seen by now, and agree."""
        places = before, now, after
        # One that was seen later, in steps that were finer, is known or not by how items come in parts.
        if any(place not in self._seen or self._seen[place][1] > level for place in places):
            return False
        one, two, three = (self._seen[place][0] for place in places)
        return self._agree(one, two, three, after - before)

    def _ask(self, places: list[int], level: int) -> None:
        if places:
            items = [self.held[place - self.first] for place in places]
            answers = self._look(items, level == 0)
            for place, answer in zip(places, answers, strict=True):
                self._seen[place] = answer, level

    def _let_go(self, count: int) -> Iterator[Seen[Item, Answer]]:
        items, self.held = self.held[:count], self.held[count:]
        for place, item in enumerate(items, start=self.first):
            answer = self._seen.get(place)
            yield item, None if answer is None else answer[0]
        self.first += count
        # A step before the next part is all that is asked of what is past.
        self._seen = {p: seen for p, seen in self._seen.items() if p >= self.first - self._step}
