"""Sportscode XML: instances are actions, texts stay texts, and what is written is read again."""

import random
from pathlib import Path

import pytest

from tests.interchange.reading import read as read_labels
from vpdlib.datasets.base import DatasetError, VideoSource
from vpdlib.interchange.formats import WrittenAction, WrittenVideo
from vpdlib.interchange.label_formats.sportscode import SPORTSCODE
from vpdlib.interchange.label_registry import find_format, read_label_file

FILE = Path(__file__).parent / "tool_files" / "sportscode" / "heat_01.xml"
SOURCES = [VideoSource(name, Path(f"videos/{name}.mp4")) for name in ("heat_01", "heat_02")]
DURATIONS = {"heat_01": 60.0, "heat_02": 30.0}


def instances(*inside):
    whole = "".join(f"<instance>{one}</instance>" for one in inside)
    return f"<file><SORT_INFO/><ALL_INSTANCES>{whole}</ALL_INSTANCES><ROWS/></file>"


def instance(start="1", end="2.5", code="axel", others=""):
    return f"<ID>1</ID><start>{start}</start><end>{end}</end><code>{code}</code>{others}"


@pytest.fixture
def read(tmp_path):
    path = tmp_path / "heat_01.xml"

    def write(text):
        path.write_text(text, encoding="utf-8")
        return read_label_file(path)

    write.path = path
    return write


def test_a_file_of_kloppy_is_read_as_kloppy_says():
    # Codes and times are what `kloppy.sportscode.load` of kloppy 3.19.1 gives (make_xml.py).
    actions = read_labels(FILE, SOURCES, DURATIONS)
    assert [(a.video_id, a.label, a.start_s, a.end_s, a.group) for a in actions] == [
        ("heat_01", "axel", 3.0, 4.04, "mia"),
        ("heat_01", "lutz", 12.04, 13.5, ""),
        ("heat_01", "1_0", 3.52, 4.0, ""),
    ]


def test_labels_that_are_not_taken_are_said():
    assert read_label_file(FILE).remarks == [
        "4 labels of instances are not taken, the code alone is the class; groups: 'Bib', 'Phase', '(none)'"
    ]


def test_texts_like_numbers_stay_as_they_are(read):
    # kloppy makes 7 and 10 of these where they are texts of labels.
    label = "<label><group>group</group><text>07</text></label>"
    file = read(instances(instance(code="1_0", others=label), instance(code=" 007 ")))
    assert [(row.label, row.group) for row in file.rows] == [("1_0", "07"), ("007", "")]


def test_a_second_group_is_not_taken(read):
    label = "<label><group>group</group><text>{}</text></label>"
    file = read(instances(instance(others=label.format("mia") + label.format("zoe"))))
    assert [row.group for row in file.rows] == ["mia"]
    assert file.remarks != []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (instances("<start>1</start><code>axel</code>"), "instance 1 has no end. Correct"),
        (instances("<end>1</end><code>axel</code>"), "instance 1 has no start"),
        (instances(instance(), instance(start="3")), "instance 2 ends at 2.5 s, before it begins"),
        (instances(instance(start="nan")), "start is 'nan', expected a number"),
        (instances(instance(end="inf")), "end is 'inf'"),
        (instances(instance(end="1e999")), "end is '1e999'"),
        (instances(instance(end="12,5")), "end is '12,5', expected a number with a point"),
        (instances(instance(end="")), "end is ''"),
        (instances(instance(end="1_0")), "end is '1_0'"),
        (
            "<file><ALL_INSTANCES><clip/></ALL_INSTANCES></file>",
            "entry 1 .* is <clip>, expected <in",
        ),
    ],
)
def test_what_is_no_action_is_refused(read, text, message):
    with pytest.raises(DatasetError, match=message) as caught:
        read(text)
    assert str(caught.value).startswith(str(read.path))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (instances(instance(start="-1")), "a time of -1 s"),
        (instances(instance(code="")), "label is empty"),
        (instances(), "no action is labelled there"),
    ],
)
def test_what_holds_for_all_formats_is_checked(read, text, message):
    read(text)
    with pytest.raises(DatasetError, match=message):
        read_labels(read.path, SOURCES, DURATIONS)


@pytest.mark.parametrize(
    "text", ["<file/>", "<files><ALL_INSTANCES/></files>", "<file><instance/></file>"]
)
def test_other_xml_is_not_taken_for_it(tmp_path, text):
    path = tmp_path / "heat_01.xml"
    path.write_text(text)
    assert find_format(path) is None


def test_what_is_written_is_read_again(tmp_path):
    actions = (
        WrittenAction(0.0, 2.0, "axel & <2>", 0.875, "mia"),
        WrittenAction(1 / 3, 61 / 30, "07"),
    )
    path = Path("/home/mia/videos/heat_01.mp4")
    videos = [
        WrittenVideo("heat_01", path, 60.0, 30.0, 1800, 64, 48, actions),
        WrittenVideo("heat_02", Path("heat_02.mp4"), 30.0, 50.0, 1500, 64, 48, ()),
    ]
    paths = SPORTSCODE.write(videos, tmp_path, "labels")
    assert [one.name for one in paths] == ["heat_01.xml", "heat_02.xml"]
    assert find_format(paths[1]) is SPORTSCODE
    file = read_label_file(paths[0])
    assert [(row.label, row.group) for row in file.rows] == [("axel & <2>", "mia"), ("07", "")]
    for row, action in zip(file.rows, actions, strict=True):
        assert (row.start, row.end) == pytest.approx((action.start_s, action.end_s), abs=1e-6)
    assert "groups: 'probability'" in file.remarks[0]
    assert read_label_file(paths[1]).rows == []


@pytest.mark.parametrize("seed", range(40))
def test_a_damaged_file_is_read_or_refused(read, seed):
    rng = random.Random(seed)
    text = FILE.read_text(encoding="utf-8")
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(text))
        text = text[:at] + rng.choice(["", "0", '"', "<", "-"]) + text[at + rng.choice([0, 1, 9]) :]
    try:
        file = read(text)
    except DatasetError as error:
        assert str(read.path) in str(error)  # noqa: PT017
        return
    assert all(row.start <= row.end for row in file.rows)
