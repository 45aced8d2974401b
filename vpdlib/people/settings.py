"""Settings of person detection."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator


class PeopleSettings(BaseModel):
    """Which detectors look at which frames (specification section 3)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    detectors: tuple[Literal["nanodet", "multipose"], ...] = Field(
        ("nanodet", "multipose"),
        min_length=1,
        description="Embedded detectors; boxes of one person are paired, the rest goes "
        "through NMS. multipose also gives the keypoints that tell an inverted athlete.",
    )
    every_nth_frame: int = Field(
        1, ge=1, description="Look at every n-th frame; tracking fills the frames between."
    )
    nanodet_min_score: float = Field(
        0.3, ge=0, le=1, description="Least score of a NanoDet person."
    )
    multipose_min_score: float = Field(
        0.2, ge=0, le=1, description="Least score of a MultiPose person."
    )
    iou_threshold: float = Field(
        0.5, gt=0, le=1, description="Boxes that overlap more than this are one person."
    )
    max_people: int = Field(20, ge=1, description="The best so many people of a frame are kept.")

    @field_validator("detectors")
    @classmethod
    def _each_once(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(names)) != len(names):
            raise ValueError("name each detector once")
        return names
