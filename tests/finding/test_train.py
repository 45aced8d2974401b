"""From tables and features to models that stay: what may be learnt from, and what is learnt."""

import dataclasses

import numpy as np
import pytest

from tests.finding.making import FPS, action, dense, row
from vpdlib.action_detection.settings import DetectionSettings, FrameBiGRUSettings
from vpdlib.artifacts import ArtifactWriter, Provenance
from vpdlib.datasets.base import DatasetError
from vpdlib.datasets.tables import EventRow
from vpdlib.finding import train
from vpdlib.finding.finder import Finder
from vpdlib.finding.segments import Segment
from vpdlib.finding.settings import FindingSettings
from vpdlib.finding.train import Material, learn_detector, learn_recogniser
from vpdlib.finding.tuning import tune
from vpdlib.recognition.settings import RecognitionSettings

NAMES = ("axel", "lutz")
#: Axel in 1 to 2 s, lutz in 3 to 4 s.
FRAMES = [0] * 10 + [1] * 10 + [0] * 10 + [2] * 10 + [0] * 10
SMALL = DetectionSettings(
    network=FrameBiGRUSettings(
        hidden=4,
        layers=1,
        fc_width=6,
        window=20,
        windows_per_epoch=20,
        batch_size=10,
        epochs=2,
        min_epochs=1,
    )
)


def two_of(video, split="train"):
    return [
        action(video, 1.0, 2.0, "axel", split, 0),
        action(video, 3.0, 4.0, "lutz", split, 1),
    ]


def material(actions, events=(), **settings):
    videos = {one.video: row(one.video, duration=5.0) for one in actions}
    settings = {"folds": 2, "background_fraction": 1.0, **settings}
    return Material(videos, actions, events, NAMES, FindingSettings(**settings), 0)


@pytest.fixture
def features(tmp_path):
    """A function that writes videos as the features of one shard."""

    def write(**videos):
        path = tmp_path / "0.h5"
        origin = Provenance("embed_frames", "c", "d", "i")
        with ArtifactWriter(path, "features", origin) as artifact:
            for video, sequence in videos.items():
                frame = np.flatnonzero(sequence.found)
                columns = {
                    "frame": frame,
                    "time_s": frame / FPS,
                    "descriptor": sequence.descriptors[frame],
                }
                artifact.add_video(video, columns)
        return [path]

    return write


def test_validation_is_learnt_from_and_tests_are_not():
    one = material([*two_of("a"), *two_of("b", "val"), *two_of("c", "test")])
    assert one.learnt_videos == ["a", "b"]
    assert set(one.truth()) == {"a", "b"}
    assert sorted(video for fold in one.folds for video in fold) == ["a", "b"]


def test_nothing_of_a_video_with_a_test_action_is_learnt_from():
    mixed = [action("b", 1.0, 2.0, "axel", "train"), action("b", 3.0, 4.0, "lutz", "test")]
    one = material([*two_of("a"), *mixed])
    assert {learnt.video for learnt in one.learnt} == {"a"}
    assert set(one.truth()) == {"a"}


@pytest.mark.parametrize(
    "actions", [two_of("a", "test"), [*two_of("a", "test"), action("a", 0, 0.5, "axel")]]
)
def test_without_an_action_to_learn_from_it_is_said_so(actions):
    with pytest.raises(DatasetError, match="no action is in split train"):
        _ = material(actions).learnt


def test_truth_has_all_actions_of_a_video():
    assert material(two_of("a")).truth() == {
        "a": [
            Segment("a", 1.0, 2.0, "axel", "a_0_axel"),
            Segment("a", 3.0, 4.0, "lutz", "a_1_lutz"),
        ]
    }


def labels_of(monkeypatch):
    """What the training of frames is given, in place of training."""
    seen = {}

    def note(sequences, labels, settings, seed, **more):
        seen.update(labels=labels, sequences=sequences, **more)
        raise InterruptedError

    monkeypatch.setattr(train, "train_ensemble", note)
    return seen


