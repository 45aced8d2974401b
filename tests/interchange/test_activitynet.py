"""Segments in the form of ActivityNet: labels and results, seconds."""

import json

import pytest

from tests.interchange.text_files import ACTIONS, TOOL_FILES, read, remarks_of, spans, video, write
from vpdlib.datasets.base import DatasetError
from vpdlib.interchange.label_registry import find_format, read_label_file

FILES = TOOL_FILES / "activitynet"


def test_segments_are_actions_and_subsets_are_splits():
    """The segments are those that ActivityNet's own evaluation reads, see check_text.py."""
    actions = read(FILES / "labels.json")
    assert spans(actions) == [*ACTIONS, ACTIONS[0]]
    assert [one.video_id for one in actions] == ["heat_01"] * 3 + ["heat_02"]
    assert [one.split for one in actions] == ["val"] * 3 + ["train"]
    assert [row.media_s for row in read_label_file(FILES / "labels.json").rows] == [60.0] * 3 + [
        30.0
    ]


def test_results_are_segments_too():
    assert spans(read(FILES / "results.json")) == ACTIONS
    assert remarks_of(FILES / "results.json") == [
        "3 segments are a method's results, taken whatever their score"
    ]


@pytest.fixture
def heat(tmp_path):
    """Write labels and read them."""
    path = tmp_path / "labels.json"

    def read_it(*segments, name="heat_01", **others):
        database = {name: {"annotations": list(segments), **others}}
        path.write_text(json.dumps({"database": database}))
        return read(path)

    read_it.path = path
    return read_it


def segment(start=1.0, end=2.5, label="axel", **others):
    return {"segment": [start, end], "label": label, **others}


def test_files_may_have_v_in_front(tmp_path):
    (tmp_path / "labels.json").write_text(
        json.dumps({"database": {"ab": {"annotations": [segment()]}}})
    )
    (row,) = read_label_file(tmp_path / "labels.json").rows
    assert (row.video, row.other_names) == ("ab", ("v_ab",))


def test_an_unknown_subset_is_no_split(heat):
    (action,) = heat(segment(), subset="demo")
    assert action.split is None
    assert remarks_of(heat.path) == [
        "1 videos are of the subset 'demo', none of training, validation and testing: no split is taken"
    ]


@pytest.mark.parametrize(
    ("segments", "others", "message"),
    [
        ([segment(2.5, 1.0)], {}, "'heat_01', annotation 1: it ends at 1.0 s and begins at 2.5 s"),
        ([segment(), segment(1.0, 1.0)], {}, "annotation 2: it ends at 1.0 s and begins at 1.0 s"),
        ([segment(1.0, float("nan"))], {}, "annotation 1: it ends at nan s"),
        ([segment(1.0, float("inf"))], {}, "a time of inf s"),
        ([segment(-1.0)], {}, "a time of -1 s"),
        ([segment("1")], {}, "annotation 1: start is 1, expected a number"),
        ([segment(end=None)], {}, "annotation 1: end is missing, expected a number"),
        ([segment(True)], {}, "annotation 1: start is True, expected a number"),
        (
            [{"segment": [1], "label": "axel"}],
            {},
            r"annotation 1: segment is \[1\], expected start and end",
        ),
        ([{"label": "axel"}], {}, "annotation 1: segment is missing, expected a list"),
        ([segment(label=None)], {}, "annotation 1: label is missing, expected a text"),
        ([5], {}, "annotation 1: segment is missing"),
        ([segment()], {"duration": "60"}, "'heat_01': duration is 60, expected a number"),
        ([segment()], {"name": "heat_03"}, "annotation 1: there is no video 'heat_03'"),
        ([], {}, "no action is labelled there"),
    ],
)
def test_what_is_no_segment_is_refused(heat, segments, others, message):
    with pytest.raises(DatasetError, match=message) as caught:
        heat(*segments, **others)
    assert str(caught.value).startswith(str(heat.path))


@pytest.mark.parametrize(
    "content",
    [
        {"database": {"a": 5}},
        {"database": {"a": {"x": 1}}},
        {"database": []},
        {"results": {"a": [{"label": "x"}]}},
        {"results": {}, "images": []},
        {"results": [segment()]},
        [],
    ],
)
def test_other_json_is_none(tmp_path, content):
    path = tmp_path / "x.json"
    path.write_text(json.dumps(content))
    assert find_format(path) is None


def test_what_is_written_is_read_again(tmp_path):
    first = video((1 / 3, 2.0, "axel, ü", None, "mia"), (1.0, 60.0, "fall"))
    second = video(name="heat_02", fps=50.0, duration_s=30.0)
    (path,) = write("activitynet", tmp_path / "out", first, second)
    actions = read(path)
    assert spans(actions) == [(1 / 3, 2.0, "axel, ü"), (1.0, 60.0, "fall")]
    assert [one.group for one in actions] == ["mia", ""]
    database = json.loads(path.read_text())["database"]
    assert database["heat_02"] == {
        "duration": 30.0,
        "resolution": "1280x720",
        "subset": "",
        "annotations": [],
    }
    (path,) = write("activitynet", tmp_path / "found", video((1.0, 2.0, "axel", 0.934)), second)
    assert json.loads(path.read_text())["results"] == {
        "heat_01": [{"segment": [1.0, 2.0], "label": "axel", "score": 0.934}],
        "heat_02": [],
    }
    assert spans(read(path)) == [(1.0, 2.0, "axel")]
