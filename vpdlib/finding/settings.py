"""Settings of finding actions in all footage, checked by pydantic; nothing heavy is imported here."""

from __future__ import annotations

from pydantic import Field

from vpdlib.ranges import Count, NonNegativeFloat
from vpdlib.section import Section


class ClipSettings(Section):
    """Which found actions are cut out to look at, and how much around them."""

    around_s: NonNegativeFloat = Field(
        0.5, description="Shown before and after a found action, in seconds."
    )
    max_per_label: Count | None = Field(
        None, description="So many clips of a class, the most probable ones. Null: all."
    )
