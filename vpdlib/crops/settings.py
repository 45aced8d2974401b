"""Settings of the athlete crops."""

from __future__ import annotations

from pydantic import Field

from vpdlib.ranges import NonNegativeFloat
from vpdlib.section import Section


class CropSettings(Section):
    """How the athlete is cut out of a frame (docs/method.md section 3, crop construction)."""

    size: int = Field(128, ge=16, le=1024, description="Side of a crop, in crop pixels.")
    pad_fraction: float = Field(
        0.10, ge=0, le=2, description="Padding of each side, as a fraction of the square's side."
    )
    pad_px: NonNegativeFloat = Field(
        25.0, description="Least padding of each side, in source pixels; the larger wins."
    )
