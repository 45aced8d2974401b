"""The interpreter that make takes, among made-up ones on a path of their own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SCRIPT = ROOT / "envs" / "find_python.sh"
VERSIONS = ("3.13", "3.12", "3.11")

FAKE = """#!/bin/sh
case "$2" in
*version_info*) {version} ;;
*ensurepip*) {ensurepip} ;;
*executable*) echo "{path}" ;;
esac
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "bin").mkdir()
    return tmp_path


def add(folder, name, version, *, can_make=True):
    """An interpreter of that version; None for one that is there and does not run, as pyenv's are."""
    path = folder / name if "/" in name else folder / "bin" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        FAKE.format(
            version=f"echo {version}" if version else "echo 'pyenv: not found' >&2; exit 127",
            ensurepip="exit 0" if can_make else "exit 1",
            path=path,
        )
    )
    path.chmod(0o755)
    return str(path)


def find(folder, wanted="", versions=VERSIONS, environment=".venv"):
    """The script's exit status, what it prints and what it says."""
    done = subprocess.run(
        ["/bin/sh", str(SCRIPT), environment, wanted, *versions],
        capture_output=True,
        text=True,
        cwd=folder,
        env={"PATH": str(folder / "bin")},
        check=False,
    )
    return done.returncode, done.stdout.strip(), done.stderr.strip()


def refusal(*arguments, **options):
    status, printed, said = find(*arguments, **options)
    assert status != 0
    assert printed == ""
    assert len(said.splitlines()) == 1
    return said


@pytest.mark.parametrize("version", VERSIONS)
def test_python3_is_taken_if_it_fits(folder, version):
    path = add(folder, "python3", version)
    add(folder, "python3.13", "3.13")
    assert find(folder) == (0, path, "")


@pytest.mark.parametrize("python3", ["3.10", "3.14", "3.13t", "pypy 3.11", None])
def test_otherwise_the_newest_that_fits_and_runs(folder, python3):
    add(folder, "python3", python3)
    add(folder, "python3.13", None)
    add(folder, "python3.11", "3.11")
    path = add(folder, "python3.12", "3.12")
    assert find(folder) == (0, path, "")


def test_without_a_python3(folder):
    path = add(folder, "python3.11", "3.11")
    assert find(folder) == (0, path, "")


def test_one_that_cannot_make_environments_is_passed_over(folder):
    add(folder, "python3", "3.13", can_make=False)
    path = add(folder, "python3.11", "3.11")
    assert find(folder) == (0, path, "")


def test_the_remedy_for_a_missing_ensurepip(folder):
    add(folder, "python3", "3.13", can_make=False)
    said = refusal(folder)
    assert "python3 (3.13) cannot make environments" in said
    assert "apt-get install python3.13-venv" in said
    assert "apt-get install python3.13-venv" in refusal(folder, "python3")


def test_none_there(folder):
    said = refusal(folder)
    assert said.startswith("No Python 3.13, 3.12 or 3.11 found: install one (Debian 12 has 3.11")
    assert "apt-get install python3.X python3.X-venv" in said
    add(folder, "python3", "3.10")
    assert "found; python3 is 3.10: install one" in refusal(folder)


@pytest.mark.parametrize(
    ("version", "named"),
    [("3.10", "is 3.10"), ("3.13t", "is 3.13t"), (None, "does not run")],
)
def test_a_wanted_one_that_does_not_fit_is_refused_though_others_do(folder, version, named):
    add(folder, "python3", "3.12")
    add(folder, "python3.10", version)
    said = refusal(folder, "python3.10")
    assert f"PYTHON=python3.10 {named}; this needs Python 3.13, 3.12 or 3.11" in said


def test_a_wanted_one_is_taken(folder):
    add(folder, "python3", "3.12")
    path = add(folder, "some where/python", "3.11")
    assert find(folder, path) == (0, path, "")


def test_fewer_versions_may_fit(folder):
    add(folder, "python3", "3.13")
    assert "No Python 3.12 or 3.11 found; python3 is 3.13" in refusal(
        folder, versions=("3.12", "3.11")
    )
    assert "No Python 3.11 found" in refusal(folder, versions=("3.11",))


def test_an_environment_keeps_its_python(folder):
    add(folder, "python3", "3.13")
    path = add(folder, ".venv/bin/python", "3.11")
    assert find(folder) == (0, path, "")
    assert find(folder, environment="elsewhere")[0] == 0
    eleven = add(folder, "python3.11", "3.11")
    assert find(folder, eleven) == (0, path, "")
    said = refusal(folder, "python3")
    assert ".venv is of Python 3.11, PYTHON=python3 is 3.13: leave PYTHON out to keep it" in said
    assert "rm -r .venv" in said


@pytest.mark.parametrize("version", [None, "3.10"])
def test_an_environment_whose_python_is_gone_or_does_not_fit(folder, version):
    add(folder, "python3", "3.13")
    add(folder, ".venv/bin/python", version)
    assert "rm -r .venv" in refusal(folder)
    (folder / ".venv/bin/python").unlink()
    (folder / ".venv/bin/python").symlink_to("/nowhere/python3.11")
    assert ".venv has no Python that runs" in refusal(folder)


def test_the_python_that_runs_this(folder):
    """Of an environment the Python behind it, which outlives it."""
    status, printed, said = find(folder, sys.executable)
    assert (status, said) == (0, "")
    assert Path(printed).samefile(sys.executable)
    assert not Path(printed).is_relative_to(sys.prefix) or sys.prefix == sys.base_prefix


@pytest.mark.parametrize(
    ("target", "version", "named"),
    [
        ("env", "3.10", "3.13, 3.12 or 3.11"),
        ("dev", "3.10", "3.13, 3.12 or 3.11"),
        ("openmmlab", "3.13", "3.12 or 3.11"),
    ],
)
def test_make_refuses_before_it_installs_anything(folder, target, version, named):
    shutil.copytree(ROOT / "envs", folder / "envs")
    for name in ("Makefile", "requirements.txt", "requirements-dev.txt", "constraints.txt"):
        shutil.copy(ROOT / name, folder / name)
    fake = add(folder, "python-of-no-use", version)
    before = set(folder.iterdir())
    done = subprocess.run(
        ["make", target, f"PYTHON={fake}"],
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, "MAKEFLAGS": ""},
        check=False,
    )
    assert done.returncode != 0
    assert f"this needs Python {named}" in done.stderr, done.stderr
    assert set(folder.iterdir()) == before
