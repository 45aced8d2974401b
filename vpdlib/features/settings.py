"""The kinds of feature sets, and the settings of those that have no room of their own.

Nothing heavy is imported here.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from vpdlib.baselines.kinds import (
    FROM_SCRATCH,
    PRETRAINED,
    TrainedSettings,
    TrainingSettings,
    check_weights,
)
from vpdlib.identifiers import ID_PATTERN
from vpdlib.ranges import Count, Fraction, ProperFraction
from vpdlib.section import Section

#: What makes a feature set; also the folder that its artifacts lie in.
FeatureKind = Literal[
    "joints", "vipe", "student", "concat", "fused", "r3d", "video_encoder", "supplied"
]
#: The teacher's own feature set.
JOINTS2D = "joints2d"
#: Sections of a dataset's settings that hold feature sets by name, and of which kind they are.
SECTIONS: dict[str, FeatureKind] = {
    "students": "student",
    "vipe": "vipe",
    "concat": "concat",
    "fused": "fused",
    "r3d": "r3d",
    "video_encoders": "video_encoder",
}
#: Kinds that networks make of crops, and that another tool's descriptors may stand in for.
CROP_KINDS: tuple[FeatureKind, ...] = ("student", "r3d", "video_encoder")


class VipeFeatures(Section):
    """A trained VIPE* that embeds the teacher's poses."""

    model: str = Field(
        pattern=f"^(?:{ID_PATTERN})$",
        description="Name of the network, vipe/<model>.yaml, which is trained by the workflow.",
    )
    upside_down: bool = Field(
        False,
        description="Append the embedding of the pose upside down, twice as long in all (paper: Diving48 only).",
    )


class FusedSettings(Section):
    """A feature set of the teacher's joints, mended by a student where the teacher is unsure."""

    student: str = Field(
        pattern=f"^(?:{ID_PATTERN})$",
        description="A student of pose2d, or a variant of one: its decoded pose stands in.",
    )
    unsure_below: Fraction = Field(
        0.3, description="Up to this mean joint score the student's pose is taken."
    )
    sure_above: Fraction = Field(
        0.6, description="From this score on the teacher's; in between the two are mixed evenly."
    )

    @model_validator(mode="after")
    def _check_order(self) -> FusedSettings:
        if not self.unsure_below < self.sure_above:
            raise ValueError("unsure_below must be less than sure_above")
        return self


class R3DSettings(TrainedSettings):
    """Features of a 3D residual network, of the 8 frames about each frame (Table 4)."""

    weights: str | None = Field(
        description="Pretrained weights: a name of the checkpoint registry (paper: of Kinetics) or the path of a "
        "file with torchvision's tensors of r3d_18. Null: from scratch, which needs fine_tune."
    )
    weights_sha256: str | None = Field(
        None, description="Digest of the weights, whole or its first 8 or more digits."
    )
    widths: tuple[Count, ...] = Field(
        (64, 128, 256, 512), min_length=1, description="Channels of each stage."
    )
    blocks: tuple[Count, ...] = Field(
        (2, 2, 2, 2), min_length=1, description="Residual blocks of each stage."
    )
    fine_tune: bool = Field(
        False,
        description="Train on the dataset's training actions before embedding (paper: as pretrained).",
    )
    flip_probability: Fraction = Field(0.5, description="Fraction of flipped training clips.")
    dropout: ProperFraction = Field(0.5, description="Dropout of the features.")
    batch_size: Count = Field(32, description="Windows embedded at once.")
    amp: bool = Field(False, description="Embed in half precision.")
    training: TrainingSettings = Field(
        TrainingSettings(epochs=60, batch_size=32, clip_norm=20.0),
        description="Schedule of the training, where there is one (ours).",
    )

    @model_validator(mode="after")
    def _check(self) -> R3DSettings:
        if self.weights is None and not self.fine_tune:
            raise ValueError(
                "weights: null without fine_tune would give features of random weights; give weights or set "
                "fine_tune: true"
            )
        if len(self.widths) != len(self.blocks):
            raise ValueError(
                f"blocks: {len(self.blocks)} numbers for {len(self.widths)} widths; give one per stage"
            )
        check_weights(self.weights, "r3d_18")
        return self

    @property
    def weights_text(self) -> str:
        """What the column `weights` of tables says."""
        if self.weights is None:
            return FROM_SCRATCH
        return f"{PRETRAINED}, fine-tuned" if self.fine_tune else PRETRAINED
