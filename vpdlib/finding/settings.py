"""Settings of finding actions in unlabelled footage, checked by pydantic; nothing heavy is imported here."""

from __future__ import annotations

from pydantic import Field

from vpdlib.ranges import Count, Fraction, NonNegativeFloat
from vpdlib.section import Section


class ToLabelSettings(Section):
    """Which segments a person is asked to label next.

    The defaults were chosen on held-out training groups (``benchmarks/label_curve.py --choose``).
    """

    num: Count = Field(20, description="Number of segments that are asked for at a time.")
    unsure_weight: Fraction = Field(
        0.5,
        description="How much more a segment counts whose class is unsure: one that is sure counts 1 less this.",
    )
    rare_weight: Fraction = Field(
        0.5,
        description="How much more is asked for segments that look like classes with few labels: one of a class with "
        "very many counts 1 less this.",
    )
    group_power: NonNegativeFloat = Field(
        1.0,
        description="Segments of a video or athlete of whom n are labelled or asked for already count (1 + n) to the "
        "power of minus this; 0 does not spread them.",
    )
    num_references: Count = Field(
        1000,
        description="Most segments for which is measured how near a labelled one lies. Of more, they are evenly "
        "spread ones; time and memory grow with them.",
    )
