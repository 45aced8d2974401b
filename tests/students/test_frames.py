"""Crop stores, batch reading, the validation split, colour statistics."""

import os

import numpy as np
import pytest

from vpdlib.students.frames import (
    ArrayFrames,
    BatchReader,
    LazyFrames,
    in_batches,
    measure_rgb,
    split_validation,
)


def random_frames(num_frames=30, side=8, seed=0, with_mask=False):
    rng = np.random.default_rng(seed)
    shape = (num_frames, side, side)
    rgb = rng.integers(0, 256, (*shape, 3), dtype=np.uint8)
    flow = rng.integers(0, 256, (*shape, 2), dtype=np.uint8)
    mask = (rng.integers(0, 2, shape) * 255).astype(np.uint8)
    return ArrayFrames(rgb, mask if with_mask else None, {"flow": flow})


@pytest.mark.parametrize("num_workers", [0, 2])
def test_reader_gives_the_asked_batches_pass_after_pass(num_workers):
    frames = random_frames()
    opened = []

    def open_store():
        opened.append(os.getpid())
        return frames

    reader = BatchReader(LazyFrames(open_store, len(frames)), num_workers)
    for seed in range(2):
        order = np.random.default_rng(seed).integers(0, 30, 25)
        batches = in_batches(order, 10)
        assert [len(b) for b in batches] == [10, 10, 5]
        for asked, batch in zip(batches, reader.read(batches), strict=True):
            np.testing.assert_array_equal(batch.indices.numpy(), asked)
            np.testing.assert_array_equal(batch.rgb.numpy(), frames.rgb[asked])
            np.testing.assert_array_equal(
                batch.others["flow"].numpy(), frames.others["flow"][asked]
            )
            assert batch.mask is None
    # Workers open it themselves; the main process only where it reads itself, and once.
    assert opened == ([] if num_workers else [os.getpid()])


def test_lazy_store_of_another_length_is_refused():
    with pytest.raises(ValueError, match="holds 30 frames, 31"):
        LazyFrames(random_frames, 31).load(np.arange(2))


def test_array_frames_refuses_wrong_arrays():
    rgb = np.zeros((2, 4, 4, 3), dtype=np.uint8)
    with pytest.raises(ValueError, match="flow"):
        ArrayFrames(rgb, others={"flow": np.zeros((3, 4, 4, 2), dtype=np.uint8)})
    with pytest.raises(ValueError, match="square"):
        ArrayFrames(np.zeros((2, 4, 5, 3), dtype=np.uint8))


def test_split_by_frame():
    train, val = split_validation(100, 0.2, seed=3)
    assert (len(train), len(val)) == (80, 20)
    np.testing.assert_array_equal(np.sort(np.concatenate([train, val])), np.arange(100))
    again = split_validation(100, 0.2, seed=3)
    np.testing.assert_array_equal(val, again[1])
    assert not np.array_equal(val, split_validation(100, 0.2, seed=4)[1])
    assert [len(part) for part in split_validation(2, 0.01, 0)] == [1, 1]
    assert [len(part) for part in split_validation(3, 0.99, 0)] == [1, 2]


def test_split_by_group_divides_no_group():
    groups = np.repeat(np.array(["a", "b", "c", "d", "e"]), [10, 30, 20, 25, 15])
    for seed in range(10):
        train, val = split_validation(100, 0.2, seed, groups)
        assert not set(groups[train]) & set(groups[val])
        assert len(train) + len(val) == 100
        assert len(val) >= 20
    train, val = split_validation(4, 0.9, 0, np.array([0, 0, 0, 1]))
    assert len(train) > 0
    assert len(val) > 0


def test_split_refusals():
    with pytest.raises(ValueError, match="at least 2"):
        split_validation(1, 0.2, 0)
    with pytest.raises(ValueError, match="1 group"):
        split_validation(5, 0.2, 0, np.zeros(5))
    with pytest.raises(ValueError, match="between 0 and 1"):
        split_validation(5, 1.0, 0)


def test_measure_rgb():
    frames = random_frames()
    mean, std = measure_rgb(frames, np.arange(5, 20))
    pixels = frames.rgb[5:20].reshape(-1, 3) / 255
    np.testing.assert_allclose(mean, pixels.mean(axis=0), rtol=1e-6)
    np.testing.assert_allclose(std, pixels.std(axis=0), rtol=1e-4)
    black = ArrayFrames(np.zeros((2, 4, 4, 3), dtype=np.uint8))
    assert measure_rgb(black, np.arange(2))[1] == pytest.approx((1 / 255,) * 3)
    with pytest.raises(ValueError, match="no training frames"):
        measure_rgb(frames, np.arange(0))
