"""Strictness, places in messages, YAML, merging."""

from typing import Annotated, Literal

import pytest
from pydantic import Field, model_validator

from vpdlib.config.base import ConfigError, Id, merge, read_yaml, validate
from vpdlib.section import Section


class Leaf(Section):
    size: int = Field(3, ge=1)
    names: tuple[Id, ...] = ()


class Cat(Section):
    kind: Literal["cat"] = "cat"
    paws: int = 4


class Bird(Section):
    kind: Literal["bird"] = "bird"
    wings: int = 2


class Pair(Section):
    least: int = 1
    most: int = 2

    @model_validator(mode="after")
    def _in_order(self):
        if self.least > self.most:
            raise ValueError("least is above most")
        return self


class Tree(Section):
    title: str
    pair: Pair = Pair()
    leaf: Leaf = Leaf()
    maybe: Leaf | None = None
    by_name: dict[Id, Leaf] = Field(default_factory=dict)
    animal: Annotated[Cat | Bird, Field(discriminator="kind")] = Cat()


def refusal(data):
    with pytest.raises(ConfigError) as caught:
        validate(Tree, data, "tree.yaml")
    assert str(caught.value).startswith("tree.yaml is not valid:\n  ")
    return str(caught.value).splitlines()[1:]


@pytest.mark.parametrize(
    ("data", "place", "known"),
    [
        ({"titel": "x"}, "titel", "animal, by_name, leaf, maybe, pair, title"),
        ({"leaf": {"sise": 1}}, "leaf.sise", "names, size"),
        ({"maybe": {"sise": 1}}, "maybe.sise", "names, size"),
        ({"by_name": {"a": {"sise": 1}}}, "by_name.a.sise", "names, size"),
        ({"animal": {"kind": "cat", "wings": 1}}, "animal.cat.wings", "kind, paws"),
        ({"animal": {"kind": "bird", "paws": 1}}, "animal.bird.paws", "kind, wings"),
    ],
)
def test_an_unknown_setting_is_refused_with_its_place_and_the_known_names(data, place, known):
    (line,) = refusal({"title": "t", **data})
    assert line == (
        f"  {place}: unknown setting; remove it or correct its spelling. Known here: {known}."
    )


def test_settings_that_do_not_fit_together_are_named_by_the_message_alone():
    assert refusal({"title": "t", "pair": {"least": 3}}) == ["  pair: least is above most"]
    with pytest.raises(ConfigError) as caught:
        validate(Pair, {"least": 3}, "pair.yaml")
    assert str(caught.value) == "pair.yaml is not valid:\n  least is above most"


@pytest.mark.parametrize(
    ("data", "place", "found"),
    [
        ({"title": 3}, "title", "3"),
        ({"leaf": {"size": "many"}}, "leaf.size", "'many'"),
        ({"leaf": {"size": 0}}, "leaf.size", "0"),
        ({"leaf": {"size": 2.5}}, "leaf.size", "2.5"),
        ({"leaf": {"names": ["a;b"]}}, "leaf.names.0", "'a;b'"),
        ({"leaf": {"names": ["ok\n"]}}, "leaf.names.0", r"'ok\n'"),
        ({"leaf": None}, "leaf", "None"),
        ({"by_name": {"../x": {}}}, "by_name.../x.[key]", "'../x'"),
        ({"animal": {"kind": "fish"}}, "animal", "{'kind': 'fish'}"),
    ],
)
def test_a_wrong_value_is_refused_with_its_place_and_what_was_found(data, place, found):
    (line,) = refusal({"title": "t", **data})
    assert line.startswith(f"  {place}: ")
    assert line.endswith(f"(found {found}); correct it.")


def test_all_mistakes_are_told_at_once_and_long_values_are_cut():
    lines = refusal({"leaf": {"size": "x" * 1000}, "colour": 1})
    assert [line.split(":")[0].strip() for line in lines] == ["title", "leaf.size", "colour"]
    assert max(map(len, lines)) < 220


def test_settings_cannot_be_changed():
    tree = validate(Tree, {"title": "t"}, "tree.yaml")
    assert tree.leaf.size == 3
    with pytest.raises(ValueError, match="frozen"):
        tree.title = "u"


def test_reading_yaml(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text("a: 1 # why\nb: {c: [1, 2], d: null}\n")
    assert read_yaml(path) == {"a": 1, "b": {"c": [1, 2], "d": None}}
    path.write_text("# nothing yet\n")
    assert read_yaml(path) == {}
    path.write_text("base: &base {x: 1}\nother: {<<: *base, y: 2}\n")
    assert read_yaml(path)["other"] == {"x": 1, "y": 2}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a: [1", "is not valid YAML"),
        (b"- a\n- b\n", "must hold settings .key: value., found list"),
        (b"a: 1\nb: 2\na: 3\n", "'a' is given twice; remove one"),
        (b"s: {people: {}, x: 1, people: {}}\n", "'people' is given twice; remove one"),
        (b"a: \xff\xfe\n", "is not valid YAML"),
        (b"a: !!python/object/apply:os.system ['true']\n", "is not valid YAML"),
    ],
)
def test_wrong_yaml_is_refused_with_the_file(tmp_path, content, message):
    path = tmp_path / "a.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=message) as caught:
        read_yaml(path)
    assert str(path) in str(caught.value)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"none.yaml does not exist"):
        read_yaml(tmp_path / "none.yaml")


def test_merging_goes_into_mappings_and_replaces_the_rest():
    base = {"a": {"b": 1, "c": {"d": 2}}, "l": [1, 2], "n": None}
    changes = {"a": {"c": {"e": 3}, "b": 9}, "l": [3], "n": {"x": 1}, "new": 0}
    expected = {"a": {"b": 9, "c": {"d": 2, "e": 3}}, "l": [3], "n": {"x": 1}, "new": 0}
    assert merge(base, changes) == expected
    assert merge({"a": {"b": 1}}, {"a": None}) == {"a": None}
    assert base == {"a": {"b": 1, "c": {"d": 2}}, "l": [1, 2], "n": None}
