"""Boxes and descriptors of other tools."""

from pathlib import Path

import numpy as np
import pytest

from vpdlib.datasets.base import DatasetError, VideoSource
from vpdlib.datasets.tables import VideoRow
from vpdlib.interchange import boxes as boxes_module
from vpdlib.interchange.boxes import check_box_names
from vpdlib.interchange.keypoint_boxes import boxes_of_keypoints
from vpdlib.interchange.supplied import check_length, read_features
from vpdlib.interchange.times import TimeCell, read_times

HEADER = "video,frame,x0,y0,x1,y1\n"


def row(name, width=1920, height=1080, frames=10_000_000, path=None):
    path = f"/d/{name}.mp4" if path is None else path
    return VideoRow(name, path, 0, 25.0, width, height, frames, frames / 25, "", "")


def read_boxes(path, *videos):
    return boxes_module.read_boxes(path, videos or [row("a"), row("b")])


def test_a_table_of_boxes(tmp_path):
    path = tmp_path / "boxes.csv"
    path.write_text(HEADER + "a,3,1,2,11,22.5\na,0,0,0,10,20\nb,0,5,5,6,6\n")
    boxes = {name: one.values for name, one in read_boxes(path).items()}
    assert set(boxes) == {"a", "b"}
    assert boxes["a"].shape == (4, 4)
    assert boxes["a"][3].tolist() == [1, 2, 11, 22.5]
    assert np.isnan(boxes["a"][1:3]).all()
    assert set(read_boxes(path, row("b"))) == {"b"}


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
        (HEADER + "a,0,10,0,10,20\n", r"boxes\.csv:2: .*is empty .*give x0"),
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
        (HEADER + ",0,0,0,9,9\n", r"boxes\.csv:2: video is empty"),
        (HEADER + "a," + "1" * 5000 + ",0,0,9,9\n", r"boxes\.csv:2: '1+' is no number"),
        (HEADER + 'a,0,"1,250",0,"9,500",9\n', r"boxes\.csv:2: '1,250' may be 1.250, or 1250 with"),
        (HEADER + 'a,0,"1,250",0,9.5,9\n', r"boxes\.csv:2: '1,250' may be .* write 1250"),
        (HEADER + "c,0,0,0,9,9\nx/a,0,0,0,9,9\ny/a,1,0,0,9,9\n", r"boxes\.csv:4: 'y/a' lies in an"),
        (HEADER + "a,one,0,0,1,1\n", r"boxes\.csv:2: 'one' is no number"),
    ],
)
def test_wrong_tables_are_refused(text, message, tmp_path):
    path = tmp_path / "boxes.csv"
    path.write_text(text)
    with pytest.raises(DatasetError, match=message):
        read_boxes(path)


TABLE = "video;frame;x0;y0;x1;y1\n"
THOUSANDS = TABLE + "a;0;1.204;345;1.390;720\na;1;1.210;345;1.396;720\n"


@pytest.mark.parametrize("sign", [".", ","])
def test_marks_of_thousands_never_become_decimals(sign, tmp_path):
    path = tmp_path / "boxes.csv"
    text = THOUSANDS.replace(".", sign)
    path.write_text(text)
    with pytest.raises(DatasetError, match=rf"boxes\.csv:2: '1\{sign}204' may be 1\.204, or 1204"):
        read_boxes(path)
    # Beyond every picture, so it is none; and where another box, of whatever shard, shows the sign.
    small = read_boxes(path, row("a", 320, 100))["a"].values
    assert small[0].tolist() == pytest.approx([1.204, 345, 1.39, 720])
    path.write_text(text + "elsewhere;0;0,5;1;9;9\n".replace(",", sign))
    assert read_boxes(path)["a"].values.tolist() == small.tolist()
    other = ",."[sign == ","]
    path.write_text(text + "elsewhere;0;0,5;1;9;9\n".replace(",", other))
    with pytest.raises(DatasetError, match="may be"):
        read_boxes(path)


def test_times_and_boxes_have_one_rule_of_the_decimal_sign(tmp_path):
    path = tmp_path / "boxes.csv"
    for separator in ",;\t":
        for cells in (
            ["1.250"],
            ["1,250"],
            ["1.250", "0.5"],
            ["1,250", "0,5"],
            ["1.250", "0,5"],
            ["1,250", "1.5"],
        ):
            times = [TimeCell("t.csv:2", "start", cell) for cell in cells]
            try:
                expected = read_times(times, separator)
            except DatasetError:
                expected = None
            rows = [
                separator.join(["a", str(n), f'"{cell}"', "0", "9000", "9"])
                for n, cell in enumerate(cells)
            ]
            path.write_text("\n".join([HEADER.strip().replace(",", separator), *rows]))
            try:
                found = read_boxes(path)["a"].values[:, 0].tolist()
            except DatasetError:
                found = None
            assert found == expected, (separator, cells)


