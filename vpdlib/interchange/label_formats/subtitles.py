"""Subtitles, SubRip (``.srt``) and WebVTT (``.vtt``): every cue is a labelled action.

A cue is on the screen from its start until before its end, seconds on the player's clock, to the millisecond. Its
first line, without tags, is the label; a second line ``93.4 %`` is a probability, which players show below; other
lines are no part of the label. Cues may overlap and stand in any order. Of SubRip, numbers of cues may be missing or
wrong and decimals may follow a comma or a point, as players take it; an action of a subject is written as BORIS does,
``<font color="...">subject: label</font>``. In WebVTT the subject is the voice, ``<v subject>``; NOTE, STYLE and REGION
blocks, identifiers and settings of cues are passed over. A file does not say of which video it is: its own name does.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from vpdlib.atomic import write_text
from vpdlib.datasets.base import DatasetError
from vpdlib.datasets.settings import LabelFormatName
from vpdlib.interchange.csv_table import check_printable
from vpdlib.interchange.document import LINE_END, Document
from vpdlib.interchange.formats import (
    LabelFile,
    LabelFormat,
    LabelRow,
    WrittenAction,
    WrittenVideo,
)
from vpdlib.interchange.label_formats.milliseconds import span_ms

_ARROW = "-->"
_CLOCK = r"(?:([0-9]{1,6}):)?([0-9]{1,2}):([0-9]{2})[,.]([0-9]{3})"
_TIMING = re.compile(rf"\s*{_CLOCK}\s*{_ARROW}\s*{_CLOCK}(?:\s.*)?")
_TIMES = "such as 00:01:12,480 --> 00:01:14,000"
_NUMBER = re.compile(r"\s*[0-9]+\s*")
_VTT_HEAD = re.compile(r"WEBVTT(?:[ \t].*)?")
#: Blocks of WebVTT that are no cues.
_VTT_OTHERS = re.compile(r"(?:NOTE|STYLE|REGION)(?:[ \t].*)?")
_PROBABILITY = re.compile(r"[0-9]{1,3}\.[0-9] %")
#: Tags that players of SubRip know, and the ones that they take over from ASS.
_SRT_TAG = re.compile(r"</?(?:b|i|u|s|font)(?:\s[^<>]*)?>|\{\\[^{}]*\}", re.IGNORECASE)
_SRT_SUBJECT = re.compile(r"<font color=[^<>]*>([^:<>]+): (.*)", re.IGNORECASE)
#: What BORIS calls the subject of events that have none.
_BORIS_NOBODY = "No focal subject: "
_VTT_TAG = re.compile(r"<[^<>]*>")
_VTT_VOICE = re.compile(r"<v(?:\.[^\s<>]*)?[ \t]+([^<>]+)>")


@dataclass(frozen=True)
class _Cue:
    """A cue: its line in the file, its times, and its text line by line, with tags."""

    line: int
    start_s: float
    end_s: float
    lines: Sequence[str]


@dataclass(frozen=True)
class _Shown:
    """What a line of a cue means."""

    label: str
    subject: str = ""


def _recognises_srt(document: Document) -> bool:
    lines = document.first_lines
    first = 1 if lines and _NUMBER.fullmatch(lines[0]) else 0
    return len(lines) > first and _TIMING.fullmatch(lines[first]) is not None


def _recognises_vtt(document: Document) -> bool:
    return bool(document.first_lines) and _VTT_HEAD.fullmatch(document.first_lines[0]) is not None


def _read_srt(document: Document) -> LabelFile:
    lines = LINE_END.split(document.content)
    places = [number for number, line in enumerate(lines) if _ARROW in line]
    cues = []
    for number, place in enumerate(places):
        end = len(lines)
        if number + 1 < len(places):
            end = places[number + 1]
            # The line before the next times is the number of its cue, if it is one.
            if end - 1 > place and _NUMBER.fullmatch(lines[end - 1]):
                end -= 1
        cues.append(_cue(document.path, lines, place, lines[place + 1 : end]))
    return _labels(document.path, cues, _shown_srt)


def _read_vtt(document: Document) -> LabelFile:
    lines = LINE_END.split(document.content)
    if not lines or not _VTT_HEAD.fullmatch(lines[0]):
        raise DatasetError(
            f"{document.path}:1: {lines[0][:60]!r} where WEBVTT is expected. Save it as WebVTT."
        )
    cues = []
    for begin, end in _blocks(lines):
        if begin == 0 or _VTT_OTHERS.fullmatch(lines[begin]):
            continue
        place = begin if _ARROW in lines[begin] else begin + 1
        if place < end and _ARROW in lines[place]:
            cues.append(_cue(document.path, lines, place, lines[place + 1 : end]))
    remarks = []
    if any(line.startswith("X-TIMESTAMP-MAP") for line in lines[:20]):
        remarks.append(
            "it is a part of a stream (X-TIMESTAMP-MAP); its times are taken as times of the whole video"
        )
    return _labels(document.path, cues, _shown_vtt, remarks)


def _blocks(lines: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Begin and end of the lines that no blank one parts."""
    begin = None
    for number, line in enumerate([*lines, ""]):
        if line.strip():
            begin = number if begin is None else begin
        elif begin is not None:
            yield begin, number
            begin = None


def _cue(path: Path, lines: Sequence[str], place: int, text: Sequence[str]) -> _Cue:
    found = _TIMING.fullmatch(lines[place])
    where = f"{path}:{place + 1}"
    if found is None:
        raise DatasetError(
            f"{where}: {lines[place][:80]!r} are no times; expected {_TIMES}. Save it again."
        )
    start_s, end_s = _seconds(found.groups()[:4], where), _seconds(found.groups()[4:], where)
    shown = [line.strip() for line in text if line.strip()]
    if shown and not start_s < end_s:
        raise DatasetError(
            f"{where}: the cue {shown[0]!r} ends at {end_s:.3f} s and begins at {start_s:.3f} s. Correct it."
        )
    return _Cue(place + 1, start_s, end_s, shown)


