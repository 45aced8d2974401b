"""Settings of the baselines of Table 1: what each is fed, its network, its training (docs/method.md section 11).

Pure data, checked by pydantic; unknown keys are refused. Nothing heavy is imported here. Defaults are the
published schedules: ST-GCN and MS-G3D as their authors train on NTU RGB+D, with ST-GCN's random changes for
Kinetics; PoseC3D as in PYSKL; TSN, TRN and GSM as the code of Gate-Shift Networks trains all three. Its
multiples of the rate for biases and first convolutions are left out. Where the learning rate is published for
another batch, it is scaled with the batch.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args

from pydantic import Field, model_validator

from vpdlib.baselines.settings import (
    Architecture,
    MSG3DSettings,
    PoseC3DSettings,
    STGCNSettings,
)
from vpdlib.ranges import (
    Count,
    Fraction,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveFraction,
    ProperFraction,
)
from vpdlib.section import Section
from vpdlib.weights.checkpoints import CHECKPOINTS

#: What the column `weights` of tables says.
PRETRAINED, FROM_SCRATCH = "pretrained", "from scratch"


class TrainingSettings(Section):
    """How a network is trained; a baseline's own defaults are its published schedule."""

    optimizer: Literal["sgd", "adamw"] = Field("sgd", description="Kind of optimiser.")
    learning_rate: PositiveFloat = Field(0.01, description="Learning rate after warming up.")
    momentum: ProperFraction = Field(0.9, description="Momentum of SGD.")
    nesterov: bool = Field(False, description="Nesterov's momentum, for SGD.")
    weight_decay: NonNegativeFloat = Field(5e-4, description="Weight decay.")
    schedule: Literal["step", "cosine"] = Field(
        "cosine",
        description="step: a tenth of the rate after each of `milestones`; cosine: a fall to 0 over all epochs.",
    )
    milestones: tuple[Count, ...] = Field(
        (), description="Epochs after which the rate falls, for the schedule step."
    )
    warmup_epochs: NonNegativeInt = Field(
        0, description="Epochs in which the rate rises from 0, in a line."
    )
    epochs: Count = Field(60, description="Passes over the training actions.")
    batch_size: int = Field(32, ge=2, description="Training actions of a step.")
    clip_norm: PositiveFloat | None = Field(
        None, description="Longer gradients are shortened to this norm. Null: none."
    )
    validate_every: Count = Field(
        5, description="Epochs between two looks at validation, if there is one."
    )
    holdout_fraction: ProperFraction = Field(
        0.0,
        description="Fraction of the training actions held out for choosing the epoch where the dataset has no "
        "validation split; 0: the last epoch is used.",
    )
    amp: bool = Field(True, description="Mixed precision on a GPU.")
    num_workers: NonNegativeInt = Field(
        0, description="Processes that prepare batches ahead; 0 for none."
    )

    @model_validator(mode="after")
    def _check(self) -> TrainingSettings:
        if self.nesterov and (self.optimizer != "sgd" or self.momentum == 0):
            raise ValueError("nesterov: is of SGD with momentum; set it to false")
        if self.warmup_epochs >= self.epochs:
            raise ValueError(
                f"warmup_epochs: {self.warmup_epochs} is not below epochs, {self.epochs}; lower it"
            )
        return self


def _schedule(**published: Any) -> Any:
    """The field of a network's training, whose default is the published one."""
    return Field(TrainingSettings(**published), description="Schedule of the training.")


#: What the published schedules of the graph networks have in common.
_STEPS = {"nesterov": True, "schedule": "step"}


class TrainedSettings(Section):
    """What every network that is trained on actions has."""

    training: TrainingSettings = _schedule()

    @model_validator(mode="before")
    @classmethod
    def _lay_over_published_schedule(cls, given: Any) -> Any:
        if not isinstance(given, dict) or not isinstance(given.get("training"), dict):
            return given
        published = cls.model_fields["training"].default
        return {**given, "training": {**published.model_dump(), **given["training"]}}


class _Skeleton(TrainedSettings):
    """What the networks on poses share."""

    joints: Literal["joints13", "coco17"] = Field(
        "joints13", description="The 13 joints of the paper, or those of COCO."
    )
    num_frames: Count = Field(
        100,
        description="Frames of a clip, one from each of so many equal parts of an action: at random in training.",
    )
    temporal_crop: PositiveFraction = Field(
        1.0,
        description="Least fraction of an action, at a random place, that a training clip is taken from.",
    )
    flip_probability: Fraction = Field(0.5, description="Fraction of flipped training clips.")
    test_clips: Count = Field(1, description="Clips of a test action.")
    test_flip: bool = Field(False, description="Whether test clips are also looked at flipped.")


