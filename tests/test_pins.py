"""One set of pins in all places, and every wanted package imports."""

import importlib.metadata
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]


def pins(path):
    lines = (line.split("#")[0].strip() for line in path.read_text().splitlines())
    return [line for line in lines if line and not line.startswith("-")]


def test_conda_and_pip_pins_agree():
    environment = yaml.safe_load((ROOT / "envs/vpd.yaml").read_text())
    (by_pip,) = [d["pip"] for d in environment["dependencies"] if isinstance(d, dict)]
    assert by_pip == pins(ROOT / "requirements.txt")


def test_installed_versions_are_the_pinned_ones():
    for pin in pins(ROOT / "requirements.txt"):
        if "==" in pin:
            name, version = pin.split("==")
            assert importlib.metadata.version(name).split("+")[0] == version, name


def test_constraints_do_not_contradict_requirements():
    constrained = dict(p.split("==") for p in pins(ROOT / "constraints.txt"))
    lowered = {name.lower().replace("_", "-"): version for name, version in constrained.items()}
    for pin in pins(ROOT / "requirements.txt") + pins(ROOT / "requirements-dev.txt"):
        if "==" in pin:
            name, version = pin.split("==")
            assert lowered.get(name.lower().replace("_", "-"), version) == version, name


@pytest.mark.parametrize(
    "module",
    [
        "snakemake",
        "torch",
        "torchvision",
        "cv2",
        "mmpose.apis",
        "mmdet.apis",
        "h5py",
        "numpy",
        "pandas",
        "matplotlib",
    ],
)
def test_every_wanted_package_imports(module):
    code = f"from vpdlib import compat; compat.install(); import {module}"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
