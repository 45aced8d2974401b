"""Pins read, and packages compared with them."""

import importlib.metadata
from pathlib import Path

import pytest

from vpdlib.doctor.packages import NOT_OF_DEMO, look_at_packages, read_pins

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def installed(monkeypatch):
    """Packages that are installed, by version."""
    versions = {"torch": "2.13.0+cpu", "av": "18.1.0", "mmcv": "2.1.0", "numpy": "2.3.5"}

    def version(name):
        if name not in versions:
            raise importlib.metadata.PackageNotFoundError(name)
        return versions[name]

    monkeypatch.setattr(importlib.metadata, "version", version)
    return versions


def project(folder, *lines):
    (folder / "requirements.txt").write_text("\n".join(["# what it needs", *lines, ""]))
    return folder


def by_name(items):
    return {item.name: item for item in items}


def test_pins_of_the_project():
    pins = read_pins(ROOT / "requirements.txt")
    assert pins["torch"] == "2.13.0"
    assert pins["setuptools"] is None
    assert pins["xtcocotools"] is None
    assert pins.keys() >= NOT_OF_DEMO
    # What another file includes is looked at there.
    assert set(read_pins(ROOT / "requirements-formats.txt")) == {"ezc3d"}


def test_builds_and_stand_ins_count_as_the_pinned_one(installed, tmp_path):
    root = project(tmp_path, "torch==2.13.0", "av==18.1.0", "mmcv-lite==2.1.0")
    (only,) = look_at_packages(root)
    assert only.state == "works"
    assert only.found == "all of 3 as pinned"


def test_what_is_missing_is_needed_or_not(installed, tmp_path):
    items = by_name(
        look_at_packages(project(tmp_path, "scipy==1.0", "mmpose==1.3.2", "av==18.1.0"))
    )
    assert items["scipy"].stops_the_demo
    assert items["scipy"].remedy == "make env"
    assert items["mmpose"].state == "wrong"
    assert not items["mmpose"].stops_the_demo
    assert items["requirements.txt"].found == "1 of 3 as pinned"


def test_another_version_is_told_and_may_do(installed, tmp_path):
    items = by_name(look_at_packages(project(tmp_path, "numpy==2.0.0")))
    assert items["numpy"].found == "2.3.5, pinned 2.0.0"
    assert not items["numpy"].stops_the_demo


def test_optional_packages_come_with_what_they_are_for(installed, tmp_path):
    root = project(tmp_path, "av==18.1.0")
    (root / "requirements-formats.txt").write_text("-r requirements.txt\nezc3d==1.7.2\n")
    items = by_name(look_at_packages(root))
    assert items["ezc3d"].state == "absent"
    assert "ezc3d==1.7.2" in items["ezc3d"].remedy
    installed["ezc3d"] = "1.7.2"
    assert by_name(look_at_packages(root))["ezc3d"].state == "works"
    installed["ezc3d"] = "1.0"
    assert not by_name(look_at_packages(root))["ezc3d"].stops_the_demo


def test_without_a_clone_versions_are_not_compared(tmp_path):
    (only,) = look_at_packages(tmp_path)
    assert only.state == "unknown"
