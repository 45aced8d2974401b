import numpy as np
import pytest
import torch

from vpdlib.recognition.networks import (
    AttentionPooling,
    ConvolutionLayers,
    Dropout,
    SequenceClassifier,
    draw_dropout_from,
    logits_together,
)
from vpdlib.recognition.packing import SequenceStore
from vpdlib.recognition.settings import (
    HEADS,
    Architecture,
    BiGRUSettings,
    CNNSettings,
    RecognitionSettings,
    architecture_of,
)

CPU = torch.device("cpu")
NETWORKS = [head for head in HEADS if head != "nns"]
LENGTHS = [9, 1, 23, 4, 9]


def store_of(lengths, dim=5, seed=0):
    rng = np.random.default_rng(seed)
    data = [rng.normal(size=(n, 2, dim)).astype(np.float32) for n in lengths]
    return SequenceStore(data, normalise=False, device=CPU)


def network_of(head, layers=2):
    """A network whose normalisations have statistics of their own, as after training."""
    torch.manual_seed(0)
    settings = BiGRUSettings(hidden=6, fc_width=7, layers=layers)
    network = SequenceClassifier(5, 4, architecture_of(head, RecognitionSettings()), settings)
    network.train()
    with torch.no_grad():
        for seed in range(5):
            network(store_of(LENGTHS, seed=seed).batch(torch.arange(10)))
    return network.eval()


def logits_of(network, store, chosen):
    """Logits by the store's number, in the order of ``chosen``."""
    batch = store.batch(torch.tensor(chosen))
    index = {number: index for index, number in enumerate(batch.sequences.tolist())}
    with torch.no_grad():
        return network(batch)[[index[number] for number in chosen]]


@pytest.mark.parametrize("head", NETWORKS)
def test_logits_depend_neither_on_the_rest_of_the_batch_nor_on_its_order(head):
    network, store = network_of(head), store_of(LENGTHS, seed=9)
    together = logits_of(network, store, list(range(10)))
    alone = torch.cat([logits_of(network, store, [number]) for number in range(10)])
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=1e-5)
    order = [7, 2, 9, 0, 5, 1, 8, 3, 6, 4]
    torch.testing.assert_close(
        logits_of(network, store, order), together[order], atol=1e-5, rtol=1e-5
    )
    # It is not that all sequences get the same.
    assert (together[0] - together[4]).abs().max() > 1e-3


@pytest.mark.parametrize("head", NETWORKS)
def test_every_frame_and_every_parameter_has_a_gradient(head):
    network, store = network_of(head), store_of(LENGTHS)
    batch = store.batch(torch.arange(10))
    batch.frames.requires_grad_()
    logits = network(batch)
    torch.nn.functional.cross_entropy(logits, torch.arange(10) % 4).backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().max() > 0, name
    # The maximum over time may pass over frames, attention over none.
    fraction = (batch.frames.grad.abs().amax(1) > 0).float().mean()
    assert fraction == 1 if head.endswith("_attn") else fraction > 0.5


@pytest.mark.parametrize("head", [head for head in NETWORKS if head.endswith("_attn")])
def test_attention_is_a_mean_weighted_over_the_frames_of_a_sequence(head):
    network, store = network_of(head), store_of(LENGTHS)
    assert isinstance(network.pooling, AttentionPooling)
    batch = store.batch(torch.arange(10))
    with torch.no_grad():
        values = network.layers(batch.frames, batch)
        weights = network.pooling.weights(values, batch)
        pooled = network.pooling(values, batch)
        scores = network.pooling.score(values)[:, 0]
    torch.testing.assert_close(weights.sum(1), torch.ones(10))
    lengths = store.lengths[batch.sequences]
    assert torch.equal(weights > 0, torch.arange(23) < lengths[:, None])
    column = torch.cat([torch.arange(size) for size in batch.batch_sizes.tolist()])
    for index in range(10):
        own = column == index
        by_hand = (scores[own].softmax(0)[:, None] * values[own]).sum(0)
        torch.testing.assert_close(pooled[index], by_hand, atol=1e-6, rtol=1e-5)


def test_attention_learns_to_look_at_the_frames_that_matter():
    # The frame marked by channel 0 holds the answer in channel 1, where all others hold noise.
    torch.manual_seed(0)
    generator = torch.Generator().manual_seed(1)
    store = store_of([12] * 30, dim=2)
    batch = store.batch(torch.arange(60))
    marked = torch.randint(12, (60,), generator=generator)
    values = torch.randn(60, 12, 2, generator=generator)
    values[:, :, 0] = 0.0
    values[torch.arange(60), marked, 0] = 3.0
    truth = values[torch.arange(60), marked, 1].clone()
    packed = batch.unpad(values)
    pooling = AttentionPooling(2)
    optimizer = torch.optim.Adam(pooling.parameters(), lr=0.05)
    for _ in range(150):
        loss = (pooling(packed, batch)[:, 1] - truth).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        weights = pooling.weights(packed, batch)
    assert weights[torch.arange(60), marked].mean() > 0.9


