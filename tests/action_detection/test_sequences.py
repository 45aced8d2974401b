"""Whole videos, gaps in them, and events in frames."""

import numpy as np
import pytest

from vpdlib.action_detection.sequences import (
    dense_sequences,
    event_frames,
    events_by_video,
    fill_gaps,
    frame_labels,
    make_folds,
    merge_overlapping,
)
from vpdlib.artifacts import ArtifactWriter, Provenance
from vpdlib.datasets.base import frames_within
from vpdlib.datasets.tables import EventRow

DIM = 3


def write(path, videos, dim=DIM):
    """Features whose numbers are the frame's."""
    with ArtifactWriter(path, "features", Provenance("embed_frames", "c", "d", "i")) as artifact:
        for name, frames in videos.items():
            frame = np.array(frames, int)
            descriptor = np.broadcast_to(frame[:, None, None], (len(frame), 2, dim))
            descriptor = descriptor.astype(np.float32)
            artifact.add_video(
                name, {"frame": frame, "time_s": frame / 25, "descriptor": descriptor}
            )
    return path


def test_every_frame_has_its_row_and_time(tmp_path):
    paths = [
        write(tmp_path / "0.h5", {"a": [2, 3, 7], "unwanted": [0]}),
        write(tmp_path / "1.h5", {"b": range(4), "empty": []}),
    ]
    found = dense_sequences(paths, dict.fromkeys(("b", "empty", "a"), 25.0))
    assert list(found) == ["b", "empty", "a"]
    assert found["empty"].descriptors.shape == (0, 2, DIM)
    assert found["empty"].time_s.shape == (0,)
    assert found["b"].found.tolist() == [True] * 4
    a = found["a"]
    assert a.descriptors.shape == (8, 2, DIM)
    assert a.descriptors.dtype == np.float32
    assert np.flatnonzero(a.found).tolist() == [2, 3, 7]
    assert a.descriptors[7, 1, 2] == 7
    assert np.isnan(a.descriptors[[0, 1, 4, 5, 6]]).all()
    np.testing.assert_allclose(a.time_s, np.arange(8) / 25)


def test_a_number_that_is_none_spoils_its_frame(tmp_path):
    path = tmp_path / "0.h5"
    descriptor = np.ones((3, 2, DIM), np.float32)
    descriptor[1, 0, 1] = np.inf
    columns = {"frame": np.arange(3), "time_s": np.arange(3) / 25, "descriptor": descriptor}
    with ArtifactWriter(path, "features", Provenance("embed_frames", "c", "d", "i")) as artifact:
        artifact.add_video("a", columns)
    found = dense_sequences([path], {"a": 25.0})["a"]
    assert found.found.tolist() == [True, False, True]
    assert np.isnan(found.descriptors[1]).all()


def test_wrong_artifacts_are_refused(tmp_path):
    path = write(tmp_path / "0.h5", {"a": range(3)})
    with pytest.raises(ValueError, match=r"lack 1 videos, such as \['z'\]"):
        dense_sequences([path], {"a": 25.0, "z": 25.0})
    other = write(tmp_path / "1.h5", {"b": range(3)}, dim=5)
    with pytest.raises(ValueError, match=r"lengths \[3, 5\]"):
        dense_sequences([path, other], {"a": 25.0, "b": 25.0})
    falling = write(tmp_path / "2.h5", {"c": [3, 2]})
    with pytest.raises(ValueError, match=r"'c': frames and times must rise"):
        dense_sequences([falling], {"c": 25.0})


def test_gaps_are_filled_with_the_nearer_frame_counting_more():
    values = np.array([np.nan, 10, np.nan, np.nan, np.nan, 50, 60, np.nan], np.float32)
    descriptors = np.repeat(values[:, None, None], 2, 1)
    filled = fill_gaps(descriptors)
    assert filled[:, 0, 0].tolist() == [10, 10, 20, 30, 40, 50, 60, 60]
    assert filled.dtype == np.float32
    with pytest.raises(ValueError, match="none of 3 frames"):
        fill_gaps(np.full((3, 2, 1), np.nan, np.float32))
    assert fill_gaps(np.empty((0, 2, 1), np.float32)).shape == (0, 2, 1)


