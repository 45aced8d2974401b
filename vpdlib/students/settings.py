"""Settings of a student: what it sees, what it answers, its network, its training.

Pure data, checked by pydantic; unknown keys are refused. Nothing heavy is imported here. Defaults
are the paper's (supplement; docs/method.md section 7) unless the description says otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pydantic import Field, model_validator

from vpdlib.identifiers import ID_PATTERN
from vpdlib.ranges import (
    Count,
    Digest,
    Fraction,
    InnerFraction,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveFraction,
)
from vpdlib.section import Section

#: How architectures of timm begin.
TIMM = "timm/"
#: Of an architecture, the checkpoint that `weights: imagenet` stands for.
IMAGENET = {
    f"{TIMM}tf_efficientnet_lite0": "efficientnet-lite0",
    "resnet34": "resnet34_IMAGENET1K_V1",
}
#: The teacher whose vectors are the 13 joints in the picture; every other one is a VIPE* feature set.
POSE2D = "pose2d"


@dataclass(frozen=True)
class StudentInput:
    """What students can see beside RGB: a column of an artifact for each shard, row for row with the crops.

    Attributes
    ----------
    kind : of the artifact, which lies in the folder of that name.
    column : (N, H, H) or (N, H, H, channels); where H is not the crops' side, a picture is resized to it.
    channels : how many.
    scale, offset : the network reads a stored number q as q / scale - offset.
    is_vector : whether each two channels are x and y of a vector in crop pixels, flipped and rotated with the picture.
    """

    kind: str
    column: str
    channels: int = 1
    scale: float = 1.0
    offset: float = 0.0
    is_vector: bool = False


#: By the name that rules and errors use; `vpdlib/artifacts/<kind>.py` has the class of the artifact.
INPUTS: dict[str, StudentInput] = {
    "flow": StudentInput("flow", "flow", channels=2, scale=255.0, offset=0.5, is_vector=True)
}
#: What a student sees beside RGB, by its setting `inputs`: names of `INPUTS`, in the order of the channels.
SEEN: dict[str, tuple[str, ...]] = {"rgb": (), "rgb_flow": ("flow",)}
#: Students that follow from another by its name and a suffix: the ablations of Table 2.
VARIANTS: dict[str, dict[str, object]] = {
    "_rgb": {"inputs": "rgb", "motion": False},
    "_rgbflow": {"inputs": "rgb_flow", "motion": False},
    "_actions": {"distil_on": "actions"},
    "_corpus": {"distil_on": "corpus"},
}
#: Variants with a number, in hundredths: weak labels from this mean score on (Table S1); this fraction of the videos.
#: There is no v00: it would learn from nothing.
_NUMBERED_VARIANT = re.compile(r"(?P<letter>t|v(?!00))(?P<hundredths>[0-9]{2})")
_NUMBERED = {"t": "min_score", "v": "video_share"}
#: Channels of a stage, at least: in the backward pass of narrower ones (2 to 6; channels last, on a CPU), torch
#: writes outside its memory.
_MIN_WIDTH = 8


class AugmentationSettings(Section):
    """Random changes of the training crops (docs/method.md section 7); validation sees none."""

    colour_jitter: tuple[float, float, float, float] = Field(
        (0.2, 0.2, 0.05, 0.05),
        description="Greatest change of brightness, contrast, saturation (factors 1 -+ this) and hue (fraction of the "
        "full circle).",
    )
    resized_crop_scale: tuple[float, float] = Field(
        (0.5, 1.0), description="Fraction of the crop's area that a random window covers."
    )
    resized_crop_ratio: tuple[float, float] = Field(
        (0.9, 1.1), description="Width / height of the random window."
    )
    flip_probability: Fraction = Field(
        0.5,
        description="Probability of a flipped crop, whose target is the flipped teacher vector.",
    )
    noise_std: NonNegativeFloat = Field(
        0.05,
        description="Standard deviation of Gaussian noise on the background, in units of the normalised RGB input. "
        "Used only where the frames come with athlete masks.",
    )
    noise_probability: Fraction = Field(
        0.5, description="Probability of background noise in a crop."
    )
    rotation_degrees: float = Field(
        0.0,
        ge=0.0,
        le=180.0,
        description="Beyond the paper: turn crop, flow and target by a random angle within -+ this (180: any angle; "
        "0: off); a VIPE* target is embedded anew from the rotated pose. For teachers that see only upright people.",
    )
    rotation_probability: Fraction = Field(0.5, description="Probability that a crop is rotated.")

    @model_validator(mode="after")
    def _check_ranges(self) -> AugmentationSettings:
        if min(self.colour_jitter) < 0 or max(self.colour_jitter[:3]) > 1:
            raise ValueError("colour_jitter: brightness, contrast, saturation must be within 0..1")
        if self.colour_jitter[3] > 0.5:
            raise ValueError("colour_jitter: hue must be within 0..0.5")
        low, high = self.resized_crop_scale
        if not 0 < low <= high <= 1:
            raise ValueError("resized_crop_scale: expected 0 < smallest <= largest <= 1")
        low, high = self.resized_crop_ratio
        if not 0 < low <= high:
            raise ValueError("resized_crop_ratio: expected 0 < smallest <= largest")
        return self


class StudentSettings(Section):
    """One student: network, inputs, targets and training."""

    teacher: str = Field(
        POSE2D,
        pattern=f"^(?:{ID_PATTERN})$",
        description="Whose vectors are distilled: pose2d, 13 normalised joints; or the name of a feature set under "
        "`vipe`.",
    )
    min_score: Fraction | None = Field(
        None,
        description="Learn from frames whose mean joint score is at least this, in place of weak_labels.min_score "
        "(Table S1). Null: from the frames that were kept.",
    )
    score_power: NonNegativeFloat = Field(
        0.0,
        description="Beyond the paper: the loss of a frame is weighted by its mean joint score to this power, so "
        "that the teacher is believed as far as it is sure; with a low min_score, in place of a threshold. 0: all "
        "frames count alike.",
    )
    descriptor_dim: Count | None = Field(
        None,
        description="Length of the descriptor. Null: that of the teacher's vector (the paper). A longer one is "
        "beyond the paper; the decoder then learns to answer the pose from it, with or without motion.",
    )
    inputs: Literal["rgb", "rgb_flow"] = Field(
        "rgb_flow", description="What the network sees: the crop, or crop and optical flow."
    )
    motion: bool = Field(
        True,
        description="Also learn the teacher's change since the previous frame, through a decoder that is no part of "
        "the descriptor. False: regress the pose directly.",
    )
    architecture: str = Field(
        "resnet34",
        pattern=rf"^(?:resnet34|resnet18|residual|{TIMM}[a-z0-9_]+)$",
        description="Encoder: the paper's resnet34; resnet18; residual, a small network of `widths` and `blocks` for a "
        "CPU; or timm/<name>, a network of the library timm, such as timm/tf_efficientnet_lite0.",
    )
    weights: str | None = Field(
        None,
        min_length=1,
        description="Beyond the paper: weights that the encoder starts from. imagenet: those of ImageNet's classes, of "
        f"{' and '.join(IMAGENET)}; or a name of docs/networks.md; or the path of a file, a state dict of the "
        "architecture with its last layer. Null: drawn at random, as in the paper.",
    )
    weights_sha256: Digest | None = Field(
        None, description="Expected sha256 of the weights, or its beginning; null: the registry's."
    )
    trunk_rate: PositiveFloat = Field(
        1.0,
        description="With `weights`: the rate of what starts from them, as a multiple of that of the last layer "
        "and the decoder.",
    )
    frozen_epochs: NonNegativeInt = Field(
        0,
        description="With `weights`: in so many epochs at the start only the last layer and the decoder learn.",
    )
    last_stride: Count | None = Field(
        None,
        description="Beyond the paper: leave out the stages of a network of timm whose maps are coarser than one cell "
        "for so many px. Networks for pictures of 224 px end at 32, which is 2 x 2 cells of a crop of 64 px: 16 keeps "
        "4 x 4, and costs less. Null: the whole network.",
    )
    widths: tuple[int, ...] = Field(
        (32, 64, 128, 192),
        min_length=1,
        description="Channels of each stage of the residual architecture, at least 8: torch crashes on a CPU where "
        "narrower ones are trained.",
    )
    blocks: tuple[int, ...] = Field(
        (1, 1, 1, 1), min_length=1, description="Blocks of each stage of the residual architecture."
    )
    crop_px: int = Field(
        128,
        ge=16,
        description="Side of the square the network sees; stored crops of another size are resized.",
    )
    epochs: Count = Field(1000, description="Number of epochs.")
    samples_per_epoch: Count = Field(
        20_000, description="Random frames (with repetition) that make one epoch."
    )
    val_samples: Count = Field(
        4_000,
        description="At most this many validation frames are measured; a fixed random choice.",
    )
    batch_size: int = Field(100, ge=2, description="Frames per step.")
    learning_rate: PositiveFloat = Field(5e-4, description="AdamW's rate at the start.")
    schedule: Literal["constant", "cosine"] = Field(
        "constant",
        description="The rate over the epochs: constant (the paper), or falling to a fiftieth along a cosine, which "
        "pays where the epochs are few.",
    )
    weight_decay: NonNegativeFloat = Field(0.01, description="AdamW's weight decay.")
    loss_reduction: Literal["sum", "mean"] = Field(
        "sum",
        description="Squared errors are summed over a target's numbers, and over the batch (sum, the paper) or "
        "averaged over it (mean).",
    )
    val_fraction: InnerFraction = Field(
        0.2, description="Fraction of the labelled frames held out."
    )
    select_window: Count = Field(
        5,
        description="The epoch is kept whose validation loss, averaged with those of the epochs just before it over "
        "this many epochs, is lowest.",
    )
    augmentation: AugmentationSettings = Field(
        default_factory=AugmentationSettings, description="Random changes of the training crops."
    )
    distil_on: Literal["train", "corpus", "actions"] = Field(
        "train",
        description="Frames to learn from: videos of the training split; all videos (labels are not used; Table 2c); "
        "or only the labelled actions of the training split (Table 2b).",
    )
    video_share: PositiveFraction = Field(
        1.0,
        description="Beyond the paper: learn from this fraction of those videos, a fixed random choice; a smaller "
        "fraction is part of a larger. For curves of accuracy against the size of the corpus.",
    )
    rgb_mean: tuple[float, float, float] | None = Field(
        None, description="Mean of R, G, B in 0..1; null: measured on the training crops."
    )
    rgb_std: tuple[float, float, float] | None = Field(
        None, description="Standard deviation of R, G, B; null: measured likewise."
    )
    seed: NonNegativeInt = Field(0, description="Seed of initial weights, sampling, augmentation.")
    num_workers: NonNegativeInt = Field(
        0, description="Processes that read crops ahead; 0 reads in the main process."
    )
    amp: bool = Field(True, description="Mixed precision on a GPU. Without effect on a CPU.")
    cpu_bfloat16: Literal["off", "auto"] = Field(
        "off",
        description="auto: train in bfloat16 on a CPU that has instructions for it (AMX, AVX512-BF16), which is "
        "about twice as fast; float32 elsewhere.",
    )

    @model_validator(mode="after")
    def _check_together(self) -> StudentSettings:
        if len(self.widths) != len(self.blocks):
            raise ValueError(
                f"widths has {len(self.widths)} stages, blocks {len(self.blocks)}: give one of "
                "each "
                "per stage"
            )
        if min(self.widths) < _MIN_WIDTH:
            raise ValueError(
                f"widths {list(self.widths)}: every stage must have at least {_MIN_WIDTH} channels, "
                "for torch crashes on a CPU where narrower ones are trained"
            )
        if min(self.blocks) < 1:
            raise ValueError("blocks must be at least 1 in every stage")
        if (self.rgb_mean is None) != (self.rgb_std is None):
            raise ValueError("rgb_mean and rgb_std: give both, or neither to have them measured")
        if self.rgb_std is not None and min(self.rgb_std) <= 0:
            raise ValueError("rgb_std must be positive")
        if self.weights is None:
            if self.weights_sha256 or self.trunk_rate != 1 or self.frozen_epochs:
                raise ValueError(
                    "weights_sha256, trunk_rate, frozen_epochs: are of an encoder that starts from `weights`; set these"
                )
        elif self.architecture == "residual":
            raise ValueError(
                "weights: nobody publishes any of architecture residual; take another, or null"
            )
        elif self.weights == "imagenet" and self.architecture not in IMAGENET:
            raise ValueError(
                f"weights: imagenet: known for {', '.join(IMAGENET)}, not for {self.architecture}; give the path of a "
                "file"
            )
        if self.last_stride is not None and not self.architecture.startswith(TIMM):
            raise ValueError(
                f"last_stride: of networks of timm, not of architecture {self.architecture}; set it to null"
            )
        if self.frozen_epochs > self.epochs:
            raise ValueError(
                f"frozen_epochs {self.frozen_epochs} is more than epochs {self.epochs}"
            )
        if self.samples_per_epoch < self.batch_size:
            raise ValueError(
                f"samples_per_epoch {self.samples_per_epoch} is less than one batch of "
                f"{self.batch_size}"
            )
        return self

    @property
    def has_decoder(self) -> bool:
        """Whether the targets are answered by a decoder, or by the descriptor itself."""
        return self.motion or self.descriptor_dim is not None

    @property
    def seen(self) -> tuple[str, ...]:
        """Names, in `INPUTS`, of what the network sees after RGB."""
        return SEEN[self.inputs]

    @property
    def weights_reference(self) -> list[tuple[str, str | None]]:
        """Reference of the weights that the encoder starts from, with the sha256 asked for; none where it is random."""
        if self.weights is None:
            return []
        name = IMAGENET[self.architecture] if self.weights == "imagenet" else self.weights
        return [(name, self.weights_sha256)]

    @property
    def num_channels(self) -> int:
        """Input channels of the network."""
        return 3 + sum(INPUTS[name].channels for name in self.seen)


def find_student(students: Mapping[str, StudentSettings], name: str) -> StudentSettings | None:
    """The settings of a student: one that is named, or a variant of one by suffix, or None.

    Parameters
    ----------
    students : the named ones.
    name : such as "vpd2d", "vpd2d_rgb" (Table 2a), "vpdvi_actions" (2b), "vpdvi_corpus" (2c),
        "vpdvi_t30" (Table S1: weak labels from a mean score of 0.30 on) or "vpd2d_v25" (from 25 % of
        the videos).
    """
    if name in students:
        return students[name]
    base, _, end = name.rpartition("_")
    changes = VARIANTS.get(f"_{end}")
    numbered = _NUMBERED_VARIANT.fullmatch(end)
    if numbered:
        changes = {_NUMBERED[numbered["letter"]]: int(numbered["hundredths"]) / 100}
    if base not in students or changes is None:
        return None
    return StudentSettings.model_validate({**students[base].model_dump(), **changes})
