"""Annotations of Datumaro: runs of labelled frames and stretches of videos, and what is written is read again."""

import json
import random
from pathlib import Path

import numpy as np
import pytest

from tests.interchange.reading import read as read_labels
from tests.interchange.round_trip import found, frames, read_again, videos, written
from vpdlib.datasets.base import DatasetError, VideoSource
from vpdlib.interchange.formats import FrameTime
from vpdlib.interchange.label_formats.datumaro import DATUMARO
from vpdlib.interchange.label_registry import find_format, read_label_file

FILES = Path(__file__).parent / "tool_files" / "datumaro" / "annotations"
SOURCES = [VideoSource(name, Path(f"videos/{name}.mp4")) for name in ("heat_01", "heat_02")]
DURATIONS = {"heat_01": 60.0, "heat_02": 30.0}
TIMES = {"heat_01": np.arange(1500) / 25, "heat_02": np.arange(1500) / 50}


def rows_of(path):
    return [
        (
            row.video,
            row.label,
            *(one.frame if isinstance(one, FrameTime) else one for one in (row.start, row.end)),
            row.group,
        )
        for row in read_label_file(path).rows
    ]


@pytest.fixture
def read(tmp_path):
    path = tmp_path / "heat_01.json"

    def write(*items, **others):
        labels = [{"name": name, "parent": ""} for name in ("axel", "lutz")]
        content = {
            "dm_format_version": "1.0",
            "infos": {},
            "categories": {"label": {"labels": labels}},
            "items": list(items),
            **others,
        }
        path.write_text(json.dumps(content), encoding="utf-8")
        return read_label_file(path)

    write.path = path
    return write


def label(number=0, **others):
    return {"id": 0, "type": "label", "attributes": {}, "group": 0, "label_id": number, **others}


def frame(number, *annotations, video="heat_01.mp4"):
    place = {"video_path": video, "frame_index": number}
    return {"id": f"{video}/{number}", "annotations": list(annotations), "video_frame": place}


def stretch(annotations, **video):
    return {"id": "a", "annotations": annotations, "video": {"path": "heat_01.mp4", **video}}


def test_frames_and_stretches_are_those_of_datumaro():
    # make_json.py puts them in by Datumaro 1.13.12: frames 75 to 79; 250 to 252 and, of another object, 250 and 251;
    # 0. Its interval of a stretch is closed: "[start_frame, end_frame]", 38 pictures of 75 to 112.
    assert rows_of(FILES / "train.json") == [
        ("heat_01.mp4", "axel", 75, 80, "mia"),
        ("heat_01.mp4", "lutz", 250, 253, ""),
        ("heat_01.mp4", "lutz", 250, 252, ""),
        ("heat_02.mp4", "fall", 0, 1, ""),
    ]
    assert rows_of(FILES / "test.json") == [
        ("heat_01.mp4", "axel", 75, 113, ""),
        ("heat_02.mp4", "fall", 1450, "", ""),
    ]
    file = read_label_file(FILES / "train.json")
    assert file.remarks == ["annotations of the type 'bbox', which are not taken: 1"]
    assert {row.split for row in file.rows} == {"train"}
    assert find_format(FILES / "test.json") is DATUMARO


def test_frames_are_pictures():
    times = {**TIMES, "heat_01": TIMES["heat_01"] + 0.5}
    actions = read_labels(FILES / "test.json", SOURCES, DURATIONS, times_of=times.__getitem__)
    assert [(one.start_s, one.end_s, one.split) for one in actions] == [
        (pytest.approx(3.5), pytest.approx(5.02), "test"),
        (pytest.approx(29.0), 30.0, "test"),
    ]


def test_cvats_frames_are_of_the_file_or_of_their_folder(read):
    items = [
        {"id": "frame_000003", "annotations": [label()], "attr": {"frame": 3}, "image": {}},
        {"id": "heat_02/frame_000004", "annotations": [label()], "attr": {"frame": 4}},
        {"id": "picture", "annotations": [label()], "image": {"path": "picture.jpg"}},
    ]
    file = read(*items)
    assert rows_of(read.path) == [("heat_01", "axel", 3, 4, ""), ("heat_02", "axel", 4, 5, "")]
    assert file.remarks == ["labels of pictures whose video is not said, which are not taken: 1"]


