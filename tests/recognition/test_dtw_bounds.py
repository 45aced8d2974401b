"""The bound is a bound, a tight one where nothing is left out, and of the sequence that it says."""

import numpy as np
import pytest

from vpdlib.recognition.dtw import dtw_distances, pack_sequences
from vpdlib.recognition.dtw_bounds import (
    NUM_COMPONENTS,
    Basis,
    lower_bounds,
    reduce_sequences,
)


def walks(rng, lengths, num_channels, offset=0.0):
    return [
        (rng.normal(size=(n, num_channels)).cumsum(axis=0) * 0.1 + offset).astype(np.float32)
        for n in lengths
    ]


def reduced(sequences, basis_of=None):
    packed = pack_sequences(sequences, "sequences")
    return reduce_sequences(packed, Basis.of(basis_of or packed))


# Lengths of every kind: one frame, groups that are full or not, pairs with and without a symmetricP2 path.
LENGTHS = [1, 1, 2, 3, 5, *range(10, 40), *[24] * 17]


@pytest.mark.parametrize("num_channels", [3, NUM_COMPONENTS, 60])
@pytest.mark.parametrize("offset", [0.0, 1000.0])
def test_it_is_never_above_the_distance(num_channels, offset):
    sequences = walks(np.random.default_rng(0), LENGTHS, num_channels, offset)
    sequences += [np.zeros((20, num_channels), np.float32)] * 3
    distances = dtw_distances(sequences, sequences)
    of_all = reduced(sequences)
    bounds = lower_bounds(of_all, np.arange(len(sequences)), of_all, threads=2)
    assert bounds.shape == distances.shape
    assert (bounds <= distances).all()
    assert (bounds >= 0).all()


def test_where_nothing_is_left_out_it_is_the_distance():
    sequences = walks(np.random.default_rng(1), LENGTHS, NUM_COMPONENTS)
    distances = dtw_distances(sequences, sequences)
    of_all = reduced(sequences)
    bounds = lower_bounds(of_all, np.arange(len(sequences)), of_all)
    np.testing.assert_allclose(bounds, distances, rtol=1e-4, atol=1e-4)


def test_it_is_close_where_most_variance_is_kept():
    rng = np.random.default_rng(2)
    few = rng.normal(size=(NUM_COMPONENTS // 2, 60))
    sequences = [
        (walk @ few).astype(np.float32) + rng.normal(size=(len(walk), 60)).astype(np.float32) * 0.01
        for walk in walks(rng, LENGTHS, NUM_COMPONENTS // 2)
    ]
    of_all = reduced(sequences)
    bounds = lower_bounds(of_all, np.arange(len(sequences)), of_all)
    distances = dtw_distances(sequences, sequences)
    apart = distances > 0.5
    assert apart.mean() > 0.5
    assert (bounds[apart] / distances[apart]).min() > 0.8


def test_other_queries_some_of_them_and_later_groups():
    rng = np.random.default_rng(3)
    queries, references = walks(rng, [30, 12, 25, 25], 30), walks(rng, LENGTHS, 30)
    packed = pack_sequences(references, "references")
    basis = Basis.of(packed)
    of_references = reduce_sequences(packed, basis)
    of_queries = reduce_sequences(pack_sequences(queries, "queries"), basis)
    every = lower_bounds(of_queries, np.arange(4), of_references)
    np.testing.assert_array_equal(
        lower_bounds(of_queries, np.array([2, 0]), of_references), every[[2, 0]]
    )
    later = lower_bounds(of_queries, np.arange(4), of_references, first_group=5)
    left_out = of_references.group_of < 5
    assert 0 < left_out.sum() < len(references)
    assert np.isinf(later[:, left_out]).all()
    np.testing.assert_array_equal(later[:, ~left_out], every[:, ~left_out])
    # Groups stand by length.
    lengths = np.array([len(sequence) for sequence in references])
    assert lengths[left_out].max() <= lengths[~left_out].min()
