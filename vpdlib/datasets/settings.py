"""Settings that adapters and stages share; nothing heavy is imported here."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from vpdlib.section import Section

#: Orders of joints that keypoint files may have; see :mod:`vpdlib.imports.keypoints`.
JointNames = Literal["coco17", "joints13", "jhmdb15", "h36m17"]
Deinterlace = Literal["auto", "never", "always"]
DeinterlaceSetting = Annotated[
    Deinterlace,
    Field(
        description="Interlaced pictures (AVCHD, DV, broadcasts), of which one remains one: auto deinterlaces those "
        "that are marked so, always all, for files that do not say, never none, for progressive pictures that are "
        "marked wrongly."
    ),
]

#: What becomes of a video that cannot be used; see :mod:`vpdlib.datasets.bad_videos`.
OnBadVideo = Literal["refuse", "skip"]

#: What the athlete's tracks are made from: people detected, or boxes or keypoints of another tool.
TracksFrom = Literal["people", "boxes", "keypoints"]


class SuppliedSettings(Section):
    """Output of other tools that stands in for a stage (docs/bring_your_own.md)."""

    boxes: str | None = Field(
        None,
        description="CSV, npz or HDF5 of the athlete's boxes in place of detection and tracking; relative to "
        "data_dir.",
    )
    keypoints: str | None = Field(
        None,
        description="npz, HDF5 or PySKL pickle in place of the teacher; relative to data_dir. Where there are no "
        "videos, boxes are taken from the keypoints too.",
    )
    joint_names: JointNames = Field("coco17", description="Order of the joints in `keypoints`.")
    features: dict[str, str] = Field(
        default_factory=dict,
        description="Feature set -> npz or HDF5 of descriptors in place of a student's; relative to data_dir.",
    )
