"""Videos that cannot be used: refused by name, or left out with their labels and listed."""

from dataclasses import replace
from functools import partial

import av
import numpy as np
import pytest

from vpdlib.datasets.adapters.tennis7 import Tennis7Adapter
from vpdlib.datasets.bad_videos import (
    LABELS,
    LISTING,
    MAX_NAMED,
    BadVideos,
    VideoReading,
    drop_actions,
    left_out,
)
from vpdlib.datasets.base import Action, DatasetError, PoseClip, VideoSource
from vpdlib.datasets.listing import check_clips, check_people, list_files, list_keypoints
from vpdlib.datasets.paper.protocol import ClipInfo, PaperDataset, PaperVideo, without
from vpdlib.datasets.paths import fingerprint_of
from vpdlib.datasets.prepare import prepare, prepare_paper
from vpdlib.datasets.split import split_by_group
from vpdlib.datasets.tables import ProblemRow, VideoRow
from vpdlib.video.reader import DecodeReport, VideoError
from vpdlib.video.writer import VideoWriter

SPLIT = partial(split_by_group, test_fraction=0.4, val_fraction=0.0, seed=0)


def write_video(path, num_frames=10):
    with VideoWriter(path, 25.0, 64, 48) as video:
        for value in range(num_frames):
            video.write(np.full((48, 64, 3), value % 256, np.uint8))
    return path


def write_sound(path):
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=48000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 4800), np.float32), "fltp", "mono")
        frame.sample_rate = 48000
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)


@pytest.fixture
def folder(tmp_path):
    """Two sound videos, and six that cannot be used, each in a way of its own."""
    whole = write_video(tmp_path / "good.mp4", 200).read_bytes()
    write_video(tmp_path / "other.mp4")
    (tmp_path / "cut.mp4").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "header.mp4").write_bytes(b"\0" * 64 + whole[64:])
    (tmp_path / "empty.mp4").write_bytes(b"")
    (tmp_path / "away.mp4").symlink_to("/nowhere/away.mp4")
    write_sound(tmp_path / "sound.mp4")
    names = ("away", "cut", "empty", "gone", "good", "header", "other", "sound")
    return [VideoSource(name, tmp_path / f"{name}.mp4") for name in names]


def test_the_others_are_listed_and_each_bad_one_has_its_row(folder, read_log):
    bad = BadVideos("skip")
    rows = list_files(folder, 4, bad)
    assert [row.video for row in rows] == ["good", "other"]
    assert [row.video for row in bad.rows] == ["away", "cut", "empty", "gone", "header", "sound"]
    for row in bad.rows:
        assert (row.start, row.end, row.stage) == ("", "", LISTING)
        assert f"{row.video}.mp4" in row.problem
        assert row.remedy
    reasons = left_out(bad.rows)
    assert "no such file" in reasons["gone"]
    assert "is a link to /nowhere/away.mp4, which is not there" in reasons["away"]
    assert "no video stream" in reasons["sound"]
    warnings = read_log()
    assert warnings.count("warning:") == 1
    assert "6 of 8 videos cannot be used and left out" in warnings
    assert all(f"{name}.mp4" in warnings for name in reasons)


def test_by_default_they_are_refused_together(folder):
    with pytest.raises(
        DatasetError, match=r"6 of 8 videos cannot be used(.|\n)*on_bad_video: skip"
    ):
        list_files(folder, 4)


def test_of_very_many_the_first_are_named(tmp_path, read_log):
    sources = [VideoSource(f"v{n:03d}", tmp_path / f"v{n:03d}.mp4") for n in range(MAX_NAMED + 5)]
    bad = BadVideos("skip")
    assert list_files(sources, 1, bad) == []
    assert len(bad.rows) == MAX_NAMED + 5
    warnings = read_log()
    assert "and 5 more (problems.csv)" in warnings
    assert "v039" in warnings
    assert "v040" not in warnings


def row(video, path="", num_frames=10):
    return VideoRow(video, str(path), 0, 25.0, 64, 48, num_frames, num_frames / 25, "", "")


