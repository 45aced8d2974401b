"""A detector that stays, and segments in seconds of the scores of its frames."""

import dataclasses

import numpy as np
import pytest

from tests.finding.making import DIM, dense, nobody
from vpdlib.action_detection.model import train_ensemble
from vpdlib.action_detection.sequences import DenseSequence, fill_gaps
from vpdlib.action_detection.settings import FrameBiGRUSettings, ProposalSettings
from vpdlib.finding.detector import (
    Detector,
    frame_ends,
    load_detector,
    rate_of,
    save_detector,
)

SMALL = FrameBiGRUSettings(
    hidden=4,
    layers=1,
    fc_width=6,
    window=20,
    windows_per_epoch=30,
    batch_size=10,
    epochs=4,
    min_epochs=1,
    learning_rate=1e-2,
)
#: One threshold, and lengths as they are.
PLAIN = ProposalSettings(
    threshold=0.5, sweep=(), merge_gap=0, min_frames=1, shortest=0.0, longest=1000.0
)
VIDEOS = {
    f"v{number}": dense([0] * 10 + [1 + number % 2] * 8 + [0] * 10, seed=number, absent=[3])
    for number in range(4)
}
FOLDS = (("v0", "v3"), ("v1", "v2"))


def trained(num_classes=2, epochs=4):
    labels = {}
    for video in VIDEOS:
        labels[video] = np.zeros(28, np.int64)
        labels[video][10:18] = 1 if num_classes == 2 else 1 + int(video[1]) % 2
    ensemble = train_ensemble(
        {video: fill_gaps(sequence.descriptors) for video, sequence in VIDEOS.items()},
        labels,
        SMALL.model_copy(update={"epochs": epochs}),
        seed=1,
        num_classes=num_classes,
        folds=FOLDS,
    )
    names = ("",) if num_classes == 2 else ("axel", "lutz")
    return Detector(ensemble, FOLDS, names, PLAIN, 0.1 + 0.2)


@pytest.fixture(scope="module")
def detector():
    return trained()


def of_scores(scores, proposals=PLAIN, mean_length_s=1.0, fps=10.0, times=None):
    """What a detector makes of given scores, as (start, end, score)."""
    times = np.arange(len(scores)) / fps if times is None else times
    video = DenseSequence(np.zeros((len(scores), 2, DIM), np.float32), times, fps)
    both = np.stack([1 - np.array(scores), scores], axis=1).astype(np.float32)
    detector = Detector(None, (), ("",), proposals, mean_length_s)
    return [
        (segment.start_s, pytest.approx(segment.end_s), pytest.approx(score))
        for segment, score in detector.segments("a", video, both)
    ]


def test_a_segment_lasts_from_its_first_frame_to_the_one_after_its_last():
    assert of_scores([0, 0, 0.8, 0.6, 0, 0.9]) == [(0.2, 0.4, 0.7), (0.5, 0.6, 0.9)]


def test_nothing_above_the_threshold_is_no_segment():
    assert of_scores([0.1, 0.4, 0.3]) == []


def test_a_segment_of_several_thresholds_is_there_once_with_its_best_score():
    proposals = PLAIN.model_copy(update={"sweep": (0.3, 0.7)})
    # 0.3: frames 1 to 4; 0.5 and 0.7: frames 2 and 3.
    found = of_scores([0, 0.4, 0.8, 0.8, 0.4, 0], proposals)
    assert found == [(0.1, 0.5, 0.6), (0.2, 0.4, 0.8)]


def test_of_equal_segments_made_of_different_runs_the_best_score_stays():
    # Both runs become 4 frames about the same middle.
    proposals = PLAIN.model_copy(update={"sweep": (0.3,), "shortest": 1.0})
    found = of_scores([0, 0, 0.4, 0.8, 0.8, 0.4, 0, 0], proposals, mean_length_s=0.4)
    assert found == [(0.2, 0.6, 0.8)]


@pytest.mark.parametrize("fps", [10.0, 50.0])
def test_the_mean_length_is_in_seconds_at_any_rate(fps):
    scores = np.zeros(int(10 * fps))
    scores[int(5 * fps)] = 0.9
    proposals = PLAIN.model_copy(update={"shortest": 1.0})
    ((start, end, _),) = of_scores(scores, proposals, mean_length_s=2.0, fps=fps)
    assert end == start + 2.0
    assert start == pytest.approx(4.0, abs=1 / fps)


def test_the_rate_is_that_of_the_time_stamps_not_the_nominal_one():
    video = DenseSequence(np.zeros((11, 2, DIM), np.float32), np.arange(11) / 25, 10.0)
    assert rate_of(video) == pytest.approx(25)