def test_frames_of_actions_and_events_are_no_background(features, monkeypatch):
    seen = labels_of(monkeypatch)
    paths = features(a=dense(FRAMES), b=dense(FRAMES), c=dense(FRAMES))
    events = [EventRow("a", 4.5, 4.8, "spin", "train"), EventRow("c", 0.0, 1.0, "spin", "test")]
    one = material([*two_of("a"), *two_of("b"), *two_of("c", "test")], events)
    with pytest.raises(InterruptedError):
        learn_detector(one, paths, SMALL)
    assert list(seen["labels"]) == ["a", "b"]
    wanted = np.array(FRAMES) > 0
    np.testing.assert_array_equal(seen["labels"]["b"], wanted)
    wanted[45:48] = True
    np.testing.assert_array_equal(seen["labels"]["a"], wanted)


def test_frames_have_their_class_where_classes_are_told(features, monkeypatch):
    seen = labels_of(monkeypatch)
    one = material([*two_of("a"), *two_of("b")])
    with pytest.raises(InterruptedError):
        learn_detector(one, features(a=dense(FRAMES), b=dense(FRAMES)), SMALL, of_classes=True)
    np.testing.assert_array_equal(seen["labels"]["a"], FRAMES)
    assert seen["num_classes"] == 3


def test_recogniser_and_detector_hold_out_the_same_videos(features):
    videos = [f"v{number}" for number in range(4)]
    one = material([each for video in videos for each in two_of(video)])
    # In one of them the athlete is never seen.
    paths = features(
        **{
            v: dense(FRAMES, seed=n, absent=range(50) if n == 2 else ())
            for n, v in enumerate(videos)
        }
    )
    detector = learn_detector(one, paths, SMALL)
    recogniser = learn_recogniser(one, paths, "nns", RecognitionSettings())
    assert detector.folds == recogniser.folds == one.folds
    assert detector.mean_length_s == pytest.approx(1.0)
    assert recogniser.has_background


def test_what_a_model_of_the_detector_learnt_from_does_not_tune_it(features, read_log):
    # The athlete is in actions of one fold alone: the model without them is left out.
    videos = [f"v{number}" for number in range(4)]
    one = material([each for video in videos for each in two_of(video)])
    only = one.folds[0]
    quiet = range(10, 50)
    paths = features(**{v: dense(FRAMES, absent=() if v in only else quiet) for v in videos})
    detector = learn_detector(one, paths, SMALL)
    assert "its model is left out of the ensemble" in read_log()
    assert detector.folds == one.folds[1:]
    # Names follow from the other fold's videos here; what matters is who is asked.
    named_by = material([each for video in only for each in two_of(video)])
    recogniser = learn_recogniser(named_by, paths, "nns", RecognitionSettings())
    recogniser = dataclasses.replace(recogniser, folds=one.folds)
    dense_of = one.read(paths, videos)
    tuned = tune(
        Finder({"f": recogniser}, {"f": detector}, one.settings),
        {video: {"f": sequence} for video, sequence in dense_of.items()},
        one.truth(),
    )
    assert tuned.operating.num_actions == 2 * len(one.folds[1])


def test_where_the_athlete_is_in_no_training_video_it_is_said_so(features):
    paths = features(a=dense(FRAMES, absent=range(50)), b=dense(FRAMES, absent=range(50)))
    with pytest.raises(DatasetError, match="followed in none of the 2 training videos"):
        learn_detector(material([*two_of("a"), *two_of("b")]), paths, SMALL)


def whole_actions():
    return [action(video, 0.0, 5.0, label) for video, label in zip("abcd", NAMES * 2, strict=True)]


def test_where_videos_are_whole_actions_nothing_is_detected_and_nothing_is_background(features):
    one = material(whole_actions())
    paths = features(**{v: dense([n % 2 + 1] * 50, seed=n) for n, v in enumerate("abcd")})
    assert learn_detector(one, paths, SMALL) is None
    recogniser = learn_recogniser(one, paths, "nns", RecognitionSettings())
    assert not recogniser.has_background
    assert all(recogniser.examples.actions)
    sequence = dense([2] * 30, seed=9).descriptors
    assert recogniser.probabilities([sequence])[0].argmax() == 1
