"""Temporal relations: all subsets enumerated, subsets drawn, published size, learning."""

import itertools
import math
from collections import Counter

import pytest
import torch

from tests.baselines.frame_networks import (
    clips_of_either_order,
    random_state,
    small_backbone,
    steps_to_learn_by_heart,
)
from vpdlib.baselines.backbones import build_backbone
from vpdlib.baselines.trn import TRN, TemporalRelations, draw_subsets


def naive_relations(module, features, subsets_of):
    """The sum over scales and subsets of each scale's perceptron, written out for one clip."""
    total = torch.zeros(module.relations[0][3].out_features)
    for size, relation in zip(range(module.num_segments, 1, -1), module.relations, strict=True):
        _, hidden, _, last = relation
        for subset in subsets_of(size):
            joined = torch.cat([features[frame] for frame in subset])
            inner = hidden.weight @ joined.clamp(min=0) + hidden.bias
            total = total + last.weight @ inner.clamp(min=0) + last.bias
    return total


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("num_segments", [2, 3])
def test_all_subsets_of_few_frames_are_summed(num_segments, training):
    # Of 3 frames there are 3 pairs: all are taken, so that nothing is left to chance.
    module = random_state(TemporalRelations(5, num_segments, 4)).train(training)
    features = torch.randn(6, num_segments, 5)
    with torch.no_grad():
        logits = module(features)
        for clip in range(6):
            expected = naive_relations(
                module,
                features[clip],
                lambda size: itertools.combinations(range(num_segments), size),
            )
            torch.testing.assert_close(logits[clip], expected, atol=1e-3, rtol=1e-4)


def test_evaluation_takes_the_fixed_subsets():
    torch.manual_seed(3)
    module = random_state(TemporalRelations(5, 8, 4)).eval()
    torch.manual_seed(4)
    again = random_state(TemporalRelations(5, 8, 4)).eval()
    fixed = dict(zip(range(8, 1, -1), module.fixed_subsets, strict=True))
    for size, subsets in fixed.items():
        assert len(set(subsets)) == len(subsets) == min(3, math.comb(8, size))
        assert all(tuple(sorted(set(subset))) == subset for subset in subsets)
        assert all(len(subset) == size and subset[-1] < 8 for subset in subsets)
    features = torch.randn(3, 8, 5)
    with torch.no_grad():
        logits = module(features)
        for clip in range(3):
            expected = naive_relations(module, features[clip], lambda size: fixed[size])
            torch.testing.assert_close(logits[clip], expected, atol=1e-3, rtol=1e-4)
        # Neither the random state nor the rest of the batch matters.
        assert torch.equal(again(features), logits)
        torch.testing.assert_close(module(features[1:2])[0], logits[1])


def test_training_draws_anew_and_evaluation_does_not():
    module = random_state(TemporalRelations(5, 8, 4)).train()
    features = torch.randn(2, 8, 5)
    with torch.no_grad():
        assert not torch.allclose(module(features), module(features))
        torch.manual_seed(1)
        first = module(features)
        torch.manual_seed(1)
        assert torch.equal(module(features), first)


def test_the_order_of_frames_matters():
    module = random_state(TemporalRelations(5, 4, 4)).eval()
    features = torch.randn(1, 4, 5)
    assert (module(features) - module(features.flip(1))).abs().max() > 0.1


def test_subsets_are_drawn_alike_often():
    generator = torch.Generator().manual_seed(0)
    draws = [draw_subsets(5, 3, 3, generator) for _ in range(2000)]
    assert all(len(set(draw)) == 3 for draw in draws)
    counts = Counter(subset for draw in draws for subset in draw)
    assert set(counts) == set(itertools.combinations(range(5), 3))
    # Each of 10 subsets is in 3 of 10 draws; the deviation of a count is 20.
    assert all(abs(n - 600) < 100 for n in counts.values())


def test_size_is_the_published_one():
    # MMAction2's model zoo: TRN, ResNet-50, 8 frames, Something-Something V1 (174 classes): 26.64 M.
    network = TRN(build_backbone("resnet50"), 8, 174)
    assert sum(p.numel() for p in network.parameters()) == 26_641_154


def test_learns_what_only_the_order_of_frames_tells():
    torch.manual_seed(0)
    network = TRN(small_backbone(), 4, 4, dropout=0.0)
    steps_to_learn_by_heart(network, clips_of_either_order())


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="at least 2 frames"):
        TemporalRelations(5, 1, 4)
    with pytest.raises(ValueError, match="sample 4 segments"):
        TRN(small_backbone(), 4, 4)(torch.rand(1, 3, 3, 16, 16))