class _Graph(_Skeleton):
    """What the graph networks share."""

    stream: Literal["joint", "bone"] = Field(
        "joint", description="Joints, or bones: joints less their parents."
    )
    normalise: Literal["clip", "box"] = Field(
        "clip",
        description="Coordinates about the middle of the tracked boxes of an action, by their greatest side (clip), "
        "which keeps the athlete's path over the picture; or about each frame's own box (box).",
    )
    scale_jitter: ProperFraction = Field(0.0, description="Training clips are scaled by 1 -+ this.")
    rotation_degrees: NonNegativeFloat = Field(
        0.0, description="Training clips are rotated by up to this, either way."
    )


class STGCNBaseline(_Graph):
    """ST-GCN on the tracked athlete's poses."""

    kind: Literal["stgcn"] = Field(description="ST-GCN, a graph network on poses.")
    temporal_crop: PositiveFraction = Field(
        0.5,
        description="Least fraction of an action, at a random place, that a training clip is taken from.",
    )
    scale_jitter: ProperFraction = Field(0.1, description="Training clips are scaled by 1 -+ this.")
    rotation_degrees: NonNegativeFloat = Field(
        10.0, description="Training clips are rotated by up to this, either way."
    )
    network: STGCNSettings = Field(STGCNSettings(), description="The network.")
    training: TrainingSettings = _schedule(
        **_STEPS,
        learning_rate=0.1,
        weight_decay=1e-4,
        milestones=(10, 50),
        epochs=80,
        batch_size=64,
    )


class MSG3DBaseline(_Graph):
    """MS-G3D on the tracked athlete's poses."""

    kind: Literal["msg3d"] = Field(description="MS-G3D, a graph network on poses.")
    network: MSG3DSettings = Field(MSG3DSettings(), description="The network.")
    training: TrainingSettings = _schedule(
        **_STEPS,
        learning_rate=0.05,
        weight_decay=5e-4,
        milestones=(30, 40),
        epochs=50,
        batch_size=32,
    )


class PoseC3DBaseline(_Skeleton):
    """PoseC3D on heat maps of the tracked athlete's joints."""

    kind: Literal["posec3d"] = Field(description="PoseC3D, 3D convolutions of heat maps.")
    joints: Literal["joints13", "coco17"] = Field(
        "coco17", description="The 13 joints of the paper, or those of COCO."
    )
    num_frames: Count = Field(
        48,
        description="Frames of a clip, one from each of so many equal parts of an action: at random in training.",
    )
    test_clips: Count = Field(10, description="Clips of a test action.")
    test_flip: bool = Field(True, description="Whether test clips are also looked at flipped.")
    window_area: PositiveFraction = Field(
        0.56,
        description="Least fraction of the area about the joints that a training clip shows, at a random place.",
    )
    network: PoseC3DSettings = Field(PoseC3DSettings(), description="The network.")
    # Published: 0.4 for 8 x 32 clips a step, and 24 epochs of ten passes.
    training: TrainingSettings = _schedule(
        learning_rate=0.05,
        weight_decay=3e-4,
        schedule="cosine",
        epochs=240,
        batch_size=32,
        clip_norm=40.0,
    )


def check_weights(weights: str | None, network: str) -> None:
    """Refuse weights of the registry that are another network's."""
    known = CHECKPOINTS.get(weights or "")
    if known is not None and known.config != network:
        raise ValueError(
            f"weights: {known.name!r} are of {known.config}, the network is {network}: correct one of them, or "
            "set weights: null"
        )


class _Frames(TrainedSettings):
    """What the networks on pictures share."""

    input: Literal["crop", "frame"] = Field(
        "crop", description="The athlete's crop, or the whole picture (paper: w/o crop)."
    )
    stream: Literal["rgb", "flow"] = Field("rgb", description="RGB, or the crops' flow.")
    flow_stack: Count = Field(
        5, description="Consecutive flow fields at each place, for the stream flow."
    )
    backbone: Architecture = Field(
        "inception_v3",
        description="A network of torchvision, or residual, a small one of `widths` and `blocks`.",
    )
    weights: str | None = Field(
        description="Pretrained weights of the backbone: a name of the checkpoint registry or the path of a file "
        "with torchvision's tensors. Null: from scratch."
    )
    weights_sha256: str | None = Field(
        None, description="Digest of the weights, whole or its first 8 or more digits."
    )
    widths: tuple[Count, ...] = Field(
        (32, 64, 128, 192), min_length=1, description="Channels of the stages of residual."
    )
    blocks: tuple[Count, ...] = Field(
        (1, 1, 1, 1), min_length=1, description="Blocks of the stages of residual."
    )
    partial_bn: bool = Field(
        False,
        description="Keep all batch normalisations but the first as pretrained (TSN's own code).",
    )
    num_segments: int = Field(16, ge=2, description="Frames of a clip.")
    test_clips: Count = Field(2, description="Clips of a test action.")
    test_flip: bool = Field(False, description="Whether test clips are also looked at flipped.")
    input_px: int = Field(229, ge=16, description="Side of what the network sees.")
    scales: tuple[PositiveFraction, ...] = Field(
        (1.0, 0.875, 0.75, 0.66),
        min_length=1,
        description="Sides of random training windows, as fractions of the picture's shorter side (published for flow: "
        "without 0.66).",
    )
    test_window: PositiveFraction = Field(
        0.875, description="Side of the middle window in testing, as a fraction likewise."
    )
    flip_probability: Fraction = Field(0.5, description="Fraction of flipped training clips.")
    dropout: ProperFraction = Field(0.5, description="Dropout of the backbone's features.")
    training: TrainingSettings = _schedule(
        learning_rate=0.01,
        weight_decay=5e-4,
        schedule="cosine",
        warmup_epochs=10,
        epochs=60,
        batch_size=32,
        clip_norm=20.0,
    )

    @model_validator(mode="after")
    def _check(self) -> _Frames:
        if self.input == "frame" and self.stream == "flow":
            raise ValueError("stream: flow is estimated between crops; set input: crop")
        if len(self.widths) != len(self.blocks):
            raise ValueError(
                f"blocks: {len(self.blocks)} numbers for {len(self.widths)} widths; give one per stage"
            )
        if self.backbone == "residual" and self.weights is not None:
            raise ValueError("weights: there are none of the residual backbone; set weights: null")
        if self.partial_bn and self.weights is None:
            raise ValueError(
                "partial_bn: keeps pretrained statistics; give weights, or set it to false"
            )
        check_weights(self.weights, self.backbone)
        return self


