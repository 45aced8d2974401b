"""Names that a person takes for one are found, and names that differ visibly are left alone."""

import unicodedata

import pytest

from vpdlib.datasets.alike import alike, difference, find_alike, first_alike

ALIKE = [
    ("axel", "Axel", "by case alone"),
    ("GRÜSSE", "grüße", "by case alone"),
    ("double axel", "double  axel", "by white space alone"),
    ("double axel", "doubleaxel", "by white space alone"),
    ("double axel", "Double\taxel", "by white space alone"),
    ("double axel", "double\u00a0axel", "U+00A0 NO-BREAK SPACE"),
    ("axel", "axel\u200b", "U+200B ZERO WIDTH SPACE"),
    ("axel", "\ufeffaxel", "U+FEFF ZERO WIDTH NO-BREAK SPACE"),
    ("axel", "ax\u00adel", "U+00AD SOFT HYPHEN"),
    ("axel", "axel\u200e", "U+200E LEFT-TO-RIGHT MARK"),
    ("axel", "axel\ufe0f", "U+FE0F VARIATION SELECTOR-16"),
    ("pirouetté", unicodedata.normalize("NFD", "pirouetté"), "U+0301 COMBINING ACUTE ACCENT"),
    ("axel", "ａｘｅｌ", "U+FF41 FULLWIDTH LATIN SMALL LETTER A"),
    ("axel", "\u0430xel", "U+0430 CYRILLIC SMALL LETTER A"),
    ("HOP", "\u039fp", ""),
    ("2-axel", "2\u2013axel", "U+2013 EN DASH"),
    ("2-axel", "2\u2011axel", "U+2011 NON-BREAKING HYPHEN"),
    ("o'brien", "o\u2019brien", "U+2019 RIGHT SINGLE QUOTATION MARK"),
]
APART = [
    ("axel", "axle"),
    ("axel", "axel2"),
    ("heat 1 12", "heat 11 2"),
    ("1 1", "11"),
    ("jump-turn", "jumpturn"),
    ("a_b", "a b"),
    ("o", "0"),
    ("resume", "résumé"),
    ("跳", "跃"),
    ("", "a"),
]


@pytest.mark.parametrize(("one", "other", "text"), [row for row in ALIKE if row[2]])
def test_names_that_are_alike(one, other, text):
    assert alike(one, other)
    assert alike(other, one)
    assert find_alike(other, ["lutz", one]) == one
    assert first_alike(["lutz", one, "flip", other]) == (one, other)
    message = difference(other, one, "l.csv:2")
    assert message.startswith(f"differs from {one!r} (l.csv:2) by ")
    assert text in message


@pytest.mark.parametrize(("one", "other"), APART)
def test_names_that_are_not(one, other):
    assert not alike(one, other)
    assert first_alike([one, other]) is None


def test_listed_names_may_differ_by_what_is_seen():
    assert first_alike(["r", "R", "r u", "ru"], ["r", "R", "r u", "ru"]) is None
    assert first_alike(["r", "R"], ["r"]) == ("r", "R")
    for pair in (
        ("r", "r\u200b"),
        ("K", "\u212a"),
        ("axel", "\u0430xel"),
        ("a b", "a\u00a0b"),
        ("II", "\u2161"),
    ):
        assert first_alike(pair, pair) == pair
    for pair in (
        ("\u00d6", "\u00f6"),
        ("\u0441\u0430\u043b\u044c\u0442\u043e", "\u0421\u0430\u043b\u044c\u0442\u043e"),
        ("k", "\u212a"),
        ("\u00f6 a", "\u00f6a"),
    ):
        assert first_alike(pair, pair) is None
        assert first_alike(pair) == pair


def test_a_name_is_itself():
    assert first_alike(["axel", "axel"]) is None
    assert find_alike("axel", ["axel"]) is None
