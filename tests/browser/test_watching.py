"""The watch over pages sees what it is there for."""

from __future__ import annotations

import pytest

from tests.browser.watching import Watched

pytestmark = pytest.mark.browser

SOUND = "<!doctype html><title>a</title><p>A sound page</p>"


@pytest.fixture
def opened(browser, tmp_path):
    """A page of this text, from the disk."""
    context = browser.new_context()

    def open_one(text: str) -> Watched:
        (tmp_path / "index.html").write_text(text)
        tab = Watched(context, f"{tmp_path.as_uri()}/")
        tab.open("index.html")
        return tab

    yield open_one
    context.close()


def test_a_sound_page_passes(opened):
    opened(SOUND).check()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<script>console.warn('careful')</script>", "warning: careful"),
        ("<script>console.error('wrong')</script>", "error: wrong"),
        ("<script>throw new Error('thrown')</script>", "exception: thrown"),
        ("<script>Promise.reject(new Error('not awaited'))</script>", "exception: not awaited"),
        ("<img src='gone.png'>", "ERR_FILE_NOT_FOUND"),
        (
            "<meta http-equiv='Content-Security-Policy' content=\"img-src 'none'\"><img src='data:image/gif;base64,'>",
            "Content Security Policy",
        ),
    ],
)
def test_complaints_are_seen(opened, text, said):
    tab = opened(SOUND + text)
    assert any(said in one for one in tab.complaints)
    with pytest.raises(AssertionError):
        tab.check()


def test_other_hosts_are_refused_and_named(opened):
    tab = opened(SOUND + "<link rel='stylesheet' href='https://example.org/a.css'>")
    assert tab.strangers == ["https://example.org/a.css"]
    with pytest.raises(AssertionError):
        tab.check()


def test_files_beside_the_site_are_strangers_too(opened, tmp_path):
    tab = opened(SOUND + "<img src='../../other.png'>")
    assert [one.rsplit("/", 1)[1] for one in tab.strangers] == ["other.png"]


def test_text_that_ran_is_seen(opened):
    tab = opened(SOUND + "<script>window.hacked=1</script>")
    with pytest.raises(AssertionError):
        tab.check()
