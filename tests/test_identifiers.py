import re

import pytest

from vpdlib.identifiers import ID_PATTERN, check_id


@pytest.mark.parametrize(
    "value",
    ["a", "0", "-kDV0tY0BEc_00006", "_x", "+", "Axel.2a", "catch_1-2+3", "x" * 128],
)
def test_names_that_corpora_use_are_safe(value):
    assert check_id(value, "video id", "here") == value


UNSAFE = [
    "",
    ".",
    "..",
    ".hidden",
    "../x",
    "/abs",
    "a/b",
    "a\\b",
    "a b",
    "a;b",
    "$(x)",
    "`x`",
    "a&b",
    "a'b",
    "{a}",
    "*",
    "a:b",
    "a\n",
    "\n",
    "a\nb",
    "a\0b",
    "é",
    "x" * 129,
    "x" * 300,
]


@pytest.mark.parametrize("value", UNSAFE)
def test_other_names_are_refused(value):
    with pytest.raises(ValueError, match="is not a safe video id") as caught:
        check_id(value, "video id", "labels.csv:3")
    message = str(caught.value)
    assert message.startswith("labels.csv:3: ")
    assert "rename the file or the id" in message
    assert "\n" not in message
    assert "\0" not in message
    assert len(message) < 250


@pytest.mark.parametrize("value", [None, 3, b"a", ["a"]])
def test_other_types_are_refused(value):
    with pytest.raises(ValueError, match="is not a safe class"):
        check_id(value, "class", "here")


def test_the_pattern_needs_no_grouping_or_anchors():
    """It is put into wildcards, where anchors and groups would have another meaning."""
    assert not re.search(r"[\^$()|]", ID_PATTERN)
