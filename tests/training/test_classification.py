"""What trainings of classifiers share."""

import math

import numpy as np
import pytest
import torch

from vpdlib.training.classification import in_batches, measure


def test_a_batch_of_one_joins_the_one_before():
    batches = in_batches(torch.arange(9), 4)
    assert [batch.tolist() for batch in batches] == [[0, 1, 2, 3], [4, 5, 6, 7, 8]]
    assert [len(batch) for batch in in_batches(torch.arange(8), 4)] == [4, 4]


def test_accuracy_and_loss_by_hand():
    probabilities = np.array([[0.5, 0.25, 0.25], [0.0, 0.75, 0.25], [1.0, 0.0, 0.0]], np.float32)
    measured, score = measure(probabilities, np.array([0, 2, 1]))
    # What has no probability counts as 1e-12.
    loss = (math.log(2) + math.log(4) + 12 * math.log(10)) / 3
    assert measured == pytest.approx({"val_accuracy": 1 / 3, "val_loss": loss})
    assert score == (measured["val_accuracy"], -measured["val_loss"])
