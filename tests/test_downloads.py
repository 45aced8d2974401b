"""Downloads by digest: a filled cache needs no network, wrong bytes are never used, nothing is left half done."""

import hashlib
import http.server
import threading

import pytest

from vpdlib.downloads import Download, DownloadError, fetch_all, verified

CONTENT = b"labels\n" * 100


def item(url, content=CONTENT):
    return Download(url, hashlib.sha256(content).hexdigest(), len(content))


@pytest.fixture
def server(tmp_path):
    """A web server on this machine that hands out a folder and counts requests."""
    folder = tmp_path / "served"
    folder.mkdir()
    (folder / "labels.txt").write_bytes(CONTENT)
    requests = []

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments):
            super().__init__(*arguments, directory=str(folder))

        def do_GET(self):
            requests.append(self.path)
            super().do_GET()

        def log_message(self, *arguments):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}", requests
        running.shutdown()
        thread.join()


def test_a_file_lands_where_its_address_says_and_is_fetched_once(server, tmp_path):
    url, requests = server
    wanted = item(f"{url}/labels.txt")
    cache = tmp_path / "cache"
    (path,) = fetch_all([wanted], cache)
    assert path == cache / url.removeprefix("http://") / "labels.txt"
    assert path.read_bytes() == CONTENT
    assert fetch_all([wanted], cache) == [path]
    assert requests == ["/labels.txt"]
    assert [p.name for p in path.parent.iterdir()] == ["labels.txt"]


def test_a_filled_cache_needs_no_network_and_may_be_read_only(tmp_path):
    wanted = item("https://nowhere.invalid/a/labels.txt")
    path = tmp_path / "nowhere.invalid" / "a" / "labels.txt"
    path.parent.mkdir(parents=True)
    path.write_bytes(CONTENT)
    path.parent.chmod(0o500)
    try:
        assert fetch_all([wanted], tmp_path) == [path]
    finally:
        path.parent.chmod(0o700)


def test_another_file_in_the_cache_is_neither_used_nor_overwritten(server, tmp_path):
    url, requests = server
    wanted = item(f"{url}/labels.txt")
    path = wanted.path(tmp_path)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"mine")
    with pytest.raises(
        DownloadError, match=rf"labels\.txt: expected sha256 {wanted.sha256}, found"
    ):
        fetch_all([wanted], tmp_path)
    assert path.read_bytes() == b"mine"
    assert requests == []


def test_a_changed_file_upstream_is_refused_and_leaves_nothing(server, tmp_path):
    url, _ = server
    wanted = item(f"{url}/labels.txt", b"what it was")
    with pytest.raises(DownloadError, match="hash"):
        fetch_all([wanted], tmp_path / "cache")
    assert [p for p in (tmp_path / "cache").rglob("*") if p.is_file()] == []


def test_no_network_and_no_such_file_are_said(server, tmp_path):
    url, _ = server
    for address in (f"{url}/missing.txt", "http://127.0.0.1:9/labels.txt"):
        with pytest.raises(DownloadError, match=r"cannot be downloaded.*VPD_DOWNLOADS"):
            fetch_all([item(address)], tmp_path / "cache")


def test_a_cache_that_cannot_be_made_is_said(server, tmp_path):
    url, _ = server
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(DownloadError, match="cannot be written to"):
        fetch_all([item(f"{url}/labels.txt")], tmp_path / "cache")


def test_a_missing_file_is_named_with_its_address(tmp_path):
    wanted = item("https://nowhere.invalid/a/labels.txt")
    with pytest.raises(DownloadError, match=r"fetch_labels, or put https://nowhere\.invalid"):
        verified(wanted, tmp_path)
