"""Projects of VIA 3: segments are where its timeline shows them, and what is written is read again."""

import json
import random
from pathlib import Path

import pytest

from tests.interchange.reading import read as read_labels
from tests.interchange.round_trip import found, frames, read_again, videos, written
from vpdlib.datasets.base import DatasetError, VideoSource
from vpdlib.interchange.label_formats.via import VIA
from vpdlib.interchange.label_registry import find_format, read_label_file

FILE = Path(__file__).parent / "tool_files" / "via" / "project.json"
SOURCES = [VideoSource(name, Path(f"videos/{name}.mp4")) for name in ("heat_01", "heat_02")]
DURATIONS = {"heat_01": 60.0, "heat_02": 30.0}


@pytest.fixture
def read(tmp_path):
    """Read the project that VIA wrote, with a change."""
    path = tmp_path / "project.json"

    def write(change=lambda project: None):
        project = json.loads(FILE.read_text(encoding="utf-8"))
        change(project)
        path.write_text(json.dumps(project), encoding="utf-8")
        return read_label_file(path)

    write.path = path
    return write


def test_segments_are_those_that_via_shows(read):
    # As VIA 3.0.10's own timeline groups them (`make_json_via.js show`): file, attribute, group, z. That it shows the
    # number of a radio button's option, and not its name, is left aside; the still frame is in its export of segments.
    rows = read().rows
    assert [(row.video, row.tier, row.label, row.start, row.end, row.is_point) for row in rows] == [
        ("heat_01.mp4", "jump", "axel", 3.0, 4.52, False),
        ("heat_01.mp4", "jump", "lutz", 10.0, 11.48, False),
        ("heat_01.mp4", "phase", "take-off", 10.0, 11.48, False),
        ("heat_01.mp4", "phase", "fall", 20.2, "", True),
        ("heat_02.mp4", "jump", "salchow", 1.0, 2.5, False),
    ]
    assert [row.group for row in rows] == ["mia", "", "", "", ""]
    assert read().remarks == ["regions of a picture, which are not taken: 1"]
    assert find_format(FILE) is VIA


def test_a_tier_is_an_attribute(read):
    read()
    actions = read_labels(read.path, SOURCES, DURATIONS, tier="jump")
    assert [(one.video_id, one.label) for one in actions] == [
        ("heat_01", "axel"),
        ("heat_01", "lutz"),
        ("heat_02", "salchow"),
    ]
    actions = read_labels(read.path, SOURCES, DURATIONS, tier="phase", point_window_s=[0.2, 0.5])
    assert [(one.label, one.start_s, one.end_s) for one in actions] == [
        ("take-off", 10.0, 11.48),
        ("fall", 20.0, 20.7),
    ]
    with pytest.raises(DatasetError, match="labels in 2 tiers: 'jump', 'phase'"):
        read_labels(read.path, SOURCES, DURATIONS)


def test_choices_of_several_and_whole_files(read):
    def change(project):
        project["attribute"]["1"]["type"] = 2
        project["metadata"] = {
            "a": {"vid": "1", "flg": 0, "z": [], "xy": [], "av": {"1": "0,1", "3": "1"}},
            "b": {"vid": "1", "flg": 0, "z": [1, 2], "xy": [], "av": {"3": "1"}},
            "c": {"vid": "2", "flg": 0, "z": [1, 2], "xy": [], "av": {"1": "1", "2": ""}},
        }

    file = read(change)
    assert [(row.label, row.start, row.end, row.group) for row in file.rows] == [
        ("axel", "", "", "zoe"),
        ("lutz", "", "", "zoe"),
        ("lutz", 1.0, 2.0, ""),
    ]
    assert file.remarks == ["segments without a class, which are not taken: 1"]


def test_files_are_called_by_their_address(read):
    def name(loc, src, prefix=""):
        def change(project):
            project["file"]["1"].update(loc=loc, src=src)
            project["config"]["file"]["loc_prefix"][str(loc)] = prefix

        return read(change).rows[0].video

    assert name(2, "https://example.org/a/heat%2001.mp4?key=1#t") == "heat 01.mp4"
    assert name(3, "heat_01.mp4", "/home/mia/cup/") == "/home/mia/cup/heat_01.mp4"
    assert name(3, "file:///home/mia/heat_01.mp4") == "file:///home/mia/heat_01.mp4"
    assert name(4, "data:video/mp4;base64,AA") == "heat_01.mp4"
    assert name(2, "http://[broken/x.mp4") == "heat_01.mp4"


