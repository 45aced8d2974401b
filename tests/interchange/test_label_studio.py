"""Exports of Label Studio: frames from 1, whose last one is of a range, and what is written is read once accepted."""

import json
import random
from pathlib import Path

import pytest

from tests.interchange.reading import read as read_labels
from tests.interchange.round_trip import found, frames, read_again, videos, written
from vpdlib.datasets.base import DatasetError, VideoSource
from vpdlib.interchange.formats import FrameTime
from vpdlib.interchange.label_formats.label_studio import LABEL_STUDIO
from vpdlib.interchange.label_registry import find_format, read_label_file

FILES = Path(__file__).parent / "tool_files" / "label_studio"
SOURCES = [VideoSource(name, Path(f"videos/{name}.mp4")) for name in ("heat_01", "heat_02")]
DURATIONS = {"heat_01": 60.0, "heat_02": 30.0}
RATES = {"heat_01": 25.0, "heat_02": 50.0}
UPLOAD = "94f33090-heat_01.mp4"


def rows_of(path):
    return [
        (
            row.video,
            row.tier,
            row.label,
            *(one.frame if isinstance(one, FrameTime) else one for one in (row.start, row.end)),
            row.group,
            row.annotator,
        )
        for row in read_label_file(path).rows
    ]


def test_an_export_is_read_as_label_studio_stored_it():
    # make_json_label_studio.py stores these by the API of Label Studio 1.23.2: ranges 76 to 113, 251 to 251, 80 to 120
    # and 1 to 50, a rectangle from 100 to 150 and from 200 on. Its editor goes to frame n by (n - 1) / rate.
    path = FILES / "json.json"
    assert rows_of(path) == [
        (UPLOAD, "jump", "axel", 75, 113, "mia", "1"),
        (UPLOAD, "jump", "lutz", 250, 251, "", "1"),
        (UPLOAD, "box", "zoe", 99, 150, "", "1"),
        (UPLOAD, "box", "zoe", 199, "", "", "1"),
        (UPLOAD, "clip", "good", "", "", "", "1"),
        (UPLOAD, "jump", "axel", 79, 120, "", "2"),
        ("/cup final/heat_02.mp4", "jump", "lutz", 0, 50, "", "1"),
    ]
    file = read_label_file(path)
    assert [row.start.rate_fps for row in file.rows if row.start] == [25.0] * 5 + [None]
    assert {row.start.counts for row in file.rows if row.start} == {"time"}
    assert file.rows[0].other_names == ("heat_01.mp4",)
    assert [remark.split(":")[0] for remark in file.remarks] == [
        "annotations that were skipped by their annotator, which are not taken",
        "predictions of a model, which are no labels until somebody accepts them",
    ]
    assert "frameRate" in file.without_rate
    assert find_format(path) is LABEL_STUDIO


def test_json_min_is_read_the_same_but_for_classes_of_videos_and_regions():
    path = FILES / "json_min.json"
    assert sorted(rows_of(path)) == sorted(
        (*row[:5], "", row[6]) for row in rows_of(FILES / "json.json") if row[1] != "clip"
    )
    assert read_label_file(path).remarks[0].endswith("none is taken: clip, subject")
    assert find_format(path) is LABEL_STUDIO


def test_one_annotator_and_one_tier_count():
    def read(**settings):
        return read_labels(
            FILES / "json.json",
            SOURCES,
            DURATIONS,
            rates_fps=RATES,
            folder=Path("videos"),
            **settings,
        )

    # Label Studio has no path of an upload, but a number before its name.
    assert [
        (one.video_id, one.label, one.start_s, one.end_s, one.group)
        for one in read(tier="jump", annotator="1")
    ] == [
        ("heat_01", "axel", 3.0, 4.52, "mia"),
        ("heat_01", "lutz", 10.0, 10.04, ""),
        ("heat_02", "lutz", 0.0, 1.0, ""),
    ]
    # At the rate of the project, where the export does not tell it.
    assert read(tier="jump", annotator="1", fps=20)[2].end_s == 2.5
    assert read(tier="clip", annotator="1")[0].end_s == 60.0
    assert [one.end_s for one in read(tier="box", annotator="1")] == [6.0, 60.0]
    with pytest.raises(DatasetError, match=r"is labelled by '2', and in .* by '1'\. Name the one"):
        read(tier="jump")


