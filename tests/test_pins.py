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


def conda(name):
    """What conda installs, and what pip does, of one environment."""
    environment = yaml.safe_load((ROOT / "envs" / name).read_text())
    (by_pip,) = [d["pip"] for d in environment["dependencies"] if isinstance(d, dict)]
    return [d for d in environment["dependencies"] if isinstance(d, str)], by_pip


def test_conda_and_pip_pins_agree():
    assert conda("vpd.yaml")[1] == pins(ROOT / "requirements.txt")


def test_the_openmmlab_environment_has_the_same_pins_and_the_full_mmcv():
    wanted = pins(ROOT / "requirements.txt")
    (lite,) = [pin for pin in wanted if pin.startswith("mmcv-lite==")]
    by_conda, by_pip = conda("openmmlab.yaml")
    assert by_pip == [pin for pin in wanted if pin != lite]
    assert set(conda("vpd.yaml")[0]) <= set(by_conda)
    by_both = {
        name: version
        for name, version in (pin.split(" =") for pin in by_conda if " =" in pin)
        if f"{name}=={version}" in by_pip
    }
    assert "numpy" in by_both
    full = lite.replace("mmcv-lite", "mmcv")
    assert full in (ROOT / "envs/openmmlab.post-deploy.sh").read_text().split()


def test_make_builds_the_full_mmcv_of_the_same_version():
    done = subprocess.run(
        ["make", "--dry-run", "--always-make", "openmmlab"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    )
    commands = " ".join(done.stdout.split())
    (lite,) = [pin for pin in pins(ROOT / "requirements.txt") if pin.startswith("mmcv-lite==")]
    assert lite not in commands
    assert lite.replace("mmcv-lite", "mmcv") in commands
    assert "MMCV_WITH_OPS=1" in commands
    (ninja,) = [pin for pin in conda("openmmlab.yaml")[0] if pin.startswith("ninja")]
    assert ninja.replace(" =", "==") in commands


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
