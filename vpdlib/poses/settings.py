"""Settings of the weak labels: which frames of the teacher a student may learn from.

Pure data, checked by pydantic; unknown keys are refused. Nothing heavy is imported here, so that
the configuration is read and validated before any job starts.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class WeakLabelSettings(BaseModel):
    """How weak labels are selected from a teacher's keypoints (specification sections 5 and 7)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    min_score: float = Field(
        default=0.5,
        ge=0.0,
        le=1.0,
        description="Keep a frame only where the mean score of its 13 joints is at least this "
        "(paper: 0.5, tennis 0.7, for HRNet; MoveNet's scores run lower).",
    )
    previous_min_score: float = Field(
        default=0.0,
        ge=0.0,
        le=1.0,
        description="Keep a frame only where the previous frame's mean score is at least this (paper: "
        "not looked at). The motion to a frame in which the teacher was lost is large and wrong.",
    )
    max_extent: float = Field(
        default=5.0,
        gt=0.5,
        description="Keep a frame only where no normalised coordinate is larger than this (the "
        "torso "
        "is 0.5). Beyond the paper: a torso that collapsed to a point makes the limbs explode, and "
        "a squared loss would follow those few frames. Real bodies stay below about 3.",
    )


class PoseSettings(BaseModel):
    """The teacher that estimates poses in the athlete's box (specification section 5)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    teacher: Literal["movenet_thunder"] = Field(
        "movenet_thunder", description="Pose network: MoveNet Thunder, embedded, COCO-17."
    )
    margin: float = Field(
        1.25,
        ge=1.0,
        le=3.0,
        description="Side of the square shown to the teacher, over the box's longer side.",
    )
