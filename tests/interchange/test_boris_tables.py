"""Tables that BORIS exports: events and aggregated events are where its player 1 shows them, whatever file it names."""

import random
from pathlib import Path

import pytest

from tests.interchange.reading import read as read_labels
from vpdlib.datasets.base import DatasetError, VideoSource
from vpdlib.interchange.label_registry import find_format, read_label_file

FILES = Path(__file__).parent / "tool_files"
EVENTS, AGGREGATED = FILES / "boris_events", FILES / "boris_aggregated"
SOURCES = [VideoSource(name, Path(f"videos/{name}.mp4")) for name in ("heat_01", "heat_02")]
DURATIONS = {"heat_01": 60.0, "heat_02": 30.0}

# What make_json.py put in by BORIS' own write_event, on the clock of player 1.
ONE = [
    ("heat_01", "axel", 3.0, 4.52, "mia"),
    ("heat_01", "axel", 4.0, 5.0, "zoe"),
    ("heat_01", "axel", 10.0, 10.5, "mia"),
    ("heat_01", "axel", 11.0, 11.48, "mia"),
    ("heat_01", "fall", 20.2, "", "mia"),
    ("heat_01", "lutz", 31.04, 32.333, ""),
]
# The observation's offset is 10 s: BORIS 8.15 to 10.0.2 name heat_02 for all of them.
BOTH = [
    ("heat_01", "lutz", 58.0, 59.52, "mia"),
    ("heat_02", "lutz", 1.0, 2.5, "zoe"),
    ("heat_02", "fall", 20.0, "", "zoe"),
]
CAMERAS = [("heat_01", "lutz", 15.0, 16.0, "mia")]


def rows_of(path):
    return [
        (Path(row.video).stem, row.label, row.start, row.end, row.group)
        for row in read_label_file(path).rows
    ]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("one-10.0.2.tsv", ONE),
        ("one-10.0.2.csv", ONE),
        ("one-8.15.tsv", ONE),
        ("one-8.9.1.tsv", ONE),
        ("both-10.0.2.tsv", BOTH),
        ("cameras-10.0.2.tsv", CAMERAS),
        ("cameras-8.15.tsv", CAMERAS),
        ("cameras-8.9.1.tsv", CAMERAS),
    ],
)
def test_events_are_read(name, expected):
    path = EVENTS / name
    assert rows_of(path) == expected
    assert find_format(path).name == "boris_events"


@pytest.mark.parametrize("ending", ["tsv", "csv"])
def test_aggregated_events_are_read(ending):
    path = AGGREGATED / f"all-10.0.2.{ending}"
    assert rows_of(path) == [*ONE, *BOTH, *CAMERAS]
    assert find_format(path).name == "boris_aggregated"
    file = read_label_file(path)
    assert {row.media_s for row in file.rows} == {60.0, 30.0}
    assert file.rows[0].where == f"{path}:2"
    assert file.remarks == [
        "rows of several players, taken as of the files of player 1: 1",
        "rows with modifiers, which are no part of a label: 2",
    ]
    actions = read_labels(path, SOURCES, DURATIONS, point_window_s=[0.25, 0.25], subject="zoe")
    assert [(one.video_id, one.start_s, one.end_s) for one in actions] == [
        ("heat_01", 4.0, 5.0),
        ("heat_02", 1.0, 2.5),
        ("heat_02", 19.75, 20.25),
    ]


def test_the_file_that_boris_names_is_not_looked_at():
    lines = (EVENTS / "both-10.0.2.tsv").read_text().splitlines()
    column = lines[0].split("\t").index("Media file name")
    assert lines[1].split("\t")[column].endswith("heat_02.mp4")
    assert rows_of(EVENTS / "both-10.0.2.tsv")[0][0] == "heat_01"


def test_old_tables_say_less():
    assert read_label_file(EVENTS / "one-8.15.tsv").remarks[0] == (
        "it has no column 'Time offset (s)', as BORIS 8.15 wrote it: read as if no observation had an offset"
    )
    with pytest.raises(
        DatasetError, match=r"heat_01.mp4' is not stated, after which .*heat_02.mp4"
    ):
        read_label_file(EVENTS / "both-8.9.1.tsv")


