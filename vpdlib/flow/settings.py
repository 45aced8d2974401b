"""Settings of the optical flow."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from vpdlib.ranges import Count, Digest, PositiveFloat
from vpdlib.section import Section
from vpdlib.weights.checkpoints import CHECKPOINTS

#: RAFT's two networks, each with its weights where the settings name none: those that RAFT's authors
#: trained on FlyingChairs and FlyingThings3D. The paper's code takes the large ones (raft-things).
_RAFT_THINGS = {"raft_large": "raft_large_C_T_V1", "raft_small": "raft_small_C_T_V1"}


class RaftSettings(Section):
    """How RAFT (Teed and Deng, ECCV 2020) runs (docs/method.md section 4)."""

    checkpoint: str | None = Field(
        None,
        description="Weights: a name of the checkpoint registry, or the path of a file of torchvision's RAFT. Null: "
        "raft_large_C_T_V1, those of the paper's code, or raft_small_C_T_V1, by the method.",
    )
    checkpoint_sha256: Digest | None = Field(
        None,
        description="Digest that a file of one's own must have, or its first digits; the registry knows its own.",
    )
    iterations: int = Field(
        20, ge=1, le=100, description="Updates of the flow; the paper makes 20."
    )
    batch_size: Count = Field(50, description="Pairs of crops that run through RAFT together.")
    amp: bool = Field(
        True,
        description="On a GPU, float16 for all but the correlation, as RAFT's authors run it. A CPU always takes "
        "float32.",
    )


class FlowSettings(Section):
    """How the flow between the previous and the current crop is found and stored."""

    method: Literal["dis", "farneback", "raft_large", "raft_small"] = Field(
        "dis",
        description="Estimator: OpenCV's dense inverse search or Farneback's polynomials, or the network RAFT, large "
        "(the paper's) or small, which wants a GPU.",
    )
    dis_preset: Literal["ultrafast", "fast", "medium"] = Field(
        "medium", description="Quality of DIS; the others are faster and coarser."
    )
    raft: RaftSettings = Field(RaftSettings(), description="RAFT's weights and how it runs.")
    max_px: PositiveFloat = Field(
        20.0, description="Flow is clipped to plus and minus this, in crop pixels."
    )
    subtract_median: bool = Field(
        True, description="Subtract the median flow of each crop, which is mostly the camera's."
    )

    @model_validator(mode="after")
    def _weights_of_the_network(self) -> FlowSettings:
        known = CHECKPOINTS.get(self.raft.checkpoint or "")
        if self.method in _RAFT_THINGS and known is not None and known.config != self.method:
            raise ValueError(
                f"raft.checkpoint {known.name!r} holds weights of {known.config}, the method is {self.method!r}: "
                "correct one of them, or leave the checkpoint out"
            )
        return self


def checkpoint_references(settings: FlowSettings) -> list[tuple[str, str | None]]:
    """References of the weights that the method needs, each with the sha256 asked for; none for OpenCV's estimators."""
    if settings.method not in _RAFT_THINGS:
        return []
    reference = settings.raft.checkpoint or _RAFT_THINGS[settings.method]
    return [(reference, settings.raft.checkpoint_sha256)]
