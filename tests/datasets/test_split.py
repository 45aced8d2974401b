"""Splitting by group."""

from collections import Counter

import numpy as np
import pytest

from vpdlib.datasets.base import Action, DatasetError
from vpdlib.datasets.split import split_by_group


def make(seed=0, num_groups=40, classes=("a", "b", "c"), largest=6, grouped=True):
    rng = np.random.default_rng(seed)
    rows = []
    for group in range(num_groups):
        for number in range(int(rng.integers(1, largest + 1))):
            video = f"v{group:02d}"
            name = f"{video}_{number:03d}"
            label = classes[int(rng.integers(len(classes)))]
            where = f"l.csv:{len(rows) + 2}"
            rows.append(
                Action(
                    name,
                    video,
                    number,
                    number + 1,
                    label,
                    None,
                    f"g{group}" if grouped else "",
                    where,
                )
            )
    return rows


def sides(actions):
    found = {}
    for action in actions:
        found.setdefault(action.group or action.video_id, set()).add(action.split)
    return found


@pytest.mark.parametrize("grouped", [True, False])
@pytest.mark.parametrize("seed", range(5))
def test_groups_stay_together_and_shares_are_near(seed, grouped):
    rows = make(seed, grouped=grouped)
    split = split_by_group(rows, 0.3, 0.15, seed)
    assert sorted(a.action_id for a in split) == sorted(a.action_id for a in rows)
    assert all(len(found) == 1 for found in sides(split).values())
    counts = Counter(a.split for a in split)
    assert 0.22 < counts["test"] / len(rows) < 0.38
    assert 0.08 < counts["val"] / len(rows) < 0.22
    by_class = Counter((a.label, a.split) for a in split)
    for label in "abc":
        total = sum(by_class[label, name] for name in ("train", "val", "test"))
        assert by_class[label, "train"] >= 1
        assert abs(by_class[label, "test"] / total - 0.3) < 0.15


def test_it_depends_on_the_seed_and_not_on_the_order_of_rows():
    rows = make()
    expected = {a.action_id: a.split for a in split_by_group(rows, 0.3, 0.0, 7)}
    order = np.random.default_rng(1).permutation(len(rows))
    shuffled = split_by_group([rows[i] for i in order], 0.3, 0.0, 7)
    assert {a.action_id: a.split for a in shuffled} == expected
    assert set(expected.values()) == {"train", "test"}
    assert {a.action_id: a.split for a in split_by_group(rows, 0.3, 0.0, 8)} != expected


@pytest.mark.parametrize("seed", range(20))
def test_every_class_keeps_training_actions(seed):
    """Rare classes in few groups, and large shares that want them all."""
    rows = make(seed, num_groups=8, classes=tuple("abcdefgh"), largest=3)
    split = split_by_group(rows, 0.6, 0.3, seed)
    assert {a.label for a in split if a.split == "train"} == {a.label for a in rows}


def test_a_class_of_one_group_stays_in_training():
    rows = make(classes=("a", "b"))
    alone = [
        Action(f"x_{i:03d}", "x", i, i + 1, "rare", None, "lonely", f"m.csv:{i}") for i in range(5)
    ]
    split = split_by_group(rows + alone, 0.3, 0.2, 0)
    assert {a.split for a in split if a.group == "lonely"} == {"train"}


@pytest.mark.parametrize("num_groups", [1, 2])
def test_too_few_groups_are_refused_with_the_place_and_the_remedy(num_groups):
    rows = [
        Action(f"v_{g}{i:03d}", "v", i, i + 1, "a", None, f"g{g}", f"l.csv:{i}")
        for g in range(num_groups)
        for i in range(10)
    ]
    with pytest.raises(DatasetError) as caught:
        split_by_group(rows, 0.1, 0.0, 0)
    for text in (
        "l.csv:0",
        f"{num_groups} groups",
        "fraction 0.1",
        "Give a split",
        "adapter.test_fraction",
    ):
        assert text in str(caught.value)


@pytest.mark.parametrize("val_fraction", [0.0, 0.5])
def test_a_fraction_of_zero_leaves_all_to_learn_from(val_fraction):
    rows = [Action(f"v{i}", f"v{i}", 0, 1, "a", None, "", f"l.csv:{i}") for i in range(4)]
    splits = [action.split for action in split_by_group(rows, 0, val_fraction, 0)]
    assert splits.count("val") == 4 * val_fraction
    assert "test" not in splits


def test_nothing_gives_nothing():
    assert split_by_group([], 0.3, 0.1, 0) == []