def test_box_names_are_found_as_those_of_labels(tmp_path):
    path = tmp_path / "boxes.csv"
    names = [
        "heat_01",
        "heat_01.mp4",
        "HEAT_01",
        "heat_01.MP4",
        "D:\\cup\\heat_01.mp4",
        "golf/heat_01",
        "/d/heat_01.mp4",
    ]
    for name in names:
        path.write_text(HEADER + f"heat_01,0,0,0,9,9\n{name},1,0,0,9,9\n")
        found = read_boxes(path, row("heat_01"), row("heat_02"))
        assert {video: len(one.values) for video, one in found.items()} == {"heat_01": 2}, name
        path.write_text(HEADER + f"heat_01,0,0,0,9,9\n{name},0,0,0,9,9\n")
        with pytest.raises(
            DatasetError, match=r"boxes\.csv:3: frame 0 of 'heat_01' has a box already"
        ):
            read_boxes(path, row("heat_01"))


def test_a_table_of_other_endings_is_refused_with_all_that_are_read(tmp_path):
    for name, expected in (("b.tsv", r"give \.csv, \.npz, \.h5 or \.hdf5"), ("b.txt", r"\.csv")):
        (tmp_path / name).write_text(HEADER)
        with pytest.raises(DatasetError, match=expected):
            read_boxes(tmp_path / name)


@pytest.fixture
def said(monkeypatch):
    told = []
    monkeypatch.setattr("vpdlib.interchange.boxes.warn", told.append)
    monkeypatch.setattr("vpdlib.interchange.video_names.warn", told.append)
    return told


SOURCES = [VideoSource(name, Path(f"/d/videos/{name}.mp4")) for name in ("heat_01", "heat_02")]


def test_boxes_of_no_video_of_the_dataset_are_told_with_the_nearest(tmp_path, said):
    path = tmp_path / "boxes.csv"
    path.write_text(
        HEADER + "heat_01,0,0,0,9,9\n" + "".join(f"heat01,{n},0,0,9,9\n" for n in range(3))
    )
    (problem,) = check_box_names(path, SOURCES, Path("/d/videos"))
    for text in (f"{path}:3: there is no video 'heat01'", "nearest: 'heat_01.mp4'", "not used: 3"):
        assert text in problem.problem
        assert text in said[0]
    assert said[0].startswith("3 rows of boxes are of no video of the dataset")
    path.write_text(
        HEADER + "heat_01,0,0,0,9,9\nheat_02.mp4,0,0,0,9,9\n/d/videos/heat_02.mp4,1,0,0,9,9\n"
    )
    assert check_box_names(path, SOURCES, Path("/d/videos")) == []
    assert len(said) == 1


def test_a_table_of_boxes_of_no_video_at_all_is_refused(tmp_path, said):
    path = tmp_path / "boxes.csv"
    path.write_text(HEADER + "heat1,0,0,0,9,9\n")
    with pytest.raises(
        DatasetError,
        match=r"csv:2: there is no video 'heat1'; nearest: .*'heat_01.mp4'.*. No other",
    ):
        check_box_names(path, SOURCES, Path("/d/videos"))
    path.write_text(HEADER + ",0,0,0,9,9\n")
    with pytest.raises(DatasetError, match=r"csv:2: video is empty"):
        check_box_names(path, SOURCES)


def test_boxes_that_are_called_otherwise_than_their_video_are_told(tmp_path, said):
    path = tmp_path / "boxes.csv"
    path.write_text(HEADER + "HEAT_01,0,0,0,9,9\nD:\\cup\\heat_02.mp4,0,0,0,9,9\n")
    problems = check_box_names(path, SOURCES, Path("/d/videos"))
    assert [problem.video for problem in problems] == ["heat_01", "heat_02"]
    assert "csv:2: called 'HEAT_01' there: taken for 'heat_01.mp4'" in problems[0].problem
    assert len(said) == 1


def test_a_name_that_may_be_two_videos_is_refused_whichever_shard_asks(tmp_path):
    path = tmp_path / "boxes.csv"
    both = [*SOURCES, VideoSource("HEAT_01", Path("/d/videos/more/HEAT_01.mp4"))]
    path.write_text(HEADER + "HEAT_01,0,0,0,9,9\n")
    # A job that knows heat_01 alone would take these rows for its own.
    with pytest.raises(
        DatasetError, match=r"csv:2: 'HEAT_01' may be 'heat_01.mp4' or 'more/HEAT_01"
    ):
        check_box_names(path, both, Path("/d/videos"))
    path.write_text(HEADER + "rally.mp4,0,0,0,9,9\n")
    athletes = [row("rally_far", path="/d/rally.mp4"), row("rally_near", path="/d/rally.mp4")]
    with pytest.raises(
        DatasetError, match=r"csv:2: 'rally.mp4' may be 'rally_far' or 'rally_near'"
    ):
        read_boxes(path, *athletes)


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
