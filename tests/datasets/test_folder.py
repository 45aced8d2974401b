"""The folder adapter: finding videos, reading labels."""

import os
from pathlib import Path

import pytest

from vpdlib.datasets.base import DatasetError, VideoSource
from vpdlib.datasets.catalogue import labelled_actions, source_files
from vpdlib.datasets.folder import (
    find_videos,
    labels_from_folders,
    read_labels,
    restrict_to_classes,
)
from vpdlib.datasets.settings import FolderAdapter

SOURCES = [VideoSource(name, Path(f"videos/day/{name}.mp4")) for name in ("a", "b.1", "m1_p2")]
DURATIONS = {"a": 10.0, "b.1": 4.5, "m1_p2": 2.0}


def touch(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


@pytest.fixture
def labels(tmp_path):
    """Write labels.csv and read it."""
    path = tmp_path / "labels.csv"

    def read(text, pattern=None):
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_labels(path, SOURCES, DURATIONS, pattern)

    read.path = path
    return read


def test_videos_are_found_in_sub_folders_and_through_links(tmp_path):
    videos, disk = tmp_path / "videos", tmp_path / "disk"
    touch(videos, "b.MP4", "day/a.mkv", "day/.hidden.mp4", "day/notes.txt", "day/x.mp4.part")
    touch(disk, "far/c.avi")
    (videos / "folder.mp4").mkdir()
    os.symlink(disk, videos / "linked")
    os.symlink(videos, disk / "back")  # a loop
    found = find_videos(videos, "adapter.videos")
    assert [source.video_id for source in found] == ["a", "b", "c"]
    assert [source.path for source in found] == [
        videos / "day/a.mkv",
        videos / "b.MP4",
        videos / "linked/far/c.avi",
    ]


def test_a_missing_or_empty_folder_is_refused(tmp_path):
    with pytest.raises(DatasetError) as caught:
        find_videos(tmp_path / "none", "adapter.videos")
    for text in (
        "adapter.videos",
        str(tmp_path / "none"),
        "does not exist",
        "data_dir",
        "VPD_DATA",
    ):
        assert text in str(caught.value)
    touch(tmp_path, "notes.txt")
    with pytest.raises(DatasetError, match=r"adapter.videos: .*there is no video"):
        find_videos(tmp_path, "adapter.videos")


def test_an_id_in_two_folders_is_refused_naming_both_files(tmp_path):
    touch(tmp_path, "one/a.mp4", "two/a.avi")
    with pytest.raises(DatasetError, match="two videos have the id 'a'") as caught:
        find_videos(tmp_path, "adapter.videos")
    assert str(tmp_path / "one/a.mp4") in str(caught.value)
    assert str(tmp_path / "two/a.avi") in str(caught.value)


@pytest.mark.parametrize("name", ["a;b", "$(x)", "x" * 250, "a\nb", "a b", "-é"])
def test_unsafe_names_of_files_are_refused(tmp_path, name):
    touch(tmp_path, f"{name}.mp4")
    with pytest.raises(DatasetError, match=r"is not a safe video id.*rename the file"):
        find_videos(tmp_path, "adapter.videos")


def test_folders_with_braces_are_refused(tmp_path):
    for name in ("{day}", "day}", "da{y"):
        touch(tmp_path / name, "x/a.mp4")
        with pytest.raises(DatasetError, match="Rename the folder or link it under") as caught:
            find_videos(tmp_path / name, "adapter.videos")
        assert str(tmp_path / name / "x/a.mp4") in str(caught.value)
    touch(tmp_path / "videos", "a.mp4", "jump {1}/b.mp4")
    with pytest.raises(DatasetError, match="takes for a wildcard"):
        find_videos(tmp_path / "videos", "adapter.videos")
    # The remedy works.
    os.symlink(tmp_path / "{day}", tmp_path / "day")
    assert len(find_videos(tmp_path / "day", "adapter.videos")) == 1


def test_labels_are_read(labels):
    rows = labels(
        "\ufeffvideo, label ,start,end,split,group\n"
        "a,jump,0.5,1.25,train,g1\n"
        " a.mp4 ,turn,2,,test,\n"
        "day/b.1.mp4,jump,,,train,\n"
        '"b.1","a, b",1,2,val,\n'
        "\n"
        "day/m1_p2,jump,,1.5,test,g2\n",
        pattern=None,
    )
    assert [(a.action_id, a.video_id, a.start_s, a.end_s) for a in rows] == [
        ("a_001", "a", 0.5, 1.25),
        ("a_002", "a", 2.0, 10.0),
        ("b.1_001", "b.1", 0.0, 4.5),
        ("b.1_002", "b.1", 1.0, 2.0),
        ("m1_p2_001", "m1_p2", 0.0, 1.5),
    ]
    assert [a.label for a in rows] == ["jump", "turn", "jump", "a, b", "jump"]
    assert [a.split for a in rows] == ["train", "test", "train", "val", "test"]
    assert [a.group for a in rows] == ["g1", "", "", "", "g2"]
    assert rows[1].where == f"{labels.path}:3"
    assert rows[4].where == f"{labels.path}:7"


def test_two_columns_are_enough_and_groups_come_from_the_pattern(labels):
    rows = labels("label,video\njump,m1_p2\n", pattern="^(?P<group>m[0-9]+)_")
    assert [(a.split, a.group, a.start_s, a.end_s) for a in rows] == [(None, "m1", 0.0, 2.0)]
    rows = labels("label,video,group\njump,m1_p2,mine\n", pattern="^(?P<group>m[0-9]+)_")
    assert rows[0].group == "mine"
    for pattern in ("^(?P<group>x)", "^(?P<group>x)?m"):
        with pytest.raises(DatasetError) as caught:
            labels("label,video\njump,m1_p2\n", pattern=pattern)
        for text in (f"{labels.path}:2", "adapter.group_pattern", "'m1_p2'", "Correct the pattern"):
            assert text in str(caught.value)


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        (
            "clip,label\na,jump\n",
            "",
            r"column 'video' is missing; found \['clip', 'label'\]. Add it",
        ),
        ("video;label\na;jump\n", "", "column 'video' is missing"),
        ("", "", "column 'video' is missing; found"),
        ("video,start\na,1\n", "", "column 'label' is missing"),
        ("video,label,sprit\na,jump,test\n", "", r"unknown columns \['sprit'\]; known: \['video'"),
        ("video,label,label\na,b,c\n", "", "a column occurs twice"),
        ("video,label\n", "", "there is no row below the header"),
        (b"video,label\na,gr\xfc\xdfe\n", "", "not UTF-8 text.*Save it as UTF-8"),
        ("video,label\na\n", ":2", "more or fewer cells than the header"),
        ("video,label\na,b,c\n", ":2", "more or fewer cells than the header"),
        ("video,label\na,jump\n,jump\n", ":3", "video is empty"),
        ("video,label\na,jump\na, \n", ":3", "label is empty"),
        ("video,label,start\na,jump,half\n", ":2", "start is 'half'; give seconds as a number"),
        ("video,label,end\na,jump,nan\n", ":2", "end is 'nan'"),
        ("video,label,end\na,jump,inf\n", ":2", "end is 'inf'"),
        ("video,label,end\na,jump,0:12\n", ":2", "end is '0:12'"),
        (
            "video,label,split\na,jump,trian\n",
            ":2",
            "unknown split 'trian'. Use train, val or test",
        ),
    ],
)
def test_wrong_labels_are_refused(labels, text, place, message):
    with pytest.raises(DatasetError, match=message) as caught:
        labels(text)
    assert str(caught.value).startswith(f"{labels.path}{place}: ")


