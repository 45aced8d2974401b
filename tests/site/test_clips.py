"""Clips of labelled actions: which, of which frames, how large, and what is known of them."""

import dataclasses

import cv2
import pytest

from tests.people.scripts import write_shard
from tests.site.action_results import ACTIONS, FPS, NUM, write_dataset
from tests.video.making import number_of, picture
from vpdlib.datasets import bad_videos
from vpdlib.datasets.bad_videos import VideoReading
from vpdlib.datasets.tables import read_videos
from vpdlib.site.clips import MAX_WIDTH, choose_actions, cut_actions
from vpdlib.video.reader import VideoError, probe, read_frames


@pytest.fixture
def videos(tmp_path):
    write_dataset(tmp_path)
    return {row.video: row for row in read_videos(tmp_path / "dataset/videos.csv")}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "clips").mkdir()
    return tmp_path / "clips"


def test_test_actions_come_first_and_the_order_stays():
    def ids(actions):
        return [action.action for action in actions]

    assert ids(choose_actions(ACTIONS, 3)) == ["a_1", "b_1", "b_2"]
    assert ids(choose_actions(ACTIONS, 2)) == ["b_1", "b_2"]
    assert ids(choose_actions(ACTIONS)) == ids(ACTIONS)


@pytest.mark.parametrize("num_threads", [1, 3])
def test_a_clip_has_the_frames_from_just_before_to_just_after(videos, folder, num_threads):
    clips = cut_actions(ACTIONS, videos, folder, VideoReading("refuse"), num_threads)
    # 0.2 s are five frames; the videos' ends cut off what is beyond.
    expected = {"a_1": (0, 28), "a_2": (20, 54), "b_1": (0, 25), "b_2": (60, 75)}
    assert {name: clip.first_frame for name, clip in clips.items()} == {
        name: first for name, (first, _) in expected.items()
    }
    for name, (first, end) in expected.items():
        clip = clips[name]
        shown = list(read_frames(folder / f"{name}.mp4"))
        assert [number_of(frame.rgb) for frame in shown] == list(range(first, end))
        assert clip.times_ms == [round(1000 * at / FPS) for at in range(end - first)]
        assert [round(1000 * frame.time_s) for frame in shown] == clip.times_ms
        assert (clip.width, clip.height, clip.scale_x, clip.scale_y) == (160, 96, 1.0, 1.0)
        poster = cv2.imread(str(folder / f"{name}.jpg"))
        assert number_of(poster) == first + clip.poster
    # In the middle of the action, not of the clip.
    assert clips["b_1"].poster == 10
    assert clips["a_2"].first_frame + clips["a_2"].poster == 37


def test_large_pictures_are_reduced_to_even_sides(tmp_path, folder):
    listed = write_shard(tmp_path, {"a": [picture(at, 902, 507) for at in range(12)]})
    videos = {row.video: row for row in read_videos(listed)}
    (clip,) = cut_actions(
        [dataclasses.replace(ACTIONS[0], start=0.1, end=0.3)],
        videos,
        folder,
        VideoReading("refuse"),
    ).values()
    info = probe(folder / "a_1.mp4")
    assert (info.width, info.height) == (clip.width, clip.height) == (MAX_WIDTH, 180)
    # The writer pads an odd picture by a pixel.
    assert clip.scale_x == pytest.approx(320 / 902)
    assert clip.scale_y == pytest.approx(180 / 508)


def test_an_action_that_ends_with_its_video_has_its_last_frame_as_poster(videos, folder, read_log):
    late = dataclasses.replace(ACTIONS[0], start=2.8, end=9.0)
    beyond = dataclasses.replace(ACTIONS[0], action="a_9", start=8.0, end=9.0)
    clips = cut_actions([late, beyond], videos, folder, VideoReading("refuse"))
    assert clips.keys() == {"a_1"}
    assert clips["a_1"].first_frame + clips["a_1"].poster == NUM - 1
    assert sorted(path.name for path in folder.iterdir()) == ["a_1.jpg", "a_1.mp4"]
    assert "a_9: a 8 to 9 s" in read_log()


def test_each_file_is_decoded_once(videos, folder, monkeypatch):
    opened = []
    whole = bad_videos.frames_of

    def frames_of(video, **options):
        opened.append(video.path)
        return whole(video, **options)

    monkeypatch.setattr(bad_videos, "frames_of", frames_of)
    # Two athletes of one file.
    videos["b"] = dataclasses.replace(videos["b"], path=videos["a"].path, athlete="near")
    clips = cut_actions(ACTIONS, videos, folder, VideoReading("refuse"))
    assert opened == [videos["a"].path]
    assert len(clips) == 4


def test_without_a_file_there_is_no_clip(videos, folder):
    videos["a"] = dataclasses.replace(videos["a"], path="")
    assert cut_actions(ACTIONS, videos, folder, VideoReading("refuse")).keys() == {"b_1", "b_2"}


def test_a_broken_video_is_refused_or_has_no_clips(videos, folder, monkeypatch):
    whole = bad_videos.frames_of

    def breaks_off(video, **options):
        for frame in whole(video, **options):
            if video.video == "a" and frame.index == 40:
                raise VideoError("a.mp4: cannot be read")
            yield frame

    monkeypatch.setattr(bad_videos, "frames_of", breaks_off)
    with pytest.raises(VideoError, match="cannot be read"):
        cut_actions(ACTIONS, videos, folder, VideoReading("refuse"))
    clips = cut_actions(ACTIONS, videos, folder, VideoReading("skip"))
    assert clips.keys() == {"b_1", "b_2"}
    assert {path.stem for path in folder.iterdir()} == {"b_1", "b_2"}


def test_an_id_that_is_no_name_of_a_file_is_refused(videos, folder):
    with pytest.raises(ValueError, match="not a safe action id"):
        cut_actions(
            [dataclasses.replace(ACTIONS[0], action="../a")], videos, folder, VideoReading("refuse")
        )
