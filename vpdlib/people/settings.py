"""Settings of person detection."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator, model_validator

from vpdlib.section import Section


class MMDetSettings(Section):
    """A person detector of OpenMMLab's mmdet 3, such as the paper's kind, Mask R-CNN."""

    config: str = Field(
        min_length=1,
        description="Path of an mmdet configuration (.py), or the bare name of one in the installed "
        "package's model zoo, such as mask-rcnn_x101-64x4d_fpn_ms-poly_3x_coco.",
    )
    checkpoint: str = Field(
        min_length=1,
        description="Weights: a name of the checkpoint registry, or the path of a file, trained "
        "with this configuration.",
    )
    checkpoint_sha256: str | None = Field(
        None,
        pattern="^[0-9a-f]{8,64}$",
        description="Expected sha256 of the weights, or its beginning; null: the registry's.",
    )
    min_score: float = Field(0.3, ge=0, le=1, description="Least score of a person.")
    batch_size: int = Field(4, ge=1, description="Frames a pass through the network.")
    amp: bool = Field(True, description="Mixed precision; on CUDA only.")
    masks: bool = Field(
        False,
        description="Keep the people's masks, for noise on the background of the student's crops; "
        "the model must give masks (Mask R-CNN, RTMDet-Ins).",
    )
    mask_min_score: float = Field(
        0.8, ge=0, le=1, description="Least score of a person whose mask is kept; the paper's 0.8."
    )


class PeopleSettings(Section):
    """Which detectors look at which frames (docs/method.md section 3)."""

    detectors: tuple[Literal["nanodet", "multipose", "mmdet"], ...] = Field(
        ("nanodet", "multipose"),
        min_length=1,
        description="Detectors; boxes of one person are paired, the rest goes through NMS. multipose "
        "also gives the keypoints that tell an inverted athlete. mmdet takes the section of its name.",
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
    mmdet: MMDetSettings | None = Field(
        None,
        description="The mmdet detector. It may stand there where `detectors` does not name it.",
    )
    iou_threshold: float = Field(
        0.5, gt=0, le=1, description="Boxes that overlap more than this are one person."
    )
    max_people: int = Field(20, ge=1, description="The best so many people of a frame are kept.")
    cut_min_change: float = Field(
        0.12,
        gt=0,
        le=1,
        description="A cut changes the picture by this share at least; 1 finds no cut, for footage without any.",
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
