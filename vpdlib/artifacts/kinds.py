"""Every kind of artifact by name: the classes in the modules of this package.

Nothing imports this module but by name: a job is made anew for a change of the kinds that it uses, not of any kind.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

import vpdlib.artifacts
from vpdlib.artifacts.group import Kind

KINDS: dict[str, type[Kind]] = {
    found.kind: found
    for module in iter_modules(vpdlib.artifacts.__path__, "vpdlib.artifacts.")
    if module.name != __name__
    for found in vars(import_module(module.name)).values()
    if isinstance(found, type) and issubclass(found, Kind) and hasattr(found, "kind")
}
