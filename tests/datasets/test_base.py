"""Shards, sources, and the checks on actions: each mistake is named, with its place and its remedy."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from vpdlib.datasets.base import (
    Action,
    DatasetError,
    VideoSource,
    check_actions,
    check_sources,
    frames_within,
    shard_of,
    time_text,
)

DURATIONS = {"a": 10.0, "b": 4.0}
FRAME = {"a": 0.04, "b": 0.04}


def action(number, video="a", start=0.0, end=1.0, label="jump", split=None, group=""):
    return Action(
        f"{video}_{number:03d}", video, start, end, label, split, group, f"l.csv:{number + 1}"
    )


def check(*actions, classes=("jump", "turn")):
    return check_actions(actions, DURATIONS, classes, FRAME)


def refused(*actions, classes=("jump", "turn")):
    with pytest.raises(DatasetError) as caught:
        check(*actions, classes=classes)
    return str(caught.value)


def test_shards_are_fixed():
    """Golden values: another hash would move every video of every user."""
    golden = [("test_000", 4), ("test_003", 4), ("-kDV0tY0BEc_00006", 8), ("a", 4096)]
    assert [shard_of(*pair) for pair in golden] == [2, 3, 1, 3530]
    assert shard_of("a", 1) == 0


def test_shards_are_even_and_a_new_video_moves_no_other():
    names = [f"video_{number}" for number in range(4000)]
    shards = np.array([shard_of(name, 8) for name in names])
    assert np.bincount(shards, minlength=8).min() > 430
    # A shard depends on the id alone: there is nothing else that it could be moved by.
    assert [shard_of(name, 8) for name in reversed(names)] == shards[::-1].tolist()


def test_frames_within_a_segment():
    time_s = np.arange(10) / 25
    for start in range(10):
        for end in range(start + 1, 11):
            expected = [start <= frame < end for frame in range(10)]
            # Stamps and ends are rounded in different places.
            for slip in (0, 3e-7, -3e-7):
                found = frames_within(time_s + slip, start / 25, round(end / 25, 7))
                assert found.tolist() == expected
    assert not frames_within(time_s, 0.01, 0.03).any()
    assert frames_within(time_s, 0, np.inf).all()
    assert frames_within(np.empty(0), 0, 1).shape == (0,)


def test_sources_are_sorted_and_repeated_ids_refused():
    sources = [VideoSource(name, Path(f"v/{name}.mp4")) for name in ("b", "a", "c")]
    assert [s.video_id for s in check_sources(sources, "here")] == ["a", "b", "c"]
    twice = [*sources, VideoSource("a", Path("w/a.avi"))]
    with pytest.raises(DatasetError) as caught:
        check_sources(twice, "adapter.videos: v")
    for text in ("adapter.videos: v", "'a'", "v/a.mp4", "w/a.avi", "Rename one of them"):
        assert text in str(caught.value)
    with pytest.raises(DatasetError, match=r"here: there is no video. Put videos there or correct"):
        check_sources([], "here")


@pytest.mark.parametrize("name", [b"M\xfcnchen/b.mp4", b"M\xfc.mp4"])
def test_a_path_that_is_no_utf_8_is_refused_in_words_that_can_be_written(name):
    path = Path(os.fsdecode(b"v/" + name))
    with pytest.raises(
        DatasetError, match=r"v/M\\xfc.*: the path is no UTF-8 text.*Rename"
    ) as caught:
        check_sources([VideoSource(path.stem, path)], "here")
    str(caught.value).encode("utf-8")
    (same,) = check_sources([VideoSource("b", Path("v/M\u00fcnchen/b.mp4"))], "here")
    assert same.video_id == "b"


@pytest.mark.parametrize("video_id", ["a;b", "$(x)", ".a", "x" * 300, "a\nb", "a b", ""])
def test_unsafe_ids_are_refused(video_id):
    with pytest.raises(DatasetError, match=r"v/clip.mp4: .* is not a safe video id.*rename"):
        check_sources([VideoSource(video_id, Path("v/clip.mp4"))], "here")


def test_good_actions_are_sorted_and_their_classes_found():
    rows = [action(2, start=2, end=3, label="turn"), action(1), action(1, "b", 0, 4)]
    checked, names = check(*rows, classes=None)
    assert [a.action_id for a in checked] == ["a_001", "a_002", "b_001"]
    assert names == ["jump", "turn"]
    assert check(*rows, classes=("turn", "jump", "rest"))[1] == ["turn", "jump", "rest"]
    assert check() == ([], ["jump", "turn"])


def test_an_end_within_a_frame_of_the_videos_is_clipped():
    (checked,), _ = check(action(1, start=9, end=10.04))
    assert (checked.start_s, checked.end_s) == (9, 10.0)
    assert "outside its video" in refused(action(1, start=9, end=10.05))
    # Nothing of it would be left after clipping.
    message = refused(action(1, start=10.0, end=10.03))
    for text in ("l.csv:2", "from 10 s to 10.03 s", "'a'", "lasts 10 s", "Correct start or end"):
        assert text in message


@pytest.mark.parametrize(
    ("row", "texts"),
    [
        ({"video": "zz"}, ["there is no video 'zz'", "Correct the name, or add the file"]),
        (
            {"label": "jmup"},
            ["unknown class 'jmup', nearest 'jump'; known: jump, turn", "add it to `classes`"],
        ),
        ({"start": 2, "end": 1}, ["runs from 2 s to 1 s", "end after it begins", "Correct"]),
        ({"start": 1, "end": 1}, ["runs from 1 s to 1 s"]),
        ({"start": -1, "end": 1}, ["runs from -1 s to 1 s", "begin at 0 or later"]),
        ({"start": 9, "end": 12}, ["to 12 s is outside its video 'a', which lasts 10 s"]),
        ({"start": 20, "end": 22}, ["outside its video 'a'"]),
        ({"split": "trian"}, ["unknown split 'trian'. Use train, val or test"]),
    ],
)
def test_a_wrong_action_is_refused(row, texts):
    message = refused(action(3, **row))
    for text in ["l.csv:4: ", *texts]:
        assert text in message


def test_a_repeated_action_is_refused_naming_both_rows():
    message = refused(action(1), action(2))
    assert "l.csv:3: the same action as l.csv:2" in message
    assert "Remove one of them" in message
    message = refused(action(1), replace(action(1, start=2, end=3), where="l.csv:9"))
    assert "l.csv:9: the same action as l.csv:2 (a_001)" in message
    # Another label or another video at the same time is another action.
    check(
        action(1, split="train"),
        action(2, label="turn", split="train"),
        action(3, "b", split="test"),
    )
    check(action(1), action(2, label="turn"), action(1, "b"))


def test_splits_are_whole():
    train, test = action(1, split="train"), action(2, start=2, end=3, split="test")
    check(train, test)
    message = refused(train, test, action(3, start=4, end=5))
    for text in ("l.csv:4", "no split where other rows have one", "or none"):
        assert text in message
    message = refused(test)
    assert message.startswith("l.csv: no action is in split 'train'")
    assert "nothing to learn" in message
    check(train)


@pytest.mark.parametrize("other", ["train", "val"])
def test_a_segment_in_two_splits_is_refused_naming_both_rows(other):
    rows = [
        action(1, "b", start=2, end=3, split="train"),
        action(2, split=other, start=1.25, end=2.5),
        action(3, split="test", start=1.25, end=2.5, label="turn"),
    ]
    message = refused(*rows)
    for text in (
        "l.csv:4: 1.25 to 2.5 s of video 'a' are 'turn' in split test",
        f"'jump' in split {other} at l.csv:3",
    ):
        assert text in message
    check(*rows[:2], replace(rows[2], end_s=2.6))


def test_times_in_messages_are_to_the_millisecond():
    assert "from 3723.456 s to 3723.112 s" in refused(action(1, start=3723.456, end=3723.112))
    assert "from 3723.456 s to 3725.012 s" in refused(action(1, start=3723.456, end=3725.012))
    assert [time_text(t) for t in (12, 0.1 + 0.2, 3723.4561, np.inf)] == [
        "12",
        "0.3",
        "3723.456",
        "",
    ]


@pytest.mark.parametrize("other", ["train", "val"])
def test_a_group_on_both_sides_is_refused_naming_both_rows(other):
    rows = [
        action(1, split=other, group="match_1"),
        action(2, start=2, end=3, split="test", group="match_1"),
        action(3, start=4, end=5, split="train", group="match_2"),
    ]
    message = refused(*rows)
    for text in ("l.csv:3", "l.csv:2", "'match_1'", "split test here", f"in {other} at"):
        assert text in message
    check(*(replace(row, group="") for row in rows))
    check(rows[0], rows[2], replace(rows[1], group="match_3"))
