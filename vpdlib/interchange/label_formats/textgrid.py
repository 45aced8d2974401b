"""TextGrids of Praat, ``.TextGrid``: the intervals that have a text are the labelled actions.

Of a text file Praat reads the numbers, texts in quotes and flags such as ``<exists>`` that stand free between blanks,
in their order, and passes over all other words: so do the long form, with its ``xmin = 0``, and the short one hold the
same, and so are both read here. Times are seconds from the beginning of the sound, to all digits. The intervals of a
tier follow each other without gaps, and those without a text are the gaps between actions; a point is an event without
duration. Two tiers may have the same name, and are then one. A tier ``jumps@mia`` is the tier ``jumps`` of the subject
``mia``, as corpora name tiers of speakers. A file does not say of which video it is: its own name does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from vpdlib.atomic import write_text
from vpdlib.datasets.base import DatasetError
from vpdlib.interchange.csv_table import check_printable
from vpdlib.interchange.document import LINE_END, Document
from vpdlib.interchange.formats import (
    LabelFile,
    LabelFormat,
    LabelRow,
    WrittenAction,
    WrittenVideo,
    without_overlap,
)

_CHRONOLOGICAL = "Praat chronological TextGrid text file"
_TOKEN = re.compile(r'![^\r\n]*|"((?:[^"]|"")*+)"(?!\S)|(\S+)')
_NUMBER = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_END = re.compile(r"\s*\Z")
_SAVE = "Save it in Praat as a text file."
#: What BORIS calls the gaps of a tier, which it never leaves without a text.
_BORIS_GAP = "null"
#: What it calls the tier of events without a subject; its other tiers are called by their subjects.
_BORIS_NOBODY = "No focal subject"
#: The tier of actions that are written, and the one beside it of their probabilities.
_ACTIONS, _PROBABILITY = "actions", "probability"


@dataclass(frozen=True)
class _Entry:
    """An interval, or a point, whose start is its end."""

    where: str
    start_s: float
    end_s: float
    text: str


@dataclass(frozen=True)
class _Tier:
    name: str
    is_points: bool
    entries: Sequence[_Entry]


def _recognises(document: Document) -> bool:
    first = next(iter(document.first_lines), "")
    return "ooTextFile" in first or _CHRONOLOGICAL in first


def _read(document: Document) -> LabelFile:
    path = document.path
    if _CHRONOLOGICAL in document.content[:200]:
        raise DatasetError(f"{path}: a chronological TextGrid. {_SAVE}")
    tokens = _Tokens(path, document.content)
    tokens.text("ooTextFile")
    kind = tokens.text("the object's class")
    if kind != "TextGrid":
        raise DatasetError(f"{path}: an object {kind!r} of Praat, not a TextGrid. Save that alone.")
    begin_s, end_s = tokens.number("xmin"), tokens.number("xmax")
    remarks: list[str] = []
    if begin_s:
        remarks.append(
            f"it begins at {begin_s:g} s, as a part of a sound does; its times are taken as times of the whole video"
        )
    tiers: list[_Tier] = []
    if tokens.flag("tiers?") == "<exists>":
        stated = tokens.count("the number of tiers")
        tiers += _tiers(tokens, stated)
        if len(tiers) < stated:
            remarks.append(
                f"it states {stated} tiers and has {len(tiers)}, as BORIS writes it; Praat refuses such a file"
            )
    is_boris = any(map(_has_named_gaps, tiers))
    if is_boris:
        remarks.append(f"its intervals {_BORIS_GAP!r} are taken for gaps, as BORIS writes them")
    media_s = None if is_boris or begin_s else end_s
    rows: list[LabelRow] = []
    for tier in tiers:
        remarks += _remarks(tier)
        if not _is_of_probabilities(tier):
            rows += _rows(tier, path.stem, media_s, is_boris)
    return LabelFile(rows, remarks=remarks)


def _rows(tier: _Tier, video: str, media_s: float | None, is_boris: bool) -> Iterator[LabelRow]:
    name, _, subject = (part.strip() for part in tier.name.partition("@"))
    if is_boris:
        name, subject = "", "" if tier.name == _BORIS_NOBODY else tier.name
    for one in tier.entries:
        if one.text and not (is_boris and not tier.is_points and one.text == _BORIS_GAP):
            yield LabelRow(
                one.where,
                video,
                one.text,
                start=one.start_s,
                end=one.end_s,
                group=subject,
                tier=name if is_boris else name or tier.name,
                is_point=tier.is_points,
                media_s=media_s,
            )


def _is_of_probabilities(tier: _Tier) -> bool:
    texts = [one.text for one in tier.entries if one.text]
    is_named = tier.name.partition("@")[0].strip() == _PROBABILITY
    return is_named and all(_NUMBER.fullmatch(text) for text in texts)


def _remarks(tier: _Tier) -> Iterator[str]:
    if _is_of_probabilities(tier):
        yield f"the tier {tier.name!r} is of probabilities and holds no actions"
    nameless = sum(not one.text for one in tier.entries) if tier.is_points else 0
    if nameless:
        yield f"{nameless} points of the tier {tier.name!r} have no text and are no events"


def _has_named_gaps(tier: _Tier) -> bool:
    texts = {one.text for one in tier.entries}
    return not tier.is_points and _BORIS_GAP in texts and "" not in texts


class _Tokens:
    """What stands free in a text of Praat, one after the other."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._text = text
        self._at = 0
        self._counted, self._line = 0, 1

    @property
    def here(self) -> str:
        """The file, and the line of what was taken last."""
        self._line += len(LINE_END.findall(self._text, self._counted, self._at))
        self._counted = self._at
        return f"{self._path}:{self._line}"

    @property
    def are_all_taken(self) -> bool:
        """Whether nothing follows but blanks."""
        return _END.match(self._text, self._at) is not None

    def text(self, what: str) -> str:
        """The next one, which must be a text in quotes."""
        token = self._next(what)
        if not token.startswith('"'):
            raise self._refused(what, token, "a text in quotes")
        return token[1:-1].replace('""', '"')

    def number(self, what: str) -> float:
        """The next one, which must be a number."""
        token = self._next(what)
        if not _NUMBER.fullmatch(token):
            raise self._refused(what, token, "a number")
        return float(token)

    def count(self, what: str) -> int:
        """The next one, which must be a whole number from 0."""
        token = self._next(what)
        if not token.isascii() or not token.isdigit() or len(token) > 9:
            raise self._refused(what, token, "how many there are")
        return int(token)

    def flag(self, what: str) -> str:
        """The next one, which must be a flag."""
        token = self._next(what)
        if token not in ("<exists>", "<absent>"):
            raise self._refused(what, token, "<exists> or <absent>")
        return token

    def _next(self, what: str) -> str:
        while found := _TOKEN.search(self._text, self._at):
            self._at = found.end()
            quoted, word = found.groups()
            if quoted is not None:
                return found[0]
            if word is None:
                continue
            if word.startswith('"'):
                raise DatasetError(
                    f"{self.here}: a quote opens before {word[1:31]!r} and is not closed. {_SAVE}"
                )
            if _NUMBER.fullmatch(word) or (word[0] == "<" and word[-1] == ">"):
                return word
            if word.lower() in ("--undefined--", "nan", "inf", "-inf"):
                raise self._refused(what, word, "a number")
        raise DatasetError(f"{self._path}: ends before {what}; it was cut. {_SAVE}")

    def _refused(self, what: str, found: str, expected: str) -> DatasetError:
        return DatasetError(f"{self.here}: {what} is {found[:60]}, expected {expected}. {_SAVE}")