def test_both_athletes_of_a_wrong_clip_are_left_out(tmp_path, read_log):
    paths = [write_video(tmp_path / f"{name}.mp4") for name in ("right", "short")]
    rows = [row(f"front__{p.stem}", p, 10 if p.stem == "right" else 12) for p in paths]
    rows += [replace(r, video=r.video.replace("front", "back")) for r in rows]
    bad = BadVideos("skip")
    kept = check_clips(rows, Tennis7Adapter(), bad)
    assert [r.fingerprint for r in kept] == [fingerprint_of(paths[0])] * 2
    assert [r.video for r in kept] == ["front__right", "back__right"]
    assert [r.video for r in bad.rows] == ["front__short", "back__short"]
    assert "expected 12 frames" in bad.rows[0].problem
    assert read_log().count("short.mp4") == 1
    with pytest.raises(DatasetError, match="1 of 2 clips are missing or not as published"):
        check_clips(rows, Tennis7Adapter())


def action(number, video, label, split=None, start=0.0, end=0.4):
    return Action(f"{video}_{number:03d}", video, start, end, label, split, "", f"l.csv:{number}")


def test_actions_of_left_out_videos_are_dropped_and_listed(read_log):
    actions = [
        action(2, "a", "jump"),
        action(3, "b", "jump", start=1.25, end=2.5),
        action(4, "b", "turn", start=3601.257, end=float("inf")),
        action(5, "c", "turn"),
    ]
    kept, rows = drop_actions(actions, {"b": "left out: b.mp4: broken", "unlabelled": "gone"})
    assert [a.video_id for a in kept] == ["a", "c"]
    assert [(r.video, r.start, r.end, r.stage) for r in rows] == [
        ("b", "1.25", "2.5", LABELS),
        ("b", "3601.257", "", LABELS),
    ]
    assert "jump" in rows[0].problem
    assert "l.csv:3" in rows[0].problem
    warnings = read_log()
    assert "2 of 4 labelled actions" in warnings
    assert "b 1.25 to 2.5 s: action jump" in warnings
    assert drop_actions(actions, {}) == (actions, [])


@pytest.mark.parametrize(
    ("labels", "splits", "message"),
    [
        (["jump", "jump", "turn"], [None] * 3, "all 1 actions of class 'turn'"),
        (["jump"] * 3, ["train", "train", "test"], "all 1 actions of split 'test'"),
        (["jump"] * 3, ["test", "test", "train"], "all 1 actions of split 'train'"),
    ],
)
def test_a_class_or_split_that_is_left_empty_is_refused(labels, splits, message):
    actions = [
        action(n, "abc"[n], label, split)
        for n, (label, split) in enumerate(zip(labels, splits, strict=True))
    ]
    with pytest.raises(DatasetError, match=f"{message}(.|\n)*c: why"):
        drop_actions(actions, {"c": "why"})


def test_a_dataset_of_which_nothing_is_left_is_refused():
    with pytest.raises(DatasetError, match="all 1 labelled actions are in videos that were left"):
        drop_actions([action(1, "a", "jump")], {"a": "why"})


def test_the_tables_are_made_of_the_other_videos():
    videos = [row(name) for name in "abcd"]

    def label(durations_s):
        return [
            action(n, name, label, end=durations_s[name])
            for n, name in enumerate("abcde")
            for label in ("jump",)
        ]

    prepared = prepare(videos, label, None, SPLIT, left_out={"e": "e.mp4: no such file"})
    assert {a.video for a in prepared.actions} == set("abcd")
    assert [v.video for v in prepared.videos] == list("abcd")
    assert [(p.video, p.end) for p in prepared.problems] == [("e", "")]


def published(few_shot):
    info = ClipInfo(25.0, 10, 64, 48)
    split = {"a": "train", "b": "train", "c": "test", "d": "test"}
    return PaperDataset(
        videos=tuple(PaperVideo(name, name, info, split[name], "") for name in split),
        actions=tuple(action(1, name, "jump", split[name]) for name in split),
        class_names=("jump",),
        few_shot=few_shot,
        detection_trials=(("b", "a"),),
    )


def test_published_subsets_stay_where_they_lose_nothing():
    dataset = published({1: (("a_001",), ("b_001",))})
    assert without(dataset, {"d"}).few_shot == dataset.few_shot
    part = without(dataset, {"b"})
    assert part.few_shot == {}
    assert part.detection_trials == (("a",),)
    assert [a.action_id for a in part.actions] == ["a_001", "c_001", "d_001"]


