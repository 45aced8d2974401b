"""Settings of the recognition heads, checked by pydantic; nothing heavy is imported here.

Defaults are those of the paper (specification section 9). Where the released code differs, the field says so.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class BiGRUSettings(BaseModel):
    """The recurrent classifier and its training."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    hidden: int = Field(default=128, ge=1, description="Units of a GRU layer in one direction.")
    layers: int = Field(default=2, ge=1, description="Number of bidirectional GRU layers.")
    fc_width: int = Field(
        default=256, ge=1, description="Width of the fully connected layer after the max."
    )
    dropout: float = Field(
        default=0.5, ge=0, lt=1, description="Dropout before each fully connected layer."
    )
    input_dropout: float = Field(
        default=0.2, ge=0, lt=1, description="Dropout on the channels of the input descriptors."
    )
    epochs: int = Field(
        default=500,
        ge=1,
        description="Passes over the training actions (paper: Diving48 in full 200).",
    )
    batch_size: int = Field(default=50, ge=2, description="Training sequences of a step.")
    learning_rate: float = Field(
        default=1e-3, gt=0, description="AdamW learning rate at the start."
    )
    min_learning_rate: float = Field(default=1e-7, ge=0, description="Floor of the schedule.")
    weight_decay: float = Field(
        default=0.01, ge=0, description="AdamW weight decay, decoupled and constant."
    )
    schedule: Literal["cosine", "cosine_restarts"] = Field(
        default="cosine",
        description=(
            "cosine: one fall from learning_rate to min_learning_rate (paper). cosine_restarts: warm "
            "restarts, the first period a tenth of the epochs, then doubling (released code; 500 "
            "epochs end in mid-period)."
        ),
    )
    normalise: bool = Field(
        default=False, description="Scale every descriptor to unit norm (paper: FSJump6 only)."
    )
    validate_every: int = Field(
        default=10,
        ge=1,
        description="Epochs between two looks at the validation set, if there is one.",
    )
    patience_fraction: float = Field(
        default=1 / 3,
        gt=0,
        description="Training stops after this share of the epochs without a better validation.",
    )
    holdout_fraction: float = Field(
        default=0.0,
        ge=0,
        lt=1,
        description=(
            "Share of the training actions held out for choosing the epoch where the dataset has no "
            "validation split, whole groups at a time if there are at least two; 0: the last epoch is used."
        ),
    )


class NNSSettings(BaseModel):
    """Nearest-neighbour search under DTW."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    normalise: bool = Field(
        default=True, description="Scale every descriptor to unit norm (paper)."
    )


class RecognitionSettings(BaseModel):
    """Both heads, and what they are given."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    target_fps: float | None = Field(
        None,
        gt=0,
        description="Thin sequences of faster videos to this many frames a second (paper: 25 for FX35 and "
        "Diving48). Null: the video's own rate.",
    )
    target_fps_slack: float = Field(
        0.0,
        ge=0,
        lt=1,
        description="Added to each frame's share when thinning (released code: 0.01 for Diving48).",
    )
    bigru: BiGRUSettings = Field(default=BiGRUSettings(), description="The recurrent classifier.")
    nns: NNSSettings = Field(default=NNSSettings(), description="Nearest-neighbour search.")
