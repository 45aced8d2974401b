"""Collections: further footage that a dataset's models look at."""

from pathlib import Path

import pytest

from vpdlib.config.base import ConfigError, validate
from vpdlib.config.collections import settings_of_collection, split_name
from vpdlib.config.dataset import DatasetSettings
from vpdlib.datasets.base import DatasetError
from vpdlib.datasets.paths import DataFolder

SMALL = {
    "title": "Mine",
    "adapter": {"kind": "folder", "videos": "v", "labels": "l.csv"},
    "collections": {"spring": "footage/spring"},
}


def settings(**changes):
    return validate(DatasetSettings, {**SMALL, **changes}, "mine.yaml")


def spring(**changes):
    return settings_of_collection(settings(**changes), "spring", "mine.yaml")


def test_a_dataset_and_its_collection_are_told_by_name():
    assert split_name("mine") == ("mine", None)
    assert split_name("mine/collections/spring") == ("mine", "spring")


def test_a_collection_has_the_datasets_stages_and_footage_of_its_own():
    own = spring(crops={"size": 64}, truth={"joints": "j.npz"})
    assert own.crops == settings(crops={"size": 64}).crops
    assert own.title == "Mine: spring"
    assert own.adapter.videos == "footage/spring"
    assert own.adapter.labels is None
    assert own.truth is None


def test_a_videos_shard_hardly_ever_has_another():
    assert spring().num_shards == 4096


def test_interlaced_footage_is_treated_as_the_datasets():
    assert spring().adapter.deinterlace == "auto"
    never = {**SMALL["adapter"], "deinterlace": "never"}
    assert spring(adapter=never).adapter.deinterlace == "never"


def test_an_unknown_collection_is_refused_with_the_known_ones():
    with pytest.raises(ConfigError, match=r"mine\.yaml: there is no 'autumn' .* known: spring\."):
        settings_of_collection(settings(), "autumn", "mine.yaml")
    with pytest.raises(ConfigError, match="known: none"):
        settings_of_collection(settings(collections={}), "autumn", "mine.yaml")


@pytest.mark.parametrize(
    ("supplied", "what"),
    [
        ({"boxes": "b.csv"}, "boxes"),
        ({"keypoints": "k.npz"}, "keypoints"),
        ({"features": {"net": "n.npz"}}, "features"),
        ({"boxes": "b.csv", "features": {"net": "n.npz"}}, "boxes and features"),
    ],
)
def test_what_another_tool_made_of_the_dataset_is_not_there_for_new_footage(supplied, what):
    with pytest.raises(
        ConfigError, match=f"collections.spring: the dataset takes {what} of another tool"
    ):
        spring(supplied=supplied)


def test_a_dataset_without_videos_has_no_footage():
    poses = {"adapter": {"kind": "poses", "keypoints": "k.npz"}, "methods": ["joints2d"]}
    with pytest.raises(ConfigError, match="the dataset takes keypoints of another tool"):
        spring(**poses)


@pytest.mark.parametrize("name", ["a/b", "../up", "", "a b"])
def test_a_name_that_is_no_folders_is_refused(name):
    with pytest.raises(ConfigError, match="collections"):
        settings(collections={name: "footage"})


def found(data, own):
    paths = DataFolder(data)
    return [(source.video_id, Path(source.path)) for source in own.adapter.find_videos(paths, None)]


def test_all_videos_are_taken_whatever_folders_they_lie_in(tmp_path):
    for name in ("day_2/b.mp4", "a.mov", "day_1/axel/c.MKV", "notes.txt"):
        path = tmp_path / "footage/spring" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    # A dataset whose folders are its classes would take some alone.
    own = spring(adapter={"kind": "folder", "videos": "v"}, classes=["axel", "lutz"])
    assert [video for video, _ in found(tmp_path, own)] == ["a", "b", "c"]


def test_a_name_that_two_folders_have_is_refused(tmp_path):
    for folder in ("day_1", "day_2"):
        (tmp_path / "footage/spring" / folder).mkdir(parents=True)
        (tmp_path / "footage/spring" / folder / "a.mp4").write_bytes(b"")
    with pytest.raises(DatasetError, match="collections"):
        found(tmp_path, spring())


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(
        DatasetError,
        match=r"mine.yaml: collections.spring: the folder .*footage/spring does not exist",
    ):
        found(tmp_path, spring())