def test_filling_against_numpys_interpolation():
    rng = np.random.default_rng(0)
    descriptors = rng.normal(size=(60, 2, 4)).astype(np.float32)
    spoiled = rng.random(60) < 0.6
    holed = descriptors.copy()
    holed[spoiled] = np.nan
    filled = fill_gaps(holed)
    known = np.flatnonzero(~spoiled)
    for row in range(2):
        for channel in range(4):
            expected = np.interp(np.arange(60), known, descriptors[known, row, channel])
            np.testing.assert_allclose(filled[:, row, channel], expected, atol=1e-6)
    np.testing.assert_array_equal(filled[~spoiled], descriptors[~spoiled])


@pytest.mark.parametrize("fps", [25.0, 30000 / 1001, 50.0])
def test_events_hold_the_frames_that_actions_hold(fps):
    time_s = np.arange(200) / fps
    rng = np.random.default_rng(0)
    for _ in range(50):
        first, length = rng.integers(0, 150), rng.integers(1, 40)
        start_s, end_s = round(first / fps, 6), round((first + length) / fps, 6)
        start, end = event_frames(time_s, start_s, end_s, fps)
        inside = np.flatnonzero(frames_within(time_s, start_s, end_s))
        assert (start, end) == (first, first + length) == (inside[0], inside[-1] + 1)


def test_events_beyond_the_last_frame_between_frames_and_without_frames():
    time_s = np.arange(10) / 25
    assert event_frames(time_s, 0.2, 0.8, 30.0) == (5, 20)
    assert event_frames(time_s, 1.0, 2.0, 30.0) == (25, 50)
    assert event_frames(time_s, 0.41, 0.43, 30.0) == (11, 12)
    assert event_frames(np.empty(0), 1.0, 2.0, 60.0) == (60, 120)
    assert event_frames(np.zeros(1), 0.0, 0.4, 25.0) == (0, 10)


def test_events_by_video_leave_out_videos_without_a_sequence(tmp_path):
    dense = dense_sequences([write(tmp_path / "0.h5", {"a": range(50)})], {"a": 25.0})
    rows = [EventRow("a", 1.0, 1.2, "x", "test"), EventRow("a", 0.0, 0.4, "y", "test")]
    rows.append(EventRow("gone", 0.0, 0.4, "y", "test"))
    assert events_by_video(rows, dense) == {"a": [(0, 10), (25, 30)]}


def test_overlapping_events_are_joined():
    assert merge_overlapping([]) == []
    # A short event inside a long one must not shorten it.
    assert merge_overlapping([(8, 12), (0, 10), (2, 3), (12, 14), (20, 21)]) == [(0, 14), (20, 21)]


def test_labels_of_frames():
    assert frame_labels(6, [(1, 3), (5, 9)]).tolist() == [False, True, True, False, False, True]
    assert frame_labels(0, [(1, 3)]).tolist() == []


def test_folds_divide_the_groups():
    videos = [f"v{i}" for i in range(10)]
    group_of = {video: f"g{i // 2}" for i, video in enumerate(videos)}
    folds = make_folds(videos, group_of, 3, seed=1)
    assert folds == make_folds(videos[::-1], group_of, 3, seed=1)
    assert sorted(video for fold in folds for video in fold) == videos
    assert sorted(map(len, folds)) == [2, 4, 4]
    for fold in folds:
        assert {group_of[v] for v in fold}.isdisjoint(group_of[v] for v in set(videos) - set(fold))
    assert len({tuple(make_folds(videos, group_of, 3, seed=s)) for s in range(5)}) > 1


def test_fewer_videos_than_folds():
    assert sorted(make_folds(["a", "b", "c"], {}, 5, 0)) == [("a",), ("b",), ("c",)]
    assert make_folds(["a"], {}, 5, 0) == [()]
    assert make_folds(["a", "b"], {"a": "g", "b": "g"}, 5, 0) == [()]
    assert make_folds(["a", "b"], {}, 1, 0) == [()]
