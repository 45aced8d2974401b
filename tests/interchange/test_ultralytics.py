"""Folders of labels of Ultralytics' pose models: frames from 1, fractions, confidences, ids."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.interchange.skater import check_skater, read, recognised, seen
from vpdlib.datasets.base import DatasetError
from vpdlib.datasets.settings import KeypointSettings
from vpdlib.datasets.tables import VideoRow
from vpdlib.interchange.given_poses import read_poses
from vpdlib.interchange.supplied_keypoints import keypoints_in_pixels

FILES = Path(__file__).parent / "tool_files/ultralytics"
JOINTS = " 0.5 0.25 0.9" * 17


@pytest.fixture
def labels(tmp_path):
    """A folder of labels: file name -> text."""

    def write(**files):
        for name, text in files.items():
            (tmp_path / f"{name}.txt").write_text(text)
        return tmp_path

    return write


@pytest.mark.parametrize("name", ["plain", "tracked"])
def test_labels_that_the_predictor_wrote(name):
    """Its fractions have six digits; the file ``heat_01_1.txt`` is of the first frame."""
    (given,) = read(FILES / name)
    check_skater(given, people=(1, 0, 2, 1, 1), scale=(320, 240), atol=1e-5)
    assert (given.video, given.is_whole) == ("heat_01", False)
    assert given.facts == {"width": 1, "height": 1}
    assert given.is_tracked == (name == "tracked")
    # The ids that the tracker was given.
    assert given.individuals == (("7", "8") if name == "tracked" else ())


def test_fractions_become_pixels_of_the_video():
    video = VideoRow("heat_01", "v/heat_01.mp4", 0, 25.0, 320, 240, 6, 0.24)
    given = read_poses([FILES / "plain"], KeypointSettings(), 25.0, [video])
    pixels = keypoints_in_pixels(FILES / "plain", given.clips, [video])["heat_01"]
    np.testing.assert_allclose(pixels[0, 0, 5, :2], (215, 60), atol=0.01)


def test_without_a_video_fractions_are_refused():
    row = VideoRow("heat_01", "", 0, 25.0, 0, 0, 6, 0.24)
    given = read_poses([FILES / "plain"], KeypointSettings(), 25.0, [row])
    with pytest.raises(DatasetError, match="fractions of a picture whose size is not known"):
        keypoints_in_pixels(FILES / "plain", given.clips, [row])


def test_several_videos_in_one_folder(tmp_path):
    for file in (FILES / "plain").glob("*.txt"):
        shutil.copy(file, tmp_path)
        shutil.copy(file, tmp_path / file.name.replace("heat_01", "heat_02"))
    assert [one.video for one in read(tmp_path)] == ["heat_01", "heat_02"]


def test_joints_at_the_corner_are_missing_and_may_have_no_confidence(labels):
    (given,) = read(labels(a_2="0 0.5 0.5 1 1" + " 0 0" + " 0.5 0.25" * 16 + "\n"))
    assert seen(given) == [0, 1]
    assert np.isnan(given.values[1, 0, 0, 0])
    assert given.values[1, 0, 1].tolist() == [0.5, 0.25, 1]


def test_a_column_after_the_joints_is_a_confidence_or_an_id(labels):
    (given,) = read(labels(a_1=f"0 0.5 0.5 1 1{JOINTS} 0.75\n", a_2=f"0 0.5 0.5 1 1{JOINTS} 1\n"))
    assert not given.is_tracked
    (given,) = read(labels(a_1=f"0 0.5 0.5 1 1{JOINTS} 12\n", a_2=f"0 0.5 0.5 1 1{JOINTS} 3\n"))
    assert given.individuals == ("12", "3")


def test_people_of_other_classes_are_said(labels):
    row = f" 0.5 0.5 1 1{JOINTS}\n"
    (given,) = read(labels(a_1=f"0{row}1{row}"))
    assert given.remarks == ("people of 2 classes are taken alike",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            f"0 0.5 0.5 1 1{JOINTS} 0.5\n0 0.5 0.5 1 1{JOINTS}\n",
            r"b_2.txt: a row of 56 numbers, other",
        ),
        ("0 0.5 0.5 1 1 nan\n", "b_2.txt:1: .*expected numbers with spaces between"),
        ("0 0.5 0.5 1 1 0.5.5\n", "b_2.txt:1: .*could not convert"),
        ("\xff", "b_2.txt:1: not UTF-8|expected numbers"),
    ],
)
def test_what_is_wrong_is_refused(labels, text, message):
    folder = labels(b_1=f"0 0.5 0.5 1 1{JOINTS} 0.5\n", b_2=text)
    with pytest.raises(DatasetError, match=message):
        read(folder, "ultralytics")


def test_labels_of_pictures_are_refused(labels):
    with pytest.raises(DatasetError, match=r"000012.txt: expected the video's name and the number"):
        read(labels(**{"000012": f"0 0.5 0.5 1 1{JOINTS}\n"}))


@pytest.mark.parametrize("text", ["", "0 0.5 0.5 1 1\n", "0 0.1 0.2 0.3 0.4 0.5 0.6\n", "heat 1\n"])
def test_other_text_is_not_recognised(labels, text):
    """Boxes and polygons of other models are none."""
    assert recognised(labels(a_1=text)) == []
