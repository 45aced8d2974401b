"""Whole videos through an estimator: the same numbers, whatever the batches."""

import threading

import numpy as np
import pytest

from vpdlib.flow.opencv import DisFlow
from vpdlib.flow.quantise import quantise
from vpdlib.flow.settings import FlowSettings
from vpdlib.flow.stream import parts_of_rows, stored_flow

SETTINGS = FlowSettings()


def videos(*lengths, seed=0):
    rng = np.random.default_rng(seed)
    crops = [rng.integers(0, 256, (2, n, 16, 16, 3), dtype=np.uint8) for n in lengths]
    return [(previous, current) for previous, current in crops]


class Difference:
    """Not a flow, but a function of each pair alone: red and green of one crop less those of the other."""

    def __init__(self, batch_size, on_gpu=False):
        self.attributes = {}
        self.batch_size = batch_size
        self.on_gpu = on_gpu
        self.sizes = []
        self.threads = set()

    def estimate_many(self, previous, current):
        self.sizes.append(len(previous))
        self.threads.add(threading.get_ident())
        return (current[..., :2].astype(np.float32) - previous[..., :2]) / 10


@pytest.mark.parametrize("on_gpu", [False, True])
@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("batch_size", [1, 4, 100])
def test_batches_cross_videos_and_change_nothing(on_gpu, threads, batch_size):
    given = videos(3, 0, 7, 1, 0, 0)
    estimator = Difference(batch_size, on_gpu)
    found = list(stored_flow(given, estimator, SETTINGS, threads))
    assert len(found) == len(given)
    for (previous, current), stored in zip(given, found, strict=True):
        assert stored.flow.shape == (len(current), 16, 16, 2)
        assert stored.flow.dtype == np.uint8
        for row in range(len(current)):
            difference = (current[row, ..., :2].astype(np.float32) - previous[row, ..., :2]) / 10
            np.testing.assert_array_equal(stored.flow[row], quantise(difference)[0])
    assert estimator.sizes == {1: [1] * 11, 4: [4, 4, 3], 100: [11]}[batch_size]
    # A CPU estimator stays in the job's own thread, whose number of threads was agreed.
    assert (estimator.threads == {threading.get_ident()}) == (not on_gpu)


@pytest.mark.parametrize("num_rows", [0, 1, 5, 6, 7])
def test_a_video_in_parts_has_the_flow_of_the_whole(num_rows):
    ((previous, current),) = videos(num_rows)
    parts = parts_of_rows(num_rows, 3)
    assert [part.stop - part.start for part in parts] == {
        0: [0], 1: [1], 5: [3, 2], 6: [3, 3], 7: [3, 3, 1],
    }[num_rows]  # fmt: skip
    (whole,) = stored_flow([(previous, current)], Difference(4), SETTINGS)
    given = [(previous[part], current[part]) for part in parts]
    found = stored_flow(given, Difference(4), SETTINGS)
    np.testing.assert_array_equal(np.concatenate([part.flow for part in found]), whole.flow)


def test_dis_gives_what_it_gives_pair_by_pair():
    given = videos(5, 4, seed=1)
    alone = DisFlow()
    found = stored_flow(given, DisFlow(), SETTINGS)
    for (previous, current), stored in zip(given, found, strict=True):
        expected = [
            quantise(alone.estimate(p, c))[0] for p, c in zip(previous, current, strict=True)
        ]
        np.testing.assert_array_equal(stored.flow, np.stack(expected))


def test_what_is_not_finite_is_counted_for_its_video():
    class Broken(Difference):
        def estimate_many(self, previous, current):
            flow = super().estimate_many(previous, current)
            flow[:, 0, 0] = np.nan
            return flow

    found = stored_flow(videos(2, 3), Broken(4), SETTINGS)
    assert [stored.num_masked for stored in found] == [2, 3]


def test_videos_are_read_as_they_are_needed_and_errors_pass():
    read = []

    def reading():
        for number, video in enumerate(videos(2, 2, 2, 2)):
            read.append(number)
            yield video

    flows = stored_flow(reading(), Difference(2), SETTINGS)
    next(flows)
    assert read == [0]
    with pytest.raises(ValueError, match="one shape"):
        list(
            stored_flow([(np.zeros((1, 8, 8, 3)), np.zeros((2, 8, 8, 3)))], Difference(2), SETTINGS)
        )

    class Failing(Difference):
        def estimate_many(self, previous, current):
            raise RuntimeError("out of memory")

    for on_gpu in (False, True):
        with pytest.raises(RuntimeError, match="out of memory"):
            list(stored_flow(videos(2, 2), Failing(1, on_gpu), SETTINGS))