def test_a_missing_file_of_labels_is_refused(tmp_path):
    with pytest.raises(DatasetError, match=r"adapter.labels: .*none.csv does not exist. Correct"):
        read_labels(tmp_path / "none.csv", SOURCES, DURATIONS, None)


def test_an_unknown_video_keeps_its_name_for_the_check(labels):
    assert labels("video,label\nzz.mp4,jump\n")[0].video_id == "zz.mp4"


def sources_in(**counts):
    return [
        VideoSource(f"{label}_{number}", Path(f"v/{label}/{label}_{number}.mp4"))
        for label, count in counts.items()
        for number in range(count)
    ]


def test_folders_are_the_labels():
    sources = sources_in(jump=2, turn=1)
    rows = labels_from_folders(sources, {s.video_id: 3.0 for s in sources}, "_(?P<group>[0-9]+)$")
    assert [(a.action_id, a.label, a.group) for a in rows] == [
        ("jump_0", "jump", "0"),
        ("jump_1", "jump", "1"),
        ("turn_0", "turn", "0"),
    ]
    assert {(a.start_s, a.end_s, a.split) for a in rows} == {(0.0, 3.0, None)}
    assert rows[0].where == "v/jump/jump_0.mp4"


def test_restricting_to_classes():
    sources = sources_in(jump=20, turn=3, rest=5)
    kept = restrict_to_classes(sources, ("jump", "turn"), None)
    assert kept == sorted(sources[:23], key=lambda s: s.video_id)
    few = restrict_to_classes(sources, None, 4)
    labels = [s.path.parent.name for s in few]
    assert {name: labels.count(name) for name in ("jump", "turn", "rest")} == {
        "jump": 4,
        "turn": 3,
        "rest": 4,
    }
    assert restrict_to_classes(list(reversed(sources)), None, 4) == few
    # More of a class keeps those that fewer had.
    assert set(few) < set(restrict_to_classes(sources, None, 6))


