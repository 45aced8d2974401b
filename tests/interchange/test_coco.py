"""COCO's JSON of keypoints: annotations with images, results, frames by names, flags, scores; what is written."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.interchange.skater import check_skater, read, recognised, seen, skater
from vpdlib.datasets.base import DatasetError
from vpdlib.interchange.formats import WrittenPoses
from vpdlib.interchange.pose_registry import POSES
from vpdlib.skeleton import COCO17

FILES = Path(__file__).parent / "tool_files/coco"
PERSON = {"id": 1, "name": "person", "keypoints": list(COCO17)}


def joints(frame=0, person=0, flag=None):
    place = skater(frame, person)
    if flag is not None:
        place[:, 2] = flag
    return place.ravel().tolist()


def image(number, name="heat_01/{:06d}.jpg", **others):
    return {
        "id": 10 + number,
        "file_name": name.format(number),
        "width": 320,
        "height": 240,
        **others,
    }


def person(number, **others):
    return {
        "id": 1,
        "image_id": 10 + number,
        "category_id": 1,
        "keypoints": joints(number),
        **others,
    }


def content(images, annotations, **others):
    return {"images": images, "annotations": annotations, "categories": [PERSON], **others}


@pytest.fixture
def written(tmp_path):
    def write(value, name="file.json"):
        path = tmp_path / name
        path.write_text(value if isinstance(value, str) else json.dumps(value))
        return path

    return write


def test_annotations_that_pycocotools_reads():
    """Pictures are numbered from 1; joint 3 is not labelled (flag 0), joint 4 is hidden (1), others are seen (2)."""
    (given,) = read(FILES / "annotations.json")
    check_skater(given, scores=False, missing=["left_ear"])
    assert (given.video, given.joints, dict(given.facts)) == (
        "heat_01",
        COCO17,
        {"width": 320, "height": 240},
    )
    assert not given.is_whole
    assert not given.is_tracked
    assert given.remarks == ("frames are numbered from 1",)


def test_results_as_pycocotools_joins_them_with_their_images():
    """``COCO(annotations).loadRes(results).dataset``, saved."""
    (given,) = read(FILES / "loaded_results.json")
    check_skater(given)
    assert given.video == "heat_01"


def test_a_list_of_results_is_one_video_of_the_files_name():
    (given,) = read(FILES / "heat_01.json")
    check_skater(given, people=(1, 0, 2, 1, 1))
    assert (given.video, given.is_whole) == ("heat_01", False)


def test_videos_by_folder_by_name_and_by_id(written):
    images = [
        image(0),
        {**image(1, "C:\\mia\\heat_02_{:03d}.png"), "width": 640},
        {**image(2, "frame_{:06d}.PNG")},
        {**image(3, "x.jpg"), "video_id": 7, "frame_id": 4},
    ]
    videos = [{"id": 7, "name": "final.mp4"}]
    people = [person(n) for n in range(4)]
    found = {
        one.video: one for one in read(written(content(images, people, videos=videos), "set.json"))
    }
    assert sorted(found) == ["final.mp4", "heat_01", "heat_02", "set"]
    assert seen(found["final.mp4"]) == [0, 0, 0, 0, 1]
    # Number 1 is the first, number 2 the third.
    assert seen(found["heat_02"]) == [1]
    assert seen(found["set"]) == [0, 0, 1]
    assert found["set"].remarks == ("its first picture is number 2, counted from 0",)


def test_tracks_name_people(written):
    images = [image(0), image(1)]
    people = [person(0, track_id=5), person(0, track_id=4), person(1, track_id=4)]
    (given,) = read(written(content(images, people)))
    assert given.is_tracked
    assert given.individuals == ("4", "5")
    assert seen(given) == [2, 1]
    assert np.isfinite(given.values[1, 0, 0, 0])


def test_scores_of_models_pass_as_they_are_and_flags_count_as_sure(written):
    images = [image(0)]
    (given,) = read(written(content(images, [person(0, keypoints=joints(flag=0.25))])))
    assert given.values[0, 0, 0, 2] == 0.25
    (given,) = read(written(content(images, [person(0, keypoints=joints(flag=1))])))
    assert given.values[0, 0, 0, 2] == 1


def test_annotations_without_keypoints_are_said(written):
    (given,) = read(
        written(content([image(0)], [person(0), {"id": 2, "image_id": 10, "iscrowd": 1}]))
    )
    assert given.remarks == ("1 annotations have no keypoints",)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (
            content([image(0)], [person(0), person(1)]),
            r"annotations\[1\]: its image_id is that of no image",
        ),
        (content([image(0), image(0)], [person(0)]), r"images\[1\]: two images have the id 10"),
        (
            content([image(0, "axel.jpg")], [person(0)]),
            r"images\[0\]: 'axel.jpg' ends in no number",
        ),
        (content([{"id": 10}], [person(0)]), r"images\[0\] has no file_name"),
        (
            content([image(0)], [person(0, keypoints=[1, 2, 3])]),
            r"annotations\[0\]: expected 17 joints of 3",
        ),
        (
            content([image(0)], [person(0, keypoints=["1"] * 51)]),
            r"annotations\[0\]: expected 17 joints",
        ),
        (
            {**content([image(0)], [person(0)]), "categories": [{"id": 1, "name": "person"}]},
            "no category names joints",
        ),
        (
            content([image(3), {**image(3), "id": 99}], [person(3)]),
            "heat_01: two images have one number",
        ),
        (content({}, [person(0)]), "images is {}, expected a list"),
        ([person(1)], "image_id begins at 11: whether frames count from 0 or 1 is not known"),
        ([{**person(0), "image_id": 0}, {"image_id": 1}], r"\[1\] is .*expected an image_id"),
        (
            [{**person(0), "image_id": 0, "keypoints": [1.0] * 63}],
            r"\[0\]: 21 joints without names",
        ),
        (
            [{**person(0), "image_id": 0}, {**person(0), "image_id": -1}],
            r"\[1\] is .*image_id of 0 or",
        ),
        (
            [{**person(0), "image_id": 0}, {**person(0), "image_id": 9 * 10**8}],
            "900000000 is its last",
        ),
    ],
)
def test_what_is_wrong_is_refused(written, wrong, message):
    path = written(wrong)
    with pytest.raises(DatasetError, match=message) as caught:
        read(path, "coco")
    assert str(caught.value).startswith(str(path))


@pytest.mark.parametrize(
    "text", ["{}", "[]", "", "[[", '{"images": []}', '[{"image_id": "0.jpg", "keypoints": [1]}]']
)
def test_what_is_none_is_not_recognised(written, text):
    assert "coco" not in recognised(written(text))


def poses(video_id="heat_01"):
    keypoints = np.stack([skater(frame) for frame in range(4)]).astype(np.float32)
    keypoints[1] = np.nan, np.nan, 0
    keypoints[2, 3] = np.nan, np.nan, 0
    boxes = np.full((4, 4), np.nan, np.float32)
    boxes[0] = 100, 20, 260, 200
    return WrittenPoses(video_id, Path(f"/v/{video_id}.mp4"), 25.0, 320, 240, keypoints, boxes)


def test_what_is_written_is_read_again(tmp_path):
    videos = [poses(), poses("heat_02")]
    (path,) = POSES["coco"].write(videos, tmp_path, "skating")
    assert path == tmp_path / "skating.json"
    found = read(path)
    assert [one.video for one in found] == ["heat_01.mp4", "heat_02.mp4"]
    for given in found:
        assert given.facts == {"width": 320, "height": 240}
        assert given.values.shape == (4, 1, 17, 3)
        np.testing.assert_allclose(given.values[:, 0], poses().keypoints_px, atol=0.001)


def test_ids_begin_at_1_and_boxes_are_the_athletes(tmp_path):
    (path,) = POSES["coco"].write([poses()], tmp_path, "skating")
    value = json.loads(path.read_text())
    assert [one["id"] for one in value["annotations"]] == [1, 2, 3]
    assert [one["id"] for one in value["images"]] == [1, 2, 3, 4]
    assert value["annotations"][0]["bbox"] == [100, 20, 160, 180]
    # Without a box, that of the joints: the ankles' and the wrists'.
    assert value["annotations"][2]["bbox"] == [190, 37, 50, 153]
    assert value["annotations"][1]["num_keypoints"] == 16
    assert value["annotations"][1]["keypoints"][9:12] == [0, 0, 0]
