"""One set of pins in all places, and every wanted package imports."""

import importlib.metadata
import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.running import run_python

ROOT = Path(__file__).resolve().parents[1]
STAND_IN = ROOT / "envs" / "xtcocotools"


def pins(path):
    lines = (line.split("#")[0].strip() for line in path.read_text().splitlines())
    return [line for line in lines if line and not line.startswith("-")]


def by_conda(name):
    """What conda itself installs of one environment; by pip it must install nothing, which builds in isolation."""
    environment = yaml.safe_load((ROOT / "envs" / f"{name}.yaml").read_text())
    assert all(isinstance(wanted, str) for wanted in environment["dependencies"])
    return environment["dependencies"]


PYTHON = """#!{python}
import json, os, sys
from pathlib import Path
names = [(kind, sys.argv[i + 1]) for i, kind in enumerate(sys.argv) if kind in ("-r", "-c")]
call = dict(arguments=sys.argv[1:], lists={{kind: Path(name).read_text() for kind, name in names}})
call["stand_in"] = {{path.name: path.read_text() for path in Path("envs/xtcocotools").glob("*.*")}}
call["with_operators"] = os.environ.get("MMCV_WITH_OPS") == "1"
with open({calls!r}, "a") as file:
    print(json.dumps(call), file=file)
"""


@pytest.fixture
def deployed(tmp_path):
    """Runs the script of an environment as Snakemake does, a copy from elsewhere, and returns the calls of Python."""

    def run(name):
        folder = tmp_path / "bin"
        folder.mkdir()
        python, calls = folder / "python", tmp_path / "calls"
        python.write_text(PYTHON.format(python=sys.executable, calls=str(calls)))
        python.chmod(0o755)
        if any(wanted.startswith("ninja") for wanted in by_conda(name)):
            shutil.copy(python, folder / "ninja")
        script = shutil.copy(
            ROOT / "envs" / f"{name}.post-deploy.sh", tmp_path / "a1_.post-deploy.sh"
        )
        path = f"{folder}{os.pathsep}{os.environ['PATH']}"
        environment = {**os.environ, "PATH": path}
        environment |= {"CONDA_PREFIX": str(tmp_path), "TMPDIR": str(tmp_path)}
        subprocess.run(["bash", script], cwd=tmp_path, env=environment, check=True)
        # Nothing is left behind.
        assert {item.name for item in tmp_path.iterdir()} == {"bin", "calls", Path(script).name}
        return [json.loads(line) for line in calls.read_text().splitlines()]

    return run


def by_make(target):
    """Commands of make for a target that is made from nothing."""
    done = subprocess.run(
        ["make", "--dry-run", "--always-make", target],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    )
    return done.stdout.replace("\\\n", " ").splitlines()


def pip_arguments(commands):
    """What each call of pip is told after "install", of files the name alone; --quiet is left out."""
    found = []
    for command in commands:
        _, install, after = command.partition("install ")
        if install:
            words = [word for word in shlex.split(after) if word != "--quiet"]
            found.append([Path(w).name if w.endswith(".txt") else w for w in words])
    return found


LITE = next(pin for pin in pins(ROOT / "requirements.txt") if pin.startswith("mmcv-lite=="))


@pytest.mark.parametrize(("name", "target"), [("vpd", "env"), ("openmmlab", "openmmlab")])
def test_the_conda_environments_install_what_make_does(name, target, deployed):
    calls = deployed(name)
    made = pip_arguments(by_make(target))
    # Where pip installs ninja for make, conda does.
    ninja = [word for word in made[0] if word.startswith("ninja==")]
    assert [pin.replace(" =", "==") for pin in by_conda(name) if pin.startswith("ninja")] == ninja
    made[0] = [word for word in made[0] if word not in ninja]
    assert pip_arguments(shlex.join(call["arguments"]) for call in calls) == made
    wanted = (ROOT / "requirements.txt").read_text()
    if name == "openmmlab":
        wanted = wanted.replace(f"{LITE}\n", "")
    assert [call["lists"]["-r"] for call in calls if "-r" in call["lists"]] == [wanted], "make pins"
    constraints = (ROOT / "constraints.txt").read_text()
    assert all(call["lists"]["-c"] == constraints for call in calls), "make pins"
    # requirements.txt names the folder from where pip is called.
    stand_in = {
        name: (STAND_IN / name).read_text() for name in ("pyproject.toml", "xtcocotools.py")
    }
    assert all(call["stand_in"] == stand_in for call in calls), "make pins"
    assert set(by_conda("vpd")) <= set(by_conda(name))


def test_the_full_mmcv_of_the_same_version_is_built_with_its_operators(deployed):
    full = LITE.replace("mmcv-lite", "mmcv")
    commands = by_make("openmmlab")
    assert not any(LITE in command for command in commands)
    (build,) = [command for command in commands if full in command]
    assert "MMCV_WITH_OPS=1" in build
    last = deployed("openmmlab")[-1]
    assert last["arguments"][-1] == full
    assert last["with_operators"]


def test_make_renews_the_lists_in_the_scripts(tmp_path):
    shutil.copytree(ROOT / "envs", tmp_path / "envs", symlinks=True)
    for name in ("Makefile", "requirements.txt", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path / name)
    before = {path.name: path.read_text() for path in (tmp_path / "envs").glob("*.*")}
    changed = ["requirements.txt", "constraints.txt"]
    changed += [f"envs/xtcocotools/{name}" for name in ("pyproject.toml", "xtcocotools.py")]
    for name in changed:
        with (tmp_path / name).open("a") as file:
            file.write(f"new-in-{name}==1\n")
    subprocess.run(["make", "pins"], cwd=tmp_path, capture_output=True, check=True)
    for path in (tmp_path / "envs").glob("*.*"):
        added = path.read_text().splitlines()
        if path.name.endswith(".post-deploy.sh"):
            for name in changed:
                added.remove(f"new-in-{name}==1")
        assert added == before[path.name].splitlines()


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
    run_python(f"from vpdlib import compat; compat.install(); import {module}")
