"""Boxes and descriptors of other tools."""

import numpy as np
import pytest

from vpdlib.datasets.base import DatasetError
from vpdlib.datasets.boxes import boxes_of_keypoints, read_boxes
from vpdlib.datasets.supplied import check_length, read_features

HEADER = "video,frame,x0,y0,x1,y1\n"


def test_a_table_of_boxes(tmp_path):
    path = tmp_path / "boxes.csv"
    path.write_text(HEADER + "a,3,1,2,11,22.5\na,0,0,0,10,20\nb,0,5,5,6,6\n")
    boxes = {name: one.values for name, one in read_boxes(path).items()}
    assert set(boxes) == {"a", "b"}
    assert boxes["a"].shape == (4, 4)
    assert boxes["a"][3].tolist() == [1, 2, 11, 22.5]
    assert np.isnan(boxes["a"][1:3]).all()
    assert set(read_boxes(path, only={"b"})) == {"b"}


@pytest.mark.parametrize(
    "text",
    [
        "video;frame;x0;y0;x1;y1\r\na;1;10,5;20;30,25;40\r\n",
        "Y1\tX1\tvideo\tframe\tx0\ty0\n40\t30,250\ta\t1,0\t10,5\t20\n",
        'sep=;\n"video";"frame";"x0";"y0";"x1";"y1"\n"a";"1";"10.5";"20";"30.25";"40"\n',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_boxes_from_a_spreadsheet(text, encoding, tmp_path):
    path = tmp_path / "boxes.csv"
    path.write_bytes(text.encode(encoding))
    assert read_boxes(path)["a"].values[1].tolist() == [10.5, 20, 30.25, 40]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("video,frame,x,y,w,h\n", r"boxes\.csv: column 'x0' is missing"),
        (HEADER + "a,0,0,0,10,20\na,0,1,1,10,20\n", r"boxes\.csv:3: frame 0 of 'a' has a box"),
        (HEADER + "a,0,10,0,10,20\n", r"boxes\.csv:2: .*expected x0 < x1"),
        (HEADER + "a,-1,0,0,10,20\n", r"boxes\.csv:2: frame -1"),
        (HEADER + "a,0,0,0,nan,20\n", r"boxes\.csv:2: "),
        (HEADER + "a,0,0,0\n", r"boxes\.csv:2: "),
        (HEADER + "a,0,0,0,10,20,7\n", r"boxes\.csv:2: .*more or fewer cells .*\(7, not 6\)"),
        (HEADER + "a,1_0,0,0,10,20\n", r"boxes\.csv:2: '1_0' is no number"),
        (HEADER + "a,0.5,0,0,10,20\n", r"boxes\.csv:2: "),
        (HEADER + "a,0,,0,10,20\n", r"boxes\.csv:2: '' is no number"),
        (HEADER + 'a,0,0,0,10,20\n"a,1,0,0,10,20\na,2,0,0,10,20\n', r"boxes\.csv:3: a quote opens"),
        (HEADER + '"a,0,0,0,10,20\na",1,0,0,10,20\n', r"boxes\.csv:2: a quote opens"),
        (HEADER + "a,0,200,100,50,90\na,1,20,10,50,90\n", r"boxes\.csv:2: .*x, y, width, height"),
        (HEADER + "a,9999999,0,0,9,9\nb,9999999,0,0,9,9\n", "frame numbers up to 9999999"),
        (HEADER + "x" * 200_000 + ",0,0,0,9,9\n", r"boxes\.csv:2: .* is not a safe video id"),
        (HEADER + "a," + "1" * 5000 + ",0,0,9,9\n", r"boxes\.csv:2: '1+' is no number"),
        (HEADER + 'a,0,"1,250",0,"9,500",9\n', r"boxes\.csv:2: '1,250' may be read .* thousands"),
        (HEADER + 'a,0,"1,5",0,9.5,9\n', r"boxes\.csv:2: a number with a comma, where .*boxes"),
        (HEADER + "a,one,0,0,1,1\n", r"boxes\.csv:2: 'one' is no number"),
    ],
)
def test_wrong_tables_are_refused(text, message, tmp_path):
    path = tmp_path / "boxes.csv"
    path.write_text(text)
    with pytest.raises(DatasetError, match=message):
        read_boxes(path)


