"""The registry against the installed packages' own lists, and the checking of files before use."""

from __future__ import annotations

import hashlib
import json
import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from vpdlib import compat
from vpdlib.weights import checkpoints, known_digests
from vpdlib.weights.check import WeightsError
from vpdlib.weights.checkpoints import (
    CHECKPOINTS,
    Checkpoint,
    Wheel,
    checkpoint_path,
    is_path,
    markdown_table,
    verify_checkpoint,
    verify_checkpoints_present,
)
from vpdlib.weights.zoo import find_config

ROOT = Path(__file__).resolve().parents[2]
CONTENT = b"weights\n" * 100
DIGEST = hashlib.sha256(CONTENT).hexdigest()
OTHER = hashlib.sha256(b"other").hexdigest()


def package_dir(name: str) -> Path:
    module = pytest.importorskip(name)
    return Path(module.__file__).parent


def zoo_models(package: str) -> dict[str, dict]:
    """Every model that the package's own metafiles list, by the name of its configuration."""
    zoo = package_dir(package) / ".mim"
    models: dict[str, dict] = {}
    for metafile in yaml.safe_load((zoo / "model-index.yml").read_text())["Import"]:
        content = yaml.safe_load((zoo / metafile).read_text())
        for model in content["Models"] if isinstance(content, dict) else content:
            models[Path(model["Config"]).stem] = model
    return models


@pytest.fixture(scope="module")
def _importable() -> None:
    compat.install()


@pytest.mark.usefixtures("_importable")
@pytest.mark.parametrize("package", ["mmdet", "mmpose"])
def test_entries_of_openmmlab_are_those_of_its_metafiles(package: str) -> None:
    models = zoo_models(package)
    entries = [entry for entry in CHECKPOINTS.values() if entry.package == package]
    assert len(entries) >= 8
    for entry in entries:
        if entry.name == "rtmdet-m-person":
            continue  # of mmpose's demo, in no metafile
        model = models[entry.config]
        assert entry.source == model["Weights"]
        assert find_config(package, entry.config) == package_dir(package) / ".mim" / model["Config"]
        for result in model["Results"]:
            for metric, value in result["Metrics"].items():
                if metric in ("box AP", "mask AP"):
                    assert f"{metric} {value}" in entry.what
                elif metric == "AP":
                    assert f"(AP {100 * value:.1f})" in entry.what


@pytest.mark.usefixtures("_importable")
def test_the_person_detector_is_mmposes() -> None:
    entry = CHECKPOINTS["rtmdet-m-person"]
    models = runpy.run_path(
        str(package_dir("mmpose") / "apis/inferencers/utils/default_det_models.py")
    )
    human = models["default_det_models"]["human"]
    assert entry.source == human["weights"]
    assert Path(human["model"]).stem == entry.config
    assert Path(human["model"]).is_file()
    assert "demo/mmdetection_cfg" in human["model"]


@pytest.mark.usefixtures("_importable")
def test_entries_of_torchvision_are_those_of_its_weights() -> None:
    models = pytest.importorskip("torchvision.models")
    entries = [entry for entry in CHECKPOINTS.values() if entry.package == "torchvision"]
    assert len(entries) >= 8
    for entry in entries:
        (weights,) = (
            one for one in models.get_model_weights(entry.config) if one.url == entry.source
        )
        assert entry.name == f"{entry.config}_{weights.name}"
        assert entry.size == round(weights.meta["_file_size"] * 2**20)


def test_the_registry_is_whole_and_says_which_digests_were_checked() -> None:
    for name, entry in CHECKPOINTS.items():
        assert name == entry.name
        assert not is_path(name)
        assert re.fullmatch(r"[\w-]+", name)
        if isinstance(entry.source, Wheel):
            assert entry.checked
            assert entry.sha256[:8] in entry.source.member
        else:
            assert entry.sha256 in entry.source
        assert entry.suffix == ".pth"
        # Only a published prefix is known; whoever marks an entry as checked knows the whole digest.
        assert len(entry.sha256) == (64 if entry.checked else 8)
    assert len({entry.source for entry in CHECKPOINTS.values()}) == len(CHECKPOINTS)


