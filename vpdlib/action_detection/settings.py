"""Settings of temporal detection, checked by pydantic; nothing heavy is imported here.

Defaults are those of the paper (docs/method.md section 10, tables 4 and S3). Where the released code differs,
the field says so.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from vpdlib.ranges import (
    Count,
    InnerFraction,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    ProperFraction,
)
from vpdlib.section import Section


class FrameBiGRUSettings(Section):
    """The recurrent classifier of single frames and its training."""

    hidden: Count = Field(128, description="Units of a GRU layer in one direction.")
    layers: Count = Field(2, description="Number of bidirectional GRU layers.")
    fc_width: Count = Field(256, description="Width of each frame's hidden layer.")
    dropout: ProperFraction = Field(0.5, description="Dropout before each fully connected layer.")
    input_dropout: ProperFraction = Field(
        0.2, description="Dropout on the channels of the input descriptors."
    )
    normalise: bool = Field(False, description="Scale every descriptor to unit norm.")
    window: int = Field(250, ge=2, description="Frames of a training window.")
    short_sequences: Literal["pad", "drop"] = Field(
        "pad",
        description="Sequences of at most `window` frames. pad: they are trained on whole, the missing frames "
        "masked; a sequence of n frames is drawn with weight max(n - window, min(n, window)), so that short videos "
        "can be learnt from. drop: with weight max(0, n - window), which leaves them out (released code). Both agree "
        "from 2 * window frames on.",
    )
    windows_per_epoch: Count = Field(5000, description="Windows drawn an epoch.")
    batch_size: Count = Field(100, description="Windows of a step.")
    epochs: Count = Field(200, description="Most epochs of a model.")
    min_epochs: Count = Field(25, description="Fewest epochs before stopping early.")
    patience: Count = Field(
        50,
        description="Training stops after this many epochs in which the validation frame accuracy has not risen by "
        "more than its standard error (ours); the weights are those of the best epoch all the same.",
    )
    learning_rate: PositiveFloat = Field(1e-3, description="AdamW learning rate, constant.")
    weight_decay: NonNegativeFloat = Field(0.01, description="AdamW weight decay, decoupled.")
    folds: Count = Field(
        5,
        description="Models of the ensemble; each validates on other places among those trained on. With fewer "
        "places, as many as places; with one fold or place, one model of the last epoch, trained on all. None holds "
        "out all that has an event.",
    )


class ProposalSettings(Section):
    """From scores of frames to segments."""

    threshold: InnerFraction = Field(
        0.2, description="Score from which a frame belongs to a proposal."
    )
    sweep: tuple[float, ...] = Field(
        (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9),
        description="Further thresholds that are evaluated (table S3; tennis: 0.05 to 0.5).",
    )
    merge_gap: NonNegativeInt = Field(
        1,
        description="Runs with at most this many frames below the threshold between them are joined (released code: "
        "0 in effect).",
    )
    min_frames: Count = Field(3, description="Fewest frames of a proposal (released code: 5).")
    shortest: NonNegativeFloat = Field(
        0.67, description="Shorter proposals become this fraction of the mean length."
    )
    longest: PositiveFloat = Field(
        1.33, description="Longer proposals become this fraction of the mean length."
    )
    mean_length_of: Literal["all", "trial"] = Field(
        "all",
        description="Events whose mean length counts: of all training videos (released code) or of those that the "
        "trial trains on.",
    )

    @model_validator(mode="after")
    def _in_order(self) -> ProposalSettings:
        if self.shortest > self.longest:
            raise ValueError(f"shortest {self.shortest} is above longest {self.longest}: swap them")
        if any(not 0 < value < 1 for value in self.sweep):
            raise ValueError(f"sweep {self.sweep}: thresholds lie between 0 and 1")
        return self

    @property
    def thresholds(self) -> tuple[float, ...]:
        """The reported threshold and the sweep, rising, each once."""
        return tuple(sorted({self.threshold, *self.sweep}))


class DetectionSettings(Section):
    """Few-shot temporal detection."""

    num_shot_places: Count = Field(
        5,
        description="Places a trial trains on: a routine of figure skating, a point of tennis (both players).",
    )
    num_trials: Count = Field(5, description="Trials drawn where the dataset prescribes none.")
    tious: tuple[float, ...] = Field(
        (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9),
        min_length=1,
        description="Temporal intersection over union from which a proposal counts as right.",
    )
    network: FrameBiGRUSettings = Field(
        FrameBiGRUSettings(), description="The classifier of frames."
    )
    proposals: ProposalSettings = Field(ProposalSettings(), description="From scores to segments.")

    @model_validator(mode="after")
    def _tious_are_fractions(self) -> DetectionSettings:
        if any(not 0 < value <= 1 for value in self.tious):
            raise ValueError(f"tious {self.tious}: each above 0 and at most 1")
        return self
