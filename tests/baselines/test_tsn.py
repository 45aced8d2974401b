"""Temporal segment network: consensus, published size, learning."""

import pytest
import torch

from tests.baselines.frame_networks import random_state, small_backbone, steps_to_learn_by_heart
from vpdlib.baselines.backbones import build_backbone
from vpdlib.baselines.tsn import TSN


@pytest.mark.parametrize("num_channels", [3, 4])
def test_consensus_is_the_mean_of_the_frames_scores(num_channels):
    network = random_state(TSN(small_backbone(num_channels), 5)).eval()
    clips = torch.rand(2, 7, num_channels, 16, 16)
    with torch.no_grad():
        logits = network(clips)
        for clip in range(2):
            total = torch.zeros(5)
            for frame in range(7):
                feature = network.backbone(clips[clip, frame][None])[0]
                for label in range(5):
                    total[label] += feature @ network.fc.weight[label] + network.fc.bias[label]
            torch.testing.assert_close(logits[clip], total / 7, atol=1e-4, rtol=1e-4)
    # The order of frames does not matter, one frame does.
    torch.testing.assert_close(network(clips.flip(1)), network(clips), atol=1e-4, rtol=1e-4)
    assert (network(clips[:, :6]) - logits).abs().max() > 1e-3


def test_size_is_the_published_one():
    # MMAction2's model zoo: TSN, ResNet-50, Kinetics-400: 24.33 M parameters.
    network = TSN(build_backbone("resnet50"), 400)
    assert round(sum(p.numel() for p in network.parameters()) / 1e6, 2) == 24.33


def test_features_are_dropped_in_training_only():
    network = random_state(TSN(small_backbone(), 5, dropout=0.9))
    clips = torch.rand(2, 3, 3, 16, 16)
    assert not torch.equal(network(clips), network(clips))
    without = TSN(small_backbone(), 5, dropout=0.9)
    torch.nn.init.zeros_(without.fc.weight)
    torch.nn.init.ones_(without.fc.bias)
    assert torch.equal(without(clips), torch.ones(2, 5))
    network.eval()
    assert torch.equal(network(clips), network(clips))


@pytest.mark.parametrize("num_channels", [3, 10])
def test_learns_8_clips_by_heart(num_channels):
    torch.manual_seed(0)
    network = TSN(small_backbone(num_channels), 4, dropout=0.0)
    steps_to_learn_by_heart(network, torch.rand(8, 4, num_channels, 24, 24))
