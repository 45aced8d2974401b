"""The packed layers against ``torch.nn.GRU`` and ``torch.nn.LSTM`` run on one sequence at a time."""

import numpy as np
import pytest
import torch
from torch import nn

from vpdlib.recognition.packing import SequenceStore
from vpdlib.recognition.recurrence import StackLayout, run_bidirectional

CPU = torch.device("cpu")


def run(layer, frames, batch):
    """One network alone."""
    return run_bidirectional([layer], frames, StackLayout.of([batch]))


def sequences(lengths, dim=5, seed=0):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=(n, 2, dim)).astype(np.float32) for n in lengths]


@pytest.mark.parametrize("cell", [nn.GRU, nn.LSTM])
def test_states_and_gradients_equal_those_of_single_sequences(cell):
    torch.manual_seed(0)
    lengths = [7, 1, 4, 4, 12]
    store = SequenceStore(sequences(lengths), normalise=False, device=CPU)
    layers = [cell(5, 6, bidirectional=True), cell(12, 6, bidirectional=True)]
    parameters = [p for layer in layers for p in layer.parameters()]
    weights = torch.randn(12)

    batch = store.batch(torch.arange(10))
    inputs = batch.frames.clone().requires_grad_()
    values = inputs
    for layer in layers:
        values = run(layer, values, batch)
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


@pytest.mark.parametrize("cell", [nn.GRU, nn.LSTM])
def test_gradients_against_finite_differences(cell):
    store = SequenceStore(sequences([3, 2], dim=2), normalise=False, device=CPU)
    batch = store.batch(torch.arange(4))
    torch.manual_seed(0)
    layer = cell(2, 3, bidirectional=True).double()
    frames = batch.frames.double().requires_grad_()
    assert torch.autograd.gradcheck(lambda x: run(layer, x, batch), (frames,))


@pytest.mark.parametrize("cell", [nn.GRU, nn.LSTM])
def test_long_sequences_agree_with_the_packed_module(cell):
    torch.manual_seed(0)
    lengths = [80, 79, 40, 3, 1]
    store = SequenceStore(sequences(lengths, dim=16), normalise=False, device=CPU)
    batch = store.batch(torch.arange(10))
    layer = cell(16, 32, bidirectional=True)
    weights = torch.randn(len(batch.frames), 64)
    inputs = batch.frames.clone().requires_grad_()
    packed = nn.utils.rnn.PackedSequence(inputs, batch.batch_sizes)
    found = []
    for states in (run(layer, inputs, batch), layer(packed)[0].data):
        gradients = torch.autograd.grad((states * weights).mean(), [inputs, *layer.parameters()])
        found.append([states, *gradients])
    for ours, theirs in zip(*found, strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("cell", [nn.GRU, nn.LSTM])
def test_networks_together_are_as_each_alone(cell):
    """Batches of other lengths and numbers of sequences: one is the longest, another the fullest."""
    torch.manual_seed(0)
    batches = []
    for seed, lengths in enumerate([[7, 1, 4], [3, 3, 2, 2, 1], [12]]):
        store = SequenceStore(sequences(lengths, seed=seed), normalise=False, device=CPU)
        batches.append(store.batch(torch.arange(len(store))))
    layers = [cell(5, 6, bidirectional=True) for _ in batches]
    inputs = [batch.frames.clone().requires_grad_() for batch in batches]
    alone = [run(*given) for given in zip(layers, inputs, batches, strict=True)]
    weights = [torch.randn(states.shape) for states in alone]
    wanted = [*inputs, *(p for layer in layers for p in layer.parameters())]

    def gradients(found):
        return torch.autograd.grad(
            sum((w * states).sum() for w, states in zip(weights, found, strict=True)), wanted
        )

    together = run_bidirectional(layers, torch.cat(inputs), StackLayout.of(batches))
    together = together.split([len(of_one) for of_one in inputs])
    for ours, theirs in zip(together, alone, strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-6, rtol=1e-5)
    for ours, theirs in zip(gradients(together), gradients(alone), strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-4)


def test_the_places_of_a_layout():
    stores = [
        SequenceStore(sequences(lengths), normalise=False, device=CPU) for lengths in ([2], [3, 1])
    ]
    # Steps of 2, 2 and of 4, 2, 2 sequences.
    layout = StackLayout.of([store.batch(torch.arange(len(store))) for store in stores])
    assert (layout.sizes, layout.num_places, layout.num_networks) == ([4, 2, 2], 8, 2)
    assert layout.forward.tolist() == [0, 1, 4, 5, *(8 + place for place in range(8))]
    assert layout.backward[:4].tolist() == [4, 5, 0, 1]
    assert layout.previous.tolist() == [0, 1, 4, 5]
