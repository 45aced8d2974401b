"""The table of labelled actions: what it says is read, or refused by row; never something else."""

import math
import random
from pathlib import Path

import pytest

from tests.interchange.reading import read as read_labels
from vpdlib.datasets.base import DatasetError, VideoSource

SOURCES = [VideoSource(name, Path(f"videos/day/{name}.mp4")) for name in ("a", "b.1", "m1_p2")]
DURATIONS = {"a": 10.0, "b.1": 4.5, "m1_p2": 2.0}


@pytest.fixture
def labels(tmp_path):
    """Write labels.csv and read it."""
    path = tmp_path / "labels.csv"

    def read(text, pattern=None):
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_labels(path, SOURCES, DURATIONS, pattern)

    read.path = path
    return read


def test_labels_are_read(labels):
    rows = labels(
        "\ufeffvideo, label ,start,end,split,group\n"
        "a,jump,0.5,1.25,train,g1\n"
        " a.mp4 ,turn,2,,test,\n"
        "day/b.1.mp4,jump,,,train,\n"
        '"b.1","a, b",1,2,val,\n'
        "\n"
        "day/m1_p2,jump,,1.5,test,g2\n",
        pattern=None,
    )
    assert [(a.action_id, a.video_id, a.start_s, a.end_s) for a in rows] == [
        ("a_001", "a", 0.5, 1.25),
        ("a_002", "a", 2.0, 10.0),
        ("b.1_001", "b.1", 0.0, 4.5),
        ("b.1_002", "b.1", 1.0, 2.0),
        ("m1_p2_001", "m1_p2", 0.0, 1.5),
    ]
    assert [a.label for a in rows] == ["jump", "turn", "jump", "a, b", "jump"]
    assert [a.split for a in rows] == ["train", "test", "train", "val", "test"]
    assert [a.group for a in rows] == ["g1", "", "", "", "g2"]
    assert rows[1].where == f"{labels.path}:3"
    assert rows[4].where == f"{labels.path}:7"


@pytest.mark.parametrize(
    "rows",
    [
        "a;1,040;2,120;jump\nm1_p2;1,040;2,000;turn\n",
        # All that the table has of such times; and a length in whole seconds before it.
        "a;1;2;jump\nm1_p2;1,040;2,000;turn\n",
        # The row of the unusable video stands first, and shows the sign.
        "m1_p2;1,040;12,5;turn\na;1,040;2,120;jump\n",
    ],
)
def test_a_video_that_cannot_be_used_spoils_no_other_row(tmp_path, rows):
    """Nobody knows how long it is; the times of its rows say nothing of thousands."""
    path = tmp_path / "labels.csv"
    path.write_text(f"video;start;end;label\n{rows}")

    def read(**lengths_s):
        return read_labels(path, SOURCES, {**DURATIONS, **lengths_s}, None)

    def starts(actions):
        return [(action.video_id, action.start_s) for action in actions]

    whole = read(a=4.0, m1_p2=4.0)
    assert starts(read(a=4.0, m1_p2=math.inf)) == starts(whole)
    # One that may be thousands is refused at its own row.
    path.write_text("video;start;end;label\nm1_p2;1,040;2,000;turn\na;1,040;2,120;jump\n")
    with pytest.raises(DatasetError, match=r"labels\.csv:3: start is '1,040', that may be"):
        read(a=5000.0, m1_p2=math.inf)


