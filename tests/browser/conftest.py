"""A site of made-up results, from a disk and from a plain web server, and a browser for it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.browser.axe import axe_script
from tests.browser.making import MadeUp
from tests.browser.watching import Watched, launched, missing
from vpdlib.site.build import build_site
from vpdlib.site.libraries import fetch_libraries

#: Opens a tab for a site that lies at the address; what else is given is Playwright's of a context.
OpenTab = Callable[..., Watched]


def _downloads() -> Path | None:
    given = os.environ.get("VPD_DOWNLOADS")
    return Path(given) if given else None


@pytest.fixture(scope="session")
def browser():
    lacking = missing()
    if lacking:
        pytest.skip(lacking)
    with launched() as one:
        yield one


@pytest.fixture(scope="session")
def libraries(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("libraries") / "assets"
    fetch_libraries(folder, _downloads())
    return folder


@pytest.fixture(scope="session")
def axe() -> str:
    return axe_script(_downloads())


@pytest.fixture(scope="session")
def made_up(tmp_path_factory) -> MadeUp:
    return MadeUp(tmp_path_factory.mktemp("made_up"))


@pytest.fixture(scope="session")
def site(browser, made_up, libraries) -> Path:
    """The folder of a built site; a browser is asked for first, since without one there is no need of it."""
    out = made_up.results / "report"
    sources = made_up.make()
    out.mkdir()
    build_site(sources, out, libraries)
    return out


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of a folder on a plain web server."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=folder)) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def addresses(site, made_up) -> Iterator[dict[str, tuple[str, str]]]:
    """Where the site and all around it lies: on the disk, and on a server."""
    inside = site.relative_to(made_up.folder).as_posix()
    with served(made_up.folder) as server:
        around = {"disk": f"{made_up.folder.as_uri()}/", "server": server}
        yield {name: (f"{url}{inside}/", url) for name, url in around.items()}


@pytest.fixture
def open_tab(browser, addresses) -> Iterator[OpenTab]:
    """Opens a watched tab of the site, on the disk unless said otherwise."""
    contexts = []

    def open_one(where: str = "disk", **options: object) -> Watched:
        context = browser.new_context(**options)
        contexts.append(context)
        return Watched(context, *addresses[where])

    yield open_one
    for context in contexts:
        context.close()
