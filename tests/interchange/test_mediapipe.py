"""MediaPipe's pose landmarks as JSON and arrays: an entry per picture, fractions or pixels, world landmarks refused."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.interchange.skater import check_skater, read, recognised, seen
from vpdlib.datasets.base import DatasetError

FILES = Path(__file__).parent / "tool_files/mediapipe"
MARK = {"x": 0.5, "y": 0.25, "z": 0.0, "visibility": 0.75}
PERSON = [MARK] * 33


@pytest.fixture
def written(tmp_path):
    def write(value, name="heat_01.json"):
        path = tmp_path / name
        path.write_text(value if isinstance(value, str) else json.dumps(value))
        return path

    return write


@pytest.fixture
def saved(tmp_path):
    def save(**arrays):
        path = tmp_path / "heat_02.npz"
        np.savez_compressed(path, **arrays)
        return path

    return save


def test_results_of_the_pose_landmarker():
    """``dataclasses.asdict`` of its results, which also hold landmarks in metres."""
    (given,) = read(FILES / "heat_01.json")
    check_skater(given, scale=(320, 240), atol=1e-5)
    assert (given.video, given.is_whole, given.is_tracked) == ("heat_01", True, False)
    assert given.facts == {"width": 1, "height": 1}
    assert len(given.joints) == 33


def test_an_array_of_them():
    (given,) = read(FILES / "heat_02.npz")
    check_skater(given, people=(1, 0, 1, 1, 1, 0), scale=(320, 240), atol=1e-5)
    assert given.video == "heat_02"


@pytest.mark.parametrize(
    "entry",
    [
        PERSON,
        [PERSON],
        {"landmark": PERSON},
        {"pose_landmarks": PERSON},
        {"pose_landmarks": {"landmark": PERSON}},
        {"pose_landmarks": [{"landmark": PERSON}], "timestamp_ms": 40},
    ],
)
def test_forms_of_an_entry(written, entry):
    (given,) = read(written([None, entry, [], {"pose_landmarks": []}, {"pose_landmarks": None}]))
    assert seen(given) == [0, 1, 0, 0, 0]
    assert given.values[1, 0, 0].tolist() == [0.5, 0.25, 0.75]


def test_landmarks_without_visibility_are_sure(written):
    (given,) = read(written([[{"x": 0.5, "y": 0.25, "visibility": None}] * 33]))
    assert given.values[0, 0, 0].tolist() == [0.5, 0.25, 1]


def test_arrays_of_all_forms(saved):
    one = np.zeros((4, 33, 5), np.float32)
    one[1:] = 0.5, 0.25, 0.0, 0.75, 0.5
    expected = [0, 1, 1, 1]
    for array in (one, one[:, None], one.reshape(4, -1), one[..., :4], one.astype("f8")):
        (given,) = read(saved(arr_0=array))
        assert seen(given) == expected
        assert given.values[1, 0, 32].tolist() == [0.5, 0.25, 0.75]
        assert given.video == "heat_02"
    (given,) = read(saved(landmarks=one[..., :3]))
    assert given.values[1, 0, 0].tolist() == [0.5, 0.25, 1]
    assert [g.video for g in read(saved(heat_01=one, heat_03=one))] == ["heat_01", "heat_03"]


def test_an_npy(tmp_path):
    path = tmp_path / "heat_02.npy"
    np.save(path, np.full((2, 33, 4), 0.5, np.float32))
    (given,) = read(path)
    assert (given.video, seen(given)) == ("heat_02", [1, 1])
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(DatasetError, match="1048 bytes of 1056"):
        read(path)


def test_pixels_are_told_by_their_size(saved):
    array = np.full((2, 33, 4), 0.5, np.float32)
    array[..., :2] = 200, 100
    (given,) = read(saved(landmarks=array))
    assert given.facts == {}


def test_landmarks_outside_the_picture_are_fractions_still(saved):
    array = np.full((2, 33, 4), 0.5, np.float32)
    array[:, 20:, 1] = 1.7
    array[:, :3, 0] = -0.2
    (given,) = read(saved(landmarks=array))
    assert given.facts == {"width": 1, "height": 1}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ([PERSON, PERSON[:32]], r"\[1\], person 0 is 32 landmarks, expected 33"),
        ([PERSON, [{"x": 1, "y": "2"}] * 33], r"\[1\], person 0: landmark 0 is .*expected x and y"),
        ([PERSON, 3], r"\[1\] is 3"),
        ([PERSON, {"hands": 3}], r"\[1\] has no pose_landmarks"),
        (
            [[{"x": (-1) ** n * 0.2, "y": (-1) ** n * 0.3} for n in range(33)]],
            "world landmarks, in metres",
        ),
    ],
)
def test_what_is_wrong_is_refused(written, wrong, message):
    path = written(wrong)
    with pytest.raises(DatasetError, match=message) as caught:
        read(path, "mediapipe")
    assert str(caught.value).startswith(str(path))


def test_numbers_that_are_none_are_missing(written):
    text = json.dumps([PERSON]).replace('"x": 0.5', '"x": NaN', 1)
    (given,) = read(written(text))
    assert np.isnan(given.values[0, 0, 0, 0])
    assert given.remarks == ("1 joints with a number that is not finite count as missing",)
    (given,) = read(written(json.dumps([PERSON]).replace('"x": 0.5', '"x": 1' + "0" * 400, 1)))
    assert np.isnan(given.values[0, 0, 0, 0])


def test_what_is_none_is_not_recognised(written, saved):
    assert recognised(written("[]")) == []
    assert recognised(written('[{"image_id": "0.jpg", "landmarks": [{"x": 1, "y": 2}]}]')) == []
    # Keypoints of one's own.
    assert recognised(saved(heat_01=np.zeros((4, 17, 3)))) == []
    assert recognised(saved(heat_01=np.zeros((4, 33, 4)), fps=np.array(25.0))) == []
    assert recognised(saved(heat_01=np.array(["a"] * 33))) == []