def test_two_columns_are_enough_and_groups_come_from_the_pattern(labels):
    rows = labels("label,video\njump,m1_p2\n", pattern="^(?P<group>m[0-9]+)_")
    assert [(a.split, a.group, a.start_s, a.end_s) for a in rows] == [(None, "m1", 0.0, 2.0)]
    rows = labels("label,video,group\njump,m1_p2,mine\n", pattern="^(?P<group>m[0-9]+)_")
    assert rows[0].group == "mine"
    for pattern in ("^(?P<group>x)", "^(?P<group>x)?m"):
        with pytest.raises(DatasetError) as caught:
            labels("label,video\njump,m1_p2\n", pattern=pattern)
        for text in (f"{labels.path}:2", "adapter.group_pattern", "'m1_p2'", "Correct the pattern"):
            assert text in str(caught.value)


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        (
            "klip,label\na,jump\n",
            "",
            r"column 'video' is missing; found \['klip', 'label'\]. Add it",
        ),
        ("", "", "no action is labelled there"),
        ("video,start\na,1\n", "", "column 'label' is missing"),
        ("video,label,sprit\na,jump,test\n", "", r"unknown columns \['sprit'\]; known: \['video'"),
        ("video,label,label\na,b,c\n", "", "a column occurs twice"),
        ("video,label\n", "", "no action is labelled there. Add"),
        (b"video,label\na,gr\xfc\xdfe\n", ":2", "not UTF-8 text.*Save it as UTF-8"),
        ("video,label\na\n", ":2", "more or fewer cells than the header"),
        ("video,label\na,b,c\n", ":2", "more or fewer cells than the header"),
        ("video,label\na,jump\n,jump\n", ":3", "video is empty"),
        ("video,label\na,jump\na, \n", ":3", "label is empty"),
        ("video,label,start\na,jump,half\n", ":2", "start is 'half'; give seconds as a number"),
        ("video,label,end\na,jump,nan\n", ":2", "end is 'nan'"),
        ("video,label,end\na,jump,inf\n", ":2", "end is 'inf'"),
        ("video,label,end\na,jump,0:75\n", ":2", "end is '0:75'"),
        ("video,label\na,\u200b\n", ":2", "label is empty"),
        ("video,label\nzz.mp4,jump\n", ":2", "there is no video 'zz.mp4'"),
        (
            "video,label,split\na,jump,trian\n",
            ":2",
            "unknown split 'trian'. Use train, val or test",
        ),
        ("video,label,split\na,jump,validation\n", ":2", "unknown split 'validation'"),
    ],
)
def test_wrong_labels_are_refused(labels, text, place, message):
    with pytest.raises(DatasetError, match=message) as caught:
        labels(text)
    assert str(caught.value).startswith(f"{labels.path}{place}: ")


def test_a_missing_file_of_labels_is_refused(tmp_path):
    with pytest.raises(DatasetError, match=r"adapter.labels: .*none.csv does not exist. Correct"):
        read_labels(tmp_path / "none.csv", SOURCES, DURATIONS, None)


def test_splits_are_taken_in_any_case(labels):
    rows = labels("video,label,split\na,jump,Train\na,turn,TEST\nb.1,jump,\u00a0val\u200b\n")
    assert [a.split for a in rows] == ["train", "test", "val"]


def test_times_of_all_rows_are_read_together(labels):
    rows = labels("video;label;start;end\na;jump;0:01;2,5\nb.1;turn;1,234;00:00:03,500\n")
    assert [(a.start_s, a.end_s) for a in rows] == [(1.0, 2.5), (1.234, 3.5)]


def test_a_video_that_is_called_otherwise_is_told_of(labels, read_log):
    problems = []
    path = labels.path
    path.write_text("video,label\nA.MP4,jump\nB.1,turn\nday/m1_p2.mp4,jump\n")
    rows = read_labels(path, SOURCES, DURATIONS, None, Path("videos"), problems)
    assert [a.video_id for a in rows] == ["a", "b.1", "m1_p2"]
    assert [(p.video, p.stage) for p in problems] == [
        ("a", "prepare_dataset"),
        ("b.1", "prepare_dataset"),
    ]
    assert f"{path}:2" in problems[0].problem
    told = read_log()
    assert told.count("warning") == 1
    for text in (f"{path}:2", "'A.MP4'", "'day/a.mp4'", "and 1 more rows"):
        assert text in told


NAMES = ["axel", "double axel", "5-fach; \u00fcber, alles", 'the "big" one', "\u8df3"]


