"""Projects of BORIS: events are where its player 1 shows them; what is none of a video is said, without end refused."""

import json
import random
from pathlib import Path

import pytest

from tests.interchange.reading import read as read_labels
from tests.interchange.round_trip import found, frames, read_again, videos, written
from vpdlib.datasets.base import DatasetError, VideoSource
from vpdlib.interchange.formats import WrittenAction
from vpdlib.interchange.label_formats.boris import BORIS
from vpdlib.interchange.label_registry import find_format, read_label_file

FILES = Path(__file__).parent / "tool_files" / "boris"

SOURCES = [VideoSource(name, Path(f"videos/{name}.mp4")) for name in ("heat_01", "heat_02")]
DURATIONS = {"heat_01": 60.0, "heat_02": 30.0}


ONE, TWO = "/home/mia/videos/heat_01.mp4", "/home/mia/videos/heat_02.mp4"
LENGTHS = {ONE: 60.0, TWO: 30.0}


def observation(*events, video="/home/mia/videos/heat_01.mp4", **others):
    """As BORIS 8 and 9 write one."""
    return {
        "file": {"1": [video], "2": []},
        "type": "MEDIA",
        "date": "2024-05-01T10:00:00",
        "description": "",
        "time offset": 0.0,
        "events": [list(event) for event in events],
        "media_info": {"length": LENGTHS, "fps": {video: 25.0}, "offset": {"1": 0.0}},
        **others,
    }


def event(time_s, code, subject="", modifiers=""):
    return [time_s, subject, code, modifiers, "", 3]


@pytest.fixture
def project(tmp_path):
    """Write a project and read it."""
    path = tmp_path / "labels.boris"

    def read(*observations, text=None, **settings):
        behaviours = {"axel": "State event", "lutz": "State event", "fall": "Point event"}
        whole = {
            "time_format": "hh:mm:ss",
            "project_format_version": "7.0",
            "behaviors_conf": {
                str(n): {"code": code, "type": kind, "key": code[0]}
                for n, (code, kind) in enumerate(behaviours.items())
            },
            "observations": {f"o{n}": one for n, one in enumerate(observations, start=1)},
        }
        path.write_text(json.dumps(whole) if text is None else text)
        return read_labels(path, SOURCES, DURATIONS, None, **settings)

    read.path = path
    return read


def test_state_events_are_actions(project):
    actions = project(
        observation(
            # In no order, as BORIS keeps events that were added later.
            event(9.25, "axel", "mia"),
            event(3, "axel", "mia"),
            event(4.5, "axel", "mia"),
            event(12.125, "axel", "mia"),
            # Another subject, and other modifiers, are paired by themselves.
            event(4, "axel", "zoe"),
            event(5, "axel", "zoe"),
            event(10, "axel", "mia", "double"),
            event(11, "axel", "mia", "double"),
        ),
        observation(event(1, "lutz"), event(2, "lutz"), video="heat_02.mp4"),
        observation(video="elsewhere.mp4"),
    )
    assert [(a.video_id, a.label, a.start_s, a.end_s, a.group, a.split) for a in actions] == [
        ("heat_01", "axel", 3.0, 4.5, "mia", None),
        ("heat_01", "axel", 4.0, 5.0, "zoe", None),
        ("heat_01", "axel", 10.0, 11.0, "mia", None),
        ("heat_01", "axel", 9.25, 12.125, "mia", None),
        ("heat_02", "lutz", 1.0, 2.0, "", None),
    ]
    assert actions[0].where == f"{project.path}: observation 'o1', event 2"


@pytest.mark.parametrize("version", ["8.27.4", "10.0.2"])
def test_events_are_where_boris_stored_them(version):
    # make_json.py puts them in by BORIS' own write_event, at these times on the clock of player 1; of 'both heats',
    # whose offset is 10 s, heat_01 of 60 s and heat_02 follow one another.
    file = read_label_file(FILES / f"boris-{version}.boris")
    assert find_format(FILES / f"boris-{version}.boris") is BORIS
    assert [
        (Path(row.video).stem, row.label, row.start, row.end, row.group) for row in file.rows
    ] == [
        ("heat_01", "axel", 3.0, 4.52, "mia"),
        ("heat_01", "axel", 4.0, 5.0, "zoe"),
        # The key at 10.5 s ended the double one: BORIS takes its modifier.
        ("heat_01", "axel", 10.0, 10.5, "mia"),
        ("heat_01", "axel", 11.0, 11.48, "mia"),
        ("heat_01", "fall", 20.2, "", "mia"),
        ("heat_01", "lutz", 31.04, 32.333, ""),
        ("heat_01", "lutz", 58.0, 59.52, "mia"),
        ("heat_02", "lutz", 1.0, 2.5, "zoe"),
        ("heat_02", "fall", 20.0, "", "zoe"),
        ("heat_01", "lutz", 15.0, 16.0, "mia"),
        # Stored as seconds since 1970.
        ("heat_02", "axel", 5.0, 6.24, "zoe"),
    ]
    assert {row.media_s for row in file.rows} == {60.0, 30.0}
    assert [row.is_point for row in file.rows].count(True) == 2
    assert file.remarks == [
        "observations of no video file, whose events are not taken: 'from the stands'",
        "observations of several players, taken as of the files of player 1: 'two cameras'",
        "observations with modifiers, which are no part of a label: 'one heat'",
        f"{ONE!r} has events in several observations, all of which are taken: 'one heat', 'both heats', 'two cameras'",
        f"{TWO!r} has events in several observations, all of which are taken: 'both heats', 'day of recording'",
    ]


