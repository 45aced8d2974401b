"""Settings of the optical flow."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class FlowSettings(BaseModel):
    """How the flow between the previous and the current crop is found and stored."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    method: Literal["dis", "farneback"] = Field(
        "dis", description="Estimator: OpenCV's dense inverse search or Farneback's polynomials."
    )
    dis_preset: Literal["ultrafast", "fast", "medium"] = Field(
        "medium", description="Quality of DIS; the others are faster and coarser."
    )
    max_px: float = Field(
        20.0, gt=0, description="Flow is clipped to plus and minus this, in crop pixels."
    )
    subtract_median: bool = Field(
        True, description="Subtract the median flow of each crop, which is mostly the camera's."
    )
