"""Files of ANVIL, after published samples: attributes of elements are classes; what is written is read again."""

import random
from pathlib import Path

import pytest

from tests.interchange.reading import read as read_labels
from vpdlib.datasets.base import DatasetError, VideoSource
from vpdlib.interchange.formats import WrittenAction, WrittenVideo
from vpdlib.interchange.label_formats.anvil import ANVIL
from vpdlib.interchange.label_registry import find_format, read_label_file

SOURCES = [VideoSource(name, Path(f"videos/{name}.mp4")) for name in ("heat_01", "heat_02")]
DURATIONS = {"heat_01": 60.0, "heat_02": 30.0}
HEAD = '<specification src="jumps.xml"/><video src="../heat_01.mp4" master="true"/>'


def annotation(*tracks, head=HEAD):
    """As ANVIL 5 and 6 write one."""
    return (
        f'<annotation><head>{head}<info key="coder" type="String">zoe</info></head>'
        f"<body>{''.join(tracks)}</body></annotation>"
    )


def track(name, *elements, kind='type="primary"'):
    return f'<track name="{name}" {kind}>{"".join(elements)}</track>'


def el(index, start, end, **attributes):
    inside = "".join(
        f'<attribute name="{name}">{value}</attribute>' for name, value in attributes.items()
    )
    return f'<el index="{index}" start="{start}" end="{end}">{inside}</el>'


JUMPS = track("jumps", el(0, 2.36, 3.28, type="axel"), el(1, 4, "5.04", type=" lutz "))


@pytest.fixture
def read(tmp_path):
    path = tmp_path / "heat_01.anvil"

    def write(text, encoding="utf-8"):
        path.write_bytes(text.encode(encoding))
        return read_label_file(path)

    write.path = path
    return write


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-8-sig"])
def test_elements_are_actions(read, encoding):
    declared = '<?xml version="1.0" encoding="UTF-16"?>' if encoding == "utf-16" else ""
    file = read(declared + annotation(JUMPS), encoding)
    assert [(r.video, r.tier, r.label, r.start, r.end) for r in file.rows] == [
        ("../heat_01.mp4", "jumps", "axel", 2.36, 3.28),
        ("../heat_01.mp4", "jumps", "lutz", 4.0, 5.04),
    ]
    assert file.remarks == []
    actions = read_labels(read.path, SOURCES, DURATIONS)
    assert [(a.video_id, a.label) for a in actions] == [("heat_01", "axel"), ("heat_01", "lutz")]


def test_each_attribute_is_a_tier_and_one_is_the_group(read):
    elements = (
        el(0, 1, 2, type="axel", edge="inner", group="mia", probability="0.9"),
        el(1, 3, 4, type="lutz", edge=""),
        el(2, 5, 6),
    )
    file = read(annotation(track("jumps", *elements)))
    assert [(r.tier, r.label, r.start, r.group) for r in file.rows] == [
        ("jumps:type", "axel", 1.0, "mia"),
        ("jumps:edge", "inner", 1.0, "mia"),
        ("jumps:type", "lutz", 3.0, ""),
    ]
    assert file.remarks == [
        "1 probabilities are not taken",
        "1 elements of the track 'jumps' have no class",
    ]


def test_elements_of_a_span_track_run_over_those_they_name(read):
    # The NITE XML toolkit's export to ANVIL writes first and last index where a primary track has times.
    spans = track("passes", el(0, 0, 1, type="pair"), kind='type="span" ref="jumps"')
    file = read(annotation(JUMPS, spans))
    assert [(r.tier, r.label, r.start, r.end) for r in file.rows][2:] == [
        ("passes", "pair", 2.36, 5.04)
    ]


def test_what_is_not_read_is_said(read):
    head = HEAD + '<video src="side.mp4" offset="2"/>'
    file = read(annotation(JUMPS, track("x", el(0, 1, 2), kind='type="singleton"'), head=head))
    assert file.remarks == [
        "the labels are taken for '../heat_01.mp4', the master, not for 'side.mp4'",
        "the track 'x' is of the type 'singleton', which is not read",
    ]
    file = read(annotation(JUMPS, head='<video src="heat_02.mp4" offset="2"/>'))
    assert file.remarks == ["of the video offset='2' is not looked at: do the times agree?"]


