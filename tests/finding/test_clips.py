"""Which clips are cut of found actions, how they are called, and the script that cuts them."""

import dataclasses

import pytest
from pydantic import ValidationError

from tests.people.scripts import run_script, write_shard
from tests.video.making import number_of, picture
from vpdlib.datasets import bad_videos
from vpdlib.datasets.base import DatasetError
from vpdlib.datasets.tables import VideoRow, read_broken, read_videos, write_rows
from vpdlib.finding.clips import clip_path, select_clips
from vpdlib.finding.settings import ClipSettings
from vpdlib.finding.table import FoundRow, write_found
from vpdlib.video.reader import VideoError, read_frames

NUM = 75


def found(video, start, end, label="axel", probability=0.5, labelled=""):
    return FoundRow(video, "", start, end, label, probability, "lutz", 0.1, "0.9", "", labelled)


ROWS = [
    found("a", 1.0, 1.4),
    found("a", 1.2, 1.8, "lutz", labelled="axel"),
    found("a", 2.6, 3.0, labelled="axel"),
    found("b", 0.0, 0.2, probability=0.9),
]
CLIPS = [
    "axel/a_00001.000-00001.400.mp4",
    "axel/a_00002.600-00003.000.mp4",
    "axel/b_00000.000-00000.200.mp4",
    "lutz/a_00001.200-00001.800_labelled_axel.mp4",
]


@pytest.fixture
def videos(tmp_path):
    """Two videos of three seconds, whose pictures tell their numbers."""
    return write_shard(tmp_path, {name: [picture(at) for at in range(NUM)] for name in "ab"})


def cut(folder, listed, rows, policy="refuse", **settings):
    write_found(folder / "found.csv", rows)
    inputs = {"found": folder / "found.csv", "videos": [listed]}
    return run_script("cut_clips", inputs, folder / "clips", ClipSettings(**settings), policy)


def names(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*.mp4"))


def numbers(path):
    return [number_of(frame.rgb) for frame in read_frames(path)]


def test_names_sort_by_time_and_tell_what_was_named_wrongly():
    assert str(clip_path(found("a", 3600.0004, 3601.25))) == "axel/a_03600.000-03601.250.mp4"
    times = [0.0, 2.5, 10.0, 99.9996, 4000.0, 86400.0]
    paths = [clip_path(found("a", start, start + 1)) for start in times]
    assert sorted(paths) == paths
    assert clip_path(found("a", 1.0, 2.0, "axel", labelled="axel")) == clip_path(
        found("a", 1.0, 2.0, "axel")
    )
    assert clip_path(found("a", 1.0, 2.0, labelled="lutz")).stem.endswith("_labelled_lutz")


@pytest.mark.parametrize(
    "row",
    [
        found("a", 0.0, 1.0, "../axel"),
        found("a", 0.0, 1.0, ""),
        found("a/b", 0.0, 1.0),
        found("a", 0.0, 1.0, labelled="a b"),
        found("a" * 128, 0.0, 1.0, labelled="b" * 128),
    ],
)
def test_what_no_file_can_be_called_is_refused(row):
    with pytest.raises(DatasetError, match=r"found actions: .*(safe|characters)"):
        clip_path(row)


def test_the_most_probable_of_each_class_are_taken():
    chances = [0.2, 0.9, 0.5, 0.9, 0.9]
    rows = [found("a", at, at + 1.0, probability=p) for at, p in enumerate(chances)]
    rows.append(found("a", 0.0, 1.0, "lutz", 0.1))
    assert [row.start for row in select_clips(rows[::-1], 2)] == [0.0, 1.0, 3.0]
    assert len(select_clips(rows, None)) == 6
    assert select_clips(rows, 9) == select_clips(rows[::-1], None)


def test_every_found_action_becomes_a_clip(videos, tmp_path):
    folder = cut(tmp_path, videos, ROWS)
    assert names(folder) == CLIPS
    assert numbers(folder / CLIPS[0]) == list(range(13, 48))
    # Over the end of the video it is cut off, and so before its beginning.
    assert numbers(folder / CLIPS[1]) == list(range(53, 75))
    assert numbers(folder / CLIPS[2]) == list(range(18))
    assert numbers(folder / CLIPS[3]) == list(range(18, 58))
    assert read_broken(tmp_path / "clips.broken.csv") == []
    # Made anew, it is in place of what was there.
    assert names(cut(tmp_path, videos, ROWS, around_s=0.0, max_per_label=1)) == CLIPS[2:]
    assert numbers(folder / CLIPS[3]) == list(range(30, 45))
    assert {path.name for path in tmp_path.iterdir()} == {
        "a.mp4",
        "b.mp4",
        "videos.csv",
        "found.csv",
        "clips",
        "clips.broken.csv",
    }


def test_nothing_found_is_an_empty_folder(videos, tmp_path):
    assert list(cut(tmp_path, videos, []).iterdir()) == []


def test_an_action_without_a_frame_is_warned_of(videos, tmp_path, read_log):
    folder = cut(tmp_path, videos, [*ROWS, found("a", 8.0, 9.0, "flip")])
    assert names(folder) == CLIPS
    assert "flip/a_00008.000-00009.000.mp4" in read_log()


def test_a_broken_video_is_refused_or_has_no_clips(videos, tmp_path, read_log):
    (tmp_path / "a.mp4").unlink()
    with pytest.raises(VideoError, match=r"a\.mp4: no such file"):
        cut(tmp_path, videos, ROWS)
    assert not (tmp_path / "clips").exists()
    folder = cut(tmp_path, videos, ROWS, "skip")
    assert names(folder) == CLIPS[2:3]
    assert "carried on as empty" in read_log()
    (row,) = read_broken(tmp_path / "clips.broken.csv")
    assert (row.video, row.stage, row.artifact) == ("a", "cut_clips", str(folder))


def test_a_video_that_breaks_off_has_no_clip_that_ends_too_early(videos, tmp_path, monkeypatch):
    whole = bad_videos.frames_of

    def breaks_off(video, **options):
        for frame in whole(video, **options):
            if video.video == "a" and frame.index == 50:
                raise VideoError("a.mp4: cannot be read")
            yield frame

    monkeypatch.setattr(bad_videos, "frames_of", breaks_off)
    folder = cut(tmp_path, videos, ROWS, "skip")
    assert names(folder) == CLIPS[2:3]
    assert [path.name for path in folder.iterdir()] == ["axel"]


def test_rows_that_fit_no_video_are_refused(videos, tmp_path):
    with pytest.raises(DatasetError, match="there is no video 'c'"):
        cut(tmp_path, videos, [found("c", 0.0, 1.0)])
    with pytest.raises(DatasetError, match="a 1 to 2 s is there twice as axel"):
        cut(tmp_path, videos, [found("a", 1.0, 2.0), found("a", 1.0, 2.0, probability=0.1)])
    rows = [dataclasses.replace(row, path="") for row in read_videos(videos)]
    write_rows(videos, rows, VideoRow)
    with pytest.raises(DatasetError, match="keypoints stand in for video 'a'"):
        cut(tmp_path, videos, ROWS)
    assert not (tmp_path / "clips").exists()


def test_settings_that_make_no_sense_are_refused():
    for wrong in ({"around_s": -0.1}, {"max_per_label": 0}):
        with pytest.raises(ValidationError):
            ClipSettings(**wrong)
