"""Keypoints, boxes and descriptors of other tools."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import strategies as st

from tests.fuzz import seeds
from tests.fuzz.arrays import of_arrays, pickled
from tests.fuzz.damage import damaged_bytes
from tests.fuzz.fuzzing import File, fuzz

pytestmark = pytest.mark.fuzz

CELLS = st.one_of(
    st.sampled_from(
        (
            *seeds.CLIPS,
            "x/heat_01",
            "",
            "0",
            "1",
            "19",
            "20",
            "-1",
            "1.0",
            "5,5",
            "1,250",
            "1e2",
            "nan",
            "inf",
        )
    ),
    st.sampled_from(
        ("9" * 5000, "1e999", "-0", "+3", "1_0", "１", '"', '"a', "0x1", " 7 ", "1;2", "heat_01\n")
    ),
    st.floats(0, 160).map(lambda number: f"{number:.2f}"),
    st.text(max_size=6),
)


def test_keypoints(tmp_path):
    files = st.one_of(
        of_arrays("keypoints", seeds.keypoints(), (20, 13, 2), (20, 13, 3), (20, 17, 2)), pickled()
    )
    tally = fuzz("poses", files, tmp_path)
    assert tally.taken
    assert tally.refused


@st.composite
def right_boxes(draw: st.DrawFn) -> File:
    """Tables of boxes that must be taken, and what they say."""
    separator, sign = draw(st.sampled_from(((",", "."), (";", ","), (";", "."), ("\t", ","))))
    columns = draw(st.permutations(("video", "frame", "x0", "y0", "x1", "y1")))
    # With three decimals, which could be thousands in a larger picture.
    number = draw(st.sampled_from(("{}", "{:.2f}", "{:.3f}")))
    rows, expected = [], {}
    for video in draw(st.lists(st.sampled_from(seeds.CLIPS), min_size=1, unique=True)):
        frames = draw(st.lists(st.integers(0, 19), min_size=6, max_size=10, unique=True))
        box = [[None] * 4 for _ in range(max(frames) + 1)]
        for frame in frames:
            x, y = draw(st.integers(20, 110)), draw(st.integers(10, 60))
            box[frame] = [x + 0.25, y, x + 30.5, y + 30]
            written = map(number.format, box[frame])
            cells = dict(zip(("x0", "y0", "x1", "y1"), written, strict=True))
            cells = {side: cell.replace(".", sign) for side, cell in cells.items()}
            named = draw(st.sampled_from(("{}", "{}.mp4", "golf/{}", "D:\\golf\\{}.mp4")))
            cells |= {"video": named.format(video), "frame": str(frame)}
            rows.append(separator.join(cells[column] for column in columns))
        expected[video] = box
    end = draw(st.sampled_from(("\n", "\r\n")))
    text = end.join([separator.join(columns), *rows])
    return File(".csv", text.encode(), "a right table", dict(sorted(expected.items())))


@st.composite
def any_boxes(draw: st.DrawFn) -> File:
    """Rows of anything below the right header."""
    rows = draw(st.lists(st.lists(CELLS, min_size=5, max_size=7), max_size=5))
    text = "\n".join(["video,frame,x0,y0,x1,y1", *(",".join(row) for row in rows)])
    return File(".csv", text.encode(errors="replace"), "any table")


def test_boxes(tmp_path):
    broken = right_boxes().flatmap(
        lambda file: damaged_bytes(file.content).map(lambda data: File(".csv", data, "damaged"))
    )
    files = st.one_of(
        of_arrays("boxes", seeds.boxes(), (20, 4), (20, 2, 2)), right_boxes(), any_boxes(), broken
    )
    tally = fuzz("boxes", files, tmp_path)
    assert tally.taken
    assert tally.refused


def test_descriptors(tmp_path):
    files = of_arrays("descriptor", seeds.features(), (20, 8), (20, 2, 8), (20, 3, 8))
    tally = fuzz("features", files, tmp_path)
    assert tally.taken
    assert tally.refused


def test_a_sound_array_is_answered_in_full(tmp_path):
    """The check itself: an answer that is known fails where it is wrong."""
    packed = io.BytesIO()
    np.savez(packed, heat_01=np.zeros((20, 4)))
    wrong = File(".npz", packed.getvalue(), "wrongly expected", {"heat_01": "else"})
    with pytest.raises(AssertionError):
        fuzz("boxes", st.just(wrong), tmp_path)