class Below:
    """Paths below a folder."""

    def __init__(self, folder):
        self.folder = folder

    def under_data(self, path):
        return self.folder / path


def test_the_catalogue_takes_labels_or_folders(tmp_path):
    touch(tmp_path, "v/jump/a.mp4", "v/turn/b.mp4", "v/rest/c.mp4")
    (tmp_path / "labels.csv").write_text("video,label\na,turn\n")
    durations = dict.fromkeys("abc", 2.0)
    by_folder = FolderAdapter(videos="v")
    sources = source_files(by_folder, Below(tmp_path), ("jump", "turn"))
    assert [s.video_id for s in sources] == ["a", "b"]
    rows = labelled_actions(by_folder, Below(tmp_path), sources, durations, ("jump", "turn"))
    assert [(a.video_id, a.label) for a in rows] == [("a", "jump"), ("b", "turn")]
    by_table = FolderAdapter(videos="v", labels="labels.csv")
    sources = source_files(by_table, Below(tmp_path), ("jump", "turn"))
    assert [s.video_id for s in sources] == ["a", "b", "c"]
    rows = labelled_actions(by_table, Below(tmp_path), sources, durations, None)
    assert [(a.video_id, a.label) for a in rows] == [("a", "turn")]


def test_videos_of_other_folders_may_stay_without_a_label(tmp_path):
    touch(tmp_path, "v/jump/a.mp4", "v/jump/d.mp4", "v/turn/b.mp4", "v/rest/c.mp4")
    adapter = FolderAdapter(videos="v", keep_unlabelled=True, max_videos_per_class=1)
    classes = ("jump", "turn")
    sources = source_files(adapter, Below(tmp_path), classes)
    assert {s.video_id for s in sources} in ({"a", "b", "c"}, {"d", "b", "c"})
    durations = dict.fromkeys("abcd", 2.0)
    rows = labelled_actions(adapter, Below(tmp_path), sources, durations, classes)
    assert sorted(a.label for a in rows) == ["jump", "turn"]


def test_folders_of_which_none_is_a_class_are_refused(tmp_path):
    touch(tmp_path, "v/jmup/a.mp4")
    with pytest.raises(DatasetError) as caught:
        source_files(FolderAdapter(videos="v"), Below(tmp_path), ("jump",))
    for text in ("adapter.videos", str(tmp_path / "v"), "['jmup']", "`classes`"):
        assert text in str(caught.value)