def test_one_frame_has_the_nominal_rate():
    assert rate_of(dense([0])) == 10.0
    np.testing.assert_allclose(frame_ends(dense([0])), [0.1])


def test_frames_end_where_the_next_begins():
    times = np.array([0.0, 0.1, 0.4, 0.5])
    video = DenseSequence(np.zeros((4, 2, DIM), np.float32), times, 10.0)
    np.testing.assert_allclose(frame_ends(video), [0.1, 0.4, 0.5, 0.5 + 0.5 / 3])


def test_no_frame_has_no_end():
    assert frame_ends(nobody()).shape == (0,)


def test_segments_have_the_name_of_the_class_looked_for(detector):
    detector = dataclasses.replace(detector, class_names=("axel", "lutz"))
    scores = np.zeros((28, 3), np.float32)
    scores[5:9, 2] = 1
    assert detector.segments("v0", VIDEOS["v0"], scores, 1) == []
    ((segment, score),) = detector.segments("v0", VIDEOS["v0"], scores, 2)
    assert (segment.video, segment.label, score) == ("v0", "lutz", 1.0)


def test_a_held_out_video_is_scored_by_the_model_that_never_saw_it(detector):
    for fold, videos in enumerate(FOLDS):
        one = dataclasses.replace(
            detector.ensemble, networks=detector.ensemble.networks[fold : fold + 1]
        )
        alone = dataclasses.replace(detector, ensemble=one).scores(VIDEOS)
        for video in videos:
            found = detector.scores({video: VIDEOS[video]}, fold)[video]
            np.testing.assert_allclose(found, alone[video], atol=1e-6)


def test_a_new_video_is_scored_by_the_mean_of_all_models(detector):
    both = [detector.scores(VIDEOS, fold)["v1"] for fold in (0, 1)]
    assert np.abs(both[0] - both[1]).max() > 1e-4
    np.testing.assert_allclose(detector.scores(VIDEOS)["v1"], np.mean(both, axis=0), atol=1e-6)


def test_scores_are_probabilities_of_all_classes():
    detector = trained(num_classes=3)
    scores = detector.scores(VIDEOS)["v0"]
    assert scores.shape == (28, 3)
    np.testing.assert_allclose(scores.sum(axis=1), 1, atol=1e-5)


def test_frame_classes_are_learnt():
    detector = trained(num_classes=3, epochs=40)
    for number in (0, 1):
        new = dense([0] * 8 + [1 + number] * 8 + [0] * 8, seed=20 + number)
        best = detector.scores({"new": new})["new"].argmax(axis=1)
        assert (best[9:15] == 1 + number).all()
        assert (best[:6] == 0).all()


def test_videos_without_the_athlete_are_left_out(detector):
    never = dense([0] * 5, absent=range(5))
    assert list(detector.scores({"a": nobody(), "v0": VIDEOS["v0"], "b": never})) == ["v0"]
    assert detector.scores({"a": nobody()}) == {}


def test_other_descriptors_are_refused(detector):
    with pytest.raises(ValueError, match="have 5 channels, the models were trained on 4"):
        detector.scores({"a": dense([0, 1], dim=5)})


def test_what_is_read_back_scores_the_same_to_the_bit(tmp_path, detector):
    save_detector(tmp_path / "d", detector, "vpd2d")
    back = load_detector(tmp_path / "d")
    assert (back.folds, back.class_names, back.proposals) == (FOLDS, ("",), PLAIN)
    assert back.mean_length_s == detector.mean_length_s
    for fold in (None, 0, 1):
        there, here = detector.scores(VIDEOS, fold), back.scores(VIDEOS, fold)
        for video in VIDEOS:
            np.testing.assert_array_equal(there[video], here[video])


def test_a_detector_of_classes_is_read_back_too(tmp_path):
    detector = trained(num_classes=3)
    save_detector(tmp_path / "d", detector, "vpd2d")
    back = load_detector(tmp_path / "d")
    assert back.class_names == ("axel", "lutz")
    np.testing.assert_array_equal(back.scores(VIDEOS)["v0"], detector.scores(VIDEOS)["v0"])


def test_nothing_to_detect_is_written_and_read_back(tmp_path):
    save_detector(tmp_path / "d", None, "vpd2d")
    assert load_detector(tmp_path / "d") is None


def test_a_missing_detector_is_refused_with_its_rule(tmp_path):
    with pytest.raises(FileNotFoundError, match="run rule train_detector"):
        load_detector(tmp_path / "d")


def test_a_damaged_network_is_refused_by_name(tmp_path, detector):
    save_detector(tmp_path / "d", detector, "vpd2d")
    path = tmp_path / "d/member_1.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(ValueError, match=r"member_1\.safetensors is damaged"):
        load_detector(tmp_path / "d")