def test_without_a_video_the_file_names_it(read):
    assert read(annotation(JUMPS, head="")).rows[0].video == "heat_01"


@pytest.mark.parametrize(
    ("tracks", "message"),
    [
        ((JUMPS, JUMPS), "there are two tracks 'jumps'"),
        ((track("x", el(0, 3, 2, a="b")),), "track 'x', element 0 ends at 2 s, before it begins"),
        ((track("x", el(0, "nan", 2)),), "element 0: start is 'nan'"),
        ((track("x", el(0, 1, "inf")),), "element 0: end is 'inf'"),
        ((track("x", el("one", 1, 2)),), "the index of an element is 'one'"),
        ((track("x", el(0, 1, 2), el(0, 3, 4)),), "element 0 is there twice"),
        ((track("x", '<el index="0" start="1"/>'),), "element 0: <el> has no end"),
        ((track("x", '<el start="1" end="2"/>'),), "track 'x': <el> has no index"),
        (("<track/>",), "a track: <track> has no name"),
        (
            (JUMPS, track("x", el(0, 0, 7), kind='type="span" ref="jumps"')),
            "element 0 runs from element 0 to 7 of the track 'jumps', which has no",
        ),
        ((track("x", el(0, 0, 1), kind='type="span"'),), "of the track None, which has no"),
        (
            (track("x", el(0, 0.5, 1), kind='type="span" ref="x"'),),
            "start is '0.5', expected a whole",
        ),
    ],
)
def test_what_is_no_action_is_refused(read, tracks, message):
    with pytest.raises(DatasetError, match=message) as caught:
        read(annotation(*tracks))
    assert str(caught.value).startswith(str(read.path))


@pytest.mark.parametrize(
    "text",
    [
        "<annotation/>",
        # Pascal VOC.
        "<annotation><folder/><filename>a.jpg</filename><object><name>axel</name></object></annotation>",
        "<annotation-spec><head/><body/></annotation-spec>",
    ],
)
def test_other_xml_is_not_taken_for_it(tmp_path, text):
    path = tmp_path / "heat_01.xml"
    path.write_text(text)
    assert find_format(path) is None


def test_what_is_written_is_read_again(tmp_path):
    actions = (
        WrittenAction(1.0, 2.0, "axel <2>", 0.875, "mia"),
        WrittenAction(1.5, 2.5, "lutz"),
        WrittenAction(2.0, 61 / 30, "fall"),
    )
    path = Path("/home/mia/videos/heat_01.mp4")
    videos = [
        WrittenVideo("heat_01", path, 60.0, 30.0, 1800, 64, 48, actions),
        WrittenVideo("heat_02", Path("heat_02.mp4"), 30.0, 50.0, 1500, 64, 48, ()),
    ]
    paths = ANVIL.write(videos, tmp_path, "labels")
    assert [one.name for one in paths] == [
        "heat_01.anvil",
        "heat_02.anvil",
        "labels_specification.xml",
    ]
    file = read_label_file(paths[0])
    assert [(r.tier, r.label, r.start, r.group) for r in file.rows] == [
        ("actions", "axel <2>", 1.0, "mia"),
        ("actions", "fall", 2.0, ""),
        ("actions_2", "lutz", 1.5, ""),
    ]
    assert file.rows[1].end == pytest.approx(61 / 30, abs=1e-6)
    assert file.rows[0].video == str(path)
    assert read_label_file(paths[1]).rows == []
    assert find_format(paths[1]) is ANVIL
    assert 'name="actions_2"' in paths[2].read_text()


@pytest.mark.parametrize("seed", range(40))
def test_a_damaged_file_is_read_or_refused(read, seed):
    rng = random.Random(seed)
    spans = track("passes", el(0, 0, 1, type="pair"), kind='type="span" ref="jumps"')
    text = annotation(JUMPS, spans)
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(text))
        text = text[:at] + rng.choice(["", "0", '"', "<", "-"]) + text[at + rng.choice([0, 1, 9]) :]
    try:
        file = read(text)
    except DatasetError as error:
        assert str(read.path) in str(error)  # noqa: PT017
        return
    assert all(row.start <= row.end for row in file.rows)
