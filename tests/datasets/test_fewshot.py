import numpy as np
import pytest

from vpdlib.datasets.fewshot import (
    draw_subsets,
    encode_membership,
    membership_column,
    parse_membership,
    subsets_from_column,
)

IDS = [f"a{i:03d}" for i in range(60)]
# 40 axel, 17 lutz, 3 flip
LABELS = ["axel"] * 40 + ["lutz"] * 17 + ["flip"] * 3


def test_subsets_are_balanced_without_repeats():
    label_of = dict(zip(IDS, LABELS, strict=True))
    for shots in (1, 4, 16, 64):
        for subset in draw_subsets(IDS, LABELS, shots, 5, seed=0):
            assert len(set(subset)) == len(subset)
            assert subset == sorted(subset)
            counts = {c: sum(label_of[a] == c for a in subset) for c in ("axel", "lutz", "flip")}
            assert counts == {
                "axel": min(shots, 40),
                "lutz": min(shots, 17),
                "flip": min(shots, 3),
            }


def test_the_order_of_rows_and_other_classes_change_nothing():
    expected = draw_subsets(IDS, LABELS, 4, 5, seed=3)
    order = np.random.default_rng(0).permutation(60)
    shuffled = draw_subsets([IDS[i] for i in order], [LABELS[i] for i in order], 4, 5, seed=3)
    assert shuffled == expected
    axel = draw_subsets(IDS[:40], LABELS[:40], 4, 5, seed=3)
    assert axel == [[a for a in subset if a in IDS[:40]] for subset in expected]


def test_draws_differ_by_trial_seed_and_k_and_are_stable():
    trials = draw_subsets(IDS, LABELS, 4, 10, seed=0)
    assert len({tuple(subset) for subset in trials}) == 10
    assert trials[:3] == draw_subsets(IDS, LABELS, 4, 3, seed=0)
    assert trials != draw_subsets(IDS, LABELS, 4, 10, seed=1)
    # Independent draws: the larger subset does not contain the smaller one.
    assert not set(trials[0]) <= set(draw_subsets(IDS, LABELS, 8, 1, seed=0)[0])
    # Every action of a class is drawn about equally often.
    counts = np.zeros(40)
    for subset in draw_subsets(IDS[:40], LABELS[:40], 4, 2000, seed=0):
        counts[[IDS.index(a) for a in subset]] += 1
    assert 140 < counts.min() <= counts.max() < 260  # 200 expected, standard deviation 13


def test_membership_travels_through_a_column():
    subsets = {k: draw_subsets(IDS, LABELS, k, 3, seed=0) for k in (4, 8)}
    column = membership_column(IDS, subsets)
    assert len(column) == 60
    assert subsets_from_column(IDS, column) == subsets
    assert subsets_from_column(IDS[::-1], column[::-1]) == subsets


def test_cells():
    assert encode_membership({(8, 3), (4, 1), (4, 0)}) == "k4t0 k4t1 k8t3"
    assert encode_membership({(16, 0), (4, 0)}) == "k4t0 k16t0"
    assert encode_membership([]) == ""
    assert parse_membership("k4t0 k4t1 k8t3") == {(4, 0), (4, 1), (8, 3)}
    assert parse_membership("") == frozenset()
    for bad in ("k4", "k4t0,k8t1", "K4t0", "k04t0", "k0t0", "k4t-1", "4t0"):
        with pytest.raises(ValueError, match="k<shots>t<trial>"):
            parse_membership(bad)
    with pytest.raises(ValueError, match="k=0"):
        encode_membership([(0, 0)])


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="'a' occurs twice"):
        draw_subsets(["a", "a"], ["x", "x"], 1, 1, 0)
    with pytest.raises(ValueError, match="1 labels"):
        draw_subsets(["a", "b"], ["x"], 1, 1, 0)
    for shots, num_trials, seed in ((0, 1, 0), (1, 0, 0), (1, 1, -1)):
        with pytest.raises(ValueError, match="at least"):
            draw_subsets(["a"], ["x"], shots, num_trials, seed)
    with pytest.raises(ValueError, match="'b', which is no action"):
        membership_column(["a"], {1: [["b"]]})
    with pytest.raises(ValueError, match="lacks trial 0"):
        subsets_from_column(["a"], ["k1t1"])
