"""Settings of temporal detection, checked by pydantic; nothing heavy is imported here.

Defaults are those of the paper (docs/method.md section 10, tables 4 and S3). Where the released code differs,
the field says so.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from vpdlib.section import Section


class FrameBiGRUSettings(Section):
    """The recurrent classifier of single frames and its training."""

    hidden: int = Field(default=128, ge=1, description="Units of a GRU layer in one direction.")
    layers: int = Field(default=2, ge=1, description="Number of bidirectional GRU layers.")
    fc_width: int = Field(default=256, ge=1, description="Width of each frame's hidden layer.")
    dropout: float = Field(
        default=0.5, ge=0, lt=1, description="Dropout before each fully connected layer."
    )
    input_dropout: float = Field(
        default=0.2, ge=0, lt=1, description="Dropout on the channels of the input descriptors."
    )
    normalise: bool = Field(default=False, description="Scale every descriptor to unit norm.")
    window: int = Field(default=250, ge=2, description="Frames of a training window.")
    short_sequences: Literal["pad", "drop"] = Field(
        default="pad",
        description=(
            "Sequences of at most `window` frames. pad: they are trained on whole, the missing frames "
            "masked; a sequence of n frames is drawn with weight max(n - window, min(n, window)), so that "
            "short videos can be learnt from. drop: with weight max(0, n - window), which leaves them out "
            "(released code). Both agree from 2 * window frames on."
        ),
    )
    windows_per_epoch: int = Field(default=5000, ge=1, description="Windows drawn an epoch.")
    batch_size: int = Field(default=100, ge=1, description="Windows of a step.")
    epochs: int = Field(default=200, ge=1, description="Most epochs of a model.")
    min_epochs: int = Field(default=25, ge=1, description="Fewest epochs before stopping early.")
    patience: int = Field(
        default=50,
        ge=1,
        description="Training stops after this many epochs without a better validation frame accuracy, or an "
        "equal one at a lower loss.",
    )
    learning_rate: float = Field(default=1e-3, gt=0, description="AdamW learning rate, constant.")
    weight_decay: float = Field(default=0.01, ge=0, description="AdamW weight decay, decoupled.")
    folds: int = Field(
        default=5,
        ge=1,
        description=(
            "Models of the ensemble; each validates on other places among those trained on. With fewer places, "
            "as many as places; with one fold or place, one model of the last epoch, trained on all. None "
            "holds out all that has an event."
        ),
    )


class ProposalSettings(Section):
    """From scores of frames to stretches."""

    threshold: float = Field(
        default=0.2, gt=0, lt=1, description="Score from which a frame belongs to a proposal."
    )
    sweep: tuple[float, ...] = Field(
        default=(0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9),
        description="Further thresholds that are evaluated (table S3; tennis: 0.05 to 0.5).",
    )
    merge_gap: int = Field(
        default=1,
        ge=0,
        description="Runs with at most this many frames below the threshold between them are joined "
        "(released code: 0 in effect).",
    )
    min_frames: int = Field(
        default=3, ge=1, description="Fewest frames of a proposal (released code: 5)."
    )
    shortest: float = Field(
        default=0.67, ge=0, description="Shorter proposals become this share of the mean length."
    )
    longest: float = Field(
        default=1.33, gt=0, description="Longer proposals become this share of the mean length."
    )
    mean_length_of: Literal["all", "trial"] = Field(
        default="all",
        description="Events whose mean length counts: of all training videos (released code) or of those "
        "that the trial trains on.",
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

    num_shot_places: int = Field(
        default=5,
        ge=1,
        description="Places a trial trains on: a routine of figure skating, a point of tennis (both players).",
    )
    num_trials: int = Field(
        default=5, ge=1, description="Trials drawn where the dataset prescribes none."
    )
    tious: tuple[float, ...] = Field(
        default=(0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9),
        min_length=1,
        description="Temporal intersection over union from which a proposal counts as right.",
    )
    network: FrameBiGRUSettings = Field(
        default=FrameBiGRUSettings(), description="The classifier of frames."
    )
    proposals: ProposalSettings = Field(
        default=ProposalSettings(), description="From scores to stretches."
    )

    @model_validator(mode="after")
    def _tious_are_shares(self) -> DetectionSettings:
        if any(not 0 < value <= 1 for value in self.tious):
            raise ValueError(f"tious {self.tious}: each above 0 and at most 1")
        return self
