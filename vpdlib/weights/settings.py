"""Settings of networks with weights of the user's choice. Pure data; nothing heavy is imported here."""

from __future__ import annotations

from pydantic import Field

from vpdlib.ranges import Digest
from vpdlib.section import Section


class OpenMMLabSettings(Section):
    """What networks of OpenMMLab share; each has a ``config`` besides, a file of its library."""

    checkpoint: str = Field(
        min_length=1,
        description="Weights: a name of the checkpoint registry, or the path of a file, trained with this "
        "configuration.",
    )
    checkpoint_sha256: Digest | None = Field(
        None, description="Expected sha256 of the weights, or its beginning; null: the registry's."
    )
    amp: bool = Field(True, description="Mixed precision; on CUDA only.")
