import numpy as np
import pytest
import torch

from vpdlib.recognition.packing import SequenceStore

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
    flipped = [row[len(row) - 1 - t] for t in range(4) for row in rows if t < len(row)]
    np.testing.assert_array_equal(batch.frames[batch.reverse].numpy(), flipped)
    np.testing.assert_array_equal(
        batch.max_over_time(batch.frames).numpy(), [row.max(axis=0) for row in rows]
    )


def test_padding_holds_the_fill_and_comes_off_again():
    data = sequences([3, 1], dim=2)
    batch = SequenceStore(data, normalise=False, device=CPU).batch(torch.tensor([1, 0]))
    padded = batch.pad(batch.frames, -7.0)
    np.testing.assert_array_equal(padded[0].numpy(), data[0][:, 0])
    np.testing.assert_array_equal(padded[1, :1].numpy(), data[1][:, 0])
    assert (padded[1, 1:] == -7).all()
    assert torch.equal(batch.unpad(padded), batch.frames)
    inputs = padded.double().requires_grad_()
    assert torch.autograd.gradcheck(batch.unpad, (inputs,))


def test_softmax_over_time_is_over_the_frames_a_sequence_has():
    batch = SequenceStore(sequences([4, 2, 1]), normalise=False, device=CPU).batch(torch.arange(3))
    scores = torch.randn(7, generator=torch.Generator().manual_seed(0))
    weights = batch.softmax_over_time(scores)
    torch.testing.assert_close(weights.sum(1), torch.ones(3))
    present = torch.arange(4) < torch.tensor([[4], [2], [1]])
    assert torch.equal(weights > 0, present)
    torch.testing.assert_close(weights[1, :2], scores[[1, 4]].softmax(0))


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
