import itertools

import numpy as np
import pytest

from vpdlib.finding.settings import ToLabelSettings
from vpdlib.finding.to_label import (
    fit_temperature,
    nearest_probabilities,
    pooled_distances,
    to_label,
    unsureness,
)
from vpdlib.recognition.nns import unit_norm


def apart(points, others=None):
    """Distances of points on a plane, or on a line."""
    points, others = (
        np.asarray(p, float).reshape(len(p), -1 if len(p) else 2)
        for p in (points, points if others is None else others)
    )
    return np.linalg.norm(points[:, None] - others[None], axis=2)


def ask(points, labelled=(), probabilities=None, groups=None, counts=None, matrix=None, **options):
    """`to_label` of points, which are all alike but for where they are."""
    num = len(points)
    if probabilities is None:
        probabilities = np.full((num, 2), 0.5)
    matrix = apart(points) if matrix is None else matrix
    to_labelled = apart(points, labelled) if len(labelled) else np.empty((num, 0))
    names = ("labelled_groups", "background")
    passed = {name: options.pop(name) for name in names if name in options}
    return to_label(
        probabilities,
        to_labelled,
        lambda columns: matrix[:, columns],
        [f"v{i}" for i in range(num)] if groups is None else groups,
        np.zeros(probabilities.shape[-1], int) if counts is None else counts,
        settings=ToLabelSettings(**options),
        **passed,
    )


def a_pool(seed=0, num=60):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(num, 2)), rng.dirichlet(np.ones(3), num), rng.integers(5, size=num)


def plain(**options):
    """Settings under which only the distances count."""
    return {"unsure_weight": 0.0, "rare_weight": 0.0, "group_power": 0.0, **options}


@pytest.mark.parametrize("num_references", [1000, 7])
def test_distinct_candidates_the_same_ones_again(num_references):
    points, probabilities, video = a_pool()
    groups = [f"v{v}" for v in video]
    before = probabilities.copy()
    twice = [
        ask(points, points[:3] + 0.1, probabilities, groups, num=25, num_references=num_references)
        for _ in range(2)
    ]
    np.testing.assert_array_equal(*twice)
    assert twice[0].dtype == np.int64
    assert len(set(twice[0].tolist())) == 25
    assert set(twice[0].tolist()) <= set(range(60))
    np.testing.assert_array_equal(probabilities, before)


def test_a_longer_choice_begins_with_the_shorter_one():
    points, probabilities, _ = a_pool(1)
    long = ask(points, probabilities=probabilities, num=12)
    np.testing.assert_array_equal(ask(points, probabilities=probabilities, num=5), long[:5])


def test_all_are_chosen_where_more_are_wanted():
    points, probabilities, _ = a_pool(2, 9)
    assert sorted(ask(points, probabilities=probabilities, num=20)) == list(range(9))
    assert ask(np.empty((0, 2)), probabilities=np.empty((0, 3))).tolist() == []


def test_against_a_slow_oracle():
    points, probabilities, video = a_pool(3, 25)
    labelled, labels, of_labelled = (
        points[:4] + 0.3,
        np.array([0, 0, 1, 2]),
        ["v0", "v0", "v1", "x"],
    )
    counts = np.bincount(labels, minlength=3)
    distance, nearest = apart(points), apart(points, labelled).min(axis=1).tolist()
    seen = list(of_labelled)
    expected = []
    for _ in range(10):
        scores = []
        for j in range(25):
            gain = 0.0
            for r in range(25):
                top, second = sorted(probabilities[r])[:0:-1]
                weight = 0.7 + 0.3 * (1 - (top - second))
                gain += weight * max(0.0, nearest[r] ** 0.5 - distance[j, r] ** 0.5)
            need = sum(p / (1 + n) for p, n in zip(probabilities[j], counts, strict=True))
            need /= 1 / (1 + counts.min())
            gain *= 0.2 + 0.8 * need
            gain /= (1 + seen.count(f"v{video[j]}")) ** 0.5
            scores.append(-1.0 if j in expected else gain)
        best = int(np.argmax(scores))
        expected.append(best)
        seen.append(f"v{video[best]}")
        nearest = [min(n, d) for n, d in zip(nearest, distance[best], strict=True)]
    found = ask(
        points,
        labelled,
        probabilities,
        [f"v{v}" for v in video],
        counts,
        labelled_groups=of_labelled,
        num=10,
        unsure_weight=0.3,
        rare_weight=0.8,
        group_power=0.5,
    )
    assert found.tolist() == expected


