"""Names that a person takes for one and a computer for two.

Classes, groups and splits are compared letter by letter later on, so that ``axel`` and ``Axel``, or two names of which
one ends in an invisible character, would be two classes. Here such pairs are found, and their difference is put into
words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable

#: Letters and signs, each before the Latin one that it is drawn as: Cyrillic, Greek, dashes, quotes.
_DRAWN_AS = (
    "АA ВB ЕE ЅS ІI ЈJ КK МM НH ОO РP СC ТT УY ХX аa еe ѕs іi јj оo рp сc уy хx "
    "ΑA ΒB ΕE ΖZ ΗH ΙI ΚK ΜM ΝN ΟO ΡP ΤT ΥY ΧX οo νv ‐- ‑- ‒- –- —- −- ’' ‘' ʼ' “\" ”\" „\""
)
_DRAWN = {ord(pair[0]): pair[1] for pair in _DRAWN_AS.split()}
_BLANKS = re.compile(r"\s+")
#: White space that keeps nothing apart; between numbers it does.
_LOOSE_BLANKS = re.compile(r"(?<![0-9])\s+|\s+(?![0-9])")
#: Characters that are drawn as nothing, beside the category of format characters.
_UNDRAWN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")


def without_invisible(text: str) -> str:
    """The text without characters that are not drawn (zero-width ones, soft hyphens, marks of direction)."""
    if text.isascii():
        return text
    return "".join(
        c
        for c in text
        if unicodedata.category(c) != "Cf"
        and c not in _UNDRAWN
        and not 0xFE00 <= ord(c) <= 0xFE0F  # variation selectors
    )


def spelled(text: str, beside: str = "") -> str:
    """The characters of a text that are not plain ASCII and not in another, by code point and name; five at most."""
    odd = dict.fromkeys(
        c for c in text if not (c.isascii() and c.isprintable()) and c not in beside
    )
    named = [f"U+{ord(c):04X} {unicodedata.name(c, 'a control character')}" for c in odd]
    return ", ".join(named[:5])


def _seen(name: str) -> str:
    """What is seen of a name, as far as code points go."""
    visible = unicodedata.normalize("NFKC", without_invisible(unicodedata.normalize("NFKC", name)))
    return _BLANKS.sub(" ", visible).strip()


def _keys(name: str) -> tuple[str, str]:
    """Two names are alike if one of their keys is the same: letters may differ by case, or be drawn alike."""
    seen = _LOOSE_BLANKS.sub("", _seen(name))
    return (
        unicodedata.normalize("NFKC", seen.casefold()),
        unicodedata.normalize("NFKC", seen.translate(_DRAWN).casefold()),
    )


def alike(one: str, other: str) -> bool:
    """Whether two names are the same but for case, white space, or what cannot be seen."""
    return any(a == b for a, b in zip(_keys(one), _keys(other), strict=True))


def difference(one: str, other: str, place: str = "") -> str:
    """What sets two names apart that are alike, to follow the first of them in a message.

    ``place`` says where the other one is.
    """
    odd = "; ".join(
        f"{name!a} holds {found}"
        for name, found in ((one, spelled(one, other)), (other, spelled(other, one)))
        if found
    )
    if one.casefold() == other.casefold():
        by = "case alone"
    elif _BLANKS.sub("", one).casefold() == _BLANKS.sub("", other).casefold():
        by = "white space alone" + (f" ({odd})" if odd else "")
    else:
        by = f"what can hardly be seen ({odd})"
    return f"differs from {other!r}{place and f' ({place})'} by {by}"


def find_alike(name: str, others: Iterable[str]) -> str | None:
    """The first of some names that is another one, but alike."""
    return next((other for other in others if other != name and alike(name, other)), None)


def first_alike(names: Iterable[str], meant: Collection[str] = ()) -> tuple[str, str] | None:
    """The first two different names that are alike, the earlier one first; None where there are none.

    Of the names in ``meant``, which the user lists, two may differ by case or blanks, which can be seen in a list.
    """
    by_key: dict[tuple[int, str], str] = {}
    for name in dict.fromkeys(names):
        for key in enumerate(_keys(name)):
            other = by_key.setdefault(key, name)
            both_meant = name in meant and other in meant
            if other != name and not (both_meant and differ_visibly(name, other)):
                return other, name
    return None


def differ_visibly(one: str, other: str) -> bool:
    """Whether two names are the same but for blanks, or for case where it is seen: the Kelvin sign is no small k."""
    one, other = one.replace(" ", ""), other.replace(" ", "")
    if one == other:
        return True
    return one.casefold() == other.casefold() and _seen(one) != _seen(other)