@pytest.fixture
def read(tmp_path):
    """Read a table of BORIS with cells of a row changed."""

    def write(name, row=1, drop=(), **cells):
        source = next(FILES.glob(f"boris_*/{name}"))
        lines = source.read_text().splitlines()
        columns = lines[0].split("\t")
        values = lines[row].split("\t")
        for column, value in cells.items():
            values[columns.index(column.replace("_", " "))] = value
        lines[row] = "\t".join(values)
        path = tmp_path / "table.tsv"
        kept = [line for n, line in enumerate(lines) if n not in drop]
        path.write_text("\n".join(kept) + "\n")
        return read_label_file(path)

    write.path = tmp_path / "table.tsv"
    return write


SOURCE = "player #1:/home/mia/videos/heat_01.mp4"
ALL = "all-10.0.2.tsv"


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        (ALL, {"Behavior type": "STATES"}, "table.tsv:2: an event of the type 'STATES'"),
        (ALL, {"Start (s)": "NA"}, r"table.tsv:2: Start \(s\) is 'NA'"),
        (ALL, {"Start (s)": "nan"}, r"Start \(s\) is 'nan', expected seconds"),
        (ALL, {"Stop (s)": ""}, r"Stop \(s\) is ''"),
        (ALL, {"Stop (s)": "1e999"}, r"Stop \(s\) is '1e999', expected seconds"),
        (ALL, {"Source": "heat_01.mp4"}, "the source is 'heat_01.mp4', no files"),
        (ALL, {"Source": f"{SOURCE};b.mp4"}, "2 files and 1 lengths"),
        (ALL, {"Media duration (s)": "NA"}, "is 'NA', expected seconds"),
        ("one-10.0.2.tsv", {"Behavior type": "STOP"}, "'axel' ends without a beginning"),
        (
            "one-10.0.2.tsv",
            {"row": 3, "Behavior type": "START"},
            "table.tsv:4: 'axel' begins twice",
        ),
        ("one-10.0.2.tsv", {"drop": [3]}, "table.tsv:2: 'axel' begins and does not end"),
        ("one-10.0.2.tsv", {"Time": "3,0"}, "Time is '3,0', expected seconds"),
        ("one-10.0.2.tsv", {"Behavior": '"axel'}, "a quote that is not closed in its row"),
        ("one-10.0.2.tsv", {"Behavior": "axel\tlutz"}, "the row has 20 cells, the header 19"),
    ],
)
def test_what_is_damaged_is_refused(read, name, change, message):
    with pytest.raises(DatasetError, match=message) as caught:
        read(name, **change)
    assert str(caught.value).startswith(str(read.path))


def test_what_is_of_no_video_is_said(read):
    live = {"Source": "NA", "Observation type": "Live observation", "Media duration (s)": "NA"}
    file = read(ALL, **live)
    assert len(file.rows) == 9
    assert file.remarks[0] == "rows of no video file, which are not taken: 1"


def test_nothing_else_is_taken_for_it(tmp_path):
    path = tmp_path / "x.csv"
    for text in (
        "video,start,end,label\nheat_01,1,2,axel\n",
        "Observation id,Behavior,Time\n",
        "Subject,Behavior,Behavior type,Start (s),Stop (s)\n",
    ):
        path.write_text(text)
        assert find_format(path) is None or find_format(path).name == "table"


@pytest.mark.parametrize("seed", range(60))
@pytest.mark.parametrize("name", ["one-10.0.2.tsv", "one-8.9.1.tsv", ALL])
def test_a_damaged_table_is_read_or_refused(tmp_path, name, seed):
    rng = random.Random(seed)
    text = next(FILES.glob(f"boris_*/{name}")).read_text()
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(text))
        text = (
            text[:at]
            + rng.choice(["", "0", '"', "\t", "\n", "NA"])
            + text[at + rng.choice([0, 1, 9]) :]
        )
    path = tmp_path / "table.tsv"
    path.write_text(text)
    label_format = "boris_aggregated" if name == ALL else "boris_events"
    try:
        actions = read_labels(
            path, SOURCES, DURATIONS, label_format=label_format, point_window_s=[1, 1]
        )
    except DatasetError as error:
        assert str(path) in str(error)  # noqa: PT017
        return
    assert all(action.video_id in DURATIONS for action in actions)