def test_a_published_dataset_without_some_clips(read_log):
    dataset = published({1: (("a_001",), ("b_001",))})
    prepared = prepare_paper(dataset, [row("a"), row("c")], {}, {"b": "missing", "d": "short"})
    assert [a.action for a in prepared.actions] == ["a_001", "c_001"]
    assert [p.video for p in prepared.problems] == ["b", "d"]
    assert {a.few_shot for a in prepared.actions} == {""}
    assert "few-shot subsets do not fit" in read_log()


def clips(**poses):
    return {name: PoseClip(np.asarray(pose, np.float32), fps=25.0) for name, pose in poses.items()}


NOBODY = np.tile(np.float32([np.nan, np.nan, 0]), (6, 17, 1))
SOMEBODY = NOBODY.copy()
SOMEBODY[3, 5] = 10, 20, 0.9


def test_a_clip_of_keypoints_in_which_nobody_is():
    given = clips(nobody=NOBODY, somebody=SOMEBODY)
    rows = list_keypoints(given, 1, None)
    with pytest.raises(
        DatasetError, match=r"1 of 2 clips of keypoints(.|\n)*nobody: nobody is in its"
    ):
        check_people(rows, given)
    bad = BadVideos("skip")
    assert [r.video for r in check_people(rows, given, bad)] == ["somebody"]
    assert [r.video for r in bad.rows] == ["nobody"]
    assert "no joint of its 6 frames" in bad.rows[0].problem


def test_a_clip_that_the_keypoints_lack_is_left_out_under_skip_alone():
    rows = [row("somebody"), row("missing")]
    assert check_people(rows, clips(somebody=SOMEBODY)) == rows
    bad = BadVideos("skip")
    assert check_people(rows, clips(somebody=SOMEBODY), bad) == rows[:1]
    assert [r.video for r in bad.rows] == ["missing"]


def junk(path):
    path.write_bytes(b"not a video" * 100)


def unlink(path):
    path.unlink()


@pytest.mark.parametrize("breaks", [junk, unlink])
def test_a_file_that_breaks_later(tmp_path, breaks, read_log):
    paths = [write_video(tmp_path / f"{name}.mp4") for name in "ab"]
    breaks(paths[0])
    videos = [row(path.stem, path) for path in paths]
    with pytest.raises(VideoError, match=r"a\.mp4"):
        list(VideoReading("refuse").frames(videos[0]))
    reading, report = VideoReading("skip"), DecodeReport()
    assert [len(list(reading.frames(video, report))) for video in videos] == [0, 10]
    assert "a.mp4" in reading.broken(videos[0])
    assert reading.broken(videos[1]) == ""
    assert "a.mp4" in read_log()


def test_a_file_of_which_nothing_decodes_is_broken_too(tmp_path, monkeypatch):
    video = row("a", write_video(tmp_path / "a.mp4"))
    monkeypatch.setattr("vpdlib.datasets.bad_videos.frames_of", lambda *_, **__: iter(()))
    with pytest.raises(VideoError, match="not one frame could be decoded"):
        list(VideoReading("refuse").frames(video))
    reading = VideoReading("skip")
    assert list(reading.frames(video)) == []
    assert "not one frame" in reading.broken(video)


def test_what_an_earlier_stage_could_not_read_is_not_opened(tmp_path):
    video = row("a", write_video(tmp_path / "a.mp4"))
    reading = VideoReading("refuse")
    assert list(reading.frames(video, broken_before="gone")) == []
    assert reading.broken(video) == "gone"


def test_the_consumers_own_error_is_not_swallowed(tmp_path):
    video = row("a", write_video(tmp_path / "a.mp4"))
    reading = VideoReading("skip")

    def consume():
        for _ in reading.frames(video):
            raise VideoError("mine")

    with pytest.raises(VideoError, match="mine"):
        consume()
    assert reading.broken(video) == ""


def test_rows_of_other_stages_leave_no_video_out():
    assert left_out([ProblemRow("a", "", "", LABELS, "p", "r")]) == {}
