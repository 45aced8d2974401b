"""Measures of what was found in test videos, against other implementations and by hand."""

import numpy as np
import pytest

from vpdlib.finding.accuracy import (
    average_precision,
    chance,
    given_measures,
    mean_average_precision,
    measures,
    nameless,
    one_class,
    overlapped,
    with_classes,
)
from vpdlib.finding.answers import Answers
from vpdlib.finding.found_videos import Given
from vpdlib.finding.segments import Segment

NAMES = ("axel", "lutz", "flip")


def answers(times, probability):
    times = np.array(times, float).reshape(-1, 2)
    probability = np.array(probability, float)
    return Answers(
        times[:, 0], times[:, 1], np.full(len(times), 0.5), np.empty((len(times), 0)), probability
    )


def random_case(seed):
    """Answers near and off actions in three videos, and the actions."""
    rng = np.random.default_rng(seed)
    found, truth = {}, {}
    for video in "abc":
        starts = rng.permutation(10)[:4] * 10.0
        truth[video] = [
            Segment(video, start, start + rng.uniform(3, 8), NAMES[rng.integers(2)])
            for start in starts
        ]
        times = []
        for _ in range(12):
            action = truth[video][rng.integers(4)]
            start = action.start_s + rng.normal() * 1.5
            times.append((start, max(action.end_s + rng.normal() * 1.5, start + 0.1)))
        found[video] = answers(times, rng.dirichlet(np.ones(3), size=12))
    return found, truth


def naive_ap(found, truth, index, label, tiou):
    """Area under precision, made falling, over recall, by every number of answers taken."""

    def overlap(a, b):
        common = max(0.0, min(a[1], b[1]) - max(a[0], b[0]))
        return common / ((a[1] - a[0]) + (b[1] - b[0]) - common)

    ranked = sorted(
        (
            (float(one.probability[row, index]), video, (one.start_s[row], one.end_s[row]))
            for video, one in found.items()
            for row in range(len(one))
        ),
        reverse=True,
    )
    wanted = [
        (v, (a.start_s, a.end_s)) for v, own in truth.items() for a in own if a.label == label
    ]
    taken, points = set(), []
    right = 0
    for rank, (_, video, times) in enumerate(ranked, start=1):
        best = max(
            (n for n, (v, _) in enumerate(wanted) if v == video and n not in taken),
            key=lambda n: overlap(times, wanted[n][1]),
            default=None,
        )
        if best is not None and overlap(times, wanted[best][1]) >= tiou:
            taken.add(best)
            right += 1
        points.append((right / len(wanted), right / rank))
    area = 0.0
    for step in range(1, len(wanted) + 1):
        reached = [precision for recall, precision in points if recall >= step / len(wanted) - 1e-9]
        area += max(reached, default=0.0) / len(wanted)
    return area


@pytest.mark.parametrize("tiou", [0.3, 0.5, 0.7])
@pytest.mark.parametrize("seed", range(4))
def test_map_is_that_of_another_implementation(seed, tiou):
    found, truth = random_case(seed)
    present = sorted({action.label for own in truth.values() for action in own})
    wanted = np.mean([naive_ap(found, truth, NAMES.index(name), name, tiou) for name in present])
    result = mean_average_precision(found, NAMES, truth, tiou)
    assert result == pytest.approx(wanted, abs=1e-12)
    assert 0 < result < 1


def test_classes_without_a_test_action_are_no_part_of_the_mean():
    truth = {"a": [Segment("a", 0, 4, "lutz")]}
    assert mean_average_precision({"a": answers([(0, 4)], [[0, 1, 0]])}, NAMES, truth, 0.5) == 1


def test_a_class_without_an_action_has_no_average_precision():
    with pytest.raises(ValueError, match="no test action is of class 'flip'"):
        average_precision([], np.empty(0), "flip", {"a": [Segment("a", 0, 4, "lutz")]}, 0.5)


def test_videos_without_an_answer_count():
    truth = {video: [Segment(video, 0, 4, "axel")] for video in "ab"}
    found = {"a": answers([(0, 4)], [[1, 0, 0]]), "b": answers([], np.empty((0, 3)))}
    assert mean_average_precision(found, NAMES, truth, 0.5) == pytest.approx(0.5)
    row = measures(found, NAMES, truth, [0.5], 0.5, 0.5)
    assert (row["precision"], row["recall"], row["found"], row["actions"]) == (100, 50, 1, 2)


def test_who_gives_a_class_no_probability_does_not_say_that_it_is_there():
    truth = {"a": [Segment("a", 0, 4, "axel"), Segment("a", 10, 14, "lutz")]}
    found = {"a": answers([(0, 4), (10, 14)], [[0.9, 0, 0], [0.8, 0, 0]])}
    assert mean_average_precision(found, NAMES, truth, 0.5) == 0.5


def test_the_order_of_videos_does_not_matter():
    found, truth = random_case(1)
    back = dict(reversed(found.items()))
    assert measures(found, NAMES, truth, [0.3], 0.3, 0.4) == measures(
        back, NAMES, truth, [0.3], 0.3, 0.4
    )


