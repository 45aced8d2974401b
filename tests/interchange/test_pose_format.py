"""``.pose`` files of pose-format: what the package wrote, versions, components, damage."""

import struct
from pathlib import Path

import numpy as np
import pytest

from tests.interchange.skater import check_skater, read, recognised, seen
from vpdlib.datasets.base import DatasetError

FILES = Path(__file__).parent / "tool_files/pose_format"


def text(value):
    return struct.pack("<H", len(value)) + value.encode()


def component(name="BODY", points=("left_shoulder", "nose"), form="XYC"):
    head = text(name) + text(form) + struct.pack("<HHH", len(points), 1, 1)
    return head + b"".join(map(text, points)) + struct.pack("<5H", 0, 1, 255, 0, 0)


def pose(parts=None, version=0.2, frames=2, people=1, numbers=None, count=None):
    parts = [component()] if parts is None else parts
    head = struct.pack("<fHHHH", version, 320, 240, 0, len(parts) if count is None else count)
    facts = struct.pack("<fIH", 25, frames, people)
    if round(version, 1) == 0.1:
        facts = struct.pack("<HHH", 25, frames % 65536, people)
    if numbers is None:
        numbers = [*([10.0, 20.0] * (frames * people * 2)), *([0.5] * (frames * people * 2))]
    return head + b"".join(parts) + facts + np.array(numbers, "<f4").tobytes()


@pytest.fixture
def written(tmp_path):
    def write(data):
        path = tmp_path / "heat_01.pose"
        path.write_bytes(data)
        return path

    return write


def test_openposes_folder_through_the_package():
    (given,) = read(FILES / "heat_01.pose")
    check_skater(given, missing=["left_ear"])
    assert (given.video, given.is_whole) == ("heat_01", True)
    assert given.facts == {"fps": 25.0, "width": 320.0, "height": 240.0}
    assert given.joints[:3] == ("Nose", "Neck", "RShoulder")
    assert len(given.joints) == 25


def test_components_of_a_holistic_pose():
    """The body in pixels is taken, and not the one in metres, whose points are called alike."""
    (given,) = read(FILES / "heat_02.pose")
    check_skater(given, people=(1, 0, 1, 1, 1, 0))
    assert given.facts["fps"] == 50
    assert given.remarks == ("components that are not taken: FACE_LANDMARKS, POSE_WORLD_LANDMARKS",)


def test_version_0_1_has_as_many_frames_as_bytes(written):
    (given,) = read(written(pose(version=0.1, frames=70_000)))
    assert len(given.values) == 70_000
    assert given.values[-1, 0, 0].tolist() == [10, 20, 0.5]


def test_points_without_confidence_are_missing(written):
    (given,) = read(written(pose(frames=1, people=2, numbers=[*range(1, 9), 0.5, 0.0, 0.25, 1.0])))
    assert seen(given) == [2]
    assert np.isnan(given.values[0, 0, 1, 0])
    assert given.values[0, 1].tolist() == [[5, 6, 0.25], [7, 8, 1]]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (pose()[:-4], "the file has 44: empty or cut"),
        (pose(frames=10**9, numbers=[1.0] * 12), "1000000000 frames of 1 people"),
        (pose(frames=0, numbers=[]), "empty or cut"),
        (pose(version=0.3), "version 0.3, read are 0.1 and 0.2"),
        (pose(version=0.0), "version 0, read are"),
        (pose([component("FACE", ("nose",))]), r"none of its components \(FACE\) has a shoulder"),
        (pose([component()], count=9), "ends in its head|no UTF-8|expected XYC"),
        (pose([component(), component("B", form="X")]), "points of 'B' are 'X', expected XYC"),
    ],
)
def test_what_is_wrong_is_refused(written, data, message):
    path = written(data)
    with pytest.raises(DatasetError, match=message) as caught:
        read(path, "pose_format")
    assert str(caught.value).startswith(str(path))


@pytest.mark.parametrize("data", [b"", b"\0" * 40, b"PathFileType\t4", pose()[:14], pose([])])
def test_what_is_none_is_not_recognised(written, data):
    assert recognised(written(data)) == []
