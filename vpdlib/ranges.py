"""The ranges of numbers that settings take, by the names that their models give them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveFloat

__all__ = [
    "Count",
    "Digest",
    "Fraction",
    "InnerFraction",
    "NonNegativeFloat",
    "NonNegativeInt",
    "PositiveFloat",
    "PositiveFraction",
    "ProperFraction",
]

#: How many of something, at least one.
Count = Annotated[int, Field(ge=1)]

#: A part of a whole, from none of it to all: a probability, a score.
Fraction = Annotated[float, Field(ge=0, le=1)]

#: Some of a whole, up to all of it.
PositiveFraction = Annotated[float, Field(gt=0, le=1)]

#: A part of a whole that leaves some: dropout, momentum.
ProperFraction = Annotated[float, Field(ge=0, lt=1)]

#: Some of a whole that leaves some.
InnerFraction = Annotated[float, Field(gt=0, lt=1)]

#: The sha256 of a file in lower-case hexadecimal digits, or its beginning.
Digest = Annotated[str, Field(pattern="^[0-9a-f]{8,64}$")]
