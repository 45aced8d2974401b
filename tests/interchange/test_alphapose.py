"""AlphaPose's results: its list, its two forms by picture, frames without entries, ids, names of the video."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.interchange.skater import check_skater, read, recognised, seen
from vpdlib.datasets.base import DatasetError

FILES = Path(__file__).parent / "tool_files/alphapose"


@pytest.fixture
def written(tmp_path):
    def write(value, name="heat_01.json"):
        path = tmp_path / name
        path.write_text(value if isinstance(value, str) else json.dumps(value))
        return path

    return write


def person(picture, count=17, **others):
    return {
        "image_id": picture,
        "category_id": 1,
        "keypoints": [100.0, 50.0, 0.5] * count,
        **others,
    }


@pytest.mark.parametrize("form", ["list", "open", "cmu"])
def test_files_that_write_json_wrote(form):
    """Frame 1 has no entry, nor has frame 5, the last."""
    (given,) = read(FILES / form / "alphapose-results.json")
    check_skater(given, people=(1, 0, 2, 1, 1))
    assert not given.is_whole
    # The neck is in the middle of the shoulders, and second.
    if form != "list":
        np.testing.assert_allclose(given.values[0, 0, 1], (200, 60, 0.6375), atol=1e-3)
        assert given.joints[1] == "neck"
    assert given.individuals == (("1", "2") if form == "list" else ())


def test_the_video_is_called_as_the_folder_or_the_file(tmp_path):
    source = FILES / "list/alphapose-results.json"
    (tmp_path / "heat_02").mkdir()
    for name in (
        "heat_02/alphapose-results.json",
        "heat_03_alphapose-results.json",
        "heat_04.json",
    ):
        shutil.copy(source, tmp_path / name)
    found = [read(path)[0].video for path in sorted(tmp_path.rglob("*.json"))]
    assert found == ["heat_02", "heat_03", "heat_04"]


def test_pictures_of_several_videos(written):
    found = read(
        written(
            [person("heat_01_0000.jpg"), person("heat_02_0000.jpg"), person("heat_02_0003.jpg")]
        )
    )
    assert [(one.video, seen(one)) for one in found] == [
        ("heat_01", [1]),
        ("heat_02", [1, 0, 0, 1]),
    ]


def test_without_a_tracker_ids_are_all_alike(written):
    people = [person("0.jpg", idx=0.0), person("0.jpg", idx=0.0)]
    (given,) = read(written(people))
    assert not given.is_tracked
    assert given.remarks == ()
    (given,) = read(written([*people, person("1.jpg", idx=[2])]))
    assert given.remarks == ("two people of one frame have one id; ids are not taken",)


@pytest.mark.parametrize(
    ("count", "taken"), [(17, 17), (26, 26), (68, 26), (133, 23), (136, 26), (16, 16)]
)
def test_orders_of_joints(written, count, taken):
    (given,) = read(written([person("0.jpg", count)]))
    assert len(given.joints) == given.values.shape[2] == taken
    left_hip = 3 if count == 16 else 11
    assert given.joints.index("left_hip") == left_hip
    assert bool(given.remarks) == (count > 26)


def test_numbers_that_are_none_are_missing(written):
    keypoints = [100.0, 50.0, 0.5] * 17
    keypoints[0] = float("nan")
    (given,) = read(written([{**person("0.jpg"), "keypoints": keypoints}]))
    assert np.isnan(given.values[0, 0, 0, 0])
    assert given.remarks == ("1 joints with a number that is not finite count as missing",)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ([person("heat_01_0001.jpg")], "pictures of 'heat_01' begin at 1: whether their numbers"),
        ([person("axel.jpg")], r"\[0\]: picture 'axel.jpg' ends in no number"),
        ([person("0.jpg"), 3], r"\[1\] is 3, expected a picture's name"),
        ([person("0.jpg"), person("1.jpg", 16)], r"\[1\]: expected 17 joints of 3 numbers"),
        ([person("0.jpg", 20)], r"\[0\]: 60 numbers, 20 joints; joints have no names"),
        ([person("0.jpg"), person("900000000000.jpg")], "frame 900000000000 is its last"),
        ({"0.jpg": {"version": "AlphaPose v0.3"}}, "'0.jpg' has neither people nor bodies"),
        ({"0.jpg": {"version": "AlphaPose v0.3", "people": [{}]}}, "0.jpg, person 0 has no joints"),
        (
            {"0.jpg": {"version": "AlphaPose v0.3", "people": [{"joints": [1.0] * 51}]}},
            "17 joints; joints have no names, and known are orders of 18",
        ),
    ],
)
def test_what_is_wrong_is_refused(written, wrong, message):
    path = written(wrong)
    with pytest.raises(DatasetError, match=message) as caught:
        read(path, "alphapose")
    assert str(caught.value).startswith(str(path))


@pytest.mark.parametrize(
    "text", ["[]", "{}", '[{"image_id": 3, "keypoints": []}]', '[{"image_id": "0']
)
def test_what_is_none_is_not_recognised(written, text):
    assert "alphapose" not in recognised(written(text))