TRUTH = {"a": [Segment("a", 0, 4, "axel"), Segment("a", 10, 14, "lutz")]}
#: Right, of another class, right but improbable.
FOUND = {"a": answers([(0, 4), (10, 14), (10, 13.9)], [[0.8, 0.1, 0], [0.6, 0.3, 0], [0, 0.4, 0]])}


@pytest.mark.parametrize(
    ("threshold", "precision", "recall", "num"),
    [(0.7, 100, 50, 1), (0.5, 50, 50, 2), (0.4, 200 / 3, 100, 3), (0.0, 200 / 3, 100, 3)],
)
def test_precision_and_recall_are_of_answers_from_the_threshold_on(
    threshold, precision, recall, num
):
    row = measures(FOUND, NAMES, TRUTH, [0.5], 0.5, threshold)
    assert row["precision"] == pytest.approx(precision)
    assert (row["recall"], row["found"], row["actions"]) == (recall, num, 2)


def test_where_no_answer_counts_there_is_no_precision():
    row = measures(FOUND, NAMES, TRUTH, [0.5], 0.5, 0.9)
    assert np.isnan(row["precision"])
    assert (row["recall"], row["found"]) == (0, 0)


def test_measures_are_named_by_their_tiou():
    assert [
        key for key in measures(FOUND, NAMES, TRUTH, [0.3, 0.55], 0.5, 0.5) if "map" in key
    ] == [
        "map_0.3",
        "map_0.55",
    ]


def test_times_alone_need_no_right_name():
    row = measures(one_class(FOUND), ("",), nameless(TRUTH), [0.5], 0.5, 0.5)
    assert row["map_0.5"] == 100
    assert (row["precision"], row["recall"]) == (100, 100)


def test_what_says_that_there_is_an_action_is_at_most_one():
    found = {"a": answers([(0, 4), (5, 6)], [[0.7, 0.6, 0.2], [0.1, 0.1, 0.1]])}
    np.testing.assert_allclose(one_class(found)["a"].probability, [[1.0], [0.3]])
    assert len(one_class({"b": answers([], np.empty((0, 3)))})["b"]) == 0


def test_the_commonest_class_finds_its_own_actions_alone():
    row = measures(with_classes(FOUND, np.array([1.0, 0, 0])), NAMES, TRUTH, [0.5], 0.5, 0.5)
    assert row["map_0.5"] == 50
    assert row["recall"] == 50


def test_classes_are_given_answer_by_answer():
    found = {
        "a": answers([(0, 4)], [[0.5, 0.1, 0]]),
        "b": answers([(0, 1), (2, 3)], [[0.2, 0, 0]] * 2),
    }
    changed = with_classes(found, np.eye(3)[[1, 2, 0]])
    np.testing.assert_allclose(changed["a"].probability, [[0, 0.6, 0]])
    np.testing.assert_allclose(changed["b"].probability, [[0, 0, 0.2], [0.2, 0, 0]])


def test_chance_names_one_in_as_many_as_there_are_classes():
    num = 60
    times = [(10.0 * n, 10.0 * n + 4) for n in range(num)]
    truth = {"a": [Segment("a", *one, NAMES[n % 3]) for n, one in enumerate(times)]}
    found = {"a": answers(times, np.eye(3)[np.arange(num) % 3])}
    assert measures(found, NAMES, truth, [0.5], 0.5, 0.5)["recall"] == 100
    row = chance(found, NAMES, truth, [0.5], 0.5, 0.5)
    assert row["recall"] == pytest.approx(100 / 3, abs=6)
    assert row["found"] == num
    assert row == chance(found, NAMES, truth, [0.5], 0.5, 0.5)


def test_actions_of_given_times_are_named_among_the_classes_alone():
    # Background has the rest: half, none.
    given = [
        Given(np.array([0]), np.array([[0.3, 0.2, 0.0]]), np.array([[0.2, 0.3, 0.0]])),
        Given(np.empty(0, np.int64), np.empty((0, 3)), np.empty((0, 3))),
        Given(np.array([2]), np.array([[0.9, 0.1, 0.0]]), np.array([[0.5, 0.5, 0.0]])),
    ]
    row = given_measures(given)
    assert (row["actions"], row["top1"]) == (2, 50)
    # 0.6 and right, 0.9 and wrong, in bins of their own.
    assert row["calibration_error"] == pytest.approx(100 * (0.4 + 0.9) / 2)
    # 0.6 and 0.5, both wrong.
    assert row["calibration_error_raw"] == pytest.approx(100 * (0.6 + 0.5) / 2)


def test_where_no_action_is_shown_nothing_is_measured():
    empty = Given(np.empty(0, np.int64), np.empty((0, 3)), np.empty((0, 3)))
    row = given_measures([empty])
    assert row["actions"] == 0
    assert np.isnan(row["top1"])


def test_what_is_overlapped_most():
    actions = [Segment("a", 0, 4, "axel"), Segment("a", 3, 8, "lutz")]
    assert overlapped(2.0, 7.0, actions).label == "lutz"
    assert overlapped(0.0, 3.5, actions).label == "axel"
    assert overlapped(8.0, 9.0, actions) is None
    assert overlapped(8.0, 9.0, []) is None
