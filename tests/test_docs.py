"""The documentation is true of the tree: links lead somewhere, and sections that docstrings cite exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [
    ROOT / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
    ROOT / "findings" / "README.md",
]
_LINK = re.compile(r"\]\((?!https?://|mailto:)([^)\s#]*)(?:#([^)\s]+))?\)")
#: "docs/method.md section 4", "docs/method.md sections 3 to 5", "… section 10 and row 17 of section 12".
_CITED = re.compile(
    r"docs/method\.md\W+sections?\W+([\d.]*\d)(?:\W+(?:and|to)\W+(?:row \d+ of section\W+)?([\d.]*\d))?"
)


def anchors_of(page: Path) -> set[str]:
    """What a link may name on a page: headings as GitHub writes them, and anchors that are set by hand."""
    text = page.read_text(encoding="utf-8")
    headings = re.findall(r"^#+ +(.+)$", text, flags=re.MULTILINE)
    made = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
    return made | set(re.findall(r'<a id="([^"]+)">', text))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    wrong = []
    for path, anchor in _LINK.findall(page.read_text(encoding="utf-8")):
        target = (page.parent / path).resolve() if path else page
        if not target.exists():
            wrong.append(path)
        elif anchor and target.suffix == ".md" and anchor not in anchors_of(target):
            wrong.append(f"{path}#{anchor}")
    assert not wrong


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_prose_is_wrapped(page):
    text = re.sub(
        r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL
    )
    lines = [line for line in text.splitlines() if not re.match(r"\s*[|>]|    ", line)]
    assert [line for line in lines if len(line) > 120] == []


def test_cited_sections_of_the_method_exist():
    text = (ROOT / "docs" / "method.md").read_text(encoding="utf-8")
    known = set(re.findall(r"^##+ ([\d.]*\d)\.? ", text, flags=re.MULTILINE))
    cited = {}
    for source in sorted((ROOT / "vpdlib").rglob("*.py")):
        for groups in _CITED.findall(source.read_text(encoding="utf-8")):
            for section in filter(None, groups):
                cited.setdefault(section, source.relative_to(ROOT))
    assert len(cited) > 10
    assert {section: str(source) for section, source in cited.items() if section not in known} == {}


def test_nothing_cites_what_is_not_here():
    citing = [
        str(source.relative_to(ROOT))
        for source in sorted((ROOT / "vpdlib").rglob("*.py"))
        if re.search(r"specification,?\s+sections?\s+\d", source.read_text(encoding="utf-8"))
    ]
    assert citing == []