@pytest.fixture
def read(tmp_path):
    """Read an export of one task with results."""
    path = tmp_path / "export.json"

    def write(*results, data=None, **others):
        annotation = {"id": 5, "completed_by": 1, "was_cancelled": False, "result": list(results)}
        task = {
            "id": 3,
            "data": {"video": "heat_01.mp4"} if data is None else data,
            "annotations": [annotation],
            **others,
        }
        path.write_text(json.dumps([task]), encoding="utf-8")
        return read_label_file(path)

    write.path = path
    return write


def timeline(*ranges, labels=("axel",), **others):
    value = {
        "ranges": [{"start": first, "end": last} for first, last in ranges],
        "timelinelabels": list(labels),
    }
    return {
        **{"id": "a", "from_name": "jump", "to_name": "video", "type": "timelinelabels"},
        **{"value": value, **others},
    }


def rectangle(*keys, labels=("axel",)):
    value = {"sequence": [{"frame": n, "enabled": on} for n, on in keys], "labels": list(labels)}
    return {"id": "b", "from_name": "box", "type": "videorectangle", "value": value}


def spans(file):
    return [(row.label, row.start.frame, row.end and row.end.frame) for row in file.rows]


def test_ranges_labels_and_lifespans(read):
    assert spans(read(timeline((1, 2), (5, 5), labels=("axel", "fall")))) == [
        ("axel", 0, 2),
        ("fall", 0, 2),
        ("axel", 4, 5),
        ("fall", 4, 5),
    ]
    keys = [(9, True), (3, True), (12, False), (15, False), (20, True)]
    assert spans(read(rectangle(*keys))) == [("axel", 2, 12), ("axel", 19, "")]
    assert read(rectangle((1, True), labels=())).remarks == [
        "results of the type 'videorectangle without a label', which are not taken: 1"
    ]


def test_what_else_there_is_is_said(read):
    file = read(
        timeline((1, 2), meta={"group": "mia"}),
        {"id": "a", "from_name": "note", "type": "textarea", "value": {"text": ["nice"]}},
        {"id": "a", "from_name": "edge", "type": "choices", "value": {"choices": ["inner"]}},
    )
    assert [row.group for row in file.rows] == ["mia"]
    assert file.remarks[:2] == [
        "results of the type 'textarea', which are not taken: 1",
        "results of the type 'choices', which are not taken: 1",
    ]
    both = [{"result": [timeline((1, 2))], "completed_by": {"id": 1, "email": "mia@example.org"}}]
    file = read(annotations=both * 2)
    assert {row.annotator for row in file.rows} == {"mia@example.org"}
    assert file.remarks[0] == "several annotations of one person, all of which are taken, in task 3"


@pytest.mark.parametrize(
    ("data", "name", "other_names"),
    [
        (
            {"video": "/data/upload/7/3f2a1b4c-heat_01.mp4"},
            "3f2a1b4c-heat_01.mp4",
            ("heat_01.mp4",),
        ),
        ({"clip": "s3://cup/day 1/heat_01.mp4", "who": "mia"}, "heat_01.mp4", ()),
        ({"a": "https://x.org/heat%2001.mp4?key=a/b.mp4"}, "heat 01.mp4", ()),
        ({"a": "/data/local-files/?d=/home/mia/heat_01.mp4&x=1"}, "/home/mia/heat_01.mp4", ()),
        ({"a": "/data/local-files/?d=day%201/heat_01.mp4"}, "/day 1/heat_01.mp4", ()),
        ({"video": "day/heat_01.mp4", "second": "heat_02.mp4"}, "day/heat_01.mp4", ()),
        ({"video": "heat_01", "fps": 25}, "heat_01", ()),
        ({"video": "http://[x/heat_01.mp4"}, "http://[x/heat_01.mp4", ()),
    ],
)
def test_a_task_names_its_video(read, data, name, other_names):
    (row,) = read(timeline((1, 2)), data=data).rows
    assert (row.video, row.other_names) == (name, other_names)


