"""Settings of VIPE*, the view-invariant pose embedding.

Pure data, checked by pydantic; unknown keys are refused. Nothing heavy is imported here. Defaults
are the paper's (docs/method.md section 6) unless the description says otherwise. A torso length is
the greatest distance among shoulders and hips in the picture.
"""

from __future__ import annotations

from pydantic import Field, model_validator

from vpdlib.ranges import (
    Count,
    Fraction,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    ProperFraction,
)
from vpdlib.section import Section


class CameraSettings(Section):
    """Random cameras that look at the hips, and what a detector would do to their picture."""

    azimuth_degrees: float = Field(
        180.0, ge=0.0, le=180.0, description="Azimuth is uniform within -+ this."
    )
    elevation_degrees: float = Field(
        30.0, ge=0.0, lt=90.0, description="Elevation is uniform within -+ this."
    )
    roll_degrees: float = Field(
        30.0, ge=0.0, le=180.0, description="Roll is uniform within -+ this."
    )
    perspective_probability: Fraction = Field(
        0.5,
        description="Fraction of perspective views; the others are orthographic. Half stands for the half of the "
        "paper's 2D poses that come from the real cameras of its 3D data.",
    )
    distance_m: tuple[float, float] = Field(
        (3.0, 30.0),
        description="Distance from the hips of a perspective camera, nearest and farthest; its inverse is uniform. "
        "Beyond the paper, whose cameras are those of its data.",
    )
    score_range: tuple[float, float] = Field(
        (0.5, 1.0), description="The score of a joint is uniform in this range."
    )
    joint_noise: NonNegativeFloat = Field(
        0.0,
        description="Beyond the paper: standard deviation of Gaussian noise on every joint, in torso lengths.",
    )
    drop_probability: Fraction = Field(
        0.0,
        description="Beyond the paper: probability that a joint is misplaced, with a low score.",
    )
    drop_spread: NonNegativeFloat = Field(
        0.5,
        description="Standard deviation of a misplaced joint about the truth, in torso lengths.",
    )
    drop_score_range: tuple[float, float] = Field(
        (0.0, 0.3), description="The score of a misplaced joint is uniform in this range."
    )

    @model_validator(mode="after")
    def _check_ranges(self) -> CameraSettings:
        low, high = self.distance_m
        # Nearer than this an outstretched limb could lie beside or behind the camera.
        if not 2.0 <= low <= high:
            raise ValueError("distance_m: expected 2 <= nearest <= farthest, in metres")
        for name in ("score_range", "drop_score_range"):
            low, high = getattr(self, name)
            if not 0.0 <= low <= high <= 1.0:
                raise ValueError(f"{name}: expected 0 <= smallest <= largest <= 1")
        return self


class VipeSettings(Section):
    """One VIPE*: network, cameras, pairs and training."""

    dim: Count = Field(64, description="Length of the embedding.")
    hidden: Count = Field(1024, description="Width of the encoder.")
    blocks: NonNegativeInt = Field(2, description="Residual blocks of the encoder.")
    dropout: ProperFraction = Field(0.2, description="Dropout of the encoder.")
    decoder_width: Count = Field(512, description="Width of the decoder's two hidden layers.")
    learning_rate: PositiveFloat = Field(1e-4, description="AdamW's constant rate.")
    weight_decay: NonNegativeFloat = Field(0.01, description="AdamW's weight decay.")
    batch_size: int = Field(100, ge=2, description="Pairs per step.")
    epochs: Count = Field(500, description="Number of epochs.")
    samples_per_epoch: Count = Field(
        50_000,
        description="Random pairs that make one epoch; the paper's is the sum over its datasets.",
    )
    val_samples: Count = Field(
        5_000,
        description="Pairs of held-out motions that are measured after every epoch; a fixed random choice.",
    )
    source_share: dict[str, float] = Field(
        default_factory=dict,
        description="Fraction of the pairs that each source of 3D motions gives, in any unit (paper: Human3.6M 20, "
        "AMASS 20, 3DPeople 5, NBA2K 5); each has one, and 0 leaves it out. Empty: in proportion to its frames.",
    )
    negative_degrees: float = Field(
        45.0,
        ge=0.0,
        lt=180.0,
        description="A frame is a negative if some bone of its rotated skeleton differs by at least this.",
    )
    negative_tries: Count = Field(
        10,
        description="Random frames of the motion that are tried as a negative; if none will do, the pair has none.",
    )
    flip_probability: Fraction = Field(
        0.5,
        description="Probability that a pair is flipped; a negative is flipped independently.",
    )
    camera: CameraSettings = Field(
        default_factory=CameraSettings, description="Random cameras of the 2D poses."
    )
    seed: NonNegativeInt = Field(
        0, description="Seed of initial weights, sampling, cameras, dropout."
    )
    amp: bool = Field(True, description="Mixed precision on a GPU. Without effect on a CPU.")

    @model_validator(mode="after")
    def _check_together(self) -> VipeSettings:
        if self.samples_per_epoch < self.batch_size:
            raise ValueError(
                f"samples_per_epoch {self.samples_per_epoch} is less than one batch of "
                f"{self.batch_size}"
            )
        if self.source_share and (
            min(self.source_share.values()) < 0 or sum(self.source_share.values()) <= 0
        ):
            raise ValueError("source_share: expected fractions of 0 or more, not all 0")
        return self
