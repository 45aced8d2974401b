"""The folder adapter: finding videos, reading labels."""

import os
from pathlib import Path

import pytest

from vpdlib.datasets.adapters.base import VideosToLabel
from vpdlib.datasets.adapters.folder import (
    FolderAdapter,
    restrict_to_classes,
)
from vpdlib.datasets.base import DatasetError, VideoSource
from vpdlib.datasets.paths import DataFolder
from vpdlib.datasets.video_files import find_videos
from vpdlib.interchange.labels import labelled_actions


def touch(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


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
    touch(tmp_path, "day/a.braw")
    with pytest.raises(DatasetError, match=r"no video of a kind that is read, beside day/a.braw"):
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


def sources_in(**counts):
    return [
        VideoSource(f"{label}_{number}", Path(f"v/{label}/{label}_{number}.mp4"))
        for label, count in counts.items()
        for number in range(count)
    ]


def labelled(adapter, paths, sources, durations_s, classes):
    place = paths.under_data(adapter.videos)
    videos = VideosToLabel(place, sources, {}, durations_s, classes)
    return labelled_actions(adapter, paths, videos)


def test_folders_are_the_labels():
    sources = sources_in(jump=2, turn=1)
    adapter = FolderAdapter(videos="v", group_pattern="_(?P<group>[0-9]+)$")
    rows = labelled(adapter, DataFolder(Path()), sources, {s.video_id: 3.0 for s in sources}, None)
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


def test_the_adapter_takes_labels_or_folders(tmp_path):
    touch(tmp_path, "v/jump/a.mp4", "v/turn/b.mp4", "v/rest/c.mp4")
    (tmp_path / "labels.csv").write_text("video,label\na,turn\n")
    durations = dict.fromkeys("abc", 2.0)
    by_folder = FolderAdapter(videos="v")
    sources = by_folder.find_videos(DataFolder(tmp_path), ("jump", "turn"))
    assert [s.video_id for s in sources] == ["a", "b"]
    rows = labelled(by_folder, DataFolder(tmp_path), sources, durations, ("jump", "turn"))
    assert [(a.video_id, a.label) for a in rows] == [("a", "jump"), ("b", "turn")]
    by_table = FolderAdapter(videos="v", labels="labels.csv")
    sources = by_table.find_videos(DataFolder(tmp_path), ("jump", "turn"))
    assert [s.video_id for s in sources] == ["a", "b", "c"]
    rows = labelled(by_table, DataFolder(tmp_path), sources, durations, None)
    assert [(a.video_id, a.label) for a in rows] == [("a", "turn")]


def test_videos_that_no_folder_labels_are_refused(tmp_path):
    touch(tmp_path, "v/a.mp4", "v/b.mp4", "v/jump/c.mp4")
    adapter = FolderAdapter(videos="v")
    with pytest.raises(DatasetError, match=r"a\.mp4 and 1 more lie in none\..*No labels yet\?"):
        adapter.find_videos(DataFolder(tmp_path), None)
    # Where classes are named, what is in no folder is of no class.
    found = adapter.find_videos(DataFolder(tmp_path), ("jump",))
    assert [source.video_id for source in found] == ["c"]
    (tmp_path / "v/b.mp4").unlink()
    with pytest.raises(DatasetError, match=r"a\.mp4 lies in none\."):
        adapter.find_videos(DataFolder(tmp_path), None)
    # The remedies work; the file of labels need not be there yet.
    by_table = FolderAdapter(videos="v", labels="labels.csv")
    assert len(by_table.find_videos(DataFolder(tmp_path), None)) == 2
    (tmp_path / "v/turn").mkdir()
    (tmp_path / "v/a.mp4").rename(tmp_path / "v/turn/a.mp4")
    assert len(adapter.find_videos(DataFolder(tmp_path), None)) == 2


def test_videos_of_other_folders_may_stay_without_a_label(tmp_path):
    touch(tmp_path, "v/jump/a.mp4", "v/jump/d.mp4", "v/turn/b.mp4", "v/rest/c.mp4")
    adapter = FolderAdapter(videos="v", keep_unlabelled=True, max_videos_per_class=1)
    classes = ("jump", "turn")
    sources = adapter.find_videos(DataFolder(tmp_path), classes)
    assert {s.video_id for s in sources} in ({"a", "b", "c"}, {"d", "b", "c"})
    durations = dict.fromkeys("abcd", 2.0)
    rows = labelled(adapter, DataFolder(tmp_path), sources, durations, classes)
    assert sorted(a.label for a in rows) == ["jump", "turn"]


def test_folders_of_which_none_is_a_class_are_refused(tmp_path):
    touch(tmp_path, "v/jmup/a.mp4")
    with pytest.raises(DatasetError) as caught:
        FolderAdapter(videos="v").find_videos(DataFolder(tmp_path), ("jump",))
    for text in ("adapter.videos", str(tmp_path / "v"), "['jmup']", "`classes`"):
        assert text in str(caught.value)


@pytest.mark.parametrize("folder", ["Jump", "jump ", "jump\u200b", "jum\u0440"])
def test_a_folder_that_is_called_nearly_as_a_class_is_refused(tmp_path, folder):
    touch(tmp_path, f"v/{folder}/a.mp4", "v/turn/b.mp4", "v/rest/c.mp4")
    with pytest.raises(DatasetError, match=r"differs from 'jump' \(`classes`\) by .*Rename"):
        FolderAdapter(videos="v").find_videos(DataFolder(tmp_path), ("jump", "turn"))