def test_convolutions_equal_those_over_single_sequences():
    torch.manual_seed(0)
    store = store_of(LENGTHS)
    batch = store.batch(torch.arange(10))
    layers = ConvolutionLayers(5, 8, 3, 5).eval()
    for norm in layers.norms:
        # A shift that a ReLU lets through: what a layer writes into padding is not zero.
        torch.nn.init.constant_(norm.bias, 1.0)
    column = torch.cat([torch.arange(size) for size in batch.batch_sizes.tolist()])
    with torch.no_grad():
        together = layers(batch.frames, batch)
        for index, number in enumerate(batch.sequences.tolist()):
            start = int(store.starts[number])
            single = store.frames[start : start + int(store.lengths[number])].T[None]
            for layer, norm in zip(layers.layers, layers.norms, strict=True):
                single = torch.relu(norm(layer(single)))
            torch.testing.assert_close(together[column == index], single[0].T, atol=1e-5, rtol=1e-5)


def test_convolutions_normalise_by_the_frames_there_are():
    # Long and short sequences of one distribution: padding would pull mean and variance to zero.
    store = store_of([40, 2, 2, 2, 2])
    layers = ConvolutionLayers(5, 6, 1, 1)
    batch = store.batch(torch.arange(10))
    layers(batch.frames, batch)
    frames = batch.frames @ layers.layers[0].weight[:, :, 0].T
    torch.testing.assert_close(layers.norms[0].running_mean, 0.1 * frames.mean(0))
    torch.testing.assert_close(layers.norms[0].running_var, 0.9 + 0.1 * frames.var(0))


def test_a_convolution_sees_its_kernel_and_no_further():
    layers = ConvolutionLayers(5, 6, 2, 3).eval()
    batch = store_of([11]).batch(torch.tensor([0]))
    batch.frames.requires_grad_()
    layers(batch.frames, batch)[5].sum().backward()
    seen = batch.frames.grad.abs().amax(1) > 0
    assert not seen[:3].any()
    assert not seen[8:].any()
    assert seen[3:8].any()


def test_settings_reach_the_network():
    settings = RecognitionSettings(
        bigru=BiGRUSettings(hidden=3, layers=3, fc_width=9), cnn=CNNSettings(kernel_size=7)
    )
    for head, kind in (("bigru", torch.nn.GRU), ("bilstm_attn", torch.nn.LSTM)):
        network = SequenceClassifier(5, 4, architecture_of(head, settings), settings.bigru)
        assert [type(layer) for layer in network.layers.layers] == [kind] * 3
    network = SequenceClassifier(5, 4, architecture_of("cnn", settings), settings.bigru)
    shapes = [tuple(layer.weight.shape) for layer in network.layers.layers]
    assert shapes == [(6, 5, 7), (6, 6, 7), (6, 6, 7)]
    assert network.head[2].weight.shape == (9, 6)
    attentive = Architecture("convolution", "attention", CNNSettings())
    assert isinstance(SequenceClassifier(5, 4, attentive, settings.bigru).pooling, AttentionPooling)


@pytest.mark.parametrize("head", NETWORKS)
def test_networks_asked_at_once_say_what_each_says_alone(head):
    networks = [network_of(head) for _ in range(3)]
    with torch.no_grad():
        for scale, network in enumerate(networks, start=1):
            for parameter in network.parameters():
                parameter.mul_(scale)
    batches = []
    for seed, lengths in enumerate(([9, 1], [23, 4, 9], [2])):
        batches.append(store_of(lengths, seed=seed).batch(torch.arange(2 * len(lengths))))
    with torch.no_grad():
        together = logits_together(networks, batches)
        for found, network, batch in zip(together, networks, batches, strict=True):
            torch.testing.assert_close(found, network(batch), atol=1e-5, rtol=1e-5)


def test_dropout_with_a_generator_of_its_own():
    network = torch.nn.Sequential(Dropout(0.2), Dropout(0.5))
    values = torch.ones(301, 7)
    draw_dropout_from(network, torch.Generator().manual_seed(1))
    state = torch.get_rng_state()
    first = network(values)
    assert torch.equal(torch.get_rng_state(), state)
    draw_dropout_from(network, torch.Generator().manual_seed(1))
    assert torch.equal(network(values), first)
    assert not torch.equal(network(values), first)
    # Each value is kept with probability 0.8 * 0.5, or is zero; the mean stays.
    kept = first > 0
    torch.testing.assert_close(first[kept], torch.full((int(kept.sum()),), 2.5), rtol=1e-4, atol=0)
    assert abs(float(kept.float().mean()) - 0.4) < 0.05
    # Next to each other, over or under each other: nothing hangs together.
    for other in (kept[:, 1:] & kept[:, :-1], kept[1:] & kept[:-1], kept[4:] & kept[:-4]):
        assert abs(float(other.float().mean()) - 0.16) < 0.05
    assert torch.equal(network.eval()(values), values)
    draw_dropout_from(network.train(), None)
    network(values)
    assert not torch.equal(torch.get_rng_state(), state)
