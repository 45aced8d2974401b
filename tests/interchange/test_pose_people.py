"""People of single frames put into arrays by frame: places, ids, sizes; numbers in names; JSON that is none."""

import numpy as np
import pytest

from vpdlib.datasets.base import DatasetError
from vpdlib.interchange.pose_formats.people import People, arrange, joints_of, numbered, read_json


def people(frames, ids=()):
    joints = np.ones((len(frames), 2, 3), np.float32) * np.arange(1, len(frames) + 1)[:, None, None]
    return People(np.array(frames, np.int64), joints, ids)


def test_people_stand_in_the_order_of_the_file():
    found = arrange("f", people([3, 0, 3, 1, 3]), 1000)
    assert found.values.shape == (4, 3, 2, 3)
    assert found.values[:, :, 0, 0].tolist()[3] == [1, 3, 5]
    assert np.isnan(found.values[2, :, 0, 0]).all()
    assert (found.values[2, ..., 2] == 0).all()


def test_a_tracker_gives_each_person_a_place():
    found = arrange("f", people([0, 1, 1], ["b", "a", "b"]), 1000, num_frames=5)
    assert found.is_tracked
    assert found.individuals == ("a", "b")
    assert found.values.shape[:2] == (5, 2)
    assert found.values[1, :, 0, 0].tolist() == [2, 3]


def test_nobody_at_all():
    found = arrange("f", People(np.zeros(0, np.int64), np.zeros((0, 2, 3), np.float32)), 10, 3)
    assert found.values.shape == (3, 1, 2, 3)
    assert not found.is_tracked


def test_ids_that_would_take_much_memory_are_not_taken():
    """A tracker that loses people all the time names thousands in an hour."""
    count = 20_000
    found = arrange("f", people(list(range(count)), [str(n) for n in range(count)]), count * 400)
    assert not found.is_tracked
    assert found.values.shape[1] == 1
    assert found.remarks == ("20000 ids are too many for an array; they are not taken",)


def test_a_number_that_is_no_frames_is_refused():
    with pytest.raises(DatasetError, match="f: frame 99999999 is its last, with up to 1 people"):
        arrange("f", people([99_999_999]), 1000)


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("heat_01_000012", ("heat_01", 12)),
        ("heat-01", ("heat", 1)),
        ("000012", ("", 12)),
        ("frame12", ("frame", 12)),
        ("heat", None),
        ("heat_1a", None),
        ("heat_" + "1" * 16, ("heat_1", 111_111_111_111_111)),
        ("heat_\u0661", None),
    ],
)
def test_numbers_at_the_end_of_names(name, parts):
    assert numbered(name) == parts


def test_a_list_of_another_length_is_named():
    with pytest.raises(DatasetError, match="second: expected 2 joints of 3 numbers, found"):
        joints_of([[1.0] * 6, [1.0] * 5], 2, 3, ["first", "second"])
    with pytest.raises(DatasetError, match="first: expected 2 joints"):
        joints_of([[[1.0, 2.0], [3.0]]], 2, 3, ["first"])
    mixed = joints_of([[1, 2, 3, 4, 5, 6], [[1.5] * 3] * 2], 2, 3, ["first", "second"])
    assert mixed[0].tolist() == [[1, 2, 3], [4, 5, 6]]
    assert joints_of([], 2, 3, []).shape == (0, 2, 3)


@pytest.mark.parametrize("text", ["[", "[" * 100_000, '{"a": }', "\xff"])
def test_what_is_no_json_is_refused(tmp_path, text):
    path = tmp_path / "heat_01.json"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(DatasetError, match=r"begins as JSON and is none|not UTF-8") as caught:
        read_json(path)
    assert str(caught.value).startswith(str(path))