def test_of_every_nth_frame_a_label_holds_until_the_next(read):
    file = read(*(frame(n, *([label()] if 5 <= n < 15 else [])) for n in range(0, 30, 5)))
    assert rows_of(read.path) == [("heat_01.mp4", "axel", 5, 15, "")]
    assert file.remarks == [
        "'heat_01.mp4': every 5th frame is listed; a label holds until the next one"
    ]
    # Frames that happen to be as far apart are not every frame.
    read(*(frame(n, label()) for n in (10, 20, 30)))
    assert [row[2:4] for row in rows_of(read.path)] == [(10, 11), (20, 21), (30, 31)]


def test_seconds_of_kinetics(read):
    read(stretch([label(attributes={"time_start": 3, "time_end": 4.5})]))
    assert rows_of(read.path) == [("heat_01.mp4", "axel", 3.0, 4.5, "")]


@pytest.mark.parametrize(
    ("items", "message"),
    [
        ([frame(1, label(2))], "label_id is 2, of 2 classes from 0"),
        ([frame(1, label(-1))], "label_id is -1"),
        ([frame(1, label(None))], "label_id is missing"),
        ([frame(-1, label())], "frame_index is -1, expected the number of a frame"),
        ([frame(1.5, label())], "frame_index is 1.5, expected a whole number"),
        ([frame(True, label())], "frame_index is True, expected a whole number"),
        ([frame(1, {"id": 0})], "an annotation: type is missing"),
        ([{"id": 1, "annotations": []}], "item 1: id is 1, expected a text"),
        ([{"id": "a"}], "item 'a': annotations is missing"),
        ([stretch([label()], start_frame=9, end_frame=8)], "it ends in frame 8, before frame 9"),
        ([stretch([label()], end_frame="8")], "end_frame is 8, expected a whole number"),
        ([{"id": "a", "annotations": [], "video": {}}], "video: path is missing"),
        ([3], "item 1: id is missing"),
    ],
)
def test_what_is_damaged_is_refused(read, items, message):
    with pytest.raises(DatasetError, match=message) as caught:
        read(*items)
    assert str(caught.value).startswith(str(read.path))


def test_other_versions_are_said_and_missing_classes_refused(read):
    assert "2.0 was not tried" in read(frame(1, label()), dm_format_version="2.0").remarks[0]
    with pytest.raises(DatasetError, match="has no classes"):
        read(categories={})


def test_nothing_else_is_taken_for_it(tmp_path):
    path = tmp_path / "x.json"
    for text in ("{}", "[]", '{"items": [], "categories": []}', '{"items": [], "categories": {}}'):
        path.write_text(text)
        assert find_format(path) is None


@pytest.mark.parametrize("make", [lambda given: given, found])
def test_what_is_written_is_read_again(tmp_path, make):
    given = make(videos())
    paths = DATUMARO.write(given, tmp_path, "heats")
    assert frames(read_again(paths, given), given) == frames(written(given), given)
    items = json.loads(paths[0].read_text(encoding="utf-8"))["items"]
    assert items[-1] == {
        "id": "heat_03",
        "annotations": [],
        "video": {"path": "heat_03.mp4", "step": 1, "start_frame": 0},
    }
    scores = {one["annotations"][0]["attributes"].get("score") for one in items[:-1]}
    assert scores == ({0.875} if make is found else {None})


@pytest.mark.parametrize("seed", range(60))
def test_a_damaged_file_is_read_or_refused(tmp_path, seed):
    rng = random.Random(seed)
    text = (FILES / "train.json").read_text(encoding="utf-8")
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(text))
        text = (
            text[:at] + rng.choice(["", "0", '"', "{", "null"]) + text[at + rng.choice([0, 1, 9]) :]
        )
    path = tmp_path / "heat_01.json"
    path.write_text(text, encoding="utf-8")
    try:
        actions = read_labels(path, SOURCES, DURATIONS, times_of=TIMES.__getitem__)
    except DatasetError as error:
        assert str(path) in str(error)  # noqa: PT017
        return
    assert all(action.video_id in DURATIONS for action in actions)
