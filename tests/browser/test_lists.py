"""Pages of tables, matrices and lists: sorting, filters, and the keyboard, with what they show checked by the data."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator

import pytest

from tests.browser.making import CLASSES, IMAGE, SCRIPT
from tests.browser.watching import Watched
from vpdlib.site.shards import write_shard

pytestmark = pytest.mark.browser

ACTIONS = "pages/actions.html"


@pytest.fixture
def many_videos(browser, site, tmp_path) -> Iterator[Watched]:
    """A tab of a copy of the site that has 300 videos, each with the details of the first."""
    copy = tmp_path / "site"
    shutil.copytree(site, copy)
    data = {}
    for name in ("videos", "videos_0"):
        text = (copy / f"data/{name}.js").read_text(encoding="utf-8")
        data[name] = json.loads(text[text.index(",") + 1 : text.rindex(")")])
    row = data["videos"]["rows"][0]
    rows = [[f"v{number:03d}", *row[1:]] for number in range(300)]
    write_shard(copy / "data", "videos", {"per_shard": len(rows), "rows": rows})
    write_shard(copy / "data", "videos_0", data["videos_0"][:1] * len(rows))
    context = browser.new_context()
    yield Watched(context, f"{copy.as_uri()}/")
    context.close()


#: Whether the row that is marked as chosen lies wholly in the part of its list that is in view.
_IN_VIEW = """((mark) => {
  const row = document.querySelector(`.tabulator-row.${mark}`);
  if (!row) return false;
  const [inner, outer] = [row, row.closest('.tabulator-tableholder')].map((one) => one.getBoundingClientRect());
  return inner.top >= outer.top - 1 && inner.bottom <= outer.bottom + 1;
})"""


def _count(tab) -> str:
    return tab.page.locator("#count").inner_text()


def test_actions_are_searched_and_filtered(open_tab, made_up):
    tab = open_tab()
    page = tab.open(ACTIONS)
    num = len(made_up.actions)
    assert _count(tab).startswith(f"{num} of {num}")
    page.locator("#search").fill("routine_003 onerror")
    wanted = sum(a.video == "routine_003" and a.label == IMAGE for a in made_up.actions)
    tab.wait_until(f"document.querySelector('#count').textContent.startsWith('{wanted} of')")
    page.locator("#search").fill("")
    page.locator("#label").select_option(SCRIPT)
    wanted = sum(a.label == SCRIPT for a in made_up.actions)
    tab.wait_until(f"document.querySelector('#count').textContent.startsWith('{wanted} of')")
    assert page.locator("#list").get_by_text(SCRIPT, exact=True).count() >= wanted
    page.locator("#label").select_option("")
    page.locator("#split").select_option("test")
    wanted = sum(a.split == "test" for a in made_up.actions)
    tab.wait_until(f"document.querySelector('#count').textContent.startsWith('{wanted} of')")
    tab.check()


def test_a_list_of_actions_leads_to_each(open_tab, made_up):
    tab = open_tab()
    page = tab.open(ACTIONS)
    page.locator("#list a").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/action.html#*")
    tab.settle()
    first = made_up.actions[0]
    tab.wait_until("document.querySelector('#what').textContent !== '…'")
    assert page.locator("#what").inner_text() == f"{first.label}: {first.action}"
    page.locator("#after").focus()
    page.keyboard.press("Enter")
    second = made_up.actions[1]
    tab.wait_until(f"document.querySelector('#what').textContent.includes('{second.action}')")
    assert page.locator("#what").inner_text() == f"{second.label}: {second.action}"
    tab.check()


def test_an_action_that_is_not_there_is_told(open_tab):
    tab = open_tab()
    page = tab.open(f"pages/action.html#{SCRIPT.replace(' ', '')}")
    assert page.locator("#problem").inner_text()
    tab.check()


def test_a_confusion_matrix_is_walked_by_arrows(open_tab):
    tab = open_tab()
    page = tab.open("pages/confusion.html")
    page.locator("#matrix td").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    label = page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert label.startswith(f"{CLASSES[1]} taken for {CLASSES[1]}")
    page.keyboard.press("Enter")
    tab.wait_until("!document.querySelector('#cell').hidden")
    tab.settle()
    assert page.locator("#cell-title").inner_text().startswith(f"{CLASSES[1]} taken for")
    assert page.locator("#cards li").count()
    tab.check()


def test_tables_are_sorted_by_a_heading(open_tab):
    tab = open_tab()
    page = tab.open("pages/tables.html")
    table = page.locator("table.results").first
    heading = table.locator("thead th").first
    for wanted in ("ascending", "descending"):
        heading.locator("button").focus()
        page.keyboard.press("Enter")
        assert heading.get_attribute("aria-sort") == wanted
        names = table.locator("tbody tr > :first-child").all_inner_texts()
        assert names == sorted(names, reverse=wanted == "descending")
    tab.check()


def test_a_video_is_found_and_shown(open_tab):
    tab = open_tab()
    page = tab.open("pages/videos.html")
    page.locator("#search").fill("-routine_001")
    tab.wait_until("document.querySelector('#count').textContent.startsWith('1 of')")
    page.locator("#list a").first.focus()
    page.keyboard.press("Enter")
    tab.wait_until("!document.querySelector('#video').hidden")
    assert page.locator("#video-title").inner_text() == "-routine_001"
    tab.settle()
    tab.check()


@pytest.mark.parametrize("order", ["", "?sort=video+desc"])
@pytest.mark.parametrize("video", ["v000", "v150", "v299"])
def test_a_long_list_is_opened_at_the_video_of_the_address(many_videos, video, order):
    tab = many_videos
    page = tab.open(f"pages/videos.html#{video}{order}")
    tab.wait_until("!document.querySelector('#video').hidden")
    tab.settle()
    assert page.locator("#list .chosen a").all_inner_texts() == [video]
    assert page.evaluate(f"{_IN_VIEW}('chosen')")
    tab.check()


def test_a_long_list_goes_to_the_video_that_is_chosen(many_videos):
    tab = many_videos
    page = tab.open("pages/videos.html")

    def check(video: str) -> None:
        tab.wait_until(f"document.querySelector('#video-title').textContent === '{video}'")
        tab.settle()
        assert page.locator("#list .chosen a").all_inner_texts() == [video]
        assert page.evaluate(f"{_IN_VIEW}('chosen')")

    for video in ("v200", "v299", "v010", "v150"):
        page.evaluate(f"location.hash = '#{video}'")
        check(video)
    # One that is in view leaves the list where it is, but for a few pixels.
    place = "document.querySelector('#list .tabulator-tableholder').scrollTop"
    before = page.evaluate(place)
    link = page.locator("#list a[data-id='v152']")
    # Tabulator draws a list again when it comes back into the window, which a press at once would fall into.
    link.scroll_into_view_if_needed()
    tab.settle()
    link.click()
    check("v152")
    assert page.evaluate(place) == pytest.approx(before, abs=40)
    page.go_back()
    check("v150")
    page.go_back()
    check("v010")
    tab.check()


def test_the_queue_goes_along_with_the_action_that_is_chosen(open_tab):
    tab = open_tab()
    page = tab.open("pages/found.html")
    page.locator("#editor").focus()
    told = page.locator("#queue-told").inner_text()
    for _ in range(int(told.split(" of ")[0])):
        page.keyboard.press("j")
        tab.settle()
        assert page.locator("#queue .is-chosen").count() == 1
        assert page.evaluate(f"{_IN_VIEW}('is-chosen')")
    tab.check()


def test_keys_faster_than_data_leave_one_row_chosen(open_tab):
    tab = open_tab()
    page = tab.open("pages/found.html")
    page.evaluate(
        """() => {
          for (let time = 0; time < 12; time += 1) dispatchEvent(new KeyboardEvent("keydown", { key: "j" }));
        }"""
    )
    tab.settle()
    assert page.locator("#queue .is-chosen").count() == 1
    tab.check()
