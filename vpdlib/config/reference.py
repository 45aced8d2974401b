"""The page of all settings, generated from their models.

``python -m vpdlib.config.reference`` writes ``docs/settings.md``. A test fails when the page differs from what the
models say.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from vpdlib.config.dataset import DatasetSettings
from vpdlib.config.run import RunSettings
from vpdlib.identifiers import ID_PATTERN
from vpdlib.vipe.model_settings import VipeModelSettings

PAGE = Path("docs/settings.md")
_PARTS: tuple[tuple[str, str, type[BaseModel]], ...] = (
    ("dataset", "A dataset: datasets/NAME.yaml", DatasetSettings),
    ("vipe", "A view-invariant embedding: vipe/NAME.yaml", VipeModelSettings),
    ("config", "A run: config.yaml", RunSettings),
)
_HEAD = """# Every setting

Made of the settings' models by `make schemas`; do not edit. Unknown names are refused, and what is wrong is said before
anything runs. `NAME` stands for a name that you give. A default in *italics* is said in words. Editors complete and
check these files by the schemas in `schemas/`.
"""
#: Patterns that have a name.
_FORMS = {f"^(?:{ID_PATTERN})$": "name", "^[0-9a-f]{8,64}$": "sha256, or its beginning"}
_LIMITS = (
    ("minimum", "≥"),
    ("exclusiveMinimum", "above"),
    ("maximum", "≤"),
    ("exclusiveMaximum", "below"),
)
_CODE = re.compile(r"(`[^`]*`)")
_OTHER_PAGE = re.compile(r"docs/((?:[a-z0-9/]|\\_)+\.md)")
_LONGEST_DEFAULT = 60

Node = dict[str, Any]


def reference_text() -> str:
    """The page."""
    lines = [_HEAD, *(f"- [{title}](#{key})" for key, title, _ in _PARTS)]
    for key, title, model in _PARTS:
        lines += ["", f'<a id="{key}"></a>', "", f"## {title}", "", *_Part(key, model).lines()]
    return "\n".join(lines).rstrip() + "\n"


def write_reference(path: Path) -> None:
    """Write the page."""
    path.write_text(reference_text(), encoding="utf-8")


class _Part:
    """The sections of one file of settings.

    Parameters
    ----------
    key : begins the anchors.
    model : of the whole file.
    """

    def __init__(self, key: str, model: type[BaseModel]) -> None:
        self._key = key
        self._root: Node = model.model_json_schema()
        # A mapping that a function makes is not in the schema.
        self._made = {
            name: field.get_default(call_default_factory=True)
            for name, field in model.model_fields.items()
            if field.default_factory is not None
        }
        self._defs: dict[str, Node] = self._root.get("$defs", {})
        #: Of every section its places, in the order in which they are met.
        self._places: dict[str, list[str]] = {}
        self._find(self._root, "")

    def _find(self, node: Node, place: str) -> None:
        # In breadth: a section is described where it stands highest.
        queue = [(node, place)]
        while queue:
            section, where = queue.pop(0)
            for name, field in section.get("properties", {}).items():
                for ref, at in _references(field, f"{where}.{name}" if where else name):
                    known = ref in self._places
                    self._places.setdefault(ref, []).append(at)
                    if not known:
                        # Sections of one name differ by the kind that they are in.
                        kind = _kind(self._defs[ref])
                        queue.append((self._defs[ref], f"{at} ({kind})" if kind else at))

    def lines(self) -> Iterator[str]:
        """Of the whole part."""
        yield from self._section(self._root)
        for ref, places in sorted(self._places.items(), key=lambda item: self._order(item[1][0])):
            node = self._defs[ref]
            kind = _kind(node)
            title = f"{places[0]} ({kind})" if kind else places[0]
            yield from ("", f'<a id="{self._anchor(ref)}"></a>', "", f"### `{title}`", "")
            if text := _first_paragraph(node):
                yield from (*_wrapped(text), "")
            if others := dict.fromkeys(places[1:]):
                named = ", ".join(f"`{place}`" for place in others)
                yield from (*_wrapped(f"Also at {named}."), "")
            yield from self._section(node)

    def _order(self, place: str) -> tuple[int, str]:
        """Sections stand as their first part stands in the file, what is deeper after what is not."""
        first = re.split(r"[.\[]", place)[0]
        return list(self._root["properties"]).index(first), place

    def _section(self, node: Node) -> Iterator[str]:
        yield "| setting | value | default | |"
        yield "|---|---|---|---|"
        required = node.get("required", [])
        for name, field in node["properties"].items():
            made = self._made.get(name) if node is self._root else None
            default = "required" if name in required else self._default(field, made)
            cells = (f"`{name}`", self._value(field), default, _escaped(field["description"]))
            yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"

    def _default(self, field: Node, made: Any) -> str:
        if made:
            return ", ".join(f"`{name}`" for name in made)
        value = field.get("default")
        if "$ref" in field or (isinstance(value, dict) and list(_references(field, ""))):
            return "*its own*"
        if value in ({}, []) or "default" not in field:
            return "*none*"
        text = json.dumps(value, ensure_ascii=False)
        # As in YAML, where text needs no quotes.
        text = value if isinstance(value, str) and value else text
        return f"`{text}`" if len(text) <= _LONGEST_DEFAULT else "*see the schema*"

    def _value(self, node: Node) -> str:
        """What a setting takes, in a few words."""
        for key in ("anyOf", "oneOf"):
            if key in node:
                return " or ".join(dict.fromkeys(self._value(choice) for choice in node[key]))
        if "$ref" in node:
            ref = node["$ref"].rpartition("/")[2]
            return f"[{self._title(ref)}](#{self._anchor(ref)})"
        if "allOf" in node:
            return self._value(node["allOf"][0])
        if "const" in node:
            return f"`{node['const']}`"
        if "enum" in node:
            return ", ".join(f"`{value}`" for value in node["enum"])
        kind = node.get("type")
        if kind == "array":
            return self._list(node)
        if kind == "object":
            inner = _of_names(node)
            return f"`NAME:` {self._value(inner) if inner else 'anything'}"
        if kind in ("integer", "number"):
            limits = [f"{sign} {node[key]:g}" for key, sign in _LIMITS if key in node]
            return ", ".join(["whole number" if kind == "integer" else "number", *limits])
        return self._plain(node)

    def _list(self, node: Node) -> str:
        if "prefixItems" in node:
            return f"list: {', '.join(self._value(item) for item in node['prefixItems'])}"
        at_least = ", at least one" if node.get("minItems") else ""
        return f"list of {self._value(node['items'])}{at_least}"

    def _plain(self, node: Node) -> str:
        kind = node.get("type")
        if kind == "string":
            if node.get("format") == "path":
                return "path"
            pattern = node.get("pattern")
            return "text" if pattern is None else _FORMS.get(pattern, f"text as `{pattern}`")
        return {"boolean": "`true`, `false`", "null": "`null`"}.get(str(kind), "anything")

    def _title(self, ref: str) -> str:
        kind = _kind(self._defs[ref])
        return f"kind {kind}" if kind else "section"

    def _anchor(self, ref: str) -> str:
        return f"{self._key}-{ref.lower()}"


def _references(node: Any, place: str) -> Iterator[tuple[str, str]]:
    """Sections that a setting takes, with their places."""
    if "$ref" in node:
        yield node["$ref"].rpartition("/")[2], place
    for key in ("anyOf", "oneOf", "allOf", "prefixItems"):
        for choice in node.get(key, ()):
            yield from _references(choice, place)
    if isinstance(node.get("items"), dict):
        yield from _references(node["items"], f"{place}[]")
    if inner := _of_names(node):
        yield from _references(inner, f"{place}.NAME")


def _of_names(node: Node) -> Node:
    """What every name of a mapping takes; empty where that may be anything, or it is no mapping."""
    for inner in (*node.get("patternProperties", {}).values(), node.get("additionalProperties")):
        if isinstance(inner, dict):
            return inner
    return {}


def _kind(node: Node) -> str | None:
    """What `kind` must say in a section that is one of several."""
    kind: str | None = node["properties"].get("kind", {}).get("const")
    return kind


def _first_paragraph(node: Node) -> str:
    """What a model's docstring says first."""
    return _escaped(" ".join(str(node.get("description", "")).split("\n\n")[0].split()))


def _escaped(text: str) -> str:
    """Text as Markdown that shows it; spans of code stay as they are."""
    parts = _CODE.split(" ".join(text.split()).replace("``", "`"))
    for at in range(0, len(parts), 2):
        shown = re.sub(r"([*_\[\]])", r"\\\1", parts[at]).replace("<", "&lt;")
        parts[at] = _OTHER_PAGE.sub(_link, shown)
    return "".join(parts)


def _link(page: re.Match[str]) -> str:
    place = page[1].replace("\\", "")
    return f"[{page[1]}]({place})"


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, 120, break_long_words=False, break_on_hyphens=False)


if __name__ == "__main__":
    write_reference(PAGE)
