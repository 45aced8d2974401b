"""Settings of person detection."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator, model_validator

from vpdlib.ranges import Count, Fraction, PositiveFraction
from vpdlib.section import Section
from vpdlib.weights.settings import OpenMMLabSettings


class MMDetSettings(OpenMMLabSettings):
    """A person detector of OpenMMLab's mmdet 3, such as the paper's kind, Mask R-CNN."""

    config: str = Field(
        min_length=1,
        description="Path of an mmdet configuration (.py), or the bare name of one in the installed package's model "
        "zoo, such as mask-rcnn_x101-64x4d_fpn_ms-poly_3x_coco.",
    )
    min_score: Fraction = Field(0.3, description="Least score of a person.")
    batch_size: Count = Field(4, description="Frames a pass through the network.")
    masks: bool = Field(
        False,
        description="Keep the people's masks, for noise on the background of the student's crops; the model must "
        "give masks (Mask R-CNN, RTMDet-Ins).",
    )
    mask_min_score: Fraction = Field(
        0.8, description="Least score of a person whose mask is kept; the paper's 0.8."
    )


class PeopleSettings(Section):
    """Which detectors look at which frames (docs/method.md section 3)."""

    detectors: tuple[Literal["nanodet", "multipose", "mmdet"], ...] = Field(
        ("nanodet", "multipose"),
        min_length=1,
        description="Detectors; boxes of one person are paired, the rest goes through NMS. multipose also gives the "
        "keypoints that tell an inverted athlete. mmdet takes the section of its name.",
    )
    every_nth_frame: Count = Field(
        1, description="Look at every n-th frame; tracking fills the frames between."
    )
    look_first_at_every: Count = Field(
        4,
        description="Of these frames every so many are looked at first, and more of them only where the people seen do "
        "not tell who is between; 1: all. People between two looks are interpolated, never over a cut.",
    )
    agree_iou: PositiveFraction = Field(
        0.85,
        description="What is seen confirms what is interpolated where boxes of one person overlap at least this much.",
    )
    nanodet_min_score: Fraction = Field(0.3, description="Least score of a NanoDet person.")
    multipose_min_score: Fraction = Field(0.2, description="Least score of a MultiPose person.")
    mmdet: MMDetSettings | None = Field(
        None,
        description="The mmdet detector. It may stand there where `detectors` does not name it.",
    )
    iou_threshold: PositiveFraction = Field(
        0.5, description="Boxes that overlap more than this are one person."
    )
    max_people: Count = Field(20, description="The best so many people of a frame are kept.")
    cut_min_change: PositiveFraction = Field(
        0.12,
        description="A cut changes the picture by this fraction at least; 1 finds no cut, for footage without any.",
    )
    cut_min_ratio: float = Field(
        2.0,
        ge=1,
        description="And this many times as much as it changes from frame to frame around the cut.",
    )

    @field_validator("detectors")
    @classmethod
    def _each_once(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(names)) != len(names):
            raise ValueError("name each detector once")
        return names

    @model_validator(mode="after")
    def _mmdet_where_named(self) -> PeopleSettings:
        if "mmdet" in self.detectors and self.mmdet is None:
            raise ValueError(
                "people.mmdet: `detectors` names mmdet; give its config and checkpoint here"
            )
        return self

    @property
    def has_masks(self) -> bool:
        """Whether the people come with masks."""
        return "mmdet" in self.detectors and self.mmdet is not None and self.mmdet.masks


def checkpoint_references(settings: PeopleSettings) -> list[tuple[str, str | None]]:
    """Checkpoints that detection needs: reference, and expected sha256 where the settings give one."""
    if "mmdet" not in settings.detectors or settings.mmdet is None:
        return []
    return [(settings.mmdet.checkpoint, settings.mmdet.checkpoint_sha256)]