def _seconds(parts: Sequence[str | None], where: str) -> float:
    hours, minutes, seconds, thousandths = (int(part or 0) for part in parts)
    if minutes > 59 or seconds > 59:
        raise DatasetError(f"{where}: minutes and seconds are 00 to 59. Correct the times.")
    return (3_600_000 * hours + 60_000 * minutes + 1000 * seconds + thousandths) / 1000


def _labels(
    path: Path,
    cues: Sequence[_Cue],
    shown: Callable[[str], _Shown],
    remarks: Sequence[str] = (),
) -> LabelFile:
    rows = []
    blank = more = 0
    for cue in cues:
        found = [shown(line) for line in cue.lines]
        kept = [one for one in found if one.label]
        if not kept:
            blank += 1
            continue
        rows.append(
            LabelRow(
                f"{path}:{cue.line}",
                path.stem,
                kept[0].label,
                start=cue.start_s,
                end=cue.end_s,
                group=kept[0].subject,
            )
        )
        more += any(not _PROBABILITY.fullmatch(one.label) for one in kept[1:])
    counts = (
        (blank, "cues show nothing and are no actions"),
        (more, "cues have lines after the first, which are not read"),
    )
    return LabelFile(
        rows, remarks=[*remarks, *(f"{number} {what}" for number, what in counts if number)]
    )


def _shown_srt(line: str) -> _Shown:
    of_subject = _SRT_SUBJECT.fullmatch(line)
    if of_subject:
        return _Shown(_SRT_TAG.sub("", of_subject[2]).strip(), of_subject[1].strip())
    return _Shown(_SRT_TAG.sub("", line).removeprefix(_BORIS_NOBODY).strip())


def _shown_vtt(line: str) -> _Shown:
    voice = _VTT_VOICE.search(line)
    label = html.unescape(_VTT_TAG.sub("", line)).strip()
    return _Shown(label, html.unescape(voice[1]).strip() if voice else "")


def _write_srt(videos: Sequence[WrittenVideo], folder: Path, name: str) -> list[Path]:
    """Subtitles of each video; an empty file where there is no action."""
    paths = []
    for video in videos:
        path = folder / f"{video.video_id}.srt"
        blocks = [
            f"{number}\n{_times(action, ',', video.fps)}\n{_text_srt(action, path)}\n"
            for number, action in enumerate(_by_start(video), start=1)
        ]
        write_text(path, "\n".join(blocks))
        paths.append(path)
    return paths


def _write_vtt(videos: Sequence[WrittenVideo], folder: Path, name: str) -> list[Path]:
    """Subtitles of each video."""
    paths = []
    for video in videos:
        path = folder / f"{video.video_id}.vtt"
        blocks = [
            f"{_times(action, '.', video.fps)}\n{_text_vtt(action, path)}\n"
            for action in _by_start(video)
        ]
        write_text(path, "\n".join(["WEBVTT\n", *blocks]))
        paths.append(path)
    return paths


def _by_start(video: WrittenVideo) -> list[WrittenAction]:
    return sorted(video.actions, key=lambda action: action.start_s)


def _times(action: WrittenAction, sign: str, fps: float) -> str:
    return f" {_ARROW} ".join(
        f"{ms // 3_600_000:02d}:{ms // 60_000 % 60:02d}:{ms // 1000 % 60:02d}{sign}{ms % 1000:03d}"
        for ms in span_ms(action.start_s, action.end_s, fps)
    )


def _text_srt(action: WrittenAction, path: Path) -> str:
    begin, end = ("", "") if not action.group else ('<font color="#ffffff">', "</font>")
    subject = f"{action.group}: " if action.group else ""
    first = f"{begin}{subject}{action.label}"
    _check(first, action, path, _shown_srt)
    return f"{first}{_second_line(action)}{end}"


def _text_vtt(action: WrittenAction, path: Path) -> str:
    voice = f"<v {html.escape(action.group, quote=False)}>" if action.group else ""
    first = f"{voice}{html.escape(action.label, quote=False)}"
    _check(first, action, path, _shown_vtt)
    return f"{first}{_second_line(action)}"


def _second_line(action: WrittenAction) -> str:
    return "" if action.probability is None else f"\n{100 * action.probability:.1f} %"


def _check(line: str, action: WrittenAction, path: Path, shown: Callable[[str], _Shown]) -> None:
    """Refuse what would be read as something else."""
    for name in ("label", "group"):
        check_printable(getattr(action, name), str(path), name)
    if _ARROW in line or shown(line) != _Shown(action.label, action.group):
        raise DatasetError(
            f"{path}: subtitles cannot hold {action.label!r}{action.group and f' of {action.group!r}'} so that it is "
            "read again. Rename it, or write another format."
        )


def _format(
    name: LabelFormatName,
    title: str,
    suffix: str,
    recognises: Callable[[Document], bool],
    read: Callable[[Document], LabelFile],
    write: Callable[[Sequence[WrittenVideo], Path, str], list[Path]],
) -> LabelFormat:
    return LabelFormat(name, title, "text", recognises, read, suffix, write, writes_times=True)


SRT = _format("srt", "SubRip subtitles (.srt)", ".srt", _recognises_srt, _read_srt, _write_srt)
WEBVTT = _format(
    "webvtt", "WebVTT subtitles (.vtt)", ".vtt", _recognises_vtt, _read_vtt, _write_vtt
)