def test_the_first_covers_most_of_all_candidates():
    points, _, _ = a_pool(4, 30)
    found = ask(points, num=1, **plain())
    # Facility location of one: the least sum of roots of distances.
    assert found[0] == np.sqrt(apart(points)).sum(axis=1).argmin()


def test_the_middles_of_clusters_come_first_and_the_largest_before():
    # Clusters on a line, of 5, 3 and 1; their middles are 2, 6 and 8.
    line = [0.0, 0.2, 0.3, 0.4, 0.6, 10.0, 10.1, 10.2, 30.0]
    assert ask(line, num=2, labelled=[60.0], **plain()).tolist()[0] == 2
    chosen = ask(line, num=3, labelled=[60.0], **plain())
    assert set(chosen.tolist()) == {2, 6, 8}
    # Where one of a cluster is labelled, the others are asked for.
    assert set(ask(line, num=2, labelled=[0.3], **plain()).tolist()) == {6, 8}


def test_duplicates_are_asked_for_once():
    points = np.repeat(np.array([[0.0, 0], [5, 0], [0, 9]]), [4, 3, 2], axis=0)
    for num_references in (1000, 3):
        found = ask(points, num=9, num_references=num_references)
        assert sorted(points[found].tolist()) == [[0, 0], [0, 9], [5, 0]]
    assert points[ask(points, [[5.0, 0]], num=9)].tolist() == [[0, 0], [0, 9]]
    # Nothing weighs here, and still no duplicate is.
    sure = np.tile([1.0, 0], (9, 1))
    assert len(ask(points, probabilities=sure, num=9, unsure_weight=1)) == 3


def test_the_unsure_one_comes_before_the_sure_one():
    # Corners of a square around the labelled example: all distances are alike.
    corners = [[1, 1], [1, -1], [-1, 1], [-1, -1]]
    for unsure in range(4):
        probabilities = np.tile([0.95, 0.05], (4, 1))
        probabilities[unsure] = [0.5, 0.5]
        assert ask(corners, [[0, 0]], probabilities, num=1)[0] == unsure
        assert ask(corners, [[0, 0]], probabilities, num=1, unsure_weight=0)[0] == 0


def test_the_one_of_a_class_with_few_labels_comes_before():
    corners = [[1, 1], [1, -1], [-1, 1], [-1, -1]]
    for rare in range(4):
        probabilities = np.tile([0.9, 0.1], (4, 1))
        probabilities[rare] = [0.1, 0.9]
        assert ask(corners, [[0, 0]], probabilities, counts=[9, 1], num=1)[0] == rare
        # The background is nothing to collect examples of.
        found = ask(corners, [[0, 0]], probabilities, counts=[9, 0], num=3, background=1)
        assert rare not in found


def test_the_choice_is_spread_over_groups():
    points, probabilities, _ = a_pool(5, 80)
    groups = ["long"] * 72 + [f"short{i}" for i in range(8)]
    spread = ask(points, probabilities=probabilities, groups=groups, num=10, group_power=2)
    plainly = ask(points, probabilities=probabilities, groups=groups, num=10, group_power=0)
    assert len({groups[i] for i in spread}) > len({groups[i] for i in plainly})
    # Who is labelled already is asked for last.
    corners = [[1, 1], [1, -1], [-1, 1], [-1, -1]]
    found = ask(corners, [[0, 0]], groups=list("abcd"), labelled_groups=["a"], num=4)
    assert found.tolist() == [1, 2, 3, 0]


def test_few_references_ask_for_few_distances():
    points, probabilities, _ = a_pool(6, 500)
    matrix, columns = apart(points), []

    def among(asked):
        columns.append(len(asked))
        return matrix[:, asked]

    settings = ToLabelSettings(num=10, num_references=50)
    found = to_label(
        probabilities, np.empty((500, 0)), among, ["v"] * 500, np.zeros(3, int), settings=settings
    )
    assert columns == [50] + [1] * 10
    # They serve all candidates: these are much nearer to one than after a poor choice.
    reached = np.sqrt(matrix[:, found]).min(axis=1).mean()
    drawn = np.random.default_rng(0).choice(500, (50, 10))
    assert reached < min(np.sqrt(matrix[:, ten]).min(axis=1).mean() for ten in drawn)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"probabilities": np.full(4, 0.5)}, "candidates x classes"),
        ({"probabilities": np.full((3, 2), 0.5)}, "there are probabilities of 3 candidates"),
        ({"probabilities": np.full((4, 2), 1.5)}, "give a softmax"),
        ({"probabilities": np.full((4, 2), np.nan)}, "give a softmax"),
        ({"counts": [1]}, "for each of 2 classes"),
        ({"counts": [1, -1]}, "at least 0"),
        ({"background": 2}, "columns are 0..1"),
        ({"groups": ["a"]}, "1 groups"),
        ({"labelled": [[np.nan, 0]]}, "were all segments measured"),
        ({"matrix": np.full((4, 4), -1.0)}, "were all segments measured"),
        ({"matrix": np.zeros((3, 4))}, "is needed"),
    ],
)
def test_what_does_not_fit_is_refused(changed, message):
    with pytest.raises(ValueError, match=message):
        ask([[1, 1], [1, -1], [-1, 1], [-1, -1]], **{"labelled": [[0, 0]], **changed})


