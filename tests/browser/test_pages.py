"""What holds of every page: nothing is complained of, nobody else is asked, everybody can use it."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin

import pytest

from tests.browser.making import CLASSES, IMAGE, SCRIPT, TITLE

pytestmark = pytest.mark.browser

_TEMPLATES = Path(__file__).parents[2] / "vpdlib/site/templates"
#: All pages that there are templates of; made-up results have something for each.
PAGES = [
    "index.html" if name == "index" else f"pages/{name}.html"
    for path in sorted(_TEMPLATES.glob("*.html.j2"))
    if 'extends "base.html.j2"' in path.read_text()
    for name in [path.name.removesuffix(".html.j2")]
]
NARROW = {"width": 360, "height": 740}
#: Most times that a key is pressed to go through a page.
_MAX_TABS = 400
#: What can be reached by a link or used by the keyboard, and is shown.
_USABLE = """() => [...document.querySelectorAll(
    "a[href], button, input, select, textarea, summary, video[controls], [tabindex]")]
  .filter((one) => one.tabIndex >= 0 && !one.disabled && one.checkVisibility({ visibilityProperty: true }))"""


def test_the_site_has_all_pages(site):
    there = {"index.html", *(f"pages/{path.name}" for path in site.glob("pages/*.html"))}
    assert there == set(PAGES)


@pytest.mark.parametrize("where", ["disk", "server"])
@pytest.mark.parametrize("page", PAGES)
def test_nothing_is_complained_of_and_nobody_else_is_asked(open_tab, page, where):
    tab = open_tab(where)
    tab.open(page)
    tab.check()


@pytest.mark.parametrize("page", PAGES)
def test_text_of_the_data_is_text(open_tab, page):
    tab = open_tab()
    shown = tab.open(page)
    tab.check()
    # The scripts are files of the site, and no picture is that of a label.
    assert shown.evaluate("[...document.scripts].filter((one) => !one.src).length") == 0
    assert shown.locator('img[src="x"], header i, header b, main td i').count() == 0
    assert shown.locator(".brand").inner_text() == TITLE
    assert TITLE in shown.title()


def test_classes_and_problems_are_shown_to_the_letter(open_tab):
    text = open_tab().open("index.html").locator("main").inner_text()
    for name in CLASSES:
        assert name in text
    assert f"nobody {SCRIPT}" in text
    assert f"Look {IMAGE}" in text


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("page", PAGES)
def test_axe_finds_nothing_serious(open_tab, axe, page, theme):
    tab = open_tab(color_scheme=theme)
    shown = tab.open(page)
    # A page's own policy lets no script in but files: the driver evaluates it.
    shown.evaluate(axe)
    found = shown.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    serious = [
        f"{one['id']}: {node['target']}: {node.get('failureSummary', '')}"
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"][:5]
    ]
    assert not serious, "\n".join(serious)


@pytest.mark.parametrize("page", PAGES)
def test_a_phone_shows_a_page_without_scrolling_it_sideways(open_tab, page):
    tab = open_tab(viewport=NARROW)
    shown = tab.open(page)
    wide = shown.evaluate(
        """() => {
          const width = document.documentElement.clientWidth;
          if (document.documentElement.scrollWidth <= width) return [];
          return [...document.body.querySelectorAll("*")]
            .filter((one) => one.getBoundingClientRect().right > width + 1)
            .map((one) => `${one.tagName}.${one.className} ends at ${one.getBoundingClientRect().right}`).slice(0, 8);
        }"""
    )
    assert not wide, "\n".join(wide)


@pytest.mark.parametrize("page", PAGES)
def test_the_theme_follows_the_system_and_the_button(open_tab, page):
    backgrounds = {}
    for theme in ("light", "dark"):
        tab = open_tab("server", color_scheme=theme)
        shown = tab.open(page)
        background = "getComputedStyle(document.body).backgroundColor"
        backgrounds[theme] = shown.evaluate(background)
        shown.locator("#theme").click()
        tab.settle()
        turned = shown.evaluate(background)
        assert turned != backgrounds[theme]
        shown.reload()
        tab.settle()
        # Kept for the next page.
        assert shown.evaluate(background) == turned
        tab.check()
    assert backgrounds["light"] != backgrounds["dark"]


@pytest.mark.parametrize("page", PAGES)
def test_the_keyboard_reaches_everything(open_tab, page):
    tab = open_tab()
    shown = tab.open(page)
    num = shown.evaluate(
        f"""() => {{
          window.usable = ({_USABLE})();
          // Of some radio buttons the keyboard reaches one by Tab, the rest by arrows.
          window.usable = window.usable.filter((one) => one.type !== "radio" || one.checked);
          return window.usable.length;
        }}"""
    )
    reached, unseen, last = set(), [], None
    for _ in range(min(num + 5, _MAX_TABS)):
        shown.keyboard.press("Tab")
        at, has_outline, name = shown.evaluate(
            """() => {
              const one = document.activeElement, style = getComputedStyle(one);
              // A player's own buttons, which nothing outside sees, show their focus by themselves.
              const seen = one === document.body || one.tagName === "VIDEO" || style.outlineStyle !== "none" ||
                style.boxShadow !== "none";
              return [window.usable.indexOf(one), seen, `${one.tagName}#${one.id}.${one.className}`];
            }"""
        )
        if at >= 0:
            reached.add(at)
        if not has_outline:
            unseen.append(name)
        last = name
    assert not unseen, f"focus is not seen: {unseen}"
    if num < _MAX_TABS:
        names = shown.evaluate(
            "(seen) => window.usable.filter((_, i) => !seen.includes(i)).map((one) => one.outerHTML.slice(0, 120))",
            sorted(reached),
        )
        assert names == [], f"not reached, the last was {last}"
    assert {0, 1} <= reached
    tab.check()


@pytest.mark.parametrize("page", PAGES)
def test_pages_say_what_they_are(open_tab, page):
    shown = open_tab().open(page)
    assert shown.locator("h1").count() == 1
    assert shown.locator("main").count() == 1
    assert shown.locator("html").get_attribute("lang") == "en"


@pytest.mark.parametrize("page", PAGES)
def test_links_and_files_lead_somewhere(open_tab, made_up, page):
    tab = open_tab()
    shown = tab.open(page)
    given = shown.evaluate(
        """() => [...document.querySelectorAll("[href], [src], [poster]")].flatMap((one) =>
          ["href", "src", "poster"].filter((name) => one.hasAttribute(name)).map((name) => one.getAttribute(name)))"""
    )
    assert given
    wrong, places = [], []
    for link in sorted(set(given)):
        url, fragment = urldefrag(urljoin(tab.base + page, link))
        if url.startswith(("data:", "blob:")):
            continue
        inside = unquote(url.removeprefix(tab.around).split("?")[0])
        if not url.startswith(tab.around) or not (made_up.folder / inside).is_file():
            wrong.append(link)
        elif fragment:
            places.append(link)
    assert not wrong, wrong
    # A place is an element, or something that the page shows under its name then.
    for link in places[:3]:
        shown.goto(urljoin(tab.base + page, link))
        tab.settle()
        name = unquote(urldefrag(link)[1])
        found = shown.evaluate(
            """(name) => document.getElementById(name) !== null ||
              [...document.querySelectorAll("main h2")].some(
                (one) => one.checkVisibility() && one.textContent.includes(name))""",
            name,
        )
        assert found, link
    tab.check()
