"""TRC files of keypoints in pixels: Sports2D's, frames by time, people of a folder; and what is written."""

from pathlib import Path

import numpy as np
import pytest

from tests.interchange.skater import check_skater, read, recognised, seen, skater
from vpdlib.datasets.base import DatasetError
from vpdlib.interchange.formats import WrittenPoses
from vpdlib.interchange.pose_registry import POSES

FOLDER = Path(__file__).parent / "tool_files/trc/heat_01_Sports2D"
METRES = Path(__file__).parent / "tool_files/motion_capture/trc/mia/trial_1_0-11.trc"


@pytest.fixture
def written(tmp_path):
    def write(*rows, name="heat_01.trc", units="m", rate="25.0", markers="Nose\t\t\tHip"):
        lines = (
            "PathFileType\t4\t(X/Y/Z)\theat_01.trc",
            "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate",
            f"{rate}\t{rate}\t{len(rows)}\t2\t{units}\t{rate}",
            f"Frame#\tTime\t{markers}\t\t\t",
            "\t\tX1\tY1\tZ1\tX2\tY2\tZ2",
            *rows,
        )
        path = tmp_path / name
        path.write_text("\n".join(lines) + "\n")
        return path

    return write


def test_people_of_sports2d_are_read_together():
    """Its ``make_trc_with_trc_data`` says ``m``; numbers are those of its pixels, y down."""
    (given,) = read(FOLDER)
    check_skater(given, scores=False)
    assert (given.video, given.individuals) == ("heat_01", ("person00", "person01"))
    assert given.is_tracked
    assert given.facts == {"fps": 25.0}
    assert (FOLDER / "heat_01_Sports2D_px_person00.trc").read_text().split("\n")[2].split("\t")[
        4
    ] == "m"


def test_one_person_alone():
    (given,) = read(FOLDER / "heat_01_Sports2D_px_person01.trc")
    assert (given.video, seen(given)) == ("heat_01", [0, 0, 1, 0, 0, 0])


def test_a_row_is_the_frame_of_its_time(written):
    """Of a part of a video, Sports2D counts rows from 0 and times from the video's beginning."""
    (given,) = read(written("0\t0.08\t100\t50\t0\t120\t150\t0", "1\t0.12\t\t\t\t0\t0\t0\t"))
    assert seen(given) == [0, 0, 1, 0]
    assert given.values[2, 0].tolist() == [[100, 50, 1], [120, 150, 1]]


def test_units_of_pixels(written):
    (given,) = read(written("0\t0\t10\t5\t0\t12\t15", units="px"))
    assert given.values[0, 0, 1].tolist() == [12, 15, 1]


def test_motion_capture_is_none(written):
    assert recognised(METRES) == []
    assert recognised(written("0\t0\t1\t1.5\t0\t1.2\t1\t0")) == []
    assert recognised(written("0\t0\t1000\t1500\t0\t1200\t1000\t0", units="mm")) == []
    assert recognised(written("0\t0\t100\t150\t50\t120\t100\t0")) == []


@pytest.mark.parametrize(
    ("rows", "options", "message"),
    [
        (["0\t0.05\t100\t50\t0"], {}, "a time of 0.05 s is no frame's at 25 frames a second"),
        (
            ["0\t0.04\t100\t50\t0", "1\t0\t100\t50\t0"],
            {},
            "0 s after 0.04 s, the same or an earlier",
        ),
        (["0\t0\t100\t50\t0"], {"rate": "0"}, "DataRate is '0', expected frames a second"),
        (["0\t0\t100\t50\t0"], {"rate": "inf"}, "DataRate is 'inf'"),
    ],
)
def test_what_is_wrong_is_refused(written, rows, options, message):
    path = written(*rows, **options)
    with pytest.raises(DatasetError, match=message) as caught:
        read(path, "trc")
    assert str(caught.value).startswith(str(path))


@pytest.mark.parametrize(
    ("rows", "options", "message"),
    [
        (["0\t0\t100\t5O\t0"], {}, "trc:6: '5O', expected a number"),
        (["0\t0\t100\t1_0\t0"], {}, "trc:6: '1_0', expected a number"),
        (["0\t0\t100\tinf\t0"], {}, "trc:6: 'inf', expected a number"),
        (["0\t\t100\t50\t0"], {}, "row 1 of the frames has no time"),
        (["0\t0" + "\t100" * 7], {}, "trc:6: 9 cells, expected 8"),
        ([], {}, "has no frame"),
        (
            ["0\t0\t100\t50\t0"],
            {"markers": ""},
            "trc:4: expected Frame#, Time and names of markers",
        ),
    ],
)
def test_what_is_damaged_is_refused_by_its_reader(written, rows, options, message):
    path = written(*rows, **options)
    with pytest.raises(DatasetError, match=message):
        POSES["trc"].read(path)
    assert recognised(path) == []


def test_a_large_file_is_told_by_its_ends(written):
    """Somebody comes late: the first rows are empty."""
    rows = [f"{n}\t{n / 25:.2f}\t\t\t\t\t\t" for n in range(20_000)]
    path = written(*rows, f"20000\t{20_000 / 25:.2f}\t100\t50\t0")
    assert recognised(path) == ["trc"]
    (given,) = read(path)
    assert len(given.values) == 20_001


def test_what_is_written_is_read_again(tmp_path):
    keypoints = np.stack([skater(frame) for frame in range(4)]).astype(np.float32)
    keypoints[1] = np.nan, np.nan, 0
    keypoints[2, 3] = np.nan, np.nan, 0
    boxes = np.full((4, 4), np.nan, np.float32)
    fps = 30_000 / 1001
    videos = [
        WrittenPoses(name, Path(f"/v/{name}.mp4"), fps, 320, 240, keypoints, boxes)
        for name in ("heat_01", "heat_02")
    ]
    paths = POSES["trc"].write(videos, tmp_path, "skating")
    assert [path.name for path in paths] == ["heat_01.trc", "heat_02.trc"]
    (given,) = read(paths[0])
    keypoints[np.isfinite(keypoints[..., 0]), 2] = 1
    np.testing.assert_allclose(given.values[:, 0], keypoints, atol=0.001)
    assert given.joints[:3] == ("Nose", "LEye", "REye")
    assert given.facts["fps"] == pytest.approx(fps, abs=1e-6)


def test_a_long_video_keeps_its_frames(tmp_path):
    keypoints = np.full((20_000, 17, 3), np.nan, np.float32)
    keypoints[19_999] = skater(0)
    boxes = np.full((20_000, 4), np.nan, np.float32)
    video = WrittenPoses("heat_01", Path("v.mp4"), 60_000 / 1001, 320, 240, keypoints, boxes)
    (path,) = POSES["trc"].write([video], tmp_path, "skating")
    (given,) = read(path)
    assert np.flatnonzero(np.isfinite(given.values[:, 0, 0, 0])).tolist() == [19_999]
