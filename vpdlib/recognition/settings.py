"""Settings of the recognition heads, checked by pydantic; nothing heavy is imported here.

Defaults are those of the paper (docs/method.md section 9). Where the released code differs, the field says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, field_validator

HeadName = Literal["nns", "cnn", "bilstm", "bilstm_attn", "bigru", "bigru_attn"]

# In the order of the paper's Table S4.
HEADS: tuple[HeadName, ...] = get_args(HeadName)

#: Heads that give probabilities, of which there is late fusion; a search for the nearest neighbour gives a label alone.
NETWORK_HEADS: tuple[HeadName, ...] = tuple(head for head in HEADS if head != "nns")

# As Table S4 calls them.
HEAD_TITLES: dict[str, str] = {
    "nns": "NNS (DTW)",
    "cnn": "CNN",
    "bilstm": "BiLSTM",
    "bilstm_attn": "BiLSTM (attn)",
    "bigru": "BiGRU",
    "bigru_attn": "BiGRU (attn)",
}


@dataclass(frozen=True)
class Architecture:
    """What tells the networks among the heads apart; the rest they share.

    Attributes
    ----------
    layer : kind of the layers over time.
    pooling : how the frames of a sequence become one value.
    kernel_size : frames that a convolution sees, odd; of no effect otherwise.
    """

    layer: Literal["gru", "lstm", "convolution"]
    pooling: Literal["max", "attention"] = "max"
    kernel_size: int = 5


class BiGRUSettings(BaseModel):
    """The networks among the heads and their training: the recurrent ones and, but for its kernel, the CNN."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    hidden: int = Field(
        default=128,
        ge=1,
        description="Units of a recurrent layer in one direction; half the channels of a convolution.",
    )
    layers: int = Field(default=2, ge=1, description="Number of recurrent layers or convolutions.")
    fc_width: int = Field(
        default=256, ge=1, description="Width of the fully connected layer after pooling."
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


class CNNSettings(BaseModel):
    """What the convolutional network needs beside `BiGRUSettings`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kernel_size: int = Field(
        default=5,
        ge=1,
        description="Frames that a convolution over time sees, an odd number (ours).",
    )

    @field_validator("kernel_size")
    @classmethod
    def _is_odd(cls, value: int) -> int:
        if value % 2 == 0:
            raise ValueError(
                f"{value} is even: a frame's window has as many frames before as after"
            )
        return value


class NNSSettings(BaseModel):
    """Nearest-neighbour search under DTW."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    normalise: bool = Field(
        default=True, description="Scale every descriptor to unit norm (paper)."
    )


class RecognitionSettings(BaseModel):
    """The heads, and what they are given."""

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
    bigru: BiGRUSettings = Field(
        default=BiGRUSettings(),
        description="The recurrent classifiers, and what the CNN shares with them.",
    )
    cnn: CNNSettings = Field(default=CNNSettings(), description="The convolutional classifier.")
    nns: NNSSettings = Field(default=NNSSettings(), description="Nearest-neighbour search.")


def sections_of(head: str) -> tuple[str, ...]:
    """Names of the fields of `RecognitionSettings` that are of one head and not of all.

    Raises
    ------
    ValueError
        For an unknown head.
    """
    check_head(head)
    if head == "nns":
        return ("nns",)
    return ("bigru", "cnn") if head == "cnn" else ("bigru",)


def architecture_of(head: str, settings: RecognitionSettings) -> Architecture:
    """The network of a head.

    Raises
    ------
    ValueError
        For an unknown head, and for "nns", which has no network.
    """
    check_head(head)
    match head.removesuffix("_attn"):
        case "nns":
            raise ValueError("head 'nns' is a search, not a network")
        case "cnn":
            return Architecture("convolution", kernel_size=settings.cnn.kernel_size)
        case name:
            return Architecture(
                "gru" if name == "bigru" else "lstm",
                "attention" if head.endswith("_attn") else "max",
            )


def check_head(head: str) -> None:
    """Refuse a head that does not exist.

    Raises
    ------
    ValueError
        Naming the heads that do.
    """
    if head not in HEADS:
        raise ValueError(f"head {head!r} is unknown: one of {', '.join(HEADS)}")
