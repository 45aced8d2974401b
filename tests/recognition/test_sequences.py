"""Cutting actions out of features, and thinning them."""

from fractions import Fraction

import numpy as np
import pytest

from vpdlib.artifacts import ArtifactWriter, Provenance
from vpdlib.datasets.tables import ActionRow
from vpdlib.recognition.sequences import action_sequences, thin


def kept_by_credit(num_frames, fps, target_fps, slack=0):
    """The rule of docs/method.md section 2.5 in exact fractions."""
    credit, kept = Fraction(0), []
    for row in range(num_frames):
        if credit >= 0:
            kept.append(row)
            credit -= 1
        credit += min(Fraction(1), target_fps / fps) + slack
    return kept


RATES = [
    Fraction(24000, 1001),
    Fraction(25),
    Fraction("28.511"),
    Fraction(30000, 1001),
    Fraction(30),
]
RATES += [Fraction(179, 6), Fraction(50), Fraction(60)]


@pytest.mark.parametrize("fps", RATES)
@pytest.mark.parametrize("slack", [Fraction(0), Fraction(1, 100)])
def test_thinning_to_25(fps, slack):
    num_frames = int(20 * fps)
    for first in (0, 92):
        kept = thin(np.arange(first, first + num_frames), float(fps), 25.0, float(slack))
        assert kept.tolist() == kept_by_credit(num_frames, fps, Fraction(25), slack)
    if fps <= 25:
        assert len(kept) == num_frames
    if fps == 50 and not slack:
        assert kept.tolist() == list(range(0, num_frames, 2))
    if not slack:
        assert abs(len(kept) - min(num_frames, 500)) <= 1


@pytest.mark.parametrize("fps", [25.0, 30000 / 1001, 50.0])
def test_thinning_with_rates_measured_from_rounded_stamps(fps):
    frame = np.arange(3, 1003)
    for digits in (3, 5):
        time_s = np.round(frame / fps, digits)
        measured = 999 / (time_s[-1] - time_s[0])
        action = frame[:250]
        assert thin(action, measured, 25.0).tolist() == thin(action, fps, 25.0).tolist()


def test_thinning_with_gaps_little_and_nothing():
    # A gap gives the credit of one frame at most: no run of frames is kept after it.
    assert thin(np.array([0, 1, 2, 50, 51, 52, 53]), 50.0, 25.0).tolist() == [0, 2, 3, 4, 6]
    assert thin(np.array([7]), 50.0, 25.0).tolist() == [0]
    assert thin(np.empty(0, int), 50.0, 25.0).tolist() == []


FPS = 25.0
DIM = 3


def write(path, videos):
    """Features whose first number is the frame and second number 1 for the flipped row."""
    with ArtifactWriter(path, "features", Provenance("embed_frames", "c", "d", "i")) as artifact:
        for name, (frames, time_s, dim) in videos.items():
            descriptor = np.zeros((len(frames), 2, dim), np.float32)
            descriptor[:, :, 0] = np.array(frames).reshape(-1, 1)
            descriptor[:, 1, 1] = 1
            artifact.add_video(
                name,
                {"frame": np.array(frames, int), "time_s": time_s, "descriptor": descriptor},
            )
    return path


def video(frames, fps=FPS, dim=DIM):
    return frames, np.array(frames, float) / fps, dim


def action(name, start, end, of="a"):
    return ActionRow(name, of, start, end, "jump", "train", "", "")


def frames_of(sequence):
    assert sequence.dtype == np.float32
    assert sequence.ndim == 3
    assert sequence[:, :, 1].tolist() == [[0, 1]] * len(sequence)
    return sequence[:, 0, 0].astype(int).tolist()


def test_an_action_holds_its_start_and_not_its_end(tmp_path):
    path = write(tmp_path / "0.h5", {"a": video(range(30))})
    rows = [
        action("whole", 0.0, 1.2),
        action("first", 0.0, 0.04),
        action("middle", 0.4, 0.8),
        action("next", 0.8, 1.0),
        action("rounded", round(10 / 30, 2), 0.5),
        action("between", 0.41, 0.43),
        action("after", 1.2, 9.0),
    ]
    found = action_sequences(rows, [path])
    assert {name: frames_of(sequence) for name, sequence in found.items()} == {
        "whole": list(range(30)),
        "first": [0],
        "middle": list(range(10, 20)),
        "next": list(range(20, 25)),
        "rounded": [9, 10, 11, 12],
        "between": [],
        "after": [],
    }
    assert found["after"].shape == (0, 2, DIM)


