"""What every model of settings and records is made of."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """Named values that belong together: unknown names are refused, values cannot be changed later."""

    model_config = ConfigDict(extra="forbid", frozen=True)