class TSNBaseline(_Frames):
    """Temporal segment network."""

    kind: Literal["tsn"] = Field(description="TSN, the mean over frames.")


class TRNBaseline(_Frames):
    """Multi-scale temporal relation network."""

    kind: Literal["trn"] = Field(description="TRN-multiscale, relations of frames.")


class GSMBaseline(_Frames):
    """Gate-shift network."""

    kind: Literal["gsm"] = Field(description="GSM, features shifted between frames.")


class EnsembleBaseline(Section):
    """Several baselines, by the sum of their probabilities: joint and bone, RGB and flow."""

    kind: Literal["ensemble"] = Field(description="Sum of probabilities of other baselines.")
    parts: tuple[str, ...] = Field(min_length=2, description="Names of the baselines.")


SkeletonBaseline = STGCNBaseline | MSG3DBaseline | PoseC3DBaseline
FrameBaseline = TSNBaseline | TRNBaseline | GSMBaseline
TrainedBaseline = SkeletonBaseline | FrameBaseline

#: Kinds of baselines that are trained; also the folders of their artifacts.
TRAINED_KINDS = tuple(
    get_args(method.model_fields["kind"].annotation)[0] for method in get_args(TrainedBaseline)
)

BaselineSettings = Annotated[TrainedBaseline | EnsembleBaseline, Field(discriminator="kind")]


class WholeFrameSettings(Section):
    """Whole pictures, for networks that do without the athlete's crop."""

    side_px: int = Field(
        256, ge=16, description="Shorter side of the stored pictures of labelled actions."
    )


def checkpoint_references(settings: Any) -> list[tuple[str, str | None]]:
    """References of the weights that a network starts from, each with the digest asked for; of an ensemble none."""
    weights = getattr(settings, "weights", None)
    return [] if weights is None else [(weights, getattr(settings, "weights_sha256", None))]


def weights_text(settings: BaselineSettings, others: Mapping[str, BaselineSettings]) -> str:
    """What the column `weights` of tables says: pretrained, from scratch, both, or nothing for networks on poses."""
    if isinstance(settings, EnsembleBaseline):
        return ", ".join(
            dict.fromkeys(t for p in settings.parts if (t := weights_text(others[p], others)))
        )
    if isinstance(settings, SkeletonBaseline):
        return ""
    return FROM_SCRATCH if settings.weights is None else PRETRAINED


def paper_row(name: str, others: Mapping[str, BaselineSettings]) -> str | None:
    """The row of the paper's Table 1 that a baseline stands for; None where there is none."""
    settings = others[name]
    if isinstance(settings, STGCNBaseline):
        return "ST-GCN" if settings.stream == "joint" else None
    names = {"tsn": "TSN", "trn": "TRNms", "gsm": "GSM"}
    if isinstance(settings, FrameBaseline):
        if settings.stream == "flow":
            return None
        return f"{names[settings.kind]} ({'crop' if settings.input == 'crop' else 'w/o crop'})"
    if isinstance(settings, EnsembleBaseline):
        parts = [others[part] for part in settings.parts]
        kinds = {part.kind for part in parts}
        streams = sorted(getattr(part, "stream", "") for part in parts)
        if kinds == {"msg3d"} and streams == ["bone", "joint"]:
            return "MS-G3D (ensemble)"
        if len(kinds) == 1 and streams == ["flow", "rgb"]:
            return f"{names[parts[0].kind]} (crop; 2-stream)"
    return None
