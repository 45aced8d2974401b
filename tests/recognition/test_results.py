from dataclasses import fields, replace

import numpy as np
import pytest

from vpdlib.artifacts import ArtifactError, Provenance
from vpdlib.recognition.results import mean_result, read_result, write_result
from vpdlib.recognition.trials import RecognitionResult

ORIGIN = Provenance("recognize_actions", "c", "d", "i")


def result(seed=0, **changed):
    """Two trials on five test actions of three classes."""
    rng = np.random.default_rng(seed)
    probabilities = rng.random((2, 5, 3)).astype(np.float32)
    given = RecognitionResult(
        head="bigru",
        shots=4,
        probabilities=probabilities / probabilities.sum(2, keepdims=True),
        seeds=(7, 8),
        train_ids=(("a", "b"), ("a", "ç")),
        test_ids=("t0", "t1", "t2", "t3", "t4"),
        true_labels=np.array([0, 1, 2, 0, 1]),
        class_names=("axel", "flip", "lutz"),
        is_empty_test=np.array([False, True, False, False, False]),
        num_empty_train=(0, 2),
        num_val=(3, 3),
        best_epochs=(10, 20),
    )
    return replace(given, **changed)


def same(one, other):
    return all(
        np.array_equal(getattr(one, f.name), getattr(other, f.name))
        if isinstance(getattr(one, f.name), np.ndarray)
        else getattr(one, f.name) == getattr(other, f.name)
        for f in fields(RecognitionResult)
    )


@pytest.mark.parametrize("shots", [4, None])
def test_a_result_is_read_as_it_was_written(tmp_path, shots):
    written = result(shots=shots)
    write_result(tmp_path / "r.h5", ORIGIN, written, feature="vpd2d")
    assert same(read_result(tmp_path / "r.h5"), written)


def test_a_missing_result_is_refused(tmp_path):
    with pytest.raises(ArtifactError, match="nothing"):
        read_result(tmp_path / "nothing.h5")


def test_the_mean_of_several():
    one, two = result(0), result(1, num_empty_train=(1, 0))
    mean = mean_result({"one": one, "two": two})
    expected = (one.probabilities.astype(float) + two.probabilities) / 2
    np.testing.assert_allclose(mean.probabilities, expected, atol=1e-7)
    assert mean.probabilities.dtype == np.float32
    assert (mean.head, mean.num_empty_test, mean.num_empty_train) == ("ensemble", 1, (1, 2))
    kept = ("shots", "seeds", "train_ids", "test_ids", "class_names")
    assert all(getattr(mean, name) == getattr(one, name) for name in kept)


def test_a_part_without_frames_of_an_action_has_no_say_on_it():
    """Its answer, the commonest class, would outweigh whatever one other part is sure of."""
    nothing, something = np.tile([1.0, 0, 0], (2, 5, 1)), np.tile([0.1, 0.7, 0.2], (2, 5, 1))
    blind = result(
        probabilities=np.float32(nothing), is_empty_test=np.array([True, True, True, False, False])
    )
    seeing = result(
        probabilities=np.float32(something),
        is_empty_test=np.array([False, False, True, True, False]),
    )
    mean = mean_result({"blind": blind, "seeing": seeing})
    assert mean.is_empty_test.tolist() == [False, False, True, False, False]
    np.testing.assert_allclose(mean.probabilities[:, 0], something[:, 0], atol=1e-6)
    np.testing.assert_allclose(mean.probabilities[:, 1], something[:, 1], atol=1e-6)
    # No part knows anything: the mean of what they fall back on.
    np.testing.assert_allclose(mean.probabilities[:, 2], [[0.55, 0.35, 0.1]] * 2, atol=1e-6)
    np.testing.assert_allclose(mean.probabilities[:, 3], nothing[:, 3], atol=1e-6)
    np.testing.assert_allclose(mean.probabilities[:, 4], [[0.55, 0.35, 0.1]] * 2, atol=1e-6)
    np.testing.assert_allclose(mean.probabilities.sum(2), 1, atol=1e-6)


@pytest.mark.parametrize(
    ("what", "other"),
    [
        ("seeds", (7, 9)),
        ("shots", None),
        ("test_ids", ("t0", "t1", "t2", "t3", "t5")),
        ("class_names", ("axel", "flip", "loop")),
        ("true_labels", np.array([0, 1, 2, 0, 2])),
    ],
)
def test_parts_that_do_not_belong_together_are_refused(what, other):
    with pytest.raises(ValueError, match=f"one and two differ in '{what}'"):
        mean_result({"one": result(), "two": result(**{what: other})})