PAIR = (event(1, "axel"), event(2, "axel"))
BOTH = {"1": [ONE, TWO]}


def times(actions):
    return [(one.video_id, one.start_s, one.end_s) for one in actions]


def test_points_need_a_window(project):
    given = observation(*PAIR, event(3, "fall"))
    with pytest.raises(DatasetError, match=r"event 3: 'fall' is an event without duration"):
        project(given)
    assert times(project(given, point_window_s=[0.5, 1.0]))[1] == ("heat_01", 2.5, 4.0)


def test_files_of_a_player_follow_one_another(project):
    given = [(59, 60), (60, 61), (75, 90)]
    actions = project(observation(*(event(t, "axel") for one in given for t in one), file=BOTH))
    assert times(actions) == [
        ("heat_01", 59.0, 60.0),
        ("heat_02", 0.0, 1.0),
        ("heat_02", 15.0, 30.0),
    ]
    # A point at the boundary is of the later file, one at the end of the last.
    points = [event(60, "fall"), event(90, "fall")]
    assert times(project(observation(*points, file=BOTH), point_window_s=[0, 1])) == [
        ("heat_02", 0.0, 1.0),
        ("heat_02", 30.0, 30.0),
    ]


def test_a_file_is_as_long_as_the_player_takes_it_in_milliseconds(project):
    info = {"length": {ONE: 60.0009, TWO: 30.0}}
    given = observation(event(61, "axel"), event(62, "axel"), file=BOTH, media_info=info)
    assert times(project(given)) == [("heat_02", 1.0, 2.0)]


def test_the_offset_is_taken_away(project):
    offset = {"time offset": 12.5}
    assert times(project(observation(event(13.5, "axel"), event(14, "axel"), **offset))) == [
        ("heat_01", 1.0, 1.5)
    ]
    with pytest.raises(DatasetError, match=r"event 1: a time of -11\.5 s"):
        project(observation(*PAIR, **offset))
    # BORIS shifts other players by theirs, never player 1.
    assert times(project(observation(*PAIR, media_info={"offset": {"1": 3}})))[0][1:] == (1.0, 2.0)


def test_the_day_of_recording_is_taken_away(project):
    info = {"length": LENGTHS, "media_creation_time": {ONE: 1000.0, TWO: 2000.0}}
    day = {"media_creation_date_as_offset": True, "media_info": info}
    events = [event(t, "axel") for t in (1001, 1002, 2001, 2002)]
    assert times(project(observation(*events, file=BOTH, **day))) == [
        ("heat_01", 1.0, 2.0),
        ("heat_02", 1.0, 2.0),
    ]
    with pytest.raises(
        DatasetError, match="event 1: at 1500 s of the observation's clock there is"
    ):
        project(observation(event(1500, "axel"), event(1501, "axel"), file=BOTH, **day))
    with pytest.raises(DatasetError, match=r"that of .*heat_01\.mp4. is not there"):
        project(observation(*PAIR, media_creation_date_as_offset=True))


def test_what_is_of_no_video_is_said(project):
    project(observation(*PAIR), observation(*PAIR, file=[], type="LIVE"))
    (remark,) = read_label_file(project.path).remarks
    assert remark == "observations of no video file, whose events are not taken: 'o2'"
    images = observation([None, "", "axel", "", "", 1, "a.jpg"], file={}, type="IMAGES")
    assert times(project(observation(*PAIR), images)) == [("heat_01", 1.0, 2.0)]


