"""Action spotting of SoccerNet: events of two halves, which are two videos; what is written has one."""

import json
from pathlib import Path

import pytest

from tests.interchange.reading import read as read_labels
from tests.interchange.text_files import TOOL_FILES, read, remarks_of, video, write
from vpdlib.datasets.base import DatasetError, VideoSource
from vpdlib.interchange.label_registry import find_format

FILES = TOOL_FILES / "soccernet"
MATCH = "league/2023-2024/2024-03-02 - 17-30 North 1 - 0 South"
HALVES = [VideoSource(f"h{half}", Path(f"data/{MATCH}/{half}_224p.mkv")) for half in (1, 2)]


@pytest.mark.parametrize("form", ["Labels-v2.json", "results_spotting.json"])
def test_events_are_points_on_the_clock_of_their_half(form):
    """The times are those of SoccerNet 0.2.0's label2vector and predictions2vector, see check_text.py."""
    actions = read_labels(
        FILES / form,
        HALVES,
        {"h1": 2700.0, "h2": 2700.0},
        folder=Path("data"),
        point_window_s=(0, 1),
    )
    expected = [("h1", 12.48, "Kick-off"), ("h1", 754.48, "Corner"), ("h2", 65.48, "Goal")]
    found = [(one.video_id, one.start_s, one.label) for one in actions]
    assert found == expected[: len(found)]
    assert {one.group for one in actions} == {""}
    assert len(found) == (3 if "Labels" in form else 2)


def test_what_is_not_shown_and_what_a_method_found_is_remarked():
    assert remarks_of(FILES / "Labels-v2.json") == [
        "1 of 3 events are not shown in the picture, and are taken all the same"
    ]
    assert remarks_of(FILES / "results_spotting.json") == [
        "2 events are a method's predictions, taken whatever their confidence"
    ]


@pytest.fixture
def heat(tmp_path):
    """Write labels beside a video and read them."""
    path = tmp_path / "heat_01.json"

    def read_it(*events, name="annotations", **others):
        path.write_text(json.dumps({**others, name: list(events)}))
        return read(path, point_window_s=(0, 0.5))

    read_it.path = path
    return read_it


def event(time="1 - 00:12", label="fall", **others):
    return {"gameTime": time, "label": label, **others}


def test_without_a_position_the_whole_seconds_count(heat):
    actions = heat(event(position=12480), event("1 - 00:13"), event(position="14000.5"[:5]))
    assert [one.start_s for one in actions] == [12.48, 13.0, 14.0]
    assert {one.video_id for one in actions} == {"heat_01"}


def test_a_video_may_be_named_and_a_player_be_the_subject(heat):
    (action,) = heat(event(team="mia"), UrlLocal="heat_02.mp4")
    assert (action.video_id, action.group) == ("heat_02", "mia")


@pytest.mark.parametrize(
    ("events", "others", "message"),
    [
        (
            [event("0:12")],
            {},
            "annotations, entry 1: gameTime is '0:12', expected one such as 1 - 12:34",
        ),
        ([event(), event("1 - 00:75")], {}, "entry 2: gameTime is '1 - 00:75'"),
        ([event("3 - 00:12")], {}, "entry 1: half 3; SoccerNet has videos of halves 1 and 2"),
        (
            [event("2 - 00:12")],
            {"UrlLocal": "heat_01.mp4"},
            "an event of half 2, and UrlLocal names one video",
        ),
        ([event("2 - 00:12")], {}, "entry 1: there is no video '.*/2_720p.mkv'"),
        ([event(position="soon")], {}, "entry 1: position is soon, expected milliseconds"),
        ([event(position=[1])], {}, r"entry 1: position is \[1\], expected milliseconds"),
        ([event(position=True)], {}, "entry 1: position is True, expected milliseconds"),
        ([event(position=-5)], {}, "a time of -0.005 s"),
        ([event(position=float("nan"))], {}, "a time of inf s"),
        ([event(position=10**400)], {}, "a time of inf s"),
        ([event(label=7)], {}, "entry 1: label is 7, expected a text"),
        ([event(), 5], {}, "entry 2: gameTime is missing, expected a text"),
        ([event()], {"UrlLocal": 5}, "UrlLocal is 5, expected a folder"),
        ([], {"UrlLocal": "x"}, "no action is labelled there"),
    ],
)
def test_what_is_no_event_is_refused(heat, events, others, message):
    with pytest.raises(DatasetError, match=message) as caught:
        heat(*events, **others)
    assert str(caught.value).startswith(str(heat.path))


@pytest.mark.parametrize(
    "content",
    [
        {"annotations": []},
        {"annotations": {"0": event()}},
        {"annotations": [{"label": "x"}]},
        [event()],
        {},
    ],
)
def test_other_json_is_none(tmp_path, content):
    path = tmp_path / "x.json"
    path.write_text(json.dumps(content))
    assert find_format(path) is None


def test_what_is_written_is_read_again(tmp_path):
    given = video((61.0 / 25, 3.0, "axel, ü", None, "mia"), (59.04, 59.5, "fall"))
    path, empty = write("soccernet", tmp_path / "out", given, video(name="heat_02"))
    actions = read(path, point_window_s=(0, 0.2))
    assert [(one.start_s, one.label, one.group) for one in actions] == [
        (2.44, "axel, ü", "mia"),
        (59.04, "fall", ""),
    ]
    assert json.loads(empty.read_text()) == {"UrlLocal": "heat_02.mp4", "annotations": []}
    assert find_format(empty).name == "soccernet"
    (path,) = write(
        "soccernet", tmp_path / "found", video((2.44, 3.0, "axel", 0.934), (9.0, 10.0, "fall"))
    )
    assert json.loads(path.read_text())["predictions"][0] == {
        "gameTime": "1 - 00:02",
        "label": "axel",
        "position": "2440",
        "half": "1",
        "confidence": 0.934,
        "team": "not applicable",
    }
    assert len(read(path, point_window_s=(0, 0.2))) == 2


def test_a_group_that_would_be_lost_is_refused(tmp_path):
    with pytest.raises(DatasetError, match="a group 'home' would be read as a side of the field"):
        write("soccernet", tmp_path / "out", video((1.0, 2.0, "axel", None, "home")))