def test_neighbours_share_no_frame_and_lose_none_whatever_the_rounding(tmp_path):
    for number, fps in enumerate((24000 / 1001, 25, 30000 / 1001, 50, 60000 / 1001)):
        path = write(tmp_path / f"{number}.h5", {"a": video(range(200), fps)})
        for digits in (6, 7, 9):
            ends = [round(frame / fps, digits) for frame in range(0, 201, 10)]
            rows = [action(f"n{i}", ends[i], ends[i + 1]) for i in range(20)]
            found = action_sequences(rows, [path])
            frames = [frame for row in rows for frame in frames_of(found[row.action])]
            assert frames == list(range(200))


def test_frames_without_the_athlete_are_left_out(tmp_path):
    path = write(tmp_path / "0.h5", {"a": video([2, 3, 7, 8, 9, 20])})
    assert frames_of(action_sequences([action("x", 0.1, 0.4)], [path])["x"]) == [3, 7, 8, 9]


def test_frames_with_numbers_that_are_none_are_left_out_before_thinning(tmp_path):
    path, frames = tmp_path / "0.h5", np.arange(20)
    descriptor = np.zeros((20, 2, DIM), np.float32)
    descriptor[:, :, 0] = frames[:, None]
    descriptor[:, 1, 1] = 1
    descriptor[4, 0, 2] = np.nan
    descriptor[9, 1, 2] = np.inf
    with ArtifactWriter(path, "features", Provenance("embed_frames", "c", "d", "i")) as artifact:
        artifact.add_video("a", {"frame": frames, "time_s": frames / 50, "descriptor": descriptor})
    rows = [action("x", 0.0, 0.4)]
    assert frames_of(action_sequences(rows, [path])["x"]) == [
        f for f in range(20) if f not in (4, 9)
    ]
    # Frame 5 stands in for frame 4, which is nobody's.
    thinned = frames_of(action_sequences(rows, [path], 25.0)["x"])
    assert thinned == [0, 2, 5, 6, 8, 10, 12, 14, 16, 18]


def test_thinning_begins_at_each_action(tmp_path):
    path = write(tmp_path / "0.h5", {"a": video(range(100), 50)})
    rows = [action("even", 0.2, 0.4), action("odd", 0.22, 0.4)]
    found = action_sequences(rows, [path], 25.0)
    assert frames_of(found["even"]) == [10, 12, 14, 16, 18]
    assert frames_of(found["odd"]) == [11, 13, 15, 17, 19]


def test_several_shards_and_videos_without_actions_or_rows(tmp_path):
    paths = [
        write(tmp_path / "0.h5", {"a": video(range(10)), "unlabelled": video(range(5))}),
        write(tmp_path / "1.h5", {"b": video(range(10)), "none": video([])}),
        write(tmp_path / "2.h5", {}),
    ]
    rows = [action("y", 0, 0.2, "b"), action("x", 0, 0.2), action("z", 0, 1, "none")]
    found = action_sequences(rows, paths)
    assert {name: len(sequence) for name, sequence in found.items()} == {"x": 5, "y": 5, "z": 0}
    assert found["z"].shape == (0, 2, DIM)
    assert action_sequences([], paths) == {}


def test_a_missing_video_is_refused(tmp_path):
    path = write(tmp_path / "0.h5", {"a": video(range(10))})
    with pytest.raises(ValueError, match=r"lack 1 videos, such as \['b'\]; rerun the rule"):
        action_sequences([action("x", 0, 1), action("y", 0, 1, "b")], [path])


def test_descriptors_of_different_lengths_are_refused(tmp_path):
    paths = [
        write(tmp_path / "0.h5", {"a": video(range(10), dim=3)}),
        write(tmp_path / "1.h5", {"b": video(range(10), dim=4)}),
    ]
    with pytest.raises(ValueError, match=r"different descriptor lengths \[3, 4\]"):
        action_sequences([action("x", 0, 1), action("y", 0, 1, "b")], paths)
