"""Targets of rotated crops: what embedding the rotated keypoints gives."""

import math

import numpy as np
import pytest
import torch

from vpdlib.skeleton import COCO17_FLIP_ORDER
from vpdlib.vipe.embed import embed_poses
from vpdlib.vipe.network import TrainedVipe, build_vipe
from vpdlib.vipe.rotated import EmbeddedTargets
from vpdlib.vipe.settings import VipeSettings

SETTINGS = VipeSettings(dim=8, hidden=16, decoder_width=16)


@pytest.fixture
def model():
    return TrainedVipe(SETTINGS, *build_vipe(SETTINGS), best_epoch=1).to("cpu")


def poses(seed):
    rng = np.random.default_rng(seed)
    return np.concatenate([rng.normal(size=(9, 17, 2)) * 40 + 200, rng.random((9, 17, 1))], axis=2)


def in_picture(keypoints, flipped, degrees):
    """Flip and turn keypoints by hand: clockwise to the eye, about any point."""
    if flipped:
        keypoints = keypoints[:, COCO17_FLIP_ORDER] * [-1, 1, 1] + [640, 0, 0]
    angle = math.radians(degrees)
    x, y, score = np.moveaxis(keypoints, 2, 0)
    rotated = [math.cos(angle) * x - math.sin(angle) * y, math.sin(angle) * x + math.cos(angle) * y]
    return np.stack([*rotated, score], axis=2)


@pytest.mark.parametrize("upside_down", [False, True])
@pytest.mark.parametrize(("flipped", "degrees"), [(False, 0), (True, 0), (False, 90), (True, -37)])
def test_targets_are_those_of_the_turned_keypoints(model, upside_down, flipped, degrees):
    now, before = poses(0), poses(1)
    targets = EmbeddedTargets.from_keypoints(model, now, before, upside_down, motion=True)
    indices = torch.tensor([4, 0, 4])
    found = targets(indices, torch.full((3,), flipped), torch.full((3,), math.radians(degrees)))
    expected = [
        embed_poses(model, in_picture(each[[4, 0, 4]], flipped, degrees), upside_down)[:, 0]
        for each in (now, before)
    ]
    dim = 16 if upside_down else 8
    assert found.shape == (3, 2 * dim)
    np.testing.assert_allclose(found[:, :dim], expected[0], atol=1e-4)
    np.testing.assert_allclose(found[:, dim:], expected[0] - expected[1], atol=1e-4)


def test_without_motion_the_pose_alone(model):
    targets = EmbeddedTargets.from_keypoints(model, poses(0), poses(1), False, motion=False)
    found = targets(torch.tensor([1]), torch.tensor([False]), torch.tensor([1.0]))
    assert found.shape == (1, 8)
    # Targets take part in a loss: they must be ordinary tensors.
    weight = torch.ones(1, 8, requires_grad=True)
    (weight * found).sum().backward()
    assert torch.equal(weight.grad, found)
