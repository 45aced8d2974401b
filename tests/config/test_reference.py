"""The page of all settings is what the models say."""

import re
from pathlib import Path

import pytest

from vpdlib.config.reference import PAGE, reference_text, write_reference
from vpdlib.config.schema import SCHEMA_FILES

ROOT = Path(__file__).resolve().parents[2]


def test_the_page_is_what_the_models_say(tmp_path):
    write_reference(tmp_path / "settings.md")
    found = (ROOT / PAGE).read_text(encoding="utf-8")
    assert found == (tmp_path / "settings.md").read_text(encoding="utf-8"), (
        f"{PAGE} is out of date: run `make schemas`"
    )


@pytest.mark.parametrize("name", SCHEMA_FILES)
def test_every_setting_has_a_row(name):
    schema = SCHEMA_FILES[name].model_json_schema()
    text = reference_text()
    for node in (schema, *schema.get("$defs", {}).values()):
        for setting in node.get("properties", {}):
            assert f"| `{setting}` | " in text, setting


def test_tables_are_whole_and_text_is_shown_as_text():
    for line in reference_text().splitlines():
        if line.startswith("|"):
            assert len(re.findall(r"(?<!\\)\|", line)) == 5, line
            # Nothing is taken for HTML, or for emphasis.
            outside = "".join(re.split(r"`[^`]*`", line))
            assert "<" not in outside, line
            emphasis = re.sub(r"\*(none|its own|see the schema)\*", "", outside)
            assert not re.search(r"(?<!\\)[*_]", re.sub(r"\]\([^)]*\)", "", emphasis)), line


def test_links_lead_to_sections_of_their_own():
    text = reference_text()
    anchors = re.findall(r'<a id="([^"]+)">', text)
    assert len(set(anchors)) == len(anchors) > 50
    assert set(re.findall(r"\]\(#([^)]+)\)", text)) <= set(anchors)
    titles = re.findall(r"^### (.+)$", text.split('<a id="vipe"></a>')[0], re.MULTILINE)
    assert len(set(titles)) == len(titles)


def test_what_a_function_makes_is_a_default_too():
    assert re.search(r"^\| `students` \| [^|]+ \| `vpd2d` \|", reference_text(), re.MULTILINE)
