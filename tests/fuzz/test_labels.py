"""Tables of labels: drawn right, and then they must be read right; drawn anyhow; damaged."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from hypothesis import strategies as st

from tests.fuzz.damage import damaged_bytes
from tests.fuzz.fuzzing import File, fuzz
from tests.fuzz.seeds import CLIPS, DURATIONS_S

pytestmark = pytest.mark.fuzz

NAMES = {
    "heat_01": ("heat_01", "heat_01.mp4", "monday/heat_01.mp4", "monday\\heat_01"),
    "heat_02": ("heat_02", "heat_02.MOV", "monday/heat_02.MOV", "monday/heat_02"),
    "final-a": ("final-a", "final-a.mkv", "tuesday/final-a", "tuesday\\final-a.mkv"),
}
LABELS = ("axel", "double axel", 'the "big" one', "flip, forward", "Sprung; rückwärts", "跳", "a'b")
CELLS = st.one_of(
    st.sampled_from(
        (
            *(name for names in NAMES.values() for name in names),
            *LABELS,
            *(
                "",
                " ",
                '"',
                '""',
                "0",
                "-1",
                "1e3",
                "1.2E+03",
                "12,480",
                "1.234,5",
                "1:2:3:4",
                "1:75",
            ),
            *(
                "00:00:61",
                "NaN",
                "inf",
                "train",
                "Test",
                "validation",
                "../heat_01",
                "/abs/heat_01.mp4",
            ),
            *(
                "\u200bheat_01",
                "heat\xa001",
                "=1+1",
                "\x0b",
                "0x10",
                "1_0",
                "１２",
                "99999999999999999999",
            ),
        )
    ),
    st.text(max_size=8),
    st.floats(allow_nan=True).map(str),
)


def _time(draw: st.DrawFn, hundredths: int, sign: str) -> str:
    """A time to the hundredth, as players and spreadsheets write it."""
    whole, rest = divmod(hundredths, 100)
    form = draw(st.sampled_from(("seconds", "minutes", "hours")))
    if form == "seconds":
        return f"{whole}{sign}{rest:02d}"
    if form == "minutes":
        return f"{whole // 60}:{whole % 60:02d}{sign}{rest:02d}"
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}{sign}{rest:02d}0"


@st.composite
def right_tables(draw: st.DrawFn) -> File:
    """Tables that must be taken, and what they say."""
    separator = draw(st.sampled_from(",;\t"))
    sign = draw(st.sampled_from(".,"))
    columns = draw(st.permutations(("video", "label", "start", "end", "split")))
    expected: list[list[Any]] = []
    rows = []
    for _ in range(draw(st.integers(1, 6))):
        video = draw(st.sampled_from(CLIPS))
        end = draw(st.integers(2, round(100 * DURATIONS_S[video])))
        start = draw(st.integers(0, end - 1))
        label, split = (
            draw(st.sampled_from(LABELS)),
            draw(st.sampled_from(("train", "val", "test"))),
        )
        expected.append([video, start / 100, end / 100, label, split])
        cells = {
            "video": draw(st.sampled_from(NAMES[video])),
            "label": label,
            "start": _time(draw, start, sign),
            "end": _time(draw, end, sign),
            "split": draw(st.sampled_from((split, split.upper(), f" {split}"))),
        }
        rows.append([cells[column] for column in columns])
    text = io.StringIO(newline="")
    quoting = draw(st.sampled_from((csv.QUOTE_MINIMAL, csv.QUOTE_ALL)))
    writer = csv.writer(
        text,
        delimiter=separator,
        quoting=quoting,
        lineterminator=draw(st.sampled_from(("\n", "\r\n", "\r"))),
    )
    writer.writerow([draw(st.sampled_from((name, name.title(), f" {name} "))) for name in columns])
    writer.writerows(rows)
    encoding = draw(st.sampled_from(("utf-8", "utf-8-sig", "utf-16")))
    return File(".csv", text.getvalue().encode(encoding), f"a right table, {encoding}", expected)


@st.composite
def any_tables(draw: st.DrawFn) -> File:
    """Tables of cells that may mean anything."""
    separator = draw(st.sampled_from((",", ";", "\t", ", ", ";;")))
    columns = draw(
        st.lists(
            st.sampled_from(("video", "label", "start", "end", "split", "group", "", "note")),
            max_size=7,
        )
    )
    rows = draw(st.lists(st.lists(CELLS, max_size=8), max_size=6))
    end = draw(st.sampled_from(("\n", "\r\n", "\r", "\u2028", "\x1e")))
    text = end.join([separator.join(columns), *(separator.join(row) for row in rows)])
    encoding = draw(st.sampled_from(("utf-8", "utf-16", "utf-16-le", "utf-32", "cp1252")))
    return File(".csv", text.encode(encoding, errors="replace"), f"any table, {encoding}")


def _broken(file: File) -> st.SearchStrategy[File]:
    return damaged_bytes(file.content).map(lambda data: File(".csv", data, f"{file.made}, damaged"))


def test_labels(tmp_path):
    files = st.one_of(right_tables(), any_tables(), right_tables().flatmap(_broken))
    tally = fuzz("labels", files, tmp_path)
    assert tally.taken
    assert tally.refused