def test_the_documented_table_is_the_registry() -> None:
    text = (ROOT / "docs" / "networks.md").read_text(encoding="utf-8")
    assert markdown_table() in text, "run: python -m vpdlib.weights.checkpoints"
    assert text.count("\n| `") == len(CHECKPOINTS)


def test_importing_the_registry_imports_nothing_heavy() -> None:
    code = (
        "import sys, vpdlib.weights.checkpoints, vpdlib.weights.state_dict, vpdlib.weights.fetch_checkpoint\n"
        "print({'numpy', 'torch', 'torchvision', 'onnx', 'requests', 'pooch', 'mmengine'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"


@pytest.fixture
def networks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of networks, and a registry of one entry, "small", whose digest is known by 8 digits."""
    entry = Checkpoint(
        "small",
        "nothing",
        "mmpose",
        "none",
        "https://nowhere.invalid/a/small.pth",
        DIGEST[:8],
        "none",
    )
    monkeypatch.setattr(checkpoints, "CHECKPOINTS", {"small": entry})
    folder = tmp_path / "networks"
    folder.mkdir()
    return folder


def both_ways(reference: str, networks: Path, sha256: str | None = None) -> None:
    """Check as a job does and as parsing does; both must say the same."""
    errors = []
    for check in (
        lambda: verify_checkpoint(reference, networks, sha256),
        lambda: verify_checkpoints_present([(reference, sha256)], networks),
    ):
        try:
            check()
        except WeightsError as error:
            errors.append(error)
    assert len({str(error) for error in errors}) <= 1
    assert len(errors) in (0, 2)
    if errors:
        raise errors[0]


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("small", False),
        ("models/best", True),
        ("best.pth", True),
        ("best.pt", True),
        ("best.onnx", True),
        ("best.safetensors", True),
        ("pth", False),
    ],
)
def test_what_is_a_path(reference: str, expected: bool) -> None:
    assert is_path(reference) is expected


def test_where_weights_lie(networks: Path) -> None:
    assert checkpoint_path("small", networks) == networks / "small.pth"
    assert checkpoint_path("mine/best.pt", networks) == Path("mine/best.pt")


def test_an_unknown_name_is_refused_with_the_known_ones(networks: Path) -> None:
    with pytest.raises(
        WeightsError, match=r"no checkpoint is called 'smal'.*path of a file.*small"
    ):
        both_ways("smal", networks)


@pytest.mark.parametrize("sha256", [None, DIGEST, DIGEST.upper(), DIGEST[:12], DIGEST[:8]], ids=str)
def test_the_right_file_passes(networks: Path, tmp_path: Path, sha256: str | None) -> None:
    (networks / "small.pth").write_bytes(CONTENT)
    mine = tmp_path / "mine.pth"
    mine.write_bytes(CONTENT)
    both_ways("small", networks, sha256)
    both_ways(str(mine), networks, sha256)
    assert verify_checkpoint(str(mine), networks, sha256) == mine


def test_a_named_checkpoint_of_another_digest_is_refused(networks: Path) -> None:
    path = networks / "small.pth"
    path.write_bytes(b"other")
    with pytest.raises(WeightsError) as caught:
        both_ways("small", networks)
    for part in (str(path), DIGEST[:8], OTHER, "https://nowhere.invalid/a/small.pth", "remove it"):
        assert part in str(caught.value)


def test_a_file_with_the_published_prefix_but_not_the_digest_of_the_settings_is_refused(
    networks: Path,
) -> None:
    (networks / "small.pth").write_bytes(CONTENT)
    with pytest.raises(WeightsError, match=f"begins with {DIGEST[:8] + '0' * 56}, found {DIGEST}"):
        both_ways("small", networks, DIGEST[:8] + "0" * 56)


def test_settings_that_contradict_the_registry_are_refused_before_the_download(
    networks: Path,
) -> None:
    with pytest.raises(WeightsError, match=f"begins with {DIGEST[:8]}, the settings say {OTHER}"):
        both_ways("small", networks, OTHER)


def test_a_local_file_of_another_digest_is_refused(networks: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine.pth"
    mine.write_bytes(b"other")
    both_ways(str(mine), networks)
    with pytest.raises(
        WeightsError, match=rf"mine\.pth: expected .*{DIGEST}, found {OTHER}; obtain"
    ):
        both_ways(str(mine), networks, DIGEST)


@pytest.mark.parametrize("sha256", ["", "1234567", "0x12345678", "g" * 64, "a" * 65])
def test_what_is_no_digest_is_refused(networks: Path, tmp_path: Path, sha256: str) -> None:
    (tmp_path / "mine.pth").write_bytes(CONTENT)
    with pytest.raises(WeightsError, match=r"is no sha256; give its 64 hex digits"):
        both_ways(str(tmp_path / "mine.pth"), networks, sha256)


def test_missing_files(networks: Path, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"expected the file .*absent\.pth.*correct the path"):
        both_ways(str(tmp_path / "absent.pth"), networks)
    with pytest.raises(WeightsError, match=r"expected the file .*correct the path"):
        both_ways(f"{tmp_path}/", networks)
    # A rule will download it: fine while parsing, an error in a job.
    verify_checkpoints_present([("small", None)], networks)
    with pytest.raises(
        WeightsError,
        match=r"small\.pth of sha256 \w+, found no such file; run: python -m vpdlib\.weights .*--checkpoint small",
    ):
        verify_checkpoint("small", networks)


def test_parsing_reads_a_file_once_and_a_job_each_time(
    networks: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = networks / "small.pth"
    path.write_bytes(CONTENT)
    read = []
    for module in (checkpoints, known_digests):

        def counting(path: Path, module: object = module) -> str:
            read.append(module)
            return hashlib.sha256(path.read_bytes()).hexdigest()

        monkeypatch.setattr(module, "digest_file", counting)
    for _ in range(3):
        verify_checkpoints_present([("small", None)], networks)
    assert read == [known_digests]
    verify_checkpoint("small", networks)
    verify_checkpoint("small", networks)
    assert read == [known_digests, checkpoints, checkpoints]
    # The same size, another time stamp: read again, and refused.
    path.write_bytes(CONTENT[::-1])
    os.utime(path, ns=(0, 12345))
    with pytest.raises(WeightsError, match="found"):
        verify_checkpoints_present([("small", None)], networks)
    assert read[3:] == [known_digests]


def test_a_remembered_wrong_file_stays_refused(networks: Path) -> None:
    (networks / "small.pth").write_bytes(b"other")
    for _ in range(2):
        with pytest.raises(WeightsError, match=OTHER):
            verify_checkpoints_present([("small", None)], networks)


@pytest.mark.parametrize(
    "damage", [b"", b"{", b"[]", b'"x"', b"\xff", b'{"KEY": 3}', b'{"KEY": {}}']
)
def test_a_damaged_memory_is_no_hindrance(networks: Path, damage: bytes) -> None:
    path = networks / "small.pth"
    path.write_bytes(CONTENT)
    memory = networks / "known_digests.json"
    memory.write_bytes(damage.replace(b"KEY", str(path.resolve()).encode()))
    verify_checkpoints_present([("small", None)], networks)
    assert json.loads(memory.read_text())[str(path.resolve())]["sha256"] == DIGEST
    assert sorted(p.name for p in networks.iterdir()) == ["known_digests.json", "small.pth"]


def test_digests_of_local_files_are_remembered_even_before_there_is_a_folder(
    networks: Path, tmp_path: Path
) -> None:
    mine = tmp_path / "mine.pth"
    mine.write_bytes(CONTENT)
    new = tmp_path / "new"
    verify_checkpoints_present([(str(mine), None)], new)
    assert not new.exists()
    verify_checkpoints_present([(str(mine), DIGEST)], new)
    assert list(json.loads((new / "known_digests.json").read_text())) == [str(mine)]


def test_a_folder_that_cannot_be_written_to_only_costs_time(networks: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine.pth"
    mine.write_bytes(CONTENT)
    blocked = tmp_path / "a file"
    blocked.write_text("no folder")
    verify_checkpoints_present([(str(mine), DIGEST)], blocked / "networks")
    with pytest.raises(WeightsError, match="expected a sha256"):
        verify_checkpoints_present([(str(mine), OTHER)], blocked / "networks")