def test_how_unsure():
    found = unsureness(np.array([[1.0, 0, 0], [0.5, 0.5, 0], [0.2, 0.7, 0.1]]))
    np.testing.assert_allclose(found, [0, 1, 0.5])
    assert unsureness(np.ones((2, 1))).tolist() == [0, 0]


def test_probabilities_of_neighbours_worked_by_hand():
    to_labelled = np.array([[1.0, 3.0, 2.0], [4.0, 4.0, 4.0]])
    found = nearest_probabilities(to_labelled, np.array([2, 2, 0]), 4, temperature=2.0)
    first = np.exp([-1.0, -0.5])
    np.testing.assert_allclose(found[0], [first[0] / first.sum(), 0, first[1] / first.sum(), 0])
    np.testing.assert_allclose(found[1], [0.5, 0, 0.5, 0])
    # Far ones do not underflow.
    far = nearest_probabilities(to_labelled + 1e6, np.array([2, 2, 0]), 4, 2.0)
    np.testing.assert_allclose(far, found, rtol=1e-6)


def test_the_temperature_tells_how_far_distances_are_to_be_trusted():
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1], 20)
    clear = apart(labels * 20 + rng.normal(size=40))
    mixed = apart(rng.normal(size=40))
    of_clear, of_mixed = (
        fit_temperature(d, labels) / np.median((d + np.diag([np.inf] * 40)).min(axis=1))
        for d in (clear, mixed)
    )
    assert of_clear < of_mixed
    assert fit_temperature(apart([0, 4]), np.array([0, 1])) == 2
    assert fit_temperature(np.zeros((1, 1)), np.array([0])) == 1
    assert fit_temperature(np.zeros((2, 2)), np.array([0, 0])) == 1


@pytest.mark.parametrize(
    ("distances", "labels", "temperature", "message"),
    [
        (np.zeros((2, 0)), [], 1.0, "at least one"),
        (np.zeros((2, 3)), [0, 1], 1.0, "a column for each"),
        (np.zeros((2, 2)), [0, 3], 1.0, "classes 0..2"),
        (np.zeros((2, 2)), [0, 1], 0.0, "not positive"),
    ],
)
def test_neighbours_that_do_not_fit_are_refused(distances, labels, temperature, message):
    with pytest.raises(ValueError, match=message):
        nearest_probabilities(distances, np.array(labels), 3, temperature)
    with pytest.raises(ValueError, match="labels"):
        fit_temperature(np.zeros((2, 3)), np.array([0, 1]))


def test_pooled_distances_against_a_loop():
    rng = np.random.default_rng(0)
    sequences = [rng.normal(size=(n, 2, 3)).astype(np.float32) for n in (8, 1, 2, 13)]
    found = pooled_distances(sequences)(np.array([3, 0]))
    assert found.shape == (4, 2)

    def quarters(sequence):
        num = len(sequence)
        parts = []
        for q in range(4):
            first = q * num // 4
            parts.append(sequence[first : max(first + 1, (q + 1) * num // 4)].mean(axis=0))
        return np.concatenate(parts)

    for (row, one), (place, other) in itertools.product(enumerate(sequences), enumerate((3, 0))):
        expected = min(
            np.linalg.norm(
                quarters(unit_norm(one.astype(float))[:, a])
                - quarters(unit_norm(sequences[other].astype(float))[:, b])
            )
            for a in (0, 1)
            for b in (0, 1)
        )
        assert found[row, place] == pytest.approx(expected)
    assert found[3, 0] == 0
    # An action is no way from its mirror image, also among others than the sequences.
    mirrored = [sequence[:, ::-1] for sequence in sequences]
    to_mirrored = pooled_distances(sequences, mirrored)(np.arange(4))
    np.testing.assert_allclose(np.diag(to_mirrored), 0, atol=1e-12)
    with pytest.raises(ValueError, match="sequence 1 has no frames"):
        pooled_distances([sequences[0], sequences[0][:0]])
