"""Settings of finding actions in all footage, checked by pydantic; nothing heavy is imported here."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, field_validator

from vpdlib.identifiers import ID_PATTERN
from vpdlib.ranges import Count, Fraction, InnerFraction, NonNegativeFloat
from vpdlib.recognition.settings import HeadName
from vpdlib.section import Section

#: Name of a feature set, or of a late fusion of several.
Method = Annotated[str, StringConstraints(pattern=f"^(?:{ID_PATTERN})$")]


class FindingSettings(Section):
    """How the actions of all footage are found."""

    method: Method | None = Field(
        None,
        description="Feature set, or late fusion (`ensembles`), of found.csv. Null: the first late fusion or, without "
        "one, the first student among `methods` or, without one, the first method.",
    )
    methods: tuple[Method, ...] | None = Field(
        None, description="Those that found_accuracy.csv compares. Null: `methods` and `ensembles`."
    )
    head: HeadName = Field("bigru", description="Recognition head that names what is found.")
    folds: int = Field(
        5,
        ge=2,
        description="Models of a recogniser and of a detector, each learnt without another part of the training "
        "groups; calibration and thresholds come from the parts that were left out.",
    )
    videos_are: Literal["auto", "whole", "uncut"] = Field(
        "auto",
        description="whole: every video is one action and is named as a whole. uncut: actions are looked for. auto: "
        "whole where every training action is all of its video.",
    )
    background_fraction: NonNegativeFloat = Field(
        2.0,
        description="Segments without an action that a recogniser learns from, per action of the same video.",
    )
    shifted_copies: int = Field(
        2,
        ge=0,
        description="Further copies of each training action with its ends shifted, since what is found has other ends "
        "than what a person labels.",
    )
    largest_shift: NonNegativeFloat = Field(
        0.15,
        lt=0.5,
        description="Largest shift of an end, as a fraction of the action's length; below 0.5, so that the ends do not "
        "pass each other.",
    )
    examples_per_class: Count = Field(
        20,
        description="Labelled actions of a class that stay with a recogniser, to name the nearest one to what is "
        "found. Nearest neighbours keep all.",
    )
    suppress_tiou: InnerFraction = Field(
        0.3,
        description="Of two found segments that overlap by more than this, the less probable goes.",
    )
    tious: tuple[float, ...] = Field(
        (0.3, 0.5, 0.7),
        min_length=1,
        description="Temporal intersection over union from which a found action counts as right.",
    )
    operating_tiou: InnerFraction = Field(
        0.5, description="That of the operating threshold, of precision and of recall."
    )
    min_probability: Fraction | None = Field(
        None,
        description="Operating threshold: least probability of an action of found.csv. Null: the one of the best F1 "
        "on the held-out training groups.",
    )

    @field_validator("tious")
    @classmethod
    def _are_fractions(cls, tious: tuple[float, ...]) -> tuple[float, ...]:
        if any(not 0 < tiou <= 1 for tiou in tious) or len(set(tious)) != len(tious):
            raise ValueError(f"{tious}: each above 0 and at most 1, and once")
        return tious


class ClipSettings(Section):
    """Which found actions are cut out to look at, and how much around them."""

    around_s: NonNegativeFloat = Field(
        0.5, description="Shown before and after a found action, in seconds."
    )
    max_per_label: Count | None = Field(
        None, description="So many clips of a class, the most probable ones. Null: all."
    )


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
