"""What `make docs` is made of; it is built by `make docs` itself, in an environment of its own."""

import re
from pathlib import Path

from tests.test_pins import pins

ROOT = Path(__file__).resolve().parents[1]
CONFIG = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")


def test_every_page_is_in_the_menu_once():
    menu = re.findall(r"([\w/]+\.md)$", CONFIG.split("\nnav:\n")[1], re.MULTILINE)
    pages = [path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")]
    assert sorted(menu) == sorted(pages), "nav of mkdocs.yml"


def test_all_is_pinned_and_fits_the_constraints():
    wanted = pins(ROOT / "requirements-docs.txt")
    assert all(re.fullmatch(r"[\w.\-]+==[\w.]+", pin) for pin in wanted)

    def by_name(lines):
        return {name.lower().replace("_", "-"): version for name, _, version in lines}

    docs = by_name(pin.partition("==") for pin in wanted)
    others = by_name(pin.partition("==") for pin in pins(ROOT / "constraints.txt"))
    assert len(docs) == len(wanted)
    assert {name: others[name] for name in docs.keys() & others.keys()} == {
        name: docs[name] for name in docs.keys() & others.keys()
    }


def test_pages_ask_nothing_of_other_hosts():
    """Fonts and the count of a repository's stars would; mkdocs_hooks.py looks at what was built."""
    assert re.search(r"^  font: false$", CONFIG, re.MULTILINE)
    assert not re.search(r"^(repo_url|extra_javascript|extra_css|extra):", CONFIG, re.MULTILINE)
    hooks = (ROOT / "envs" / "mkdocs_hooks.py").read_text(encoding="utf-8")
    assert "hooks: [envs/mkdocs_hooks.py]" in CONFIG
    assert (ROOT / "envs" / "docs_worker.js").name in hooks
    # Pictures of diagrams would be drawn by a script of another host.
    for page in (ROOT / "docs").rglob("*.md"):
        assert "```mermaid" not in page.read_text(encoding="utf-8"), page
