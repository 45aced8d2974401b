"""Which video a table means: trailing parts of its path, and never a file of another folder."""

from pathlib import Path

import pytest

from vpdlib.datasets.base import DatasetError, VideoSource
from vpdlib.interchange.video_names import VideoNames

FOLDER = Path("/data/my_sport/videos")


def names(*paths):
    return VideoNames([VideoSource(Path(p).stem, FOLDER / p) for p in paths], FOLDER)


NESTED = ("2024/monday/heat_01.mp4", "2024/tuesday/heat_02.mp4", "heat_03.mkv", "b.1.mp4")


@pytest.mark.parametrize(
    ("named", "video_id"),
    [
        ("heat_01", "heat_01"),
        ("heat_01.mp4", "heat_01"),
        ("monday/heat_01", "heat_01"),
        ("monday/heat_01.mp4", "heat_01"),
        ("monday\\heat_01.mp4", "heat_01"),
        ("./monday/heat_01.mp4", "heat_01"),
        ("2024/monday/heat_01.mp4", "heat_01"),
        ("videos/2024/monday/heat_01.mp4", "heat_01"),
        ("../my_sport/videos/2024/monday/heat_01.mp4", "heat_01"),
        ("/data/my_sport/videos/2024/monday/heat_01.mp4", "heat_01"),
        ("D:\\mia\\2024\\monday\\heat_01.mp4", "heat_01"),
        ("/home/mia/export/2024/monday/heat_01.mp4", "heat_01"),
        ("export/2024/monday/heat_01.mp4", "heat_01"),
        ("file:///home/mia/2024/monday/heat_01.mp4", "heat_01"),
        ("videos/heat_03.mkv", "heat_03"),
        ("b.1", "b.1"),
        ("b.1.mp4", "b.1"),
    ],
)
def test_names_that_mean_a_video(named, video_id):
    found = names(*NESTED).find(named, "l.csv:2")
    assert (found.video_id, found.remark) == (video_id, "")


@pytest.mark.parametrize(
    ("named", "texts"),
    [
        ("tuesday/heat_01.mp4", ["'2024/monday/heat_01.mp4', not in a folder 'tuesday'"]),
        ("tuesday/heat_01", ["'2024/monday/heat_01.mp4', not in a folder 'tuesday'"]),
        ("2023/monday/heat_01.mp4", ["not in a folder '2023/monday'"]),
        ("onday/heat_01.mp4", ["not in a folder 'onday'"]),
        ("D:\\mia\\tuesday\\heat_01.mp4", ["not in a folder 'D:/mia/tuesday'"]),
        # Only a part of the file's path below the folder: another year's Monday.
        ("/home/mia/monday/heat_01.mp4", ["'2024/monday/heat_01.mp4', not in"]),
        ("export/heat_03.mkv", ["'heat_03.mkv', not in a folder 'export'"]),
        ("heat_01.avi", ["nearest", "2024/monday/heat_01.mp4"]),
        ("heat_o1", ["nearest: '2024/monday/heat_01.mp4'"]),
        ("b", []),
        ("monday/", []),
        ("..", []),
        ("xyz", ["Correct the name, or add the file to the folder of videos"]),
    ],
)
def test_names_that_mean_none(named, texts):
    with pytest.raises(DatasetError) as caught:
        names(*NESTED).find(named, "l.csv:2")
    assert str(caught.value).startswith(f"l.csv:2: there is no video {named!r}")
    for text in texts:
        assert text in str(caught.value)


def test_another_case_is_taken_where_one_video_is_meant_and_told():
    known = names(*NESTED)
    for named in ("HEAT_01.MP4", "Monday/heat_01.mp4", "heat_01.MP4"):
        found = known.find(named, "l.csv:2")
        assert found.video_id == "heat_01"
        assert f"{named!r} there: taken for '2024/monday/heat_01.mp4'" in found.remark
    both = names("heat_01.mp4", "more/HEAT_01.mp4")
    assert both.find("heat_01", "l.csv:2").video_id == "heat_01"
    assert both.find("HEAT_01", "l.csv:2").video_id == "HEAT_01"
    with pytest.raises(DatasetError, match=r"may be 'heat_01.mp4' or 'more/HEAT_01.mp4'. Write it"):
        both.find("Heat_01", "l.csv:2")


