"""The generated JSON schemas, and the one pattern of names."""

import json
import re
from pathlib import Path

import pytest

from vpdlib.config.schema import SCHEMA_FILES, schema_text, write_schemas
from vpdlib.identifiers import ID_PATTERN
from vpdlib.students.settings import StudentSettings

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("name", SCHEMA_FILES)
def test_the_schema_files_are_what_the_models_say(name):
    expected = schema_text(SCHEMA_FILES[name])
    found = (ROOT / "schemas" / name).read_text(encoding="utf-8")
    assert found == expected, f"schemas/{name} is out of date: run `make schemas`"


def test_schemas_are_written(tmp_path):
    write_schemas(tmp_path / "new")
    assert {path.name for path in (tmp_path / "new").iterdir()} == set(SCHEMA_FILES)
    for path in (tmp_path / "new").iterdir():
        assert json.loads(path.read_text())["type"] == "object"


def objects(node):
    """Every object of a JSON schema that has named settings."""
    if isinstance(node, dict):
        if "properties" in node:
            yield node
        for value in node.values():
            yield from objects(value)
    elif isinstance(node, list):
        for value in node:
            yield from objects(value)


@pytest.mark.parametrize("name", SCHEMA_FILES)
def test_every_setting_is_described_and_unknown_ones_are_refused(name):
    for node in objects(json.loads(schema_text(SCHEMA_FILES[name]))):
        assert node["additionalProperties"] is False, node["title"]
        for setting, entry in node["properties"].items():
            assert len(entry.get("description", "")) > 10, f"{node['title']}.{setting}"


def test_names_have_one_pattern_in_schema_and_workflow():
    patterns = set(
        re.findall(r'"pattern": ("[^"\n]*")', schema_text(SCHEMA_FILES["dataset.schema.json"]))
    )
    digest = "^[0-9a-f]{8,64}$"
    architecture = StudentSettings.model_json_schema()["properties"]["architecture"]["pattern"]
    names = {json.loads(pattern) for pattern in patterns} - {digest, architecture}
    assert names == {f"^(?:{ID_PATTERN})$"}
    text = (ROOT / "rules" / "common.smk").read_text()
    assert "from vpdlib.identifiers import ID_PATTERN" in text
    block = text.split("wildcard_constraints:")[1].split("\n\n\n")[0]
    constraints = dict(re.findall(r"^    (\w+)=(.+),$", block, re.MULTILINE))
    for wildcard in ("video", "student", "feature", "baseline", "ensemble", "method", "collection"):
        assert constraints[wildcard] == "ID_PATTERN"
    # Or a collection of one; not the folder of the VIPE* networks.
    assert constraints["dataset"] == 'f"(?!vipe/){ID_PATTERN}(?:{BETWEEN}{ID_PATTERN})?"'
    # No second pattern of names is written out anywhere in the workflow.
    for path in [ROOT / "Snakefile", *(ROOT / "rules").rglob("*.smk")]:
        assert "A-Za-z0-9" not in path.read_text(), path
