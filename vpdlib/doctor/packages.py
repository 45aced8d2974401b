"""Which packages are installed, against the pins of the requirements files. Nothing is imported."""

from __future__ import annotations

import importlib.metadata
import re
from pathlib import Path

from vpdlib.doctor.item import Item

#: Of requirements.txt, those that `make demo` does without: OpenMMLab's networks, clusters, downloads by address,
#: the report, and what is used while installing only.
NOT_OF_DEMO = frozenset(
    {
        "mmengine",
        "mmcv-lite",
        "mmdet",
        "mmpose",
        "mmpretrain",
        "xtcocotools",
        "snakemake-executor-plugin-slurm",
        "pooch",
        "Pygments",
        "setuptools",
    }
)
#: The full mmcv stands in for mmcv-lite in the environment of `make openmmlab`.
_OR_ELSE = {"mmcv-lite": "mmcv"}
#: What optional packages of the other files are for.
_OPTIONAL = {
    "requirements-formats.txt": {"ezc3d": "C3D files of motion capture"},
    "requirements-dev.txt": {"transformers": "video encoders (docs/baselines.md)"},
}
_LINE = re.compile(r"^([A-Za-z0-9][A-Za-z0-9_.\-]*)\s*(==\s*([^\s;#]+))?")


def read_pins(path: Path) -> dict[str, str | None]:
    """Packages of a requirements file, each with its pinned version or None; what it includes is left out."""
    pins: dict[str, str | None] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        text = line.split("#")[0].strip()
        if text.startswith("./"):
            # A folder here, called as its distribution is.
            pins[text.rstrip("/").rpartition("/")[2]] = None
        elif (found := _LINE.match(text)) is not None:
            pins[found[1]] = found[3]
    return pins


def look_at_packages(root: Path) -> list[Item]:
    """The packages of the requirements files below ``root``, the project's folder."""
    path = root / "requirements.txt"
    if not path.is_file():
        return [
            Item(
                "Packages",
                "requirements.txt",
                "unknown",
                f"{path} is not there: versions are not compared",
                "call it in a clone of the project",
            )
        ]
    pins = read_pins(path)
    items = [item for name, pin in pins.items() if (item := _of_pin(name, pin)) is not None]
    right = len(pins) - len(items)
    every = "all" if right == len(pins) else str(right)
    first = Item("Packages", path.name, "works", f"{every} of {len(pins)} as pinned")
    return [first, *items, *_optional(root)]


def _of_pin(name: str, pin: str | None) -> Item | None:
    """What is wrong with a package; None where nothing is."""
    needed = name not in NOT_OF_DEMO
    version = _version(name) or _version(_OR_ELSE.get(name, name))
    if version is None:
        return Item("Packages", name, "wrong", "is not installed", "make env", needed)
    # Builds of one version, as 2.13.0+cpu.
    if pin is not None and version.split("+")[0] != pin:
        # It may do; whether it works is looked at elsewhere.
        return Item("Packages", name, "wrong", f"{version}, pinned {pin}", "make env", False)
    return None


def _optional(root: Path) -> list[Item]:
    items = []
    for file, packages in _OPTIONAL.items():
        if not (root / file).is_file():
            continue
        pins = read_pins(root / file)
        for name, use in packages.items():
            version, pin = _version(name), pins[name]
            remedy = f"if wanted: .venv/bin/pip install {name}=={pin}"
            if version is None:
                items.append(Item("Packages", name, "absent", f"optional: {use}", remedy))
            elif version != pin:
                items.append(
                    Item("Packages", name, "wrong", f"{version}, pinned {pin}; {use}", remedy)
                )
            else:
                items.append(Item("Packages", name, "works", f"{version}; {use}"))
    return items


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
