"""From videos and labels to checked rows, on real small videos."""

import os
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from vpdlib.datasets.base import Action, DatasetError, VideoSource, shard_of
from vpdlib.datasets.listing import list_files
from vpdlib.datasets.paths import fingerprint_of
from vpdlib.datasets.prepare import prepare
from vpdlib.datasets.split import split_by_group
from vpdlib.video.writer import VideoWriter

SPLIT = partial(split_by_group, test_fraction=0.34, val_fraction=0.0, seed=0)
CLASSES = ("jump", "turn")


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    """Six videos of 20 frames at 25 frames a second."""
    folder = tmp_path_factory.mktemp("videos")
    found = []
    for number in range(6):
        path = folder / f"v{number}.mp4"
        with VideoWriter(path, 25.0, 64 + 2 * number, 48) as video:
            for value in range(20):
                video.write(np.full((48, 64 + 2 * number, 3), 10 * value, np.uint8))
        found.append(VideoSource(path.stem, path))
    return found


def label(sources, split=None):
    """Two actions a video, the second up to its end."""

    def get(durations_s):
        return [
            Action(
                f"{s.video_id}_{n:03d}", s.video_id, start, end, name, split and split(s), "", "l:1"
            )
            for s in sources
            for n, (start, end, name) in enumerate(
                [(0.0, 0.4, "jump"), (0.4, durations_s[s.video_id], "turn")], start=1
            )
        ]

    return get


def test_rows_without_a_given_split(sources):
    prepared = prepare(list_files(sources, 4), label(sources), CLASSES, SPLIT)
    videos, actions = prepared.videos, prepared.actions
    assert [v.video for v in videos] == [s.video_id for s in sources]
    for number, video in enumerate(videos):
        assert (video.fps, video.width, video.height) == (25.0, 64 + 2 * number, 48)
        assert video.declared_frames == 20
        assert video.duration_s == pytest.approx(0.8, abs=1e-6)
        assert video.shard == shard_of(video.video, 4)
        assert video.path == str(sources[number].path)
        assert {a.split for a in actions if a.video == video.video} == {video.split}
    assert [a.action for a in actions] == sorted(a.action for a in actions)
    assert len(actions) == 12
    assert sum(a.split == "test" for a in actions) == 4
    assert {action.few_shot for action in actions} == {""}
    assert all(v.fingerprint for v in videos)
    assert prepare(list_files(sources, 4), label(sources), CLASSES, SPLIT) == prepared


@pytest.mark.parametrize("bad", ["v0", "v1", "v2", "v3", "v4", "v5"])
def test_a_video_that_is_left_out_moves_no_other_to_another_split(sources, bad):
    def splits(left_out):
        rows = [row for row in list_files(sources, 4) if row.video not in left_out]
        prepared = prepare(rows, label(sources), CLASSES, SPLIT, left_out=left_out)
        assert {a.video: a.split for a in prepared.actions} == {
            v.video: v.split for v in prepared.videos
        }
        return {v.video: v.split for v in prepared.videos}

    whole = splits({})
    assert splits({bad: "broken"}) == {name: s for name, s in whole.items() if name != bad}


def test_a_split_that_is_left_empty_is_refused_and_not_dealt_anew(sources):
    rows = list_files(sources, 4)
    whole = prepare(rows, label(sources), CLASSES, SPLIT)
    tested = {v.video: "broken" for v in whole.videos if v.split == "test"}
    kept = [row for row in rows if row.video not in tested]
    with pytest.raises(
        DatasetError, match="all 4 actions of split 'test' are in videos that were left out"
    ):
        prepare(kept, label(sources), CLASSES, SPLIT, left_out=tested)


def test_rows_with_a_given_split(sources):
    given = label(sources, lambda s: "test" if s.video_id in ("v1", "v4") else "train")
    prepared = prepare(list_files(sources, 1), given, None, SPLIT)
    videos, actions = prepared.videos, prepared.actions
    assert [v.split for v in videos] == ["train", "test", "train", "train", "test", "train"]
    assert {v.shard for v in videos} == {0}
    assert {a.split for a in actions if a.video in ("v1", "v4")} == {"test"}


def test_a_video_without_actions_is_kept(sources):
    prepared = prepare(list_files(sources, 4), label(sources[:5]), CLASSES, SPLIT)
    videos, actions = prepared.videos, prepared.actions
    assert len(videos) == 6
    assert (videos[5].split, videos[5].group) == ("train", "")
    assert {a.video for a in actions} == {"v0", "v1", "v2", "v3", "v4"}


def test_a_video_without_actions_goes_with_its_group(sources):
    groups = {f"v{n}": f"g{n // 3}" for n in range(6)}

    def grouped(durations_s):
        split = {"g0": "train", "g1": "test"}
        return [
            replace(action, group=groups[action.video_id], split=split[groups[action.video_id]])
            for action in label([s for s in sources if s.video_id not in ("v2", "v5")])(durations_s)
        ]

    prepared = prepare(
        list_files(sources, 4), grouped, CLASSES, SPLIT, lambda row: groups[row.video]
    )
    found = {video.video: (video.split, video.group) for video in prepared.videos}
    assert found["v2"] == ("train", "g0")
    assert found["v5"] == ("test", "g1")


def test_all_unusable_videos_are_named_at_once(sources, tmp_path):
    bad = []
    for name in ("broken", "empty"):
        path = tmp_path / f"{name}.mp4"
        path.write_bytes(b"no video" if name == "broken" else b"")
        bad.append(VideoSource(name, path))
    with pytest.raises(DatasetError, match="2 of 4 videos cannot be used") as caught:
        list_files([*bad, *sources[:2]], 4)
    for source in bad:
        assert str(source.path) in str(caught.value)
    assert str(sources[0].path) not in str(caught.value)


def test_a_replaced_file_has_another_row(tmp_path):
    """Of the same length, rate, picture and even size; stages after the list know the file by its row alone."""
    path = tmp_path / "a.mp4"

    def listed(grey, mtime_ns):
        with VideoWriter(path, 25.0, 64, 48) as video:
            for _ in range(20):
                video.write(np.full((48, 64, 3), grey, np.uint8))
        os.utime(path, ns=(0, mtime_ns))
        return list_files([VideoSource("a", path)], 1)

    first = listed(1, 1)
    assert listed(90, 1) == [replace(first[0], fingerprint=fingerprint_of(path))] != first
    # Wherever it lies and whenever it was copied there.
    assert listed(1, 2) == first


@pytest.mark.parametrize("place", [0, 1 << 20, (2 << 20) - 1])
def test_a_large_file_is_told_by_its_ends_and_its_middle(tmp_path, place):
    path = tmp_path / "a.mp4"
    content = bytearray(2 << 20)
    path.write_bytes(content)
    before = fingerprint_of(path)
    content[place] = 1
    path.write_bytes(content)
    assert fingerprint_of(path) != before
    path.write_bytes(content[:-1])
    assert fingerprint_of(path).split()[0] == str((2 << 20) - 1)


def test_an_action_outside_its_video_is_refused(sources):
    def late(durations_s):
        return [Action("v0_001", "v0", 0.5, 2.0, "jump", None, "", "l.csv:2")]

    with pytest.raises(DatasetError, match=r"l.csv:2: .*outside its video 'v0', which lasts 0.8 s"):
        prepare(list_files(sources, 4), late, CLASSES, SPLIT)
