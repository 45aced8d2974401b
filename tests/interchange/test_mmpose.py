"""MMPose's predictions of a video: the inferencer's list from 0, the demo's object from 1, frames without people."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.interchange.skater import check_skater, read, recognised, seen, skater
from vpdlib.datasets.base import DatasetError
from vpdlib.skeleton import COCO17

FILES = Path(__file__).parent / "tool_files/mmpose"
WHOLE = ([[0.0, 0.0, 320.0, 240.0]], 1.0)


@pytest.fixture
def written(tmp_path):
    def write(value, name="heat_01.json"):
        path = tmp_path / name
        path.write_text(value if isinstance(value, str) else json.dumps(value))
        return path

    return write


def person(box=((100.0, 20.0, 260.0, 200.0),), score=0.9, **others):
    joints = skater(0)
    return {
        "keypoints": joints[:, :2].tolist(),
        "keypoint_scores": joints[:, 2].tolist(),
        "bbox": [list(one) for one in box],
        "bbox_score": score,
        **others,
    }


def frames(*instances, first=0):
    return [
        {"frame_id": n, "instances": list(people)}
        for n, people in enumerate(instances, start=first)
    ]


def test_the_inferencers_file():
    """Its detector found nobody in frames 1 and 5, for which it wrote the pose of the whole picture."""
    (given,) = read(FILES / "heat_01.json")
    check_skater(given)
    assert (given.video, given.joints, given.is_tracked) == ("heat_01", COCO17, False)
    assert given.remarks == ("2 frames without people: the pose of the whole picture is not taken",)
    # Which are in the file: two people more than are taken.
    content = json.loads((FILES / "heat_01.json").read_text())
    assert [len(one["instances"]) for one in content] == [1, 1, 2, 1, 1, 1]
    assert [one["frame_id"] for one in content] == [0, 1, 2, 3, 4, 5]


def test_the_demos_file_counts_from_1():
    (given,) = read(FILES / "results_heat_01.json")
    check_skater(given, people=(1, 0, 2, 1, 1))
    assert given.video == "heat_01"
    content = json.loads((FILES / "results_heat_01.json").read_text())
    assert [one["frame_id"] for one in content["instance_info"]] == [1, 3, 4, 5]


def test_without_a_detector_every_frame_is_the_whole_picture(written):
    whole = person(*WHOLE)
    (given,) = read(written(frames([whole], [whole])))
    assert seen(given) == [1, 1]
    assert given.remarks == ()


def test_a_person_whose_box_begins_at_the_corner_is_taken(written):
    (given,) = read(written(frames([person(WHOLE[0], 0.97)], [person()], [])))
    assert seen(given) == [1, 1, 0]


def test_people_of_133_joints(written):
    joints = [[100.0 + n, 50.0] for n in range(133)]
    many = person(keypoints=joints, keypoint_scores=[0.5] * 133)
    (given,) = read(written(frames([many])))
    assert len(given.joints) == given.values.shape[2] == 23


def test_scores_of_0_or_less_are_missing(written):
    scores = [0.5] * 17
    scores[3] = -0.02
    (given,) = read(written(frames([person(keypoint_scores=scores)])))
    assert np.isnan(given.values[0, 0, 3, 0])


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (
            [*frames([person()]), {"frame_id": -1, "instances": []}],
            r"\[1\] is .*expected frame_id of 0",
        ),
        ([*frames([person()]), {"frame_id": 1}], r"\[1\] is .*and instances"),
        (
            frames([person(keypoint_scores=None)]),
            r"\[0\], instances\[0\] is .*expected keypoints and",
        ),
        (
            frames([person(keypoint_scores=[0.5])]),
            r"instances\[0\]: expected 17 joints of 1 numbers",
        ),
        (
            frames([person(), person(keypoints=[[1, 2]])]),
            r"instances\[1\]: expected 17 joints of 2",
        ),
        (
            frames([person(keypoints=[[1.0, 2.0]] * 14, keypoint_scores=[0.5] * 14)]),
            "14 joints without names",
        ),
        (
            {"meta_info": {"keypoint_id2name": {}}, "instance_info": frames([person()])},
            "expected frame_id of 1 or more",
        ),
        (
            {"meta_info": {"keypoint_id2name": {}}, "instance_info": 3},
            "instance_info is 3, expected a",
        ),
    ],
)
def test_what_is_wrong_is_refused(written, wrong, message):
    path = written(wrong)
    with pytest.raises(DatasetError, match=message) as caught:
        read(path, "mmpose")
    assert str(caught.value).startswith(str(path))


@pytest.mark.parametrize(
    "text", ["[]", "{}", '{"meta_info": {}}', '[{"frame_id": 0, "people": []}]']
)
def test_what_is_none_is_not_recognised(written, text):
    assert recognised(written(text)) == []
