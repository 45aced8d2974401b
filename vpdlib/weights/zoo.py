"""Finding a configuration of OpenMMLab: a file of the user's, or one of an installed package's model zoo.

The packages carry their zoo with them, under ``.mim/configs``. Nothing of theirs is imported and nothing is downloaded.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal


class NetworkConfigError(ValueError):
    """A network's configuration that is missing or unusable; the message ends with what to do."""


def find_config(package: Literal["mmdet", "mmpose"], reference: str) -> Path:
    """Return the file of a configuration.

    Parameters
    ----------
    package : whose model zoo is meant.
    reference : the path of a .py file (contains "/" or ends in .py), or the bare name of one in the zoo, such as
        ``td-hm_hrnet-w48_8xb32-210e_coco-384x288``.

    Raises
    ------
    NetworkConfigError
        if there is no such file; if the package is not installed; if the zoo has no configuration of
        that name, or more than one.
    """
    if "/" in reference or reference.endswith(".py"):
        path = Path(reference)
        if not path.is_file():
            raise NetworkConfigError(
                f"{package} configuration {reference!r}: no such file; correct the path, or give the bare name "
                f"(no folder, no .py) of one in {package}'s model zoo"
            )
        return path
    spec = find_spec(package)
    folders = list(spec.submodule_search_locations or []) if spec else []
    if not folders:
        raise NetworkConfigError(
            f"{package} configuration {reference!r}: {package} is not installed; install it as "
            "requirements.txt pins it, or give the path of a configuration"
        )
    zoo = Path(folders[0]) / ".mim" / "configs"
    # What lies under _base_ are parts of configurations, of no use alone.
    known = [path for path in sorted(zoo.rglob("*.py")) if "_base_" not in path.parts]
    found = [path for path in known if path.stem == reference]
    if len(found) > 1:
        places = ", ".join(str(path.relative_to(zoo)) for path in found)
        raise NetworkConfigError(
            f"{package} configuration {reference!r}: its model zoo has several ({places}); give the path of one"
        )
    if not found:
        near = difflib.get_close_matches(reference, [path.stem for path in known], n=3)
        raise NetworkConfigError(
            f"{package} configuration {reference!r}: not among the {len(known)} of {zoo}; "
            + (f"nearest names: {', '.join(near)}" if near else "look there for the name")
        )
    return found[0]


def nodes_of(config: Any) -> Iterator[dict[str, Any]]:
    """Yield all mappings of a nested configuration."""
    if isinstance(config, dict):
        yield config
    children = config.values() if isinstance(config, dict) else config
    if isinstance(config, dict | list | tuple):
        for child in children:
            yield from nodes_of(child)


def forget_pretrained(model: Any) -> None:
    """Remove, in place, what would make a network fetch a backbone's weights: all come from the checkpoint."""
    for node in list(nodes_of(model)):
        node.pop("init_cfg", None)
        node.pop("pretrained", None)