@pytest.mark.parametrize(
    ("result", "message"),
    [
        (timeline((5, 4)), "result 1: it ends in frame 4, before frame 5"),
        (timeline((0, 4)), "start is 0, expected the number of a frame, from 1"),
        (timeline((1, None)), "end is missing, expected a number"),
        (timeline((1, float("nan"))), "end is nan, expected the number"),
        (timeline((1, 10**400)), "end is 1000.*expected the number"),
        (timeline((1.5, 2)), "start is 1.5, expected the number"),
        (timeline(("1", 2)), "start is 1, expected a number"),
        (timeline((1, 2), labels=(3,)), r"timelinelabels is \[3\], expected names"),
        (timeline((1, 2), value={"ranges": []}), "timelinelabels is missing"),
        (timeline((1, 2), from_name=None), "from_name is missing"),
        (timeline((1, 2), value=None), "value is missing, expected an object"),
        (rectangle((0, True)), "frame is 0, expected the number"),
        ({"id": "a"}, "a result: type is missing"),
        (7, "a result: type is missing"),
    ],
)
def test_what_is_damaged_is_refused(read, result, message):
    with pytest.raises(DatasetError, match=message) as caught:
        read(result)
    assert str(caught.value).startswith(f"{read.path}: task 3, annotation 5")


@pytest.mark.parametrize(
    ("others", "message"),
    [
        ({"data": {"a": "a.mp4", "b": "b.mp4"}}, "the video cannot be told: 'a', 'b'"),
        ({"data": {"n": 3}}, "the video cannot be told: nothing"),
        ({"annotations": [{"id": 1}]}, "task 3, an annotation: result is missing"),
        ({"annotations": 3, "predictions": []}, "annotations is 3, expected a list"),
    ],
)
def test_a_damaged_task_is_refused(read, others, message):
    with pytest.raises(DatasetError, match=message):
        read(timeline((1, 2)), **others)


def test_nothing_else_is_taken_for_it(tmp_path):
    path = tmp_path / "x.json"
    for text in ("{}", "[]", '[{"annotations": []}]', '{"data": 1, "annotations": []}', "[[]]"):
        path.write_text(text)
        assert find_format(path) is None


def accepted(path):
    """What Label Studio makes of tasks when their predictions are accepted, in what matters here."""
    tasks = json.loads(path.read_text(encoding="utf-8"))
    for task in tasks:
        task["annotations"] += [{"result": one["result"]} for one in task.pop("predictions")]
    path.write_text(json.dumps(tasks), encoding="utf-8")


@pytest.mark.parametrize("make", [lambda given: given, found])
def test_what_is_written_is_read_again(tmp_path, make):
    given = make(videos())
    paths = LABEL_STUDIO.write(given, tmp_path, "heats")
    task = json.loads(paths[0].read_text(encoding="utf-8"))[1]
    address = "/data/local-files/?d=/home/mia/videos/heat_02.mp4"
    assert task["data"] == {"video": address, "fps": 50.0}
    if make is found:
        assert task["predictions"][0]["score"] == 0.875
        assert task["predictions"][0]["result"][0]["score"] == 0.875
        with pytest.raises(DatasetError, match="no action is labelled there"):
            read_again(paths, given)
        accepted(paths[0])
    assert frames(read_again(paths, given), given) == frames(written(given), given)


@pytest.mark.parametrize("seed", range(60))
@pytest.mark.parametrize("name", ["json", "json_min"])
def test_a_damaged_export_is_read_or_refused(tmp_path, name, seed):
    rng = random.Random(seed)
    text = (FILES / f"{name}.json").read_text(encoding="utf-8")
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(text))
        text = (
            text[:at] + rng.choice(["", "0", '"', "{", "null"]) + text[at + rng.choice([0, 1, 9]) :]
        )
    path = tmp_path / "export.json"
    path.write_text(text, encoding="utf-8")
    try:
        actions = read_labels(path, SOURCES, DURATIONS, rates_fps=RATES, annotator="1", tier="jump")
    except DatasetError as error:
        assert str(path) in str(error) or "labels." in str(error)  # noqa: PT017
        return
    assert all(action.video_id in DURATIONS for action in actions)
