"""Settings of retrieval, checked by pydantic; nothing heavy is imported here.

Defaults are those of the paper (docs/method.md section 10, table 3).
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from vpdlib.ranges import Count, PositiveFloat, ProperFraction
from vpdlib.section import Section


class RetrievalSettings(Section):
    """How actions are compared, and how much of every ranked list is kept."""

    methods: tuple[str, ...] | None = Field(
        None,
        description="Feature sets of Table 3, in order. Null: the dataset's `methods`. The paper's students are "
        "distilled on the entire corpus here: vpd2d_corpus.",
    )
    queries: Literal["all", "test"] = Field(
        "all",
        description="Which actions are looked for: all (paper), or those of the test split (paper, Diving48).",
    )
    target_fps: PositiveFloat | None = Field(
        None,
        description="Thin sequences of faster videos to this many frames a second, as for recognition.",
    )
    target_fps_slack: ProperFraction = Field(
        0.0,
        description="As for recognition; the two stages see the same frames where both have the same.",
    )
    normalise: bool = Field(
        True,
        description="Scale every descriptor to unit norm, regular and flipped each for itself, before the two are "
        "joined (paper; released code: only on demand).",
    )
    top_k: Count | None = Field(
        100, description="Length of the ranked list kept for every query. Null: the whole corpus."
    )
    num_blocks: Count = Field(
        1,
        description="Jobs that share the queries, for several machines or a long search: a run that is stopped keeps "
        "the blocks that are done. The result is the same. With `queries: all` two blocks or more measure every pair "
        "from both of its sides, and so cost twice.",
    )
    ks: tuple[int, ...] = Field(
        (1, 10, 50),
        min_length=1,
        description="k of the reported precision@k and hit@k; none above top_k.",
    )

    @model_validator(mode="after")
    def _lists_are_long_enough(self) -> RetrievalSettings:
        if any(k < 1 for k in self.ks) or len(set(self.ks)) != len(self.ks):
            raise ValueError(f"ks {self.ks}: whole numbers from 1, each once")
        if self.top_k is not None and max(self.ks) > self.top_k:
            raise ValueError(
                f"ks asks for precision@{max(self.ks)} but top_k keeps {self.top_k} results: raise top_k "
                "or set it to null"
            )
        return self
