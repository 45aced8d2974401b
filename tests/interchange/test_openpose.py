"""Folders of OpenPose's JSON files, and Pose2Sim's: frames from 0, orders by number of joints, people, fractions."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.interchange.skater import check_skater, read, recognised, seen
from vpdlib.datasets.base import DatasetError

FILES = Path(__file__).parent / "tool_files/openpose"


@pytest.fixture
def folder(tmp_path):
    """A folder of frames: file name -> people, each a list of numbers or an object."""

    def write(version=1.3, **files):
        for name, people in files.items():
            content = people
            if isinstance(people, list):
                people = [p if isinstance(p, dict) else {"pose_keypoints_2d": p} for p in people]
                content = {"version": version, "people": people}
            (tmp_path / f"{name}.json").write_text(json.dumps(content))
        return tmp_path

    return write


def body(count=25, x=100.0):
    return [n for joint in range(count) for n in (x + joint, 50.0 + joint, 0.5)]


def name(frame, video="heat_01"):
    return f"{video}_{frame:012d}_keypoints"


def test_body_25():
    """As its source writes it: six digits, and every frame has a file. The left ear was not found: 0, 0, 0."""
    (given,) = read(FILES / "body_25")
    check_skater(given, missing=["left_ear"])
    assert (given.video, len(given.joints), given.is_tracked) == ("heat_01", 25, False)
    # The neck is in the middle of the shoulders.
    np.testing.assert_allclose(given.values[0, 0, 1], (200, 60, 0.6375), atol=1e-3)
    assert given.facts == {}


def test_pose2sim_writes_26_joints_and_other_names_of_files():
    (given,) = read(FILES / "pose2sim")
    check_skater(given)
    assert given.video == "heat_01"
    assert given.joints[17:20] == ("head", "neck", "mid_hip")


@pytest.mark.parametrize(
    ("count", "places"),
    [
        (25, {"nose": 0, "right_wrist": 4, "left_hip": 12, "left_ankle": 14, "left_eye": 16}),
        (18, {"nose": 0, "right_wrist": 4, "left_hip": 11, "left_ankle": 13, "left_eye": 15}),
        (15, {"head": 0, "right_wrist": 4, "left_hip": 11, "left_ankle": 13, "chest": 14}),
        (17, {"nose": 0, "right_wrist": 10, "left_hip": 11, "left_ankle": 15, "left_eye": 1}),
    ],
)
def test_orders_of_joints(folder, count, places):
    """Places from OpenPose's poseParameters.cpp."""
    (given,) = read(folder(**{name(0): [body(count)]}))
    assert {joint: given.joints.index(joint) for joint in places} == places


def test_ids_fractions_and_several_videos(folder):
    people = [
        {"person_id": [3], "pose_keypoints_2d": (np.array(body()) / 1000).tolist()},
        {"person_id": [1], "pose_keypoints_2d": (np.array(body()) / 500).tolist()},
    ]
    found = read(folder(**{name(0): people, name(2): people[:1], name(0, "heat_02"): [body()]}))
    first, second = found
    assert (first.video, second.video) == ("heat_01", "heat_02")
    assert first.individuals == ("1", "3")
    assert seen(first) == [2, 0, 1]
    assert first.facts == {"width": 1, "height": 1}
    assert second.facts == {}


def test_numbered_pictures_may_begin_at_1(folder):
    (given,) = read(folder(frame_0001_keypoints=[body()], frame_0002_keypoints=[]))
    assert seen(given) == [1, 0]
    assert given.remarks == ("frames are numbered from 1",)


def test_a_part_of_a_video_keeps_its_numbers(folder):
    (given,) = read(folder(**{name(2): [body()], name(3): []}))
    assert seen(given) == [0, 0, 1, 0]


def test_nobody_in_the_whole_video(folder):
    (given,) = read(folder(**{name(0): [], name(1): []}))
    assert seen(given) == [0, 0]


@pytest.mark.parametrize(
    ("people", "message"),
    [
        ([body(21)], "joints have no names, and known are orders of 25, 18, 15"),
        ([[*body(), 1.0]], r"people\[0\]: expected 25 joints of 3 numbers"),
        ([[*body()[:-1], "1"]], r"people\[0\]: expected 25 joints of 3 numbers"),
        ([{"face": []}], r"people\[0\] has no pose_keypoints_2d"),
        ({"people": 3}, "people is 3, expected a list"),
        ([body(18)], r"people\[0\]: expected 25 joints of 3 numbers"),
    ],
)
def test_what_is_wrong_is_refused(folder, people, message):
    with pytest.raises(DatasetError, match=message):
        read(folder(**{name(0): [body()] if "orders" not in message else [], name(1): people}))


def test_two_runs_in_one_folder_are_refused(folder):
    path = folder(heat_01_000000000001_keypoints=[body()], heat_01_000001=[body()])
    with pytest.raises(DatasetError, match="heat_01: two files of frame 1"):
        read(path)


def test_what_is_none_is_not_recognised(folder, tmp_path):
    assert recognised(folder(**{name(0): {"version": "AlphaPose v0.3", "people": []}})) == []
    assert recognised(tmp_path / f"{name(0)}.json") == []
