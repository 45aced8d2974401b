"""Settings of the ground truth that results are measured against."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Truth(BaseModel):
    """Ground truth for measuring; never used for training."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    joints: str | None = Field(
        None, description="npz, video id -> (T, J, 2) joints in px; relative to data_dir."
    )
    boxes: str | None = Field(
        None, description="npz, video id -> (T, 4) athlete boxes xyxy in px; relative to data_dir."
    )
    joint_names: Literal["joints13", "jhmdb15"] = Field(
        "joints13", description="Order of the joints."
    )
