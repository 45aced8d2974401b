"""How pages look elsewhere: without scripts, on paper, in the system's theme, on a phone, and with long lists."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser

#: Pages that say what they lack without scripts; the tables only lack sorting.
SCRIPTED = ("actions", "action", "confusion", "curves", "found", "tables", "videos")
_SHOWN = "(one) => one.checkVisibility({ visibilityProperty: true })"
ON_PAPER = "dispatchEvent(new Event('beforeprint'))"


@pytest.mark.parametrize("name", SCRIPTED)
def test_a_page_says_that_it_needs_scripts(open_tab, name):
    page = open_tab(java_script_enabled=False).page
    page.goto(f"{open_tab().base}pages/{name}.html")
    assert "JavaScript" in page.locator(".notice").inner_text()
    for dead in ("#theme", ".controls", ".filters", "[data-chart]"):
        assert not any(one.is_visible() for one in page.locator(dead).all())


def test_the_overview_needs_no_scripts(open_tab):
    page = open_tab(java_script_enabled=False).page
    page.goto(f"{open_tab().base}index.html")
    assert page.locator(".notice").count() == 0


def test_curves_are_pictures_without_scripts(open_tab):
    page = open_tab(java_script_enabled=False).page
    page.goto(f"{open_tab().base}pages/curves.html")
    pictures = page.locator("img.drawn").all()
    assert len(pictures) >= 4
    for picture in pictures:
        picture.scroll_into_view_if_needed()
        assert picture.bounding_box()["height"] > 100
        assert picture.get_attribute("alt")


def test_paper_has_every_row_and_nothing_to_press(open_tab, made_up):
    tab = open_tab(color_scheme="dark")
    page = tab.open("pages/actions.html")
    page.emulate_media(media="print")
    page.evaluate(ON_PAPER)
    printed = page.locator("table.printed")
    assert printed.locator("tbody tr").count() == len(made_up.actions)
    assert printed.locator("tbody tr").first.inner_text().startswith(made_up.actions[0].action)
    shown = page.evaluate(
        f"[...document.querySelectorAll('nav, button, select, input, .tabulator')].filter({_SHOWN}).length"
    )
    assert shown == 0
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    page.emulate_media(media="screen")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("table.printed").count() == 0
    assert page.evaluate("document.documentElement.dataset.theme") is None
    tab.check()


def test_what_names_mean_is_open_on_paper_alone(open_tab):
    page = open_tab().open("pages/tables.html")
    names = page.locator("details.names")
    assert not names.evaluate("(one) => one.open")
    page.evaluate(ON_PAPER)
    assert names.evaluate("(one) => one.open")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert not names.evaluate("(one) => one.open")


def test_paper_has_the_rows_that_a_list_shows(open_tab, made_up):
    tab = open_tab()
    page = tab.open("pages/actions.html")
    page.locator("#split").select_option("test")
    wanted = [action.action for action in made_up.actions if action.split == "test"]
    tab.wait_until(f"document.querySelector('#count').textContent.startsWith('{len(wanted)} of')")
    page.evaluate(ON_PAPER)
    names = page.evaluate(
        "[...document.querySelectorAll('table.printed tbody tr')].map((one) => one.cells[0].textContent)"
    )
    assert names == wanted


def test_the_theme_returns_to_the_systems(open_tab):
    tab = open_tab("server", color_scheme="light")
    page = tab.open("index.html")
    seen = []
    for _ in range(3):
        page.locator("#theme").click()
        seen.append(page.evaluate("document.documentElement.dataset.theme || 'system'"))
    assert seen == ["dark", "light", "system"]
    page.emulate_media(color_scheme="dark")
    page.reload()
    tab.settle()
    assert page.evaluate("vpd.isDark()")
    assert page.locator("#theme").get_attribute("aria-label") == "Theme: system; press for light"
    tab.check()


def test_a_phones_head_is_two_lines(open_tab):
    tab = open_tab(viewport={"width": 360, "height": 740})
    page = tab.open("pages/actions.html")
    assert page.locator("header").bounding_box()["height"] < 90
    entry = page.locator("nav [aria-current]").bounding_box()
    assert entry["x"] >= 0
    assert entry["x"] + entry["width"] <= 360


def test_a_short_list_is_as_long_as_its_rows(open_tab):
    tab = open_tab()
    page = tab.open("pages/videos.html")
    heights = page.evaluate(
        "(([one]) => [one.scrollHeight, one.clientHeight])(document.querySelectorAll('#list .tabulator-tableholder'))"
    )
    assert heights[0] == heights[1]


def test_a_long_list_fills_the_screen_and_is_printed_in_part(open_tab):
    tab = open_tab(viewport={"width": 1280, "height": 900})
    page = tab.open("pages/actions.html")
    page.evaluate(
        """() => {
          const element = vpd.h("div", { id: "long", "data-csv": "all.csv" });
          document.getElementById("list").replaceWith(element);
          const data = [...Array(1120).keys()].map((place) => ({ place, name: `row ${place}` }));
          const columns = [{ title: "place", field: "place" }, { title: "name", field: "name" }];
          const list = vpd.table(element, { data, columns });
          return new Promise((done) => list.on("tableBuilt", done));
        }"""
    )
    assert 700 <= page.locator("#long").bounding_box()["height"] <= 900
    page.evaluate(ON_PAPER)
    assert page.locator("#long + .only-print tbody tr").count() == 1000
    said = page.locator("#long + .only-print > p").text_content()
    assert said == "The first 1000 of 1120 rows; all are in all.csv."
    tab.check()


def test_a_scores_curve_is_downloaded(open_tab):
    tab = open_tab()
    page = tab.open("pages/videos.html#routine_000")
    for kind, start in (("SVG", b"<svg"), ("PNG", b"\x89PNG"), ("CSV", b'"time, s",score')):
        with page.expect_download() as waiting:
            page.get_by_role("button", name=kind, exact=True).click()
        download = waiting.value
        assert download.suggested_filename == f"score_routine_000.{kind.lower()}"
        with open(download.path(), "rb") as stream:
            assert stream.read().startswith(start)
    tab.check()
