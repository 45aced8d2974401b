"""Settings of the recognition heads, checked by pydantic; nothing heavy is imported here.

Defaults are those of the paper (docs/method.md section 9). Where the released code differs, the field says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    Field,
    WithJsonSchema,
    field_validator,
)

from vpdlib.ranges import Count, NonNegativeFloat, PositiveFloat, ProperFraction
from vpdlib.section import Section


@dataclass(frozen=True)
class Head:
    """One way from the descriptors of an action's frames to a class.

    Attributes
    ----------
    title : what tables call it, as the paper's Table S4 does.
    layers : its layers over time, a key of `vpdlib.recognition.networks.LAYERS`; None for the search.
    pooling : how the frames of a sequence become one value.
    section : the field of `RecognitionSettings` that concerns it alone, or None; networks share `bigru`.
    """

    title: str
    layers: str | None
    pooling: Literal["max", "attention"] = "max"
    section: str | None = None


#: By name, in the order of the paper's Table S4.
HEADS: dict[str, Head] = {
    "nns": Head("NNS (DTW)", None, section="nns"),
    "cnn": Head("CNN", "convolution", section="cnn"),
    "bilstm": Head("BiLSTM", "lstm"),
    "bilstm_attn": Head("BiLSTM (attn)", "lstm", "attention"),
    "bigru": Head("BiGRU", "gru"),
    "bigru_attn": Head("BiGRU (attn)", "gru", "attention"),
}

#: Heads that give probabilities, of which there is late fusion; a search for the nearest neighbour gives a label alone.
NETWORK_HEADS: tuple[str, ...] = tuple(name for name, head in HEADS.items() if head.layers)


def check_head(head: str) -> str:
    """The name of a head that there is.

    Raises
    ------
    ValueError
        Naming the heads that there are.
    """
    if head not in HEADS:
        raise ValueError(f"head {head!r} is unknown: one of {', '.join(HEADS)}")
    return head


HeadName = Annotated[
    str, AfterValidator(check_head), WithJsonSchema({"enum": list(HEADS), "type": "string"})
]


@dataclass(frozen=True)
class Architecture:
    """What tells the networks among the heads apart; the rest they share.

    Attributes
    ----------
    layers, pooling : as of `Head`.
    options : the settings that concern the head alone, or None.
    """

    layers: str
    pooling: Literal["max", "attention"] = "max"
    options: BaseModel | None = None


class BiGRUSettings(Section):
    """The networks among the heads and their training: the recurrent ones and, but for its kernel, the CNN."""

    hidden: Count = Field(
        128,
        description="Units of a recurrent layer in one direction; half the channels of a convolution.",
    )
    layers: Count = Field(2, description="Number of recurrent layers or convolutions.")
    fc_width: Count = Field(256, description="Width of the fully connected layer after pooling.")
    dropout: ProperFraction = Field(0.5, description="Dropout before each fully connected layer.")
    input_dropout: ProperFraction = Field(
        0.2, description="Dropout on the channels of the input descriptors."
    )
    epochs: Count = Field(
        500, description="Passes over the training actions (paper: Diving48 in full 200)."
    )
    batch_size: int = Field(50, ge=2, description="Training sequences of a step.")
    learning_rate: PositiveFloat = Field(1e-3, description="AdamW learning rate at the start.")
    min_learning_rate: NonNegativeFloat = Field(1e-7, description="Floor of the schedule.")
    weight_decay: NonNegativeFloat = Field(
        0.01, description="AdamW weight decay, decoupled and constant."
    )
    schedule: Literal["cosine", "cosine_restarts"] = Field(
        "cosine",
        description="cosine: one fall from learning_rate to min_learning_rate (paper). cosine_restarts: warm "
        "restarts, the first period a tenth of the epochs, then doubling (released code; 500 epochs end in "
        "mid-period).",
    )
    saturated_loss: NonNegativeFloat = Field(
        0.0,
        description="Mean training loss of an epoch, nats, below which little is left to learn: from then on an epoch "
        "goes through five of the schedule (ours; 0.05 saves a third of the time or more). 0: never (paper).",
    )
    normalise: bool = Field(
        False, description="Scale every descriptor to unit norm (paper: FSJump6 only)."
    )
    validate_every: Count = Field(
        10, description="Epochs between two looks at the validation set, if there is one."
    )
    patience_fraction: PositiveFloat = Field(
        1 / 3,
        description="Training stops after this fraction of the epochs without a better validation.",
    )
    holdout_fraction: ProperFraction = Field(
        0.0,
        description="Fraction of the training actions held out for choosing the epoch where the dataset has no "
        "validation split, whole groups at a time if there are at least two; 0: the last epoch is used.",
    )


class CNNSettings(Section):
    """What the convolutional network needs beside `BiGRUSettings`."""

    kernel_size: Count = Field(
        5, description="Frames that a convolution over time sees, an odd number (ours)."
    )

    @field_validator("kernel_size")
    @classmethod
    def _is_odd(cls, value: int) -> int:
        if value % 2 == 0:
            raise ValueError(
                f"{value} is even: a frame's window has as many frames before as after"
            )
        return value


class NNSSettings(Section):
    """Nearest-neighbour search under DTW."""

    normalise: bool = Field(True, description="Scale every descriptor to unit norm (paper).")
    num_blocks: Count = Field(
        1,
        description="Jobs that share the test actions, for several machines or a long search: a run that is stopped "
        "keeps the blocks that are done. The result is the same.",
    )


class RecognitionSettings(Section):
    """The heads, and what they are given."""

    target_fps: PositiveFloat | None = Field(
        None,
        description="Thin sequences of faster videos to this many frames a second (paper: 25 for FX35 and Diving48). "
        "Null: the video's own rate.",
    )
    target_fps_slack: ProperFraction = Field(
        0.0,
        description="Added to each frame's fraction when thinning (released code: 0.01 for Diving48).",
    )
    bigru: BiGRUSettings = Field(
        BiGRUSettings(), description="The recurrent classifiers, and what the CNN shares with them."
    )
    cnn: CNNSettings = Field(CNNSettings(), description="The convolutional classifier.")
    nns: NNSSettings = Field(NNSSettings(), description="Nearest-neighbour search.")


def sections_of(head: str) -> tuple[str, ...]:
    """Names of the fields of `RecognitionSettings` that concern a head and not all of them.

    Raises
    ------
    ValueError
        For an unknown head.
    """
    found = HEADS[check_head(head)]
    own = (found.section,) if found.section else ()
    return ("bigru", *own) if found.layers else own


def architecture_of(head: str, settings: RecognitionSettings) -> Architecture:
    """The network of a head.

    Raises
    ------
    ValueError
        For an unknown head, and for "nns", which has no network.
    """
    found = HEADS[check_head(head)]
    if found.layers is None:
        raise ValueError(f"head {head!r} is a search, not a network")
    options = getattr(settings, found.section) if found.section else None
    return Architecture(found.layers, found.pooling, options)