def test_a_newer_project_is_said(project):
    project(observation(*PAIR))
    whole = json.loads(project.path.read_text()) | {"project_format_version": "7.1"}
    project(text=json.dumps(whole))
    assert "version is 7.1, newer than any" in read_label_file(project.path).remarks[0]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (observation(), "no action is labelled there"),
        (observation(*PAIR, file=[], type="LIVE"), "no action is labelled there"),
        (observation(event(1, "axel")), "o1', event 1: 'axel' begins and does not end"),
        (observation(*PAIR, event(3, "spin")), "event 3: 'spin' is not in the ethogram"),
        (observation(*PAIR, video="heat_03.mp4"), "event 1: there is no video 'heat_03.mp4'; nea"),
        (
            observation(*PAIR, file={"1": [], "2": [ONE]}),
            "player 1, by which BORIS counts time, has",
        ),
        (observation(*PAIR, file={"1": ONE}), "the files of player 1 are"),
        (observation(*PAIR, file=BOTH, media_info={}), "heat_01.mp4' is not stated, after which"),
        (
            observation(event(59, "axel"), event(61, "axel"), file=BOTH),
            r"event 2: it began in '.*heat_01.mp4' and ends 1.000 s after that file",
        ),
        (observation(*PAIR, **{"time offset": "1"}), "time offset is 1, expected a number"),
        (observation(*PAIR, **{"time offset": float("nan")}), "time offset is nan, which is no"),
        (observation(*PAIR, media_info={"length": {ONE: -1}}), "length is -1, which is no time"),
        (observation(*PAIR, media_info={"length": {ONE: 10**400}}), "length is 1000.*no time"),
        (observation([1, "", "axel"]), r"event 1 is \[1, '', 'axel'\], expected time, subject"),
        (observation(event("1", "axel"), event(2, "axel")), "event 1 is .*expected time"),
        (observation(event(True, "axel"), event(2, "axel")), "event 1 is .*expected time"),
        (observation(event(1, "axel"), event(float("nan"), "axel")), "a time of inf s"),
        (observation(event(-1, "axel"), event(2, "axel")), "a time of -1 s"),
        (observation(event(1, "axel"), event(10**400, "axel")), "a time of inf s"),
        (observation(event(1, "axel", "a\nb"), event(2, "axel", "a\nb")), "group holds"),
        ([], "observation 'o1': events is missing, expected a list"),
    ],
)
def test_what_is_no_action_is_refused(project, wrong, message):
    with pytest.raises(DatasetError, match=message) as caught:
        project(wrong)
    assert str(caught.value).startswith(str(project.path))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "begins as JSON and is none"),
        ("[" * 100_000, "begins as JSON and is none"),
        ("\0", "a zero byte"),
        ("[]", "a list of 0, of no format of labels"),
        ("{}", "of no format of labels that is read"),
        ('{"behaviors_conf": {"0": 1}, "observations": {}}', "ethogram: type is missing"),
        ('{"behaviors_conf": [], "observations": {}}', r"behaviors_conf is \[\], expected an obj"),
    ],
)
def test_what_is_no_project_is_refused(project, text, message):
    with pytest.raises(DatasetError, match=message) as caught:
        project(text=text)
    assert str(caught.value).startswith(str(project.path))


@pytest.mark.parametrize("make", [lambda given: given, found])
def test_what_is_written_is_read_again(tmp_path, make):
    given = make(videos())
    paths = BORIS.write(given, tmp_path, "heats")
    assert paths == [tmp_path / "heats.boris"]
    assert frames(read_again(paths, given), given) == frames(written(given), given)
    whole = json.loads(paths[0].read_text(encoding="utf-8"))
    assert whole["observations"]["heat_03"]["events"] == []
    comments = {one[4] for one in whole["observations"]["heat_02"]["events"]}
    assert comments == ({"", "probability 0.875"} if make is found else {""})


def test_a_name_that_boris_does_not_take_is_refused(tmp_path):
    given = videos()
    given[0].actions.append(WrittenAction(1.0, 2.0, "axel|lutz"))
    with pytest.raises(DatasetError, match=r"'axel\|lutz': BORIS takes no \|"):
        BORIS.write(given, tmp_path, "heats")


@pytest.mark.parametrize("seed", range(100))
def test_a_damaged_project_is_read_or_refused(project, seed):
    rng = random.Random(seed)
    project(observation(*PAIR, event(3, "lutz", "mia"), event(4, "lutz", "mia")))
    text = project.path.read_text()
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(text))
        text = (
            text[:at]
            + rng.choice(["", "0", '"', "{", "]", "null"])
            + text[at + rng.choice([0, 1, 9]) :]
        )
    try:
        actions = project(text=text)
    except DatasetError as error:
        assert str(project.path) in str(error)  # noqa: PT017
        return
    assert all(action.video_id in DURATIONS for action in actions)
