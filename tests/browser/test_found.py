"""Correcting what was found, by keys alone, to a table that the workflow reads."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browser.making import CLASSES, SCRIPT
from vpdlib.datasets.base import VideoSource
from vpdlib.interchange.labels import LabelledVideos, read_labels

pytestmark = pytest.mark.browser

PAGE = "pages/found.html"
VIDEO = "routine_000"


@pytest.fixture
def tab(open_tab):
    """The page, with one video's found actions in the queue by time; the first of them is chosen."""
    one = open_tab(accept_downloads=True)
    page = one.open(PAGE)
    page.locator("#order").select_option("time")
    page.locator("#video-filter").select_option(VIDEO)
    one.wait_until("document.querySelector('#queue-told').textContent.startsWith('4 of')")
    page.keyboard.press("Escape")
    page.locator("#editor").focus()
    # From wherever the choice is to the first of the queue.
    for _ in range(5):
        page.keyboard.press("k")
    one.settle()
    yield one
    one.check()


@pytest.fixture
def labels_after(made_up, tmp_path) -> Callable[[Path], list[tuple[float, float, str]]]:
    """What the workflow reads of the video's labels and such a table of corrections."""

    def read(corrections: Path) -> list[tuple[float, float, str]]:
        videos = LabelledVideos(
            [VideoSource(row.video, Path(row.path)) for row in made_up.videos],
            {row.video: row.duration_s for row in made_up.videos},
            {row.video: row.fps for row in made_up.videos},
        )
        problems: list = []
        actions = read_labels([made_up.labels, corrections], videos, problems=problems)
        assert problems == []
        others = [one for one in actions if one.video_id != VIDEO]
        assert len(others) == len([one for one in made_up.actions if one.video != VIDEO])
        assert {one.group for one in actions if one.video_id == VIDEO} == {"athlete 0 <i>"}
        return sorted((a.start_s, a.end_s, a.label) for a in actions if a.video_id == VIDEO)

    return read


def _seconds(text: str) -> float:
    minutes, seconds = text.split(":")[-2:]
    return 60 * float(minutes) + float(seconds)


def _shown(page) -> tuple[float, float, str]:
    """The chosen action as the user sees it."""
    start, end = (
        _seconds(page.locator(f"#{name}-shown").inner_text()) for name in ("start", "end")
    )
    return start, end, page.locator("#class").input_value()


def _downloaded(page, tmp_path: Path) -> Path:
    with page.expect_download() as download:
        page.keyboard.press("s")
    assert download.value.suggested_filename == "corrections.csv"
    path = tmp_path / "corrections.csv"
    download.value.save_as(path)
    return path


def test_corrections_by_keys_come_back_as_labels(tab, made_up, labels_after, tmp_path):
    page = tab.page
    found = [row for row in made_up.found if row.video == VIDEO]
    given = [(a.start, a.end, a.label) for a in made_up.actions if a.video == VIDEO]
    page.locator("#goes-on").uncheck()
    page.locator("#editor").focus()
    assert _shown(page) == (found[0].start, found[0].end, found[0].label)
    # The first is taken as it was found, the second is none: its label stays. The third gets the second class, which is
    # markup, and other times; the fourth is left alone. A new one begins where the picture is.
    # A label that the answer confirms keeps its own times.
    page.keyboard.press("Enter")
    confirmed = found[0].label == found[0].labelled
    wanted = [given[0] if confirmed else _shown(page), given[1], given[3]]
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("j")
    for key in "2wwrr":
        page.keyboard.press(key)
    wanted.append(_shown(page))
    assert wanted[-1][2] == CLASSES[1] == SCRIPT
    assert wanted[-1][0] == pytest.approx(found[2].start + 0.2, abs=0.1)
    page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press("n")
    tab.settle()
    page.keyboard.press("5")
    wanted.append(_shown(page))
    assert wanted[-1][2] == CLASSES[4]
    read = labels_after(_downloaded(page, tmp_path))
    assert [one[2] for one in read] == [one[2] for one in sorted(wanted)]
    for one, other in zip(read, sorted(wanted), strict=True):
        assert one[:2] == pytest.approx(other[:2], abs=2e-3)


def test_answers_are_kept_and_can_be_undone(tab):
    page = tab.page
    page.keyboard.press("Enter")
    page.keyboard.press("x")
    told = page.locator("#kept").inner_text()
    assert told.startswith("Answers: 2;")
    page.reload()
    tab.settle()
    assert page.locator("#kept").inner_text() == told
    page.locator("#editor").focus()
    # What was done before the page was left can be undone too.
    page.keyboard.press("u")
    assert page.locator("#kept").inner_text().startswith("Answers: 1;")
    page.keyboard.press("Shift+U")
    assert page.locator("#kept").inner_text() == told


def test_nothing_done_is_nothing_to_write(tab):
    page = tab.page
    page.keyboard.press("s")
    assert "nothing to write" in page.locator("#told").inner_text()


def test_a_choice_between_classes_is_made_by_keys(tab):
    page = tab.page
    page.keyboard.press("c")
    assert page.evaluate("document.activeElement.id") == "class"
    page.keyboard.press("End")
    tab.settle()
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.id") == "editor"
    assert _shown(page)[2] == CLASSES[-1]


def test_the_queue_is_searched_and_filtered(open_tab, made_up):
    tab = open_tab()
    page = tab.open(PAGE)
    page.locator("#editor").focus()
    page.keyboard.press("/")
    page.keyboard.type("-routine_001")
    tab.wait_until("document.querySelector('#queue-told').textContent.startsWith('4 of')")
    page.keyboard.press("Control+a")
    page.keyboard.type("onerror")
    num = sum("onerror" in row.label + row.labelled for row in made_up.found)
    tab.wait_until(f"document.querySelector('#queue-told').textContent.startsWith('{num} of')")
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    num = sum(row.label == SCRIPT or row.labelled == SCRIPT for row in made_up.found)
    page.locator("#class-filter").select_option(SCRIPT)
    tab.wait_until(f"document.querySelector('#queue-told').textContent.startsWith('{num} of')")
    assert page.locator("#queue").get_by_text(SCRIPT).count()
    tab.check()


def test_the_video_plays_and_goes_by_frames(tab):
    page = tab.page
    tab.wait_until("document.querySelector('#video').readyState >= 2")
    number = r"Number(document.querySelector('#clock').textContent.match(/frame (\d+)/)[1])"
    at = page.evaluate(number)
    page.keyboard.press(".")
    assert page.evaluate(number) == at + 1
    page.keyboard.press(",")
    page.keyboard.press(",")
    assert page.evaluate(number) == at - 1
    page.keyboard.press(" ")
    tab.wait_until(f"{number} > {at + 2}")
    page.keyboard.press(" ")
    assert page.evaluate("document.querySelector('#video').paused")


def test_a_damaged_memory_is_told(open_tab):
    tab = open_tab("server")
    page = tab.open(PAGE)
    page.locator("#editor").focus()
    page.keyboard.press("Enter")
    page.evaluate(
        """() => Object.keys(localStorage).filter((key) => /^vpd-corrections:.*[0-9a-f]$/.test(key))
          .forEach((key) => localStorage.setItem(key, "[broken"))"""
    )
    page.reload()
    tab.settle()
    assert re.search("cannot be read", page.locator("#told").inner_text())
    tab.check()
