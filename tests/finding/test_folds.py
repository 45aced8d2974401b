"""Which videos are held out together."""

import numpy as np
import pytest

from tests.finding.making import row
from vpdlib.finding.folds import fold_of, held_out_folds


def grouped(sizes):
    """Videos of groups of given sizes, and their rows."""
    videos = {
        f"v{group}_{number}": row(f"v{group}_{number}", group=f"g{group}")
        for group, size in enumerate(sizes)
        for number in range(size)
    }
    return list(videos), videos


def test_groups_stay_whole_and_every_video_is_held_out_once():
    videos, rows = grouped([3, 1, 4, 2, 2, 5, 1])
    folds = held_out_folds(videos, rows, 3, seed=0)
    assert len(folds) == 3
    assert sorted(video for fold in folds for video in fold) == sorted(videos)
    for fold in folds:
        groups = {rows[video].group for video in fold}
        assert set(fold) == {video for video in videos if rows[video].group in groups}


def test_there_are_never_more_folds_than_groups():
    videos, rows = grouped([2, 3])
    assert len(held_out_folds(videos, rows, 5, seed=0)) == 2


@pytest.mark.parametrize("seed", [0, 7])
def test_the_order_of_videos_does_not_matter(seed):
    videos, rows = grouped([1, 2, 3, 1])
    backwards = dict(reversed(rows.items()))
    assert held_out_folds(videos, rows, 3, seed) == held_out_folds(videos[::-1], backwards, 3, seed)


def test_another_seed_draws_other_folds():
    videos, rows = grouped([1] * 12)
    assert len({held_out_folds(videos, rows, 3, seed) for seed in range(5)}) > 1


def test_videos_that_are_not_learnt_from_do_not_matter():
    videos, rows = grouped([1, 2, 3, 1])
    more = rows | {"other": row("other", group="g0"), "another": row("another")}
    assert held_out_folds(videos, more, 3, 0) == held_out_folds(videos, rows, 3, 0)


def test_a_single_group_is_divided_by_videos_and_said_so(read_log):
    videos, rows = grouped([4])
    folds = held_out_folds(videos, rows, 2, seed=0)
    assert [len(fold) for fold in folds] == [2, 2]
    assert "the 4 training videos are of one group" in read_log()


def test_videos_without_a_group_stand_for_themselves(read_log):
    rows = {video: row(video) for video in "abcd"}
    assert sorted(map(len, held_out_folds(list("abcd"), rows, 2, 0))) == [2, 2]
    assert read_log() == ""


def test_of_one_video_nothing_is_held_out(read_log):
    assert held_out_folds(["a"], {"a": row("a", group="g")}, 5, 0) == ((),)
    assert "there is one training video: nothing can be held out" in read_log()


def test_the_fold_of_a_video():
    folds = (("a", "b"), ("c",))
    assert [fold_of(folds, video) for video in "abcd"] == [0, 0, 1, None]
    assert fold_of(((),), "a") is None


def test_folds_are_of_like_size_in_groups():
    videos, rows = grouped([1] * 11)
    sizes = [len(fold) for fold in held_out_folds(videos, rows, 4, 3)]
    assert np.ptp(sizes) <= 1