def test_a_name_that_is_one_files_and_another_ones_id_is_refused():
    known = names("x.mp4.mkv", "x.mp4")
    with pytest.raises(DatasetError, match=r"l.csv:2: 'x.mp4' may be 'x.mp4.mkv' or 'x.mp4'"):
        known.find("x.mp4", "l.csv:2")
    assert known.find("x", "l.csv:2").video_id == "x"


def test_whole_paths_to_a_flat_folder_agree_by_name_and_are_told():
    known = names("heat_01.mp4", "heat_02.mp4")
    assert known.find("/data/my_sport/videos/heat_01.mp4", "l.csv:2").remark == ""
    for row, name in enumerate(("heat_01", "heat_02", "heat_01"), start=3):
        found = known.find(f"/home/mia/monday/{name}.mp4", f"l.csv:{row}")
        assert found.video_id == name
        assert f"taken for '{name}.mp4' by its name" in found.remark
    # Two folders cannot both be this one.
    with pytest.raises(DatasetError, match=r"l.csv:6: .*another folder than what l.csv:3 calls"):
        known.find("/home/mia/tuesday/heat_01.mp4", "l.csv:6")
    # The same folder, as another system calls it.
    assert known.find("D:/home/mia/monday/heat_01.mp4", "l.csv:6").video_id == "heat_01"
    with pytest.raises(DatasetError, match=r"l.csv:7: there is no video 'tuesday/heat_01.mp4'"):
        known.find("tuesday/heat_01.mp4", "l.csv:7")


def test_folders_in_either_form_of_unicode_are_the_same():
    known = VideoNames([VideoSource("a", FOLDER / "cafe\u0301/a.mp4")], FOLDER)
    assert known.find("caf\u00e9/a.mp4", "l.csv:2").remark == ""


def test_a_label_of_a_file_that_is_not_taken_says_so(tmp_path):
    for name in ("a.mp4", "day/heat_02.braw", "heat_03.mp4.part", "heat_04.ts"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"\xff\x00" * 100)
    known = VideoNames([VideoSource("a", tmp_path / "a.mp4")], tmp_path)
    for named, path, target in [
        ("heat_02", "day/heat_02.braw", "heat_02.mp4"),
        ("HEAT_02.braw", "day/heat_02.braw", "heat_02.mp4"),
        ("heat_03.mp4", "heat_03.mp4.part", "heat_03.mp4"),
        ("heat_03", "heat_03.mp4.part", "heat_03.mp4"),
        ("heat_04.ts", "heat_04.ts", "heat_04.mp4"),
    ]:
        with pytest.raises(DatasetError) as caught:
            known.find(named, "l.csv:2")
        assert f"no video {named!r}: {path!r} is there, but is not taken" in str(caught.value)
        assert f"-c copy {target} " in str(caught.value)


@pytest.mark.parametrize("link", ["folder", "file"])
def test_the_whole_path_of_the_very_file_is_not_told(tmp_path, monkeypatch, link):
    """Also where the data folder is given as `data`, and past links to another disk."""
    disk, videos = tmp_path / "disk", tmp_path / "data/videos"
    disk.mkdir()
    (disk / "a.mp4").write_bytes(b"")
    videos.parent.mkdir()
    if link == "folder":
        videos.symlink_to(disk)
    else:
        videos.mkdir()
        (videos / "a.mp4").symlink_to(disk / "a.mp4")
    monkeypatch.chdir(tmp_path)
    folder = Path("data/videos")
    known = VideoNames([VideoSource("a", folder / "a.mp4")], folder)
    for path in (videos / "a.mp4", disk / "a.mp4", folder / "a.mp4"):
        found = known.find(str(path), "l.csv:2")
        assert (found.video_id, found.remark) == ("a", "")
    assert "by its name" in known.find("/elsewhere/a.mp4", "l.csv:3").remark
