"""What was looked at and found, as a table to read and as JSON."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

#: ``absent`` is not there and need not be; ``wrong`` does not work; ``unknown`` was not looked at in time.
State = Literal["works", "absent", "wrong", "unknown"]

_MARKS: dict[State, str] = {"works": "ok", "absent": "-", "wrong": "WRONG", "unknown": "?"}
_WIDTH = 100


@dataclass(frozen=True)
class Item:
    """One thing that was looked at.

    Attributes
    ----------
    part : of the table that it belongs to.
    name : of the thing.
    state : see `State`.
    found : what was found, or what it said.
    remedy : what to do; empty where nothing is to be done.
    needed : whether ``make demo`` needs it.
    """

    part: str
    name: str
    state: State
    found: str
    remedy: str = ""
    needed: bool = False

    @property
    def stops_the_demo(self) -> bool:
        """Whether ``make demo`` cannot do because of it."""
        return self.needed and self.state == "wrong"


def table(items: Sequence[Item]) -> str:
    """All items by part, a line each and its remedy below it."""
    name_wide = max((len(item.name) for item in items), default=0)
    lines, part = [], None
    for item in items:
        if item.part != part:
            part = item.part
            lines += ["", part]
        head = f"  {_MARKS[item.state]:<6}{item.name:<{name_wide}}  "
        lines += _wrapped(item.found, head, " " * len(head))
        if item.remedy:
            lines += _wrapped(item.remedy, " " * len(head) + "-> ", " " * (len(head) + 3))
    return "\n".join([*lines[1:], "", verdict(items)])


def verdict(items: Sequence[Item]) -> str:
    """One line: whether ``make demo`` can do."""
    wrong = [item.name for item in items if item.stops_the_demo]
    if wrong:
        return f"make demo will not do: {', '.join(wrong)}."
    unknown = [item.name for item in items if item.needed and item.state == "unknown"]
    if unknown:
        return (
            f"Nothing is wrong that make demo needs, as far as was seen; out of time: {', '.join(unknown)} (--seconds "
            "120)."
        )
    return "All that make demo needs works."


def as_json(items: Sequence[Item]) -> str:
    """The same for programs."""
    content = {
        "demo_can_do": not any(item.stops_the_demo for item in items),
        "items": [asdict(item) for item in items],
    }
    return json.dumps(content, indent=2)


def _wrapped(text: str, first: str, rest: str) -> list[str]:
    wide = max(_WIDTH, len(first) + 40)
    # Paths and commands are copied: they are not broken.
    return textwrap.wrap(
        " ".join(text.split()) or "-",
        wide,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )
