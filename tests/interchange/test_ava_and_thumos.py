"""Rows in the forms of AVA and THUMOS, both without a header."""

import pytest

from tests.interchange.text_files import ACTIONS, TOOL_FILES, read, remarks_of, spans
from vpdlib.datasets.base import DatasetError
from vpdlib.interchange.label_registry import find_format, read_label_file

BOX = "0.077,0.151,0.283,0.811"


def test_seconds_of_one_person_and_action_are_one_action():
    """Person 0 does action 12 at 3, 4, 5 and 9 s and 79 at 4 s; person 1 does 12 at 4 s; heat_02 is empty."""
    assert spans(read(TOOL_FILES / "ava" / "labels.csv")) == [
        (2.5, 5.5, "12"),
        (8.5, 9.5, "12"),
        (3.5, 4.5, "12"),
        (3.5, 4.5, "79"),
    ]
    assert remarks_of(TOOL_FILES / "ava" / "labels.csv") == []


def test_a_score_is_no_person():
    assert spans(read(TOOL_FILES / "ava" / "results.csv")) == [(2.5, 3.5, "12")]
    assert "1 rows have a score and no person" in remarks_of(TOOL_FILES / "ava" / "results.csv")[0]


@pytest.fixture
def lines(tmp_path):
    def write(text, name="labels.csv"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


def test_names_in_quotes_times_with_decimals_and_the_first_half_second(lines):
    path = lines(f'"heat_01",0.25,{BOX},7\nheat_01,1.25,{BOX},7\nheat_01,2.5,{BOX},7\n\n')
    assert spans(read(path)) == [(0.0, 1.75, "7"), (2.0, 3.0, "7")]


@pytest.mark.parametrize(
    "row",
    [
        f"heat_01,3,{BOX},axel,0",
        f"heat_01,nan,{BOX},12,0",
        f"heat_01,-3,{BOX},12,0",
        "heat_01,3,77,151,283,811,12,0",
        f"heat_01,3,{BOX}",
        f"heat_01,3,{BOX},12,0,0.5,0",
        "heat_01",
    ],
)
def test_a_row_of_another_form_is_refused(lines, row):
    path = lines(f"heat_01,3,{BOX},12,0\n" * 10 + f"{row}\n")
    with pytest.raises(DatasetError, match=r"labels\.csv:11: .*expected video, seconds, a box"):
        read(path)


def test_other_tables_are_none_of_ava(lines):
    for text in (
        "heat_01,3\n",
        "heat_01,3,77,151,283,811,12,0\n",
        f"video,3,{BOX},12,0\na,b\n",
        "",
    ):
        assert find_format(lines(text)) is None
    assert find_format(lines("video,start,end,label\n")).name == "table"


@pytest.mark.parametrize(
    ("name", "label", "split"),
    [
        ("Axel_val.txt", "Axel", "val"),
        ("Long_Jump_TEST.txt", "Long_Jump", "test"),
        ("Axel.txt", "Axel", None),
    ],
)
def test_the_class_is_in_the_files_name(lines, name, label, split):
    path = lines((TOOL_FILES / "thumos" / "Axel_val.txt").read_text(), name)
    actions = read(path)
    assert spans(actions) == [(start, end, label) for start, end, _ in ACTIONS]
    assert {one.split for one in actions} == {split}


def test_or_in_the_fourth_column(lines):
    assert spans(read(TOOL_FILES / "thumos" / "detections.txt")) == [(3.08, 4.6, "7")]
    assert remarks_of(TOOL_FILES / "thumos" / "detections.txt") == [
        "1 segments are a method's results, taken whatever their score"
    ]
    path = lines("heat_01.mp4\t1e1 12. axel\r\nheat_02 3 4 lutz\r\n", "labels.txt")
    assert spans(read(path)) == [(10.0, 12.0, "axel"), (3.0, 4.0, "lutz")]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("heat_01 4 3", "it ends at 3 s and begins at 4 s"),
        ("heat_01 4 4", "it ends at 4 s and begins at 4 s"),
        ("heat_01 4", "'heat_01 4', expected video, start and end in seconds"),
        ("heat_01 -4 3", "expected video, start and end"),
        ("heat_01 4 nan", "expected video, start and end"),
        ("heat_01,4,5", "expected video, start and end"),
        ("17 4 5", "expected video, start and end"),
    ],
)
def test_a_line_of_another_form_is_refused(lines, row, message):
    path = lines("heat_01 1 2\n" * 10 + row, "Axel_val.txt")
    with pytest.raises(DatasetError, match=rf"Axel_val\.txt:11: .*{message}"):
        read(path)


def test_other_text_is_none_of_thumos(lines):
    for text in (
        "1 2 3\n",
        "heat_01 1 2\nheat_01 1 2 axel\n",
        "heat 1 2, 3\n",
        "a b c\n",
        "heat_01 1\n",
    ):
        assert find_format(lines(text, "x.txt")) is None
    assert read_label_file(lines("heat_01 1 2\n", "x.txt")).rows[0].label == "x"