def _tiers(tokens: _Tokens, stated: int) -> Iterator[_Tier]:
    """The tiers; fewer than stated where the text ends after a whole one."""
    for number in range(1, 1 + stated):
        if number > 1 and tokens.are_all_taken:
            return
        kind = tokens.text(f"the class of tier {number}")
        if kind not in ("IntervalTier", "TextTier"):
            raise DatasetError(
                f"{tokens.here}: tier {number} is a {kind!r}, neither intervals nor points. {_SAVE}"
            )
        name = tokens.text(f"the name of tier {number}").strip()
        tokens.number("xmin")
        tokens.number("xmax")
        count = tokens.count(f"the number of entries of the tier {name!r}")
        read = _point if kind == "TextTier" else _interval
        entries = [read(tokens, f"tier {name!r}, entry {n}") for n in range(1, count + 1)]
        yield _Tier(name, kind == "TextTier", entries)


def _interval(tokens: _Tokens, what: str) -> _Entry:
    start_s, end_s = tokens.number(f"xmin of {what}"), tokens.number(f"xmax of {what}")
    where = f"{tokens.here} ({what})"
    text = tokens.text(f"the text of {what}").strip()
    if text and not start_s < end_s:
        raise DatasetError(f"{where}: {text!r} ends at {end_s:g} s, before it begins. Correct it.")
    return _Entry(where, start_s, end_s, text)


