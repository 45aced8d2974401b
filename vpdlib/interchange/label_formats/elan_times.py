"""When annotations of an ELAN document are: as ELAN itself works it out, milliseconds of the annotations' clock.

An alignable annotation lies between two time slots. Slots without a time are spread evenly, in whole milliseconds: on a
tier without parent between the slots with times before and after in the order of the document, on another along the
chain of the tier's own annotations within the parent's. An annotation that refers to a parent has the parent's times;
those that ELAN chains (Symbolic_Subdivision) divide them evenly.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from vpdlib.datasets.base import DatasetError
from vpdlib.interchange.xml_parts import attribute, whole

_SUBDIVISION = "Symbolic_Subdivision"
_SAVE = "Open the file in ELAN and save it again."


@dataclass
class Tier:
    """A tier.

    Attributes
    ----------
    element : of the document.
    name : its TIER_ID.
    where : file and tier, for messages.
    constraint : the stereotype of its linguistic type; empty where there is none.
    times_ms : annotation id -> start and end.
    slots_ms : time slots of its annotations -> time.
    """

    element: Element
    name: str
    where: str
    constraint: str
    times_ms: dict[str, tuple[int, int]] = field(default_factory=dict)
    slots_ms: dict[str, int] = field(default_factory=dict)

    @property
    def parent(self) -> str | None:
        """The tier that it belongs to; None where there is none."""
        return self.element.get("PARENT_REF")


def read_tiers(root: Element, where: str) -> list[Tier]:
    """The tiers of a document, in its order, with the times of their annotations.

    Raises
    ------
    DatasetError
        If a time is none, or parts that belong together are missing.
    """
    constraints = {
        one.get("LINGUISTIC_TYPE_ID"): one.get("CONSTRAINTS") or ""
        for one in root.iterfind("LINGUISTIC_TYPE")
    }
    tiers: dict[str, Tier] = {}
    for element in root.iterfind("TIER"):
        name = attribute(element, "TIER_ID", where)
        if name in tiers:
            raise DatasetError(f"{where}: there are two tiers {name!r}. Rename one of them.")
        constraint = constraints.get(element.get("LINGUISTIC_TYPE_REF"), "")
        tiers[name] = Tier(element, name, f"{where}: tier {name!r}", constraint)
    slots = _slots(root, where)
    proposed = _proposed(slots)
    for tier in _parents_first(tiers):
        parent = tiers[tier.parent] if tier.parent is not None else None
        _time_aligned(tier, parent, slots, proposed)
        if parent is not None:
            _time_referring(tier, parent)
    return list(tiers.values())


def each_annotation(tier: Tier) -> Iterator[tuple[str, Element]]:
    """Id and element of every annotation of a tier, in the order of the document."""
    for element in tier.element.iterfind("ANNOTATION/*"):
        yield attribute(element, "ANNOTATION_ID", tier.where), element


def _slots(root: Element, where: str) -> dict[str, int | None]:
    slots: dict[str, int | None] = {}
    for slot in root.iterfind("TIME_ORDER/TIME_SLOT"):
        name = attribute(slot, "TIME_SLOT_ID", where)
        if name in slots:
            raise DatasetError(f"{where}: there are two time slots {name}. {_SAVE}")
        value = slot.get("TIME_VALUE")
        here = f"{where}: time slot {name}"
        slots[name] = None if value is None else whole(value, "TIME_VALUE", here)
    return slots


def _proposed(slots: Mapping[str, int | None]) -> dict[str, int]:
    """Times of the slots without one that have a slot with one after them."""
    proposed: dict[str, int] = {}
    begin_ms = 0
    waiting: list[str] = []
    for name, time_ms in slots.items():
        if time_ms is None:
            waiting.append(name)
            continue
        # Documents of other programs may have their slots in any order.
        if time_ms >= begin_ms:
            step_ms = (time_ms - begin_ms) // (len(waiting) + 1)
            for n, one in enumerate(waiting, start=1):
                proposed[one] = begin_ms + n * step_ms
        waiting = []
        begin_ms = time_ms
    return proposed


def _parents_first(tiers: Mapping[str, Tier]) -> Iterator[Tier]:
    children = defaultdict[str | None, list[Tier]](list)
    for tier in tiers.values():
        children[tier.parent].append(tier)
    names: list[str | None] = [None]
    reached = 0
    for name in names:
        for tier in children[name]:
            reached += 1
            names.append(tier.name)
            yield tier
    if reached < len(tiers):
        lost = next(tier for tier in tiers.values() if tier.name not in names)
        raise DatasetError(f"{lost.where}: its parent {lost.parent!r} is not there. {_SAVE}")


def _time_aligned(
    tier: Tier,
    parent: Tier | None,
    slots: Mapping[str, int | None],
    proposed: Mapping[str, int],
) -> None:
    bounds: dict[str, tuple[str, str]] = {}
    for name, element in each_annotation(tier):
        if element.tag == "ALIGNABLE_ANNOTATION":
            here = f"{tier.where}, annotation {name}"
            first, last = (attribute(element, f"TIME_SLOT_REF{n}", here) for n in (1, 2))
            if first not in slots or last not in slots:
                raise DatasetError(f"{here}: its time slots {first}, {last} are not there. {_SAVE}")
            if name in bounds:
                raise DatasetError(f"{here} is there twice. {_SAVE}")
            bounds[name] = first, last
    outer = parent.slots_ms if parent is not None else proposed
    known = {
        slot: time_ms if time_ms is not None else outer[slot]
        for slot in {slot for pair in bounds.values() for slot in pair}
        if (time_ms := slots[slot]) is not None or slot in outer
    }
    if parent is not None:
        _spread(list(bounds.values()), known, tier.where)
    for name, (first, last) in bounds.items():
        here = f"{tier.where}, annotation {name}"
        if first not in known or last not in known:
            raise DatasetError(f"{here} has no time, and nothing around it has one. {_SAVE}")
        if known[last] < known[first]:
            raise DatasetError(
                f"{here} ends at {known[last]} ms, before it begins at {known[first]} ms. Correct it in ELAN."
            )
        tier.times_ms[name] = known[first], known[last]
    tier.slots_ms = known


def _spread(bounds: Sequence[tuple[str, str]], known: dict[str, int], where: str) -> None:
    """Give the slots of chains between two known ones their times, evenly."""
    after = dict(bounds)
    # Slots from which no chain leads to a known one; each is walked once.
    astray: set[str] = set()
    for start in [first for first, _ in bounds if first in known]:
        run: list[str] = []
        slot = after[start]
        while slot not in known and slot in after and slot not in astray:
            run.append(slot)
            slot = after[slot]
            if len(run) > len(after):
                raise DatasetError(f"{where}: its annotations are chained in a circle. {_SAVE}")
        if slot not in known:
            astray.update(run)
        elif run:
            step_ms = (known[slot] - known[start]) // (len(run) + 1)
            for n, one in enumerate(run, start=1):
                known[one] = known[start] + n * step_ms


def _time_referring(tier: Tier, parent: Tier) -> None:
    """Times of the annotations that refer to one of the parent tier."""
    before: dict[str, str | None] = {}
    parent_of: dict[str, str] = {}
    for name, element in each_annotation(tier):
        if element.tag != "REF_ANNOTATION":
            continue
        here = f"{tier.where}, annotation {name}"
        parent_of[name] = attribute(element, "ANNOTATION_REF", here)
        if parent_of[name] not in parent.times_ms:
            raise DatasetError(
                f"{here}: it belongs to {parent_of[name]}, which is not in the tier {parent.name!r}. {_SAVE}"
            )
        if name in before:
            raise DatasetError(f"{here} is there twice. {_SAVE}")
        is_chained = tier.constraint == _SUBDIVISION
        before[name] = element.get("PREVIOUS_ANNOTATION") if is_chained else None
    after = {one: name for name, one in before.items() if one is not None}
    for name, one in before.items():
        if one is not None:
            continue
        chain = [name]
        while chain[-1] in after:
            chain.append(after[chain[-1]])
        start_ms, end_ms = parent.times_ms[parent_of[name]]
        for n, link in enumerate(chain):
            # ELAN cuts to whole milliseconds.
            tier.times_ms[link] = (
                start_ms + n * (end_ms - start_ms) // len(chain),
                start_ms + (n + 1) * (end_ms - start_ms) // len(chain),
            )
    lost = next((name for name in before if name not in tier.times_ms), None)
    if lost is not None:
        raise DatasetError(
            f"{tier.where}, annotation {lost}: it follows {before[lost]}, which is not there or has another follower. "
            f"{_SAVE}"
        )
