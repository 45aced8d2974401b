"""Settings of VIPE* as a feature set of a dataset; nothing heavy is imported here."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from vpdlib.identifiers import ID_PATTERN


class VipeFeatures(BaseModel):
    """A trained VIPE* that embeds the teacher's poses."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str = Field(
        pattern=f"^(?:{ID_PATTERN})$",
        description="Name of the network, vipe/<model>.yaml, which is trained by the workflow.",
    )
    upside_down: bool = Field(
        False,
        description="Append the embedding of the pose upside down, twice as long in all (paper: Diving48 only).",
    )
