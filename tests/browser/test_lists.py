"""Pages of tables, matrices and lists: sorting, filters, and the keyboard, with what they show checked by the data."""

from __future__ import annotations

import pytest

from tests.browser.making import CLASSES, IMAGE, SCRIPT

pytestmark = pytest.mark.browser

ACTIONS = "pages/actions.html"


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
