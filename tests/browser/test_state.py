"""What a user has chosen stays: through Back, reload and links; and what cannot be loaded is told."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator

import pytest

from tests.browser.watching import Watched

pytestmark = pytest.mark.browser

ACTIONS, ACTION, CONFUSION, VIDEOS = (
    f"pages/{name}.html" for name in ("actions", "action", "confusion", "videos")
)


@pytest.fixture
def without(browser, site, tmp_path) -> Iterator[Callable[..., Watched]]:
    """Opens a tab of a copy of the site that lacks a shard, or has only the start of it."""
    contexts = []

    def open_one(name: str, part: int = 0) -> Watched:
        copy = tmp_path / name
        shutil.copytree(site, copy)
        shard = copy / "data" / f"{name}.js"
        if part:
            shard.write_text(shard.read_text()[:part])
        else:
            shard.unlink()
        contexts.append(browser.new_context())
        return Watched(contexts[-1], f"{copy.as_uri()}/")

    yield open_one
    for context in contexts:
        context.close()


def _told(tab: Watched, name: str, what: str = "is not there") -> None:
    tab.wait_until("document.querySelector('#lacking').checkVisibility()")
    assert (
        tab.page.locator("#lacking").inner_text() == f"data/{name}.js {what}: build the site again"
    )


def _ids(tab: Watched) -> list[str]:
    """The actions of a list, in its order, where all rows are drawn."""
    found: list[str] = tab.page.evaluate(
        "[...document.querySelectorAll('#list .tabulator-row')]"
        ".sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top)"
        ".map((row) => row.querySelector('a').textContent)"
    )
    return found


@pytest.mark.parametrize("where", ["disk", "server"])
def test_back_leads_to_the_matrix_and_the_cell_that_were_left(open_tab, where):
    tab = open_tab(where)
    page = tab.open(CONFUSION)
    page.locator("#choice").select_option(index=3)
    tab.settle()
    page.locator("#matrix td:not(.zero)").last.click()
    tab.wait_until("!document.querySelector('#cell').hidden")
    title, about = page.locator("#cell-title").inner_text(), page.locator("#about").inner_text()
    page.locator("#cards a[href*='action.html']").first.click()
    page.wait_for_url("**/action.html*")
    tab.settle()
    page.go_back()
    tab.settle()
    tab.wait_until("!document.querySelector('#cell').hidden")
    assert page.evaluate("document.querySelector('#choice').selectedIndex") == 3
    assert page.locator("#cell-title").inner_text() == title
    assert page.locator("#about").inner_text() == about
    counts = page.evaluate(
        "[...document.querySelectorAll('#matrix tbody tr')]"
        ".map((row) => [...row.querySelectorAll('td')].map((cell) => Number(cell.textContent) || 0))"
    )
    assert counts == page.evaluate("vpd.load('confusion_3').then((data) => data.counts)")
    tab.check()


def test_only_mistaken_classes_are_rows_and_each_says_its_share(open_tab):
    tab = open_tab()
    page = tab.open(CONFUSION)
    counts = page.evaluate("vpd.load('confusion_0').then((data) => data.counts)")
    rates = page.locator("#matrix .rate").all_inner_texts()
    assert rates == [
        f"{int(100 * row[place] / sum(row) + 0.5)} % right" if sum(row) else "not asked"
        for place, row in enumerate(counts)
    ]
    page.locator("#mistaken").check()
    tab.settle()
    wrong = [place for place, row in enumerate(counts) if sum(row) > row[place]]
    shown = page.evaluate(
        "[...document.querySelectorAll('#matrix tbody tr')].map((row) => Number(row.querySelector('td').dataset.row))"
    )
    assert shown == wrong
    page.reload()
    tab.settle()
    assert page.locator("#mistaken").is_checked()
    assert page.locator("#matrix tbody tr").count() == len(wrong)
    tab.check()


def test_a_matrix_that_is_not_there_leaves_none_of_another_name(without):
    tab = without("confusion_2")
    page = tab.open(CONFUSION)
    assert page.locator("#matrix td").count()
    page.locator("#choice").select_option(index=2)
    _told(tab, "confusion_2")
    assert page.locator("#matrix td").count() == 0


@pytest.mark.parametrize(
    ("page", "name"),
    [
        (ACTIONS, "action_answers"),
        (ACTION, "action_about"),
        (VIDEOS, "videos"),
        (VIDEOS, "videos_0"),
        ("pages/curves.html", "curves_few_shot"),
        ("pages/found.html", "found"),
    ],
)
def test_data_that_are_not_there_are_told(without, page, name):
    tab = without(name)
    tab.open(page)
    _told(tab, name)
    assert not [one for one in tab.complaints if one.startswith("exception")]


def test_data_that_are_cut_off_are_told(without):
    tab = without("confusion_0", part=30)
    tab.open(CONFUSION)
    _told(tab, "confusion_0", "is damaged")


def test_a_cell_whose_actions_are_not_there_is_told(without):
    tab = without("confusion_0_actions")
    page = tab.open(CONFUSION)
    page.locator("#matrix td:not(.zero)").first.click()
    _told(tab, "confusion_0_actions")


@pytest.mark.parametrize("where", ["disk", "server"])
def test_a_list_of_actions_is_as_it_was_left(open_tab, where):
    tab = open_tab(where)
    page = tab.open(ACTIONS)
    everything = _ids(tab)
    page.locator("#split").select_option("test")
    page.locator("#answer").select_option("wrong")
    page.locator("#order").select_option("label")
    page.locator("#search").fill("routine")
    tab.wait_until("location.hash.includes('search=routine')")
    count, listed = page.locator("#count").inner_text(), _ids(tab)
    assert 0 < len(listed) < len(everything)

    def check() -> None:
        tab.settle()
        tab.wait_until(f"document.querySelector('#count').textContent === '{count}'")
        assert _ids(tab) == listed
        names = ("split", "answer", "order", "search")
        kept = [page.locator(f"#{name}").input_value() for name in names]
        assert kept == ["test", "wrong", "label", "routine"]

    page.reload()
    check()
    page.locator(f"#list a[data-id='{listed[-1]}']").click()
    page.wait_for_url("**/action.html*")
    tab.settle()
    page.go_back()
    check()
    # The one that was opened is marked.
    assert page.locator("#list .chosen a").all_inner_texts() == [listed[-1]]
    tab.check()


def test_an_action_that_is_opened_at_once_is_kept_too(open_tab):
    """The address changes at most every so often while somebody types, which who leaves cannot wait for."""
    tab = open_tab()
    page = tab.open(ACTIONS)
    opened = _ids(tab)[0]
    kept = page.evaluate(
        """opened => {
          const search = document.querySelector("#search");
          search.value = "r";
          for (const _ of [1, 2]) search.dispatchEvent(new Event("input", { bubbles: true }));
          const link = document.querySelector(`#list a[data-id='${opened}']`);
          addEventListener("click", (event) => event.preventDefault());
          link.click();
          return decodeURIComponent(location.hash);
        }""",
        opened,
    )
    assert kept.startswith(f"#{opened}?")


def test_an_order_by_a_heading_is_kept_too(open_tab):
    tab = open_tab()
    page = tab.open(ACTIONS)
    everything = _ids(tab)
    heading = page.locator(".tabulator-col[tabulator-field='start']")
    heading.click()
    heading.click()
    tab.wait_until("location.hash.includes('start+desc')")
    listed = _ids(tab)
    page.reload()
    tab.settle()
    assert _ids(tab) == listed
    assert page.locator("#order").input_value() == "column"
    page.locator("#order").select_option("at")
    assert _ids(tab) == everything != listed
    tab.check()


def test_the_steps_of_an_action_go_along_the_list(open_tab):
    tab = open_tab()
    page = tab.open(ACTIONS)
    page.locator("#answer").select_option("wrong")
    page.locator("#order").select_option("right")
    tab.settle()
    listed = _ids(tab)
    assert len(listed) > 2
    page.locator(f"#list a[data-id='{listed[0]}']").click()
    page.wait_for_url("**/action.html*")
    for number, action in enumerate(listed, start=1):
        tab.wait_until(f"document.querySelector('#what').textContent.endsWith({': ' + action!r})")
        assert page.locator("#step").inner_text() == f"{number} of {len(listed)} in the list"
        if number < len(listed):
            page.locator("#after").click()
    assert page.locator("#after").get_attribute("href") is None
    page.locator("#all").click()
    page.wait_for_url("**/actions.html*")
    tab.settle()
    assert _ids(tab) == listed
    tab.check()


def test_a_clip_is_slowed_and_says_where_it_is(open_tab, made_up):
    tab = open_tab()
    page = tab.open(f"{ACTION}#{made_up.actions[0].action}")
    tab.wait_until("document.querySelector('#clip video') !== null")
    page.locator("#speed").select_option("0.25")
    assert page.evaluate("document.querySelector('#clip video').playbackRate") == 0.25
    slider = page.locator("#clip input[type=range]")
    frame = int(slider.input_value())
    slider.focus()
    page.keyboard.press("ArrowRight")
    tab.wait_until(
        f"document.querySelector('#clip input').getAttribute('aria-valuetext').startsWith('frame {frame + 2} of')"
    )
    assert page.locator("#clip .time").inner_text().startswith(f"{frame + 2} of ")
    page.locator("#after").click()
    tab.wait_until(
        f"document.querySelector('#what').textContent.endsWith('{made_up.actions[1].action}')"
    )
    assert page.evaluate("document.querySelector('#clip video').playbackRate") == 0.25
    assert page.locator("#speed").input_value() == "0.25"
    tab.check()


def test_a_clip_says_where_nobody_is_followed(open_tab):
    tab = open_tab()
    page = tab.open(ACTION)
    page.evaluate(
        """() => {
          const clip = { size: [96, 64], ms: [0, 40, 80], poster: 1, file: false, poses: {}, scores: [],
            boxes: [[0, 0, 9, 9], null, [0, 0, 9, 9]] };
          document.querySelector("#clip").replaceChildren(vpdPlayer.create("made", clip, "made up").element);
        }"""
    )
    assert page.locator("#clip .lost").is_visible()
    slider = page.locator("#clip input")
    assert slider.get_attribute("aria-valuetext") == "frame 2 of 3, 0.04 s, not followed"
    slider.press("ArrowRight")
    tab.wait_until(
        "document.querySelector('#clip input').getAttribute('aria-valuetext') === 'frame 3 of 3, 0.08 s'"
    )
    tab.check()


def test_a_video_is_marked_played_and_its_filters_are_kept(open_tab, made_up):
    tab = open_tab()
    name = made_up.videos[0].video
    page = tab.open(f"{VIDEOS}#{name}?split={made_up.videos[0].split}")
    tab.wait_until("!document.querySelector('#video').hidden")
    assert page.locator("#list .chosen a").all_inner_texts() == [name]
    assert page.locator("#split").input_value() == made_up.videos[0].split
    page.locator(".play").first.click()
    tab.wait_until("document.querySelector('#video-player video').currentTime > 0.5")
    answers = page.locator("table.actions tbody tr").first.locator("td.answers")
    assert answers.count() == 0 or answers.inner_text()
    page.reload()
    tab.settle()
    assert page.locator("#split").input_value() == made_up.videos[0].split
    tab.check()


def test_a_video_that_is_not_there_is_told(open_tab):
    tab = open_tab()
    page = tab.open(f"{VIDEOS}#nonsense")
    assert "nonsense" in page.locator("#unknown").inner_text()
    assert page.locator("#video").is_hidden()
    tab.check()


def test_the_way_to_the_content_leaves_the_address_alone(open_tab):
    tab = open_tab()
    page = tab.open(f"{ACTIONS}#?split=test")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    assert page.evaluate("location.hash").endswith("split=test")
    assert page.locator("#split").input_value() == "test"
    tab.check()


def test_a_choice_that_waits_does_not_undo_a_step(open_tab):
    tab = open_tab()
    page = tab.open(CONFUSION)
    # The second of two at once is put off.
    page.evaluate(
        """() => {
          for (const value of ["1", "2"]) vpd.keep("", new URLSearchParams({ value }));
          location.hash = "#elsewhere";
        }"""
    )
    page.wait_for_timeout(500)
    assert page.evaluate("location.hash") == "#elsewhere"
