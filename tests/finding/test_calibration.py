"""Temperatures, calibration error and the regression that accepts, against search and loops."""

import numpy as np
import pytest

from vpdlib.finding.calibration import (
    Acceptance,
    answer_probabilities,
    expected_calibration_error,
    fit_acceptance,
    fit_temperature,
    temper,
)


def softmax(logits):
    exponents = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return exponents / exponents.sum(axis=-1, keepdims=True)


def simulated(num, num_classes, temperature, seed=0):
    """Probabilities that are too sure by a temperature, and labels drawn from the right ones."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(num, num_classes)) * 1.5
    right = softmax(logits)
    labels = np.array([rng.choice(num_classes, p=row) for row in right])
    return softmax(logits * temperature), labels


def penalised(probabilities, labels, temperature):
    """The loss written out, one action after the other."""
    loss = np.log(temperature) ** 2 / 2
    for row, label in zip(probabilities, labels, strict=True):
        logits = np.log(np.maximum(row, 1e-6)) / temperature
        loss -= logits[label] - np.log(np.exp(logits - logits.max()).sum()) - logits.max()
    return loss


def test_temperature_one_changes_nothing():
    probabilities = softmax(np.random.default_rng(0).normal(size=(4, 3, 5)))
    np.testing.assert_allclose(temper(probabilities, 1.0), probabilities, atol=1e-12)


def test_what_is_impossible_stays_all_but_impossible():
    tempered = temper(np.array([[1.0, 0.0, 0.0]]), 1.0)
    np.testing.assert_allclose(tempered, [[1, 0, 0]], atol=3e-6)
    assert (tempered > 0).all()


@pytest.mark.parametrize("temperature", [0.05, 0.5, 3.0, 20.0])
def test_a_temperature_keeps_the_order_and_sums(temperature):
    probabilities = softmax(np.random.default_rng(1).normal(size=(20, 4)))
    tempered = temper(probabilities, temperature)
    np.testing.assert_allclose(tempered.sum(axis=1), 1)
    np.testing.assert_array_equal(np.argsort(tempered, axis=1), np.argsort(probabilities, axis=1))
    surer = tempered.max(axis=1) > probabilities.max(axis=1)
    assert surer.all() if temperature < 1 else not surer.any()


@pytest.mark.parametrize("temperature", [0.4, 1.0, 2.5])
def test_a_known_temperature_is_found(temperature):
    probabilities, labels = simulated(4000, 4, temperature)
    assert fit_temperature(probabilities, labels) == pytest.approx(temperature, rel=0.08)


GRID = np.exp(np.linspace(np.log(0.05), np.log(20), 400))


@pytest.mark.parametrize("seed", range(5))
def test_a_search_over_a_grid_finds_no_better_temperature(seed):
    probabilities, labels = simulated(12, 3, 2.0, seed)
    found = fit_temperature(probabilities, labels)
    losses = [penalised(probabilities, labels, temperature) for temperature in GRID]
    assert penalised(probabilities, labels, found) <= min(losses) + 1e-6


def test_a_sure_and_wrong_answer_counts_whatever_the_temperature():
    # Many careful right answers ask for a low temperature; one that is sure and wrong forbids it.
    probabilities = np.array([[0.55, 0.45]] * 60 + [[1 - 1e-6, 1e-6]])
    labels = np.array([0] * 60 + [1])
    found = fit_temperature(probabilities, labels)
    losses = [penalised(probabilities, labels, temperature) for temperature in GRID]
    assert penalised(probabilities, labels, found) <= min(losses) + 1e-6


@pytest.mark.parametrize(("labels", "direction"), [([0, 1], -1), ([1, 0], 1)])
def test_a_few_answers_alike_move_the_temperature_and_many_drive_it_to_its_bound(labels, direction):
    probabilities, labels = np.array([[0.6, 0.4], [0.4, 0.6]]), np.array(labels)
    few = np.log(fit_temperature(probabilities, labels))
    many = np.log(fit_temperature(np.tile(probabilities, (500, 1)), np.tile(labels, 500)))
    bound = np.log(0.05 if direction < 0 else 20)
    assert 0.1 < few / bound < 0.9
    assert many == pytest.approx(bound, abs=0.05)


def test_without_an_action_nothing_is_scaled():
    assert fit_temperature(np.empty((0, 3)), np.empty(0, int)) == 1.0


def naive_error(probability, right, num_bins):
    error = 0.0
    for number in range(num_bins):
        low, high = number / num_bins, (number + 1) / num_bins
        inside = [
            index
            for index, p in enumerate(probability)
            if low <= p < high or (number == num_bins - 1 and p == 1)
        ]
        if inside:
            accuracy = sum(bool(right[index]) for index in inside) / len(inside)
            confidence = sum(float(probability[index]) for index in inside) / len(inside)
            error += len(inside) / len(probability) * abs(accuracy - confidence)
    return error


@pytest.mark.parametrize("num_bins", [1, 8, 16])
def test_calibration_error_is_that_of_a_loop(num_bins):
    # Powers of two: no edge of a bin is lost to rounding.
    rng = np.random.default_rng(3)
    probability = np.concatenate([rng.random(200), np.arange(17) / 16])
    right = rng.random(217) < probability
    found = expected_calibration_error(probability, right, num_bins)
    assert found == pytest.approx(naive_error(probability, right, num_bins), abs=1e-12)


def test_an_answer_of_probability_one_is_in_the_last_bin():
    assert expected_calibration_error(np.array([1.0, 1.0]), np.array([True, False])) == 0.5


def test_answers_that_are_right_as_often_as_they_say_have_no_error():
    probability = np.array([0.25] * 4 + [0.75] * 4)
    right = np.array([1, 0, 0, 0, 1, 1, 1, 0], bool)
    assert expected_calibration_error(probability, right) == 0


def test_without_an_answer_there_is_no_error_to_tell():
    assert np.isnan(expected_calibration_error(np.empty(0), np.empty(0, bool)))


def logit(p):
    p = np.clip(p, 1e-6, 1 - 1e-6)
    return np.log(p / (1 - p))


def penalised_loss(weights, score, class_probability, right):
    """Negative log-likelihood, and the penalty of the docstring."""
    z = weights[0] * logit(score) + weights[1] * logit(class_probability) + weights[2]
    return (
        np.logaddexp(0, np.where(right, -z, z)).sum()
        + 0.5 * ((weights - np.array([1, 1, 0])) ** 2).sum()
    )


def slopes(weights, *data):
    """Of the penalised loss, by differences."""
    steps = np.eye(3) * 1e-5
    return np.array(
        [
            (penalised_loss(weights + step, *data) - penalised_loss(weights - step, *data)) / 2e-5
            for step in steps
        ]
    )


def check_fit(*data):
    """The loss is convex: it is least where it is flat, or falls only to where a weight may not go."""
    fitted = fit_acceptance(*data)
    weights = np.array([fitted.detection, fitted.recognition, fitted.bias])
    assert np.isfinite(weights).all()
    assert (weights[:2] >= 0).all()
    found = slopes(weights, *data)
    slack = 1e-3 * len(data[0]) ** 0.5
    may_rise = (weights == 0) & [True, True, False]
    assert (np.abs(found[~may_rise]) < slack).all()
    assert (found[may_rise] > -slack).all()


@pytest.mark.parametrize("seed", range(8))
def test_the_penalised_loss_is_least(seed):
    rng = np.random.default_rng(seed)
    score, class_probability = rng.random((2, 40))
    z = rng.uniform(-1, 2) * logit(score) + rng.uniform(-1, 2) * logit(class_probability)
    check_fit(score, class_probability, rng.random(40) < 1 / (1 + np.exp(-z)))


@pytest.mark.parametrize("seed", range(8))
def test_weights_that_would_both_be_negative_are_fitted_too(seed):
    # The better the score, the worse the class: what one weight may not say, the other may have to.
    rng = np.random.default_rng(seed)
    score = rng.random(60)
    class_probability = np.clip(1 - score + rng.normal(size=60) * 0.1, 0.01, 0.99)
    z = -logit(score) * rng.uniform(0.5, 3) - logit(class_probability) * rng.uniform(0.5, 3)
    check_fit(score, class_probability, rng.random(60) < 1 / (1 + np.exp(-z)))


@pytest.mark.parametrize("right", [True, False])
@pytest.mark.parametrize("num", [1, 5, 2000])
def test_all_right_or_all_wrong_stays_finite(num, right):
    rng = np.random.default_rng(num)
    check_fit(rng.random(num), rng.random(num), np.full(num, right))


@pytest.mark.parametrize("right", [True, False])
def test_sure_scores_that_contradict_the_truth_stay_finite(right):
    check_fit(np.full(30, float(not right)), np.full(30, float(not right)), np.full(30, right))


def test_scores_that_part_right_from_wrong_stay_finite():
    score = np.array([0.0] * 50 + [1.0] * 50)
    check_fit(score, score, score > 0.5)


def test_without_a_segment_the_logits_are_added():
    acceptance = fit_acceptance(np.empty(0), np.empty(0), np.empty(0, bool))
    assert acceptance == Acceptance(1.0, 1.0, 0.0)
    # Odds are multiplied: 3 x 4.
    assert acceptance.probability(np.array([0.75]), np.array([0.8]))[0] == pytest.approx(12 / 13)


def test_a_better_score_or_class_is_never_less_probable():
    rng = np.random.default_rng(5)
    score, class_probability = rng.random((2, 30))
    acceptance = fit_acceptance(score, class_probability, rng.random(30) < 0.4)
    rising = np.linspace(0, 1, 50)
    half = np.full(50, 0.5)
    assert (np.diff(acceptance.probability(rising, half)) >= 0).all()
    assert (np.diff(acceptance.probability(half, rising)) >= 0).all()


def test_probabilities_of_an_answer_sum_to_at_most_one():
    rng = np.random.default_rng(0)
    classes = rng.dirichlet(np.ones(5), 200)[:, :4]
    classes[0] = [1.0, 0.0, 0.0, 0.0]
    score = rng.uniform(size=200)
    acceptance = Acceptance(1.2, 0.8, 2.0)
    found = answer_probabilities(acceptance, score, classes)
    rows, best = np.arange(200), classes.argmax(axis=1)
    assert (found.sum(axis=1) <= 1 + 1e-9).all()
    assert (found.argmax(axis=1) == best).mean() > 0.95
    # The best class has what was fitted to best classes.
    alone = acceptance.probability(score, classes[rows, best])
    np.testing.assert_allclose(found[rows, best], alone)
    assert answer_probabilities(acceptance, score[:0], classes[:0]).shape == (0, 4)
