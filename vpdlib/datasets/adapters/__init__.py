"""Adapters: one module a kind, with its settings and with all that the workflow asks of it.

A new adapter is a module with a subclass of :class:`vpdlib.datasets.adapters.base.BaseAdapter` (or of one of its
subclasses there and in ``published.py``), and a name in ``Adapter`` below. Nothing heavy is imported here: Snakemake
reads these settings at every start.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, TypeAdapter

from vpdlib.datasets.adapters.demo import DemoAdapter
from vpdlib.datasets.adapters.diving48 import Diving48Adapter
from vpdlib.datasets.adapters.folder import FolderAdapter
from vpdlib.datasets.adapters.fsjump6 import FSJump6Adapter
from vpdlib.datasets.adapters.fx35 import FX35Adapter
from vpdlib.datasets.adapters.poses import PosesAdapter
from vpdlib.datasets.adapters.tennis7 import Tennis7Adapter

#: All that there are; `kind` in the settings chooses one.
Adapter = Annotated[
    FolderAdapter
    | DemoAdapter
    | PosesAdapter
    | FSJump6Adapter
    | Tennis7Adapter
    | FX35Adapter
    | Diving48Adapter,
    Field(discriminator="kind"),
]


def parse_adapter(values: Mapping[str, Any]) -> Adapter:
    """The adapter that plain values describe, as a rule's params hold them."""
    adapter: Adapter = TypeAdapter(Adapter).validate_python(values)
    return adapter
