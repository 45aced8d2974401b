"""Settings of the ground truth that results are measured against."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from vpdlib.section import Section


class Truth(Section):
    """Ground truth for measuring; never used for training."""

    joints: str | None = Field(
        None, description="npz, video id -> (T, J, 2) joints in px; relative to data_dir."
    )
    boxes: str | None = Field(
        None, description="npz, video id -> (T, 4) athlete boxes xyxy in px; relative to data_dir."
    )
    joint_names: Literal["joints13", "jhmdb15"] = Field(
        "joints13", description="Order of the joints."
    )
