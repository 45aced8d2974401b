"""The loss against a plain loop, and its gradient where two views agree."""

import numpy as np
import pytest
import torch

from vpdlib.vipe.loss import vipe_loss


def naive(first, second, negative, is_valid, decoded_first, decoded_second, target):
    positive = push = features = 0.0
    for i in range(len(first)):
        positive += np.sqrt(sum((a - b) ** 2 for a, b in zip(first[i], second[i], strict=True)))
        if is_valid[i]:
            push += max(0.0, 1.0 - np.sqrt(((first[i] - negative[i]) ** 2).sum()))
        for j in range(target.shape[1]):
            features += (decoded_first[i, j] - target[i, j]) ** 2
            features += (decoded_second[i, j] - target[i, j]) ** 2
    return np.array([positive, push, features]) / len(first)


@pytest.mark.parametrize("scale", [0.05, 0.3, 2.0])
def test_loss_is_that_of_a_plain_loop(scale):
    rng = np.random.default_rng(0)
    embeddings = [rng.normal(size=(9, 8)) * scale for _ in range(3)]
    is_valid = rng.random(9) < 0.6
    features = [rng.normal(size=(9, 91)) for _ in range(3)]
    arrays = [*embeddings, is_valid, *features]
    expected = naive(*arrays)
    loss = vipe_loss(*(torch.from_numpy(a) for a in arrays))
    np.testing.assert_allclose([float(part) for part in loss], expected, rtol=1e-5)
    assert float(loss.total) == pytest.approx(expected.sum(), rel=1e-5)


def test_equal_views_have_a_finite_gradient():
    first = torch.zeros(4, 8, requires_grad=True)
    zeros = torch.zeros(4, 91)
    valid = torch.ones(4, dtype=torch.bool)
    loss = vipe_loss(first, first * 1.0, torch.zeros(4, 8), valid, zeros, zeros, zeros)
    loss.total.backward()
    assert torch.isfinite(first.grad).all()
    assert loss.negative.item() == 1.0
