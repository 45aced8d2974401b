"""Projects of Datavyu: a file of pyvyu, and the form that Datavyu's own source writes; cells are actions."""

import zipfile

import pytest

from tests.interchange.text_files import (
    ACTIONS,
    frames,
    named_after_the_video,
    read,
    remarks_of,
    spans,
    video,
    write,
)
from vpdlib.datasets.base import DatasetError
from vpdlib.interchange.label_registry import find_format, read_label_file

PROJECT = "!project\ndbFile: heat.opf\nname: heat\nversion: 5\nviewerSettings: []\n"
#: As Datavyu writes it by its source, whose YAML folds long texts and quotes some.
NAMED = """!project
dbFile: heat.opf
name: heat
origpath: /home/mia
version: 5
viewerSettings:
- !vs
  classifier: datavyu.video
  feed: {feed}
  plugin: org.datavyu.plugins.ffmpegplayer.FFmpegStreamViewer
  settingsId: '1'
  trackSettings: !ts
    bookmark: '-1'
    bookmarks: []
    locked: false
    version: 2
  version: 3
"""
SETTINGS = "#\n#Mon Nov 30 11:00:00 UTC 2026\nvolume=0.7\noffset={}\nvisible=true\n"
CELL = "00:00:01:000,00:00:02:500,(axel)"
JUMPS = f"#4\njumps (MATRIX,true,)-code01|NOMINAL\n{CELL}\n"


@pytest.fixture
def heat(tmp_path):
    """Write a project and read it."""
    path = tmp_path / "heat_01.opf"

    def read_it(db, project=PROJECT, settings="", **others):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("db", db)
            archive.writestr("project", project)
            if settings:
                archive.writestr("1", settings)
        return read(path, **others)

    read_it.path = path
    return read_it


def test_cells_of_a_column_are_actions(tmp_path):
    """The times are those that pyvyu gives, see check_text.py."""
    path = named_after_the_video("datavyu/pyvyu.opf", tmp_path)
    assert spans(read(path, tier="jumps")) == ACTIONS
    with pytest.raises(DatasetError, match="2 tiers: 'jumps', 'marks'"):
        read(path)
    marks = read(path, tier="marks", point_window_s=(0.5, 0.25))
    assert spans(marks) == [(20.0, 20.75, "fall")]
    assert remarks_of(path) == ["of the column 'jumps' the codes ['foot'] are not read"]


def test_commas_and_hyphens_in_values_have_a_backslash_before(heat):
    db = (
        JUMPS.replace("(axel)", r"(triple\-axel\, left \\ (high\))")
        + "00:00:03:000,00:00:04:000,(two\\\nlines)\n"
    )
    with pytest.raises(DatasetError, match=r"db:4 .*label holds U\+000A"):
        heat(db)
    assert [one.label for one in heat(db.replace("two\\\nlines", "lutz"))] == [
        r"triple-axel, left \ (high)",
        "lutz",
    ]


def test_older_columns_have_one_value(heat):
    notes = "notes (TEXT)\n00:00:01:000,00:00:02:500,(slow)\\, then fast\n"
    db = f"#2\n{notes}jumps (NOMINAL)\n00:00:03:000,00:00:04:000,axel\n"
    assert spans(heat(db, tier=("notes", "jumps"))) == [
        (1.0, 2.5, "(slow), then fast"),
        (3.0, 4.0, "axel"),
    ]


def test_codes_are_label_and_subject_by_name(heat):
    db = JUMPS.replace("code01|NOMINAL", "foot|NOMINAL,Action|NOMINAL,Athlete|NOMINAL").replace(
        "(axel)", "(left,axel,mia)"
    )
    (action,) = heat(db)
    assert (action.label, action.group) == ("axel", "mia")
    assert remarks_of(heat.path) == ["of the column 'jumps' the codes ['foot'] are not read"]


@pytest.mark.parametrize(
    "feed",
    [
        "/home/mia/videos/heat_02.mp4",
        "'C:\\Users\\mia\\videos\\heat_02.mp4'",
        "/home/mia/videos of a very long season with many many many heats and\n    runs/videos/heat_02.mp4",
    ],
)
def test_the_video_is_the_one_that_the_project_shows(heat, feed):
    (action,) = heat(JUMPS, NAMED.format(feed=feed), SETTINGS.format(0))
    assert action.video_id == "heat_02"
    # One that is not here may be called as the project.
    (action,) = heat(JUMPS, NAMED.format(feed="/home/mia/GX010012.MP4"))
    assert action.video_id == "heat_01"