def written(seconds, comma, rng):
    """A time in one of the ways in which people write it."""
    ways = ["plain", "clock", "long", "exponent"]
    way = rng.choice(ways if round(seconds * 1000) % 1000 else [*ways, "whole"])
    sign = "," if comma and way != "exponent" else "."
    minutes, rest = divmod(round(seconds * 1000), 60000)
    decimals = f"{rest / 1000:06.3f}"
    text = {
        "plain": rng.choice([f"{seconds:.3f}", f"{seconds:.4f}", f"{seconds:.12g}"]),
        "clock": f"{minutes}:{decimals}",
        "long": f"{minutes // 60:02d}:{minutes % 60:02d}:{decimals}",
        "exponent": f"{seconds:.17e}",
        "whole": f"{seconds:.0f}",
    }[way]
    return text.replace(".", sign)


@pytest.mark.parametrize("seed", range(300))
def test_a_table_comes_back_as_it_was_meant_or_is_refused(labels, seed):
    """Random actions, written in random notation, come back the same; a doubtful time is refused."""
    rng = random.Random(seed)
    separator, comma = rng.choice(",;\t"), rng.random() < 0.5
    columns = ["video", "label", "start", "end"]
    rng.shuffle(columns)
    wanted, lines = [], [separator.join(rng.choice([c, c.title(), f" {c} "]) for c in columns)]
    if rng.random() < 0.3:
        lines.insert(0, f"sep={separator}")
    for _ in range(rng.randint(1, 8)):
        source = rng.choice(SOURCES)
        scale = rng.choice([1, 100, 5000])
        start, end = sorted(round(rng.random() * scale, rng.randint(0, 3)) for _ in range(2))
        label = rng.choice(NAMES)
        wanted.append((source.video_id, label, start, end))
        name = rng.choice(
            [source.video_id, source.path.name, f"day\\\\{source.path.name}".replace("\\\\", "\\")]
        )
        cells = dict(
            zip(
                ("video", "label", "start", "end"),
                (name, label, written(start, comma, rng), written(end, comma, rng)),
                strict=True,
            )
        )
        quoted = []
        for column in columns:
            cell = cells[column]
            if separator in cell or '"' in cell or rng.random() < 0.2:
                cell = '"' + cell.replace('"', '""') + '"'
            quoted.append(cell)
        lines.append(separator.join(quoted))
        if rng.random() < 0.2:
            lines.append(rng.choice(["", separator * 3, "  "]))
    text = rng.choice(["\n", "\r\n", "\r"]).join(lines) + rng.choice(["", "\n"])
    encoding = rng.choice(["utf-8", "utf-8-sig", "utf-16"])
    try:
        rows = labels(text.encode(encoding))
    except DatasetError as error:
        assert "that may be" in str(error), text  # noqa: PT017
        return
    found = [(a.video_id, a.label, a.start_s, a.end_s) for a in rows]
    assert found == [
        (*row[:2], pytest.approx(row[2], abs=1e-9), pytest.approx(row[3], abs=1e-9))
        for row in wanted
    ]


@pytest.mark.parametrize("seed", range(300))
def test_a_damaged_table_is_read_or_refused(labels, seed):
    """Bytes that are changed, lost or added lead to a table or to an error that names the file."""
    rng = random.Random(seed)
    data = bytearray(
        'video;label;start;end;split;group\r\na;axel;0:01,5;2,5;train;"mia"\r\n'
        '"b.1";"5"" jump";;;test;zo\u00eb\r\nday/m1_p2.mp4;axel;0;1;Train;\r\n'.encode(
            rng.choice(["utf-8", "utf-8-sig", "utf-16", "cp1252"])
        )
    )
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(data))
        kind = rng.randrange(3)
        value = rng.choice([rng.randrange(256), ord('"'), ord(";"), 10, 0])
        if kind == 0:
            data[at] = value
        elif kind == 1:
            del data[at : at + rng.randint(1, 9)]
        else:
            data.insert(at, value)
    try:
        rows = labels(bytes(data))
    except DatasetError as error:
        assert str(labels.path) in str(error)  # noqa: PT017
        return
    for action in rows:
        assert action.video_id in DURATIONS
        assert "\n" not in action.label + action.group