def test_several_files_pictures_and_other_versions_are_said(read):
    def change(project):
        project["view"]["1"]["fid_list"] = ["1", "2"]
        project["file"]["3"] = {"fid": "3", "fname": "a.jpg", "type": 2, "loc": 1, "src": ""}
        project["view"]["2"]["fid_list"] = ["3"]
        project["project"]["data_format_version"] = "3.2.0"

    file = read(change)
    assert [row.video for row in file.rows] == ["heat_01.mp4"] * 4
    assert file.remarks == [
        "its version 3.2.0 was not tried (3.1.0 and 3.1.1 were); look at what was read of it",
        "views of several files, whose segments are taken as of the first: 1",
        "regions of a picture, which are not taken: 1",
        "labels of pictures or of views that are not there, which are not taken: 1",
    ]


def first(**change):
    return lambda project: project["metadata"]["1_AAAAAAAB"].update(change)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (first(z=[5, 4]), "segment '1_AAAAAAAB': it ends at 4 s, before 5 s"),
        (first(z=[1, 2, 3]), r"its times are \[1, 2, 3\], expected two numbers"),
        (first(z=["1", "2"]), "expected two numbers"),
        (first(z=[True, 2]), "expected two numbers"),
        (first(z=None), "z is missing, expected a list"),
        (first(xy={}), "xy is {}, expected a list"),
        (first(av={"9": "x"}), "attribute '9' is x, expected a text of an attribute"),
        (first(av={"1": 0}), "attribute '1' is 0, expected a text"),
        (lambda project: project["view"]["1"].update(fid_list=["7"]), "there is no file 7"),
        (lambda project: project["attribute"]["1"].pop("aname"), "attribute '1': aname is missing"),
        (lambda project: project["attribute"]["1"].update(type="4"), "type is 4, expected a whole"),
        (lambda project: project["attribute"]["1"].update(options=[1]), "its options are"),
        (lambda project: project["file"]["1"].update(fname=3), "fname is 3, expected a text"),
    ],
)
def test_what_is_damaged_is_refused(read, change, message):
    with pytest.raises(DatasetError, match=message) as caught:
        read(change)
    assert str(caught.value).startswith(str(read.path))


@pytest.mark.parametrize("times", [[-1, 2], [float("nan"), 2], [1, float("inf")], [1, 10**400]])
def test_what_is_no_time_is_refused(read, times):
    read(first(z=times))
    with pytest.raises(DatasetError, match="a time of"):
        read_labels(read.path, SOURCES, DURATIONS, tier="jump")


def test_nothing_else_is_taken_for_it(tmp_path):
    path = tmp_path / "x.json"
    for text in ("{}", "[]", '{"project": {}, "metadata": {}}', '{"project": 1, "view": 2}'):
        path.write_text(text)
        assert find_format(path) is None


@pytest.mark.parametrize("make", [lambda given: given, found])
def test_what_is_written_is_read_again(tmp_path, make):
    given = make(videos())
    paths = VIA.write(given, tmp_path, "heats")
    assert paths == [tmp_path / "heats.json"]
    project = json.loads(paths[0].read_text(encoding="utf-8"))
    assert project["project"]["vid_list"] == ["1", "2", "3"]
    assert [one["fname"] for one in project["file"].values()][2] == "heat_03.mp4"
    assert frames(read_again(paths, given), given) == frames(written(given), given)


@pytest.mark.parametrize("seed", range(60))
def test_a_damaged_project_is_read_or_refused(tmp_path, seed):
    rng = random.Random(seed)
    text = FILE.read_text(encoding="utf-8")
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(text))
        text = (
            text[:at] + rng.choice(["", "0", '"', "{", "null"]) + text[at + rng.choice([0, 1, 9]) :]
        )
    path = tmp_path / "project.json"
    path.write_text(text, encoding="utf-8")
    try:
        actions = read_labels(path, SOURCES, DURATIONS, tier="jump")
    except DatasetError as error:
        assert "project.json" in str(error) or "labels.tier" in str(error)  # noqa: PT017
        return
    assert all(action.video_id in DURATIONS for action in actions)