def test_arrays_of_boxes(tmp_path):
    path = tmp_path / "boxes.npz"
    box = np.array([[0, 0, 10, 20], [np.nan] * 4, [0, np.nan, 3, 4]])
    np.savez(path, a=box)
    found = read_boxes(path)["a"].values
    assert found.dtype == np.float32
    assert np.isfinite(found).all(axis=1).tolist() == [True, False, False]
    assert np.isnan(found[2]).all()
    np.savez(path, a=box[:, :3])
    with pytest.raises(DatasetError, match=r"expected \(T, 4\) xyxy"):
        read_boxes(path)
    np.savez(path, a=box[:, [2, 1, 0, 3]])
    with pytest.raises(DatasetError, match=r"the box of frame 0 is empty .*; give x0, y0, x1, y1"):
        read_boxes(path)
    np.savez(path, a=np.array([[20, 30, 40, 90], [200, 30, 40, 90]]))
    with pytest.raises(
        DatasetError, match=r"frame 1 is empty .*these look like x, y, width, height"
    ):
        read_boxes(path)
    np.savez(path, a=np.array([[-1] * 4, [0, 0, 5, 5], [0] * 4]))
    assert np.isnan(read_boxes(path)["a"].values).all(axis=1).tolist() == [True, False, True]


def test_descriptors(tmp_path):
    path = tmp_path / "features.npz"
    both = np.arange(24, dtype=np.float64).reshape(3, 2, 4)
    single = both[:, 0].copy()
    single[1] = np.nan
    np.savez(path, a=both, b=single)
    found = read_features(path)
    assert found["a"].dtype == np.float32
    assert np.array_equal(found["a"], both)
    assert found["b"].shape == (3, 2, 4)
    assert np.array_equal(found["b"][:, 0], found["b"][:, 1], equal_nan=True)
    for wrong, message in (
        ({"a": both[:, :, :0]}, r"expected \(T, 2, d\)"),
        ({"a": np.zeros((3, 3, 4))}, r"expected \(T, 2, d\)"),
        ({"a": both, "b": single[:, :2]}, "descriptors of different length"),
        ({"a": np.full((3, 4), np.inf)}, "infinite"),
    ):
        np.savez(path, **wrong)
        with pytest.raises(DatasetError, match=message):
            read_features(path)


def test_lengths_are_those_of_the_videos(tmp_path):
    arrays = {"a": np.ones((5, 4), np.float32)}
    assert check_length(arrays, "a", 5, tmp_path) is arrays["a"]
    with pytest.raises(DatasetError, match=r"'a' has 5 rows, the video has 6 frames"):
        check_length(arrays, "a", 6, tmp_path)
    with pytest.raises(DatasetError, match="holds no video 'b'"):
        check_length(arrays, "b", 5, tmp_path)
    filled = check_length(arrays, "a", 7, tmp_path, shorter_is_absent=True)
    assert np.isfinite(filled).all(axis=1).tolist() == [True] * 5 + [False] * 2
    assert np.isnan(check_length(arrays, "b", 2, tmp_path, shorter_is_absent=True)).all()
    with pytest.raises(DatasetError, match=r"row of frame 4, the video has 4 frames, 0 to 3"):
        check_length(arrays, "a", 4, tmp_path, shorter_is_absent=True)


def test_boxes_around_keypoints():
    keypoints = np.full((3, 17, 3), (np.nan, np.nan, 0), np.float32)
    keypoints[0, :2] = [(10, 20, 1), (30, 120, 1)]
    keypoints[1, 5] = (7, 8, 1)
    found = boxes_of_keypoints(keypoints)
    assert found[0].tolist() == [8, 10, 32, 130]
    assert found[1].tolist() == [6, 7, 8, 9]
    assert np.isnan(found[2]).all()
