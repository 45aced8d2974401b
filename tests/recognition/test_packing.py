"""The packed bidirectional GRU against ``torch.nn.GRU`` run on one sequence at a time."""

import numpy as np
import pytest
import torch
from torch import nn

from vpdlib.recognition.packing import SequenceStore, packed_bigru

CPU = torch.device("cpu")


def sequences(lengths, dim=5, seed=0):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=(n, 2, dim)).astype(np.float32) for n in lengths]


def test_batch_holds_the_frames_of_its_sequences():
    data = sequences([3, 1, 4])
    store = SequenceStore(data, normalise=False, device=CPU)
    assert len(store) == 6
    batch = store.batch(torch.tensor([1, 5, 0]))
    # Ordered by falling length: the flipped row of action 2, then the regular rows of 0 and 1.
    assert batch.sequences.tolist() == [5, 0, 1]
    assert batch.batch_sizes.tolist() == [3, 2, 2, 1]
    rows = [data[2][:, 1], data[0][:, 0], data[1][:, 0]]
    expected = [row[t] for t in range(4) for row in rows if t < len(row)]
    np.testing.assert_array_equal(batch.frames.numpy(), expected)
    mirrored = [row[len(row) - 1 - t] for t in range(4) for row in rows if t < len(row)]
    np.testing.assert_array_equal(batch.frames[batch.reverse].numpy(), mirrored)
    np.testing.assert_array_equal(
        batch.max_over_time(batch.frames).numpy(), [row.max(axis=0) for row in rows]
    )


def test_states_and_gradients_equal_those_of_single_sequences():
    torch.manual_seed(0)
    lengths = [7, 1, 4, 4, 12]
    store = SequenceStore(sequences(lengths), normalise=False, device=CPU)
    layers = [nn.GRU(5, 6, bidirectional=True), nn.GRU(12, 6, bidirectional=True)]
    parameters = [p for layer in layers for p in layer.parameters()]
    weights = torch.randn(12)

    batch = store.batch(torch.arange(10))
    inputs = batch.frames.clone().requires_grad_()
    values = inputs
    for layer in layers:
        values = packed_bigru(layer, values, batch)
    ours = batch.max_over_time(values)
    our_gradients = torch.autograd.grad((ours * weights).sum(), [inputs, *parameters])

    total, expected, input_gradients = 0.0, [], []
    singles = []
    for number in batch.sequences.tolist():
        start = int(store.starts[number])
        single = store.frames[start : start + int(store.lengths[number])].clone().requires_grad_()
        singles.append(single)
        values = single[:, None]
        for layer in layers:
            values = layer(values)[0]
        expected.append(values[:, 0].amax(0))
        total = total + (expected[-1] * weights).sum()
    gradients = torch.autograd.grad(total, [*singles, *parameters])
    torch.testing.assert_close(ours, torch.stack(expected), atol=1e-6, rtol=1e-5)
    input_gradients = [gradients[b][t] for t in range(12) for b in range(10) if t < len(singles[b])]
    torch.testing.assert_close(our_gradients[0], torch.stack(input_gradients), atol=1e-6, rtol=1e-4)
    for ours_p, theirs_p in zip(our_gradients[1:], gradients[10:], strict=True):
        torch.testing.assert_close(ours_p, theirs_p, atol=1e-5, rtol=1e-4)


def test_gradient_against_finite_differences():
    store = SequenceStore(sequences([3, 2], dim=2), normalise=False, device=CPU)
    batch = store.batch(torch.arange(4))
    torch.manual_seed(0)
    layer = nn.GRU(2, 3, bidirectional=True).double()
    frames = batch.frames.double().requires_grad_()
    assert torch.autograd.gradcheck(lambda x: packed_bigru(layer, x, batch), (frames,))


def test_normalise_scales_frames():
    data = sequences([4])
    data[0][1] = 0
    frames = SequenceStore(data, normalise=True, device=CPU).frames
    norm = frames.norm(dim=1).numpy()
    np.testing.assert_allclose(norm, [1, 0, 1, 1] * 2, atol=1e-6)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([], "no sequence"),
        ([np.ones((3, 5))], r"\(frames, 2, d\)"),
        ([np.ones((0, 2, 5))], "at least one frame"),
        ([np.ones((1, 2, 5)), np.ones((1, 2, 6))], "one feature set"),
        ([np.full((1, 2, 5), np.nan)], "sequence 0 holds NaN"),
    ],
)
def test_bad_sequences_are_refused(data, message):
    with pytest.raises(ValueError, match=message):
        SequenceStore(data, normalise=False, device=CPU)
