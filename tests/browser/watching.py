"""A page of a site in Chromium, and all that it complains of meanwhile."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page, Request, Route

#: A page has settled after so many looks, this apart, at which nothing was being loaded.
_QUIET, _POLL_MS = 3, 60
#: Chromium's own noise, not a page's.
_NOT_OF_PAGES = ("GPU", "Automatic fallback to software WebGL")


def chromium() -> str | None:
    """The program: CHROMIUM, or one on the path."""
    given = os.environ.get("CHROMIUM")
    return given or next(
        (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))),
        None,
    )  # fmt: skip


def missing() -> str | None:
    """What tests in a browser lack, and how to have it; None if it is all there."""
    try:
        import playwright.sync_api  # noqa: F401
    except ImportError:
        return "playwright is not installed: pip install -r requirements-browser.txt"
    if chromium() is None:
        return "no Chromium on the path (Debian: apt-get install chromium); or set CHROMIUM to its program"
    return None


@contextmanager
def launched() -> Iterator[Browser]:
    """A Chromium without a window."""
    from playwright.sync_api import sync_playwright

    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium(), args=arguments)
        try:
            yield browser
        finally:
            browser.close()


class Watched:
    """A tab whose complaints and requests are written down; requests to other hosts are refused.

    Parameters
    ----------
    context : what the tab is opened in.
    base : where the site lies, with a slash at the end.
    around : where videos may lie besides; `base` if it is not given.

    Attributes
    ----------
    page : Playwright's.
    complaints : console messages of errors and warnings, exceptions and failed requests.
    strangers : addresses outside the site that were asked for.
    """

    def __init__(self, context: BrowserContext, base: str, around: str | None = None) -> None:
        self.base = base
        self.around = around or base
        self._under_way: set[Request] = set()
        self.complaints: list[str] = []
        self.strangers: list[str] = []
        self.page: Page = context.new_page()
        self.page.route("**/*", self._only_own)
        self.page.on(
            "console",
            lambda message: (
                self.complaints.append(f"{message.type}: {message.text}")
                if message.type in ("error", "warning")
                and not any(text in message.text for text in _NOT_OF_PAGES)
                else None
            ),
        )
        self.page.on("pageerror", lambda error: self.complaints.append(f"exception: {error}"))
        self.page.on("request", self._began)
        self.page.on("requestfinished", lambda request: self._under_way.discard(request))
        self.page.on("requestfailed", self._failed)
        self.page.on(
            "response",
            lambda answer: (
                self.complaints.append(f"{answer.status}: {answer.url}")
                if answer.status >= 400
                else None
            ),
        )

    def _only_own(self, route: Route) -> None:
        url = route.request.url
        own = self.around if route.request.resource_type == "media" else self.base
        if url.startswith((own, "data:", "blob:")):
            route.continue_()
        else:
            self.strangers.append(url)
            route.abort()

    def _began(self, request: Request) -> None:
        # A player may ask for as long as it is there.
        if request.resource_type != "media":
            self._under_way.add(request)

    def _failed(self, request: Request) -> None:
        self._under_way.discard(request)
        # A player asks for a part, and breaks off what it does not need.
        if request.resource_type != "media" or request.failure != "net::ERR_ABORTED":
            self.complaints.append(f"{request.failure}: {request.url}")

    def open(self, relative: str) -> Page:
        """Open a page of the site, and wait until it has done what it does by itself."""
        self.page.goto(self.base + relative)
        self.settle()
        return self.page

    def settle(self) -> None:
        """Wait until nothing has been loaded for a while, and two frames were drawn."""
        quiet = 0
        while quiet < _QUIET:
            self.page.wait_for_timeout(_POLL_MS)
            quiet = 0 if self._under_way else quiet + 1
        self.page.evaluate(
            "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
        )

    def wait_until(self, expression: str) -> None:
        """Wait until an expression of the page is true; the driver's own way is what the pages' policy forbids."""
        wait_until(self.page, expression)

    def check(self) -> None:
        """Nothing was complained of, nobody else asked, and no text of the data has run."""
        where = urlsplit(self.page.url).path
        assert self.complaints == [], where
        assert self.strangers == [], where
        assert self.page.evaluate("window.hacked === undefined"), where


def wait_until(page: Page, expression: str, timeout_s: float = 30) -> None:
    """Wait until an expression of a page is true.

    Raises
    ------
    TimeoutError
        If it has not become so.
    """
    until = time.monotonic() + timeout_s
    while not page.evaluate(expression):
        if time.monotonic() > until:
            raise TimeoutError(f"{page.url}: not true after {timeout_s} s: {expression}")
        page.wait_for_timeout(_POLL_MS)


def pages_of(site: Path) -> list[str]:
    """The pages of a built site, relative to it."""
    return [
        "index.html",
        *sorted(str(path.relative_to(site)) for path in site.glob("pages/*.html")),
    ]
