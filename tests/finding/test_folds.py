"""Which videos are held out together."""

import numpy as np
import pytest

from tests.finding.making import action, row
from vpdlib.finding.folds import fold_of, held_out_folds


def actions_of(videos, label="jump"):
    return [action(video, 0.0, 1.0, label) for video in videos]


def grouped(sizes):
    """An action in each video of groups of given sizes, and the videos' rows."""
    videos = {
        f"v{group}_{number}": row(f"v{group}_{number}", group=f"g{group}")
        for group, size in enumerate(sizes)
        for number in range(size)
    }
    return actions_of(videos), videos


def test_groups_stay_whole_and_every_video_is_held_out_once():
    actions, rows = grouped([3, 1, 4, 2, 2, 5, 1])
    folds = held_out_folds(actions, rows, 3, seed=0)
    assert len(folds) == 3
    assert sorted(video for fold in folds for video in fold) == sorted(rows)
    for fold in folds:
        groups = {rows[video].group for video in fold}
        assert set(fold) == {video for video in rows if rows[video].group in groups}


def test_there_are_never_more_folds_than_groups():
    actions, rows = grouped([2, 3])
    assert len(held_out_folds(actions, rows, 5, seed=0)) == 2


@pytest.mark.parametrize("seed", [0, 7])
def test_the_order_of_videos_does_not_matter(seed):
    actions, rows = grouped([1, 2, 3, 1])
    backwards = dict(reversed(rows.items()))
    assert held_out_folds(actions, rows, 3, seed) == held_out_folds(
        actions[::-1], backwards, 3, seed
    )


def test_another_seed_draws_other_folds():
    actions, rows = grouped([1] * 12)
    assert len({held_out_folds(actions, rows, 3, seed) for seed in range(5)}) > 1


def test_videos_that_are_not_learnt_from_do_not_matter():
    actions, rows = grouped([1, 2, 3, 1])
    more = rows | {"other": row("other", group="g0"), "another": row("another")}
    assert held_out_folds(actions, more, 3, 0) == held_out_folds(actions, rows, 3, 0)


def test_a_single_group_is_divided_by_videos_and_said_so(read_log):
    actions, rows = grouped([4])
    folds = held_out_folds(actions, rows, 2, seed=0)
    assert [len(fold) for fold in folds] == [2, 2]
    assert "the 4 training videos are of one group" in read_log()


def test_videos_without_a_group_stand_for_themselves(read_log):
    rows = {video: row(video) for video in "abcd"}
    assert sorted(map(len, held_out_folds(actions_of(rows), rows, 2, 0))) == [2, 2]
    assert read_log() == ""


def test_of_one_video_nothing_is_held_out(read_log):
    assert held_out_folds(actions_of(["a"]), {"a": row("a", group="g")}, 5, 0) == ((),)
    assert "there is one training video: nothing can be held out" in read_log()


def test_the_fold_of_a_video():
    folds = (("a", "b"), ("c",))
    assert [fold_of(folds, video) for video in "abcd"] == [0, 0, 1, None]
    assert fold_of(((),), "a") is None


def test_folds_are_of_like_size_in_groups():
    actions, rows = grouped([1] * 11)
    sizes = [len(fold) for fold in held_out_folds(actions, rows, 4, 3)]
    assert np.ptp(sizes) <= 1


@pytest.mark.parametrize("seed", range(8))
def test_a_rare_class_is_in_as_many_folds_as_it_has_groups(seed):
    """Of twelve groups two have a rare class, three another: no fold holds two of either."""
    _, rows = grouped([1] * 12)
    names = sorted(rows)
    actions = [*actions_of(names), *actions_of(names[:2], "axel"), *actions_of(names[1:4], "lutz")]
    folds = held_out_folds(actions, rows, 4, seed)
    for rare in (names[:2], names[1:4]):
        assert len({fold_of(folds, video) for video in rare}) == len(rare)
    assert np.ptp([len(fold) for fold in folds]) <= 1