def _point(tokens: _Tokens, what: str) -> _Entry:
    time_s = tokens.number(f"the time of {what}")
    where = f"{tokens.here} ({what})"
    return _Entry(where, time_s, time_s, tokens.text(f"the mark of {what}").strip())


@dataclass
class _Lane:
    """A tier to be written, whose actions do not overlap."""

    name: str
    subject: str
    actions: list[WrittenAction] = field(default_factory=list)

    @property
    def end_s(self) -> float:
        """When its last action ends, seconds."""
        return self.actions[-1].end_s if self.actions else 0.0


def _write(videos: Sequence[WrittenVideo], folder: Path, name: str) -> list[Path]:
    """A TextGrid of each video; what overlaps goes into a further tier, probabilities into one of their own."""
    paths = []
    for video in videos:
        path = folder / f"{video.video_id}.TextGrid"
        lanes = _lanes(video.actions)
        end_s = max([video.duration_s, *(lane.end_s for lane in lanes)])
        tiers = []
        for lane in lanes:
            tiers.append(_written_tier(lane, _ACTIONS, end_s, path))
            if any(action.probability is not None for action in lane.actions):
                tiers.append(_written_tier(lane, _PROBABILITY, end_s, path))
        head = ('File type = "ooTextFile"', 'Object class = "TextGrid"', "", "xmin = 0")
        size = (f"xmax = {end_s!r}", "tiers? <exists>", f"size = {len(tiers)}", "item []:")
        lines = [*head, *size]
        for number, tier in enumerate(tiers, start=1):
            lines += (f"    item [{number}]:", *tier)
        write_text(path, "\n".join(lines) + "\n")
        paths.append(path)
    return paths


def _lanes(actions: Sequence[WrittenAction]) -> list[_Lane]:
    """The actions in as many tiers of each subject as overlap; one tier without any where there is none."""
    lanes = [
        _Lane(f"_{number}" if number > 1 else "", subject, layer)
        for subject in dict.fromkeys(action.group for action in actions)
        for number, layer in enumerate(
            without_overlap([action for action in actions if action.group == subject]), start=1
        )
    ]
    return lanes or [_Lane("", "")]


def _written_tier(lane: _Lane, kind: str, end_s: float, path: Path) -> list[str]:
    name = f"{kind}{lane.name}{'@' if lane.subject else ''}{lane.subject}"
    intervals: list[tuple[float, float, str]] = []
    at_s = 0.0
    for action in lane.actions:
        if not action.start_s < action.end_s:
            raise DatasetError(f"{path}: {action.label!r} has no duration, which no interval has.")
        if at_s < action.start_s:
            intervals.append((at_s, action.start_s, ""))
        text = action.label
        if kind == _PROBABILITY:
            text = "" if action.probability is None else f"{action.probability:.4f}"
        intervals.append((action.start_s, action.end_s, text))
        at_s = action.end_s
    if at_s < end_s:
        intervals.append((at_s, end_s, ""))
    if all(text for _, _, text in intervals) and any(
        text == _BORIS_GAP for _, _, text in intervals
    ):
        raise DatasetError(f"{path}: a class {_BORIS_GAP!r} would be read as a gap. Rename it.")
    lines = [
        '        class = "IntervalTier"',
        f"        name = {_quoted(name, path)}",
        "        xmin = 0",
        f"        xmax = {end_s!r}",
        f"        intervals: size = {len(intervals)}",
    ]
    for number, (start_s, stop_s, text) in enumerate(intervals, start=1):
        lines += (
            f"        intervals [{number}]:",
            f"            xmin = {start_s!r}",
            f"            xmax = {stop_s!r}",
            f"            text = {_quoted(text, path)}",
        )
    return lines


def _quoted(text: str, path: Path) -> str:
    check_printable(text, str(path), "a text")
    doubled = text.replace('"', '""')
    return f'"{doubled}"'


TEXTGRID = LabelFormat(
    "textgrid",
    "a TextGrid of Praat (.TextGrid)",
    "text",
    _recognises,
    _read,
    ".textgrid",
    _write,
)