def test_a_video_that_was_moved_is_refused(heat):
    with pytest.raises(
        DatasetError, match=r"heat_02\.mp4' is moved by -480 ms on Datavyu's time line"
    ):
        heat(JUMPS, NAMED.format(feed="heat_02.mp4"), SETTINGS.format(-480))


def test_of_two_videos_the_first_is_taken(heat):
    two = NAMED.format(feed="heat_02.mp4") + "- !vs\n  feed: side.mp4\n"
    assert heat(JUMPS, two)[0].video_id == "heat_02"
    assert remarks_of(heat.path) == ["of 2 videos the first is taken; others are ['side.mp4']"]


def test_cells_without_a_label_are_no_actions(heat):
    heat(JUMPS + "00:00:03:000,00:00:04:000,()\n")
    assert remarks_of(heat.path) == [
        "1 cells of the column 'jumps' have no 'code01' and are no actions"
    ]


@pytest.mark.parametrize(
    ("db", "message"),
    [
        (
            JUMPS.replace("02:500", "00:000"),
            "db:3 .*'axel' begins at 1.000 s and ends at 0.000 s; 0 is a cell without",
        ),
        (JUMPS.replace("02:500", "02:5"), "db:3: the time is '00:00:02:5', expected"),
        (JUMPS.replace("00:00:02:500", ""), "db:3: the time is '', expected one such as"),
        (JUMPS.replace("02:500", "72:500"), "db:3: the time is '00:00:72:500'"),
        (
            JUMPS.replace("(axel)", "(axel, left)"),
            r"db:3: '\(axel, left\)' where a value of each code .* a backslash",
        ),
        (JUMPS.replace("(axel)", "axel"), "db:3: 'axel' where a value of each code"),
        (JUMPS.replace("(axel)", ""), "db:3: '' where a value of each code"),
        (JUMPS.replace("#4", "#5"), "db:1: begins '#5', expected #4 or a lower number"),
        (JUMPS.replace("#4\n", ""), "db:1: begins 'jumps"),
        ("#4\n" + CELL, "db:2: a cell before the first column"),
        (JUMPS.replace("code01|NOMINAL", ""), "db:2: '' has a code without name or type"),
        ("#4\n", "no action is labelled there"),
        ("#4\njumps (COLOUR,true,)\n", r"db:2: 'jumps \(COLOUR,true,\)' is neither"),
        ("#4\njumps\n", "db:2: 'jumps' is neither a column nor a cell"),
        (b"#4\n\xff", "db:2: not UTF-8"),
    ],
)
def test_what_is_no_spreadsheet_is_refused(heat, db, message):
    with pytest.raises(DatasetError, match=message) as caught:
        heat(db)
    assert str(caught.value).startswith(str(heat.path))


@pytest.mark.parametrize("project", ["a: [", "[" * 5000, "{" * 5000, "%", "a: b: c"])
def test_a_damaged_project_is_refused(heat, project):
    with pytest.raises(DatasetError, match=r"heat_01\.opf, project: damaged"):
        heat(JUMPS, project)


def test_another_archive_is_none(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.opf", "w") as archive:
        archive.writestr("db", JUMPS)
    assert find_format(tmp_path / "x.opf") is None


@pytest.mark.parametrize("fps", [25.0, 30000 / 1001, 60000 / 1001])
def test_what_is_written_is_read_again(tmp_path, fps):
    given = video(
        (1 / fps, 9 / fps, r"a, b-c \ (d)", 0.934, "mia"),
        (5 / fps, 11 / fps, "lutz", None, "zoe, x"),
        *((n / fps, (n + 4) / fps, f"j{n}") for n in range(20, 90, 7)),
        fps=fps,
    )
    path, empty = write("datavyu", tmp_path / "out", given, video(name="heat_02"))
    actions = read(path)
    assert frames(actions, fps) == frames(given.actions, fps)
    assert [one.group for one in actions] == [one.group for one in given.actions]
    assert remarks_of(path) == []
    # A column to label in.
    assert read_label_file(empty).rows == []
    with zipfile.ZipFile(empty) as archive:
        assert (
            archive.read("db") == b"#4\nactions (MATRIX,true,)-label|NOMINAL,probability|NOMINAL\n"
        )
    again = write("datavyu", tmp_path / "again", given)[0]
    assert again.read_bytes() == path.read_bytes()


def test_what_a_cell_cannot_hold_is_refused(tmp_path):
    with pytest.raises(DatasetError, match=r"heat_01\.opf: label holds"):
        write("datavyu", tmp_path / "out", video((1.0, 2.0, "a\nb")))
