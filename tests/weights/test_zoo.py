"""Configurations by path and by name; the refusals name the remedy."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import pytest

from vpdlib.weights import zoo
from vpdlib.weights.zoo import NetworkConfigError, find_config


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package of three configurations, two of one name, and a part."""
    configs = tmp_path / "package" / ".mim" / "configs"
    for name in ("a/one.py", "a/two.py", "b/two.py", "_base_/part.py"):
        (configs / name).parent.mkdir(parents=True, exist_ok=True)
        (configs / name).write_text("")
    spec = SimpleNamespace(submodule_search_locations=[str(tmp_path / "package")])
    monkeypatch.setattr(zoo, "find_spec", lambda name: spec)
    return configs


def test_names_and_paths_are_found(package: Path) -> None:
    assert find_config("mmpose", "one") == package / "a/one.py"
    path = package / "b/two.py"
    assert find_config("mmpose", str(path)) == path


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("two", r"has several \(a/two\.py, b/two\.py\)"),
        ("part", "not among the 3"),
        ("on", "nearest names: one"),
        ("zzz", "look there for the name"),
        ("one.py", "no such file; .*the bare name"),
        ("no/one", "no such file"),
    ],
)
def test_others_are_refused(reference: str, message: str, package: Path) -> None:
    with pytest.raises(NetworkConfigError, match=message) as caught:
        find_config("mmdet", reference)
    assert f"mmdet configuration '{reference}'" in str(caught.value)


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zoo, "find_spec", lambda name: None)
    with pytest.raises(NetworkConfigError, match="mmdet is not installed; install it"):
        find_config("mmdet", "one")


@pytest.mark.parametrize(
    ("package_name", "name"),
    [
        ("mmpose", "td-hm_hrnet-w48_8xb32-210e_coco-384x288"),
        ("mmdet", "mask-rcnn_x101-64x4d_fpn_ms-poly_3x_coco"),
    ],
)
def test_the_zoos_of_the_installed_packages_are_found(package_name, name) -> None:
    if find_spec(package_name) is None:
        pytest.skip(f"{package_name} is not installed")
    assert find_config(package_name, name).stem == name
