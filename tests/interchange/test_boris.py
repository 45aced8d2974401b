"""Projects of BORIS: state events are labelled actions; what is none of a video, or has no end, is refused."""

import json
import random
from pathlib import Path

import pytest

from tests.interchange.reading import read as read_labels
from vpdlib.datasets.base import DatasetError, VideoSource

SOURCES = [VideoSource(name, Path(f"videos/{name}.mp4")) for name in ("heat_01", "heat_02")]
DURATIONS = {"heat_01": 60.0, "heat_02": 30.0}


def observation(*events, video="/home/mia/videos/heat_01.mp4", **others):
    """As BORIS 8 and 9 write one."""
    return {
        "file": {"1": [video], "2": []},
        "type": "MEDIA",
        "date": "2024-05-01T10:00:00",
        "description": "",
        "time offset": 0.0,
        "events": [list(event) for event in events],
        "media_info": {"length": {video: 60.0}, "fps": {video: 25.0}, "offset": {"1": 0.0}},
        **others,
    }


def event(time_s, code, subject="", modifiers=""):
    return [time_s, subject, code, modifiers, "", 3]


@pytest.fixture
def project(tmp_path):
    """Write a project and read it."""
    path = tmp_path / "labels.boris"

    def read(*observations, text=None):
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
        return read_labels(path, SOURCES, DURATIONS, None)

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


PAIR = (event(1, "axel"), event(2, "axel"))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (observation(), "no action is labelled there"),
        (observation(event(1, "axel")), "o1', event 1: 'axel' begins and does not end"),
        (observation(*PAIR, event(3, "fall")), "event 3: 'fall' is no state event of the ethogram"),
        (observation(*PAIR, event(3, "spin")), "event 3: 'spin' is no state event"),
        (observation(*PAIR, video="heat_03.mp4"), "event 1: there is no video 'heat_03.mp4'; nea"),
        (observation(*PAIR, file=[], type="LIVE"), "o1' is not of one video file in player 1"),
        (observation(*PAIR, file={"1": ["a.mp4", "b.mp4"]}), "is not of one video file"),
        (observation(*PAIR, **{"time offset": 12.5}), "has a time offset of 12.5. Set it to 0"),
        (observation(*PAIR, media_info={"offset": {"1": 3}}), "has a time offset of 3"),
        (observation(*PAIR, media_creation_date_as_offset=True), "from the day of recording"),
        (observation([1, "", "axel"]), r"event 1 is \[1, '', 'axel'\], expected time, subject"),
        (observation(event("1", "axel"), event(2, "axel")), "event 1 is .*expected time"),
        (observation(event(True, "axel"), event(2, "axel")), "event 1 is .*expected time"),
        (observation(event(1, "axel"), event(float("nan"), "axel")), "a time of inf s"),
        (observation(event(-1, "axel"), event(2, "axel")), "a time of -1 s"),
        (observation(event(1, "axel"), event(10**400, "axel")), "a time of inf s"),
        (observation(event(1, "axel", "a\nb"), event(2, "axel", "a\nb")), "group holds"),
        ([], "observation 'o1' has no events: no project of BORIS"),
    ],
)
def test_what_is_no_action_is_refused(project, wrong, message):
    with pytest.raises(DatasetError, match=message) as caught:
        project(wrong)
    assert str(caught.value).startswith(str(project.path))


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "{}", "\0", "[" * 100_000, '{"behaviors_conf": {"0": 1}, "observations": {}}'],
)
def test_what_is_no_project_is_refused(project, text):
    with pytest.raises(DatasetError, match="no project of BORIS"):
        project(text=text)


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
