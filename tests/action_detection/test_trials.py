"""Few-shot detection from end to end on a made-up dataset: a bump in one channel during events."""

import numpy as np
import pytest

from tests.action_detection.test_model import SMALL
from vpdlib.action_detection.ap import average_precision
from vpdlib.action_detection.sequences import DenseSequence
from vpdlib.action_detection.settings import DetectionSettings, ProposalSettings
from vpdlib.action_detection.trials import draw_trials, first_places, run_detection
from vpdlib.datasets.tables import EventRow

FPS = 25.0
LARGER = {"hidden": 12, "fc_width": 16, "window": 60, "windows_per_epoch": 60}
LONGER = {"epochs": 12, "min_epochs": 4, "learning_rate": 2e-2}
SETTINGS = DetectionSettings(
    num_trials=1,
    network=SMALL.model_copy(update=LARGER | LONGER),
    proposals=ProposalSettings(sweep=(0.5,)),
)


def corpus(seed=0, shuffled=False):
    """Ten videos, half of them for testing; with ``shuffled`` labels lie elsewhere than the bumps."""
    rng = np.random.default_rng(seed)
    dense, events = {}, []
    for place in range(10):
        num_frames = int(rng.integers(150, 200))
        values = rng.normal(size=(num_frames, 2, 4)) * 0.3
        split = "train" if place < 5 else "test"
        name = f"{split}{place}"
        for start in (15, 60, 105):
            start += int(rng.integers(0, 12))
            end = start + int(rng.integers(10, 16))
            values[start:end, :, 1] += 2
            # The bumps stay; the labels are moved by half a period or so.
            moved = int(rng.integers(14, 30)) if shuffled else 0
            events.append(EventRow(name, (start + moved) / FPS, (end + moved) / FPS, "jump", split))
        # Now and then nobody is found.
        values[rng.random(num_frames) < 0.1] = np.nan
        dense[name] = DenseSequence(values.astype(np.float32), np.arange(num_frames) / FPS, FPS)
    return dense, events


def at_half(result):
    return float(result.reported_ap[result.tious.index(0.5)])


def test_bumps_are_found():
    dense, events = corpus()
    result = run_detection(dense, events, [], 5, SETTINGS, seed=0)
    assert at_half(result) > 0.8
    assert result.ap.shape == (1, 2, 9)
    assert result.thresholds == (0.2, 0.5)
    assert sorted(result.scores[0]) == sorted(result.truth) == [f"test{i}" for i in range(5, 10)]
    assert all(len(result.scores[0][v]) == len(dense[v].time_s) for v in result.truth)
    assert sorted(result.train_videos[0]) == [f"train{i}" for i in range(5)]
    assert 10 < result.mean_lengths[0] < 16
    # The proposals handed back are those that were measured, and stand by falling score.
    assert average_precision(result.proposals[0], result.truth, 0.5) == at_half(result)
    scores = [p.score for p in result.proposals[0]]
    assert scores == sorted(scores, reverse=True)


def test_wrong_training_labels_find_nothing():
    # Trained on labels beside the bumps, tested on the right ones: the measure must notice.
    wrong = [event for event in corpus(shuffled=True)[1] if event.split == "train"]
    dense, events = corpus()
    events = wrong + [event for event in events if event.split == "test"]
    assert at_half(run_detection(dense, events, [], 5, SETTINGS, seed=0)) < 0.4


def quick(**changes):
    network = SETTINGS.network.model_copy(update={"epochs": 1, "min_epochs": 1})
    return SETTINGS.model_copy(update={"network": network, **changes})


def test_prescribed_trials_and_videos_without_anything():
    dense, events = corpus()
    nothing = DenseSequence(np.empty((0, 2, 4), np.float32), np.empty(0), FPS)
    never = DenseSequence(np.full((9, 2, 4), np.nan, np.float32), np.arange(9) / FPS, FPS)
    dense |= {"test5": nothing, "train0": never, "test_quiet": dense["test6"]}
    trials = [
        [["gone"], ["train0", "train1"], ["train2", "train3"], ["train4"]],
        [["train4"], ["train3"], ["train2"]],
    ]
    settings = quick(tious=(0.3, 0.5))
    result = run_detection(dense, events, trials, 2, settings, seed=3, test_videos=["test_quiet"])
    assert result.train_videos == (("train1", "train2", "train3"), ("train4", "train3"))
    assert result.ap.shape == (2, 2, 2)
    assert result.mean_ap.shape == (2, 2)
    np.testing.assert_allclose(result.mean_ap, result.ap.mean(0))
    assert result.seeds == (3, 4)
    assert [len(found) for found in result.best_epochs] == [2, 2]
    assert result.num_empty_test == 1
    assert result.scores[0]["test5"].shape == (0,)
    assert "test_quiet" in result.scores[1]
    # Events of a video without frames still count.
    assert len(result.truth["test5"]) == 3
    assert all(p.video != "test5" for trial in result.proposals for p in trial)
    again = run_detection(dense, events, trials, 2, settings, seed=3, test_videos=["test_quiet"])
    np.testing.assert_array_equal(result.ap, again.ap)
    assert result.proposals == again.proposals


def test_mean_length_of_the_trial_or_of_all():
    dense, events = corpus()
    events.append(EventRow("train4", 5.0, 5.0 + 40 / FPS, "jump", "train"))
    trials = [[["train0"]]]
    of_all = run_detection(dense, events, trials, 1, quick(), 0).mean_lengths[0]
    lengths = [round((e.end - e.start) * FPS) for e in events if e.split == "train"]
    assert of_all == pytest.approx(np.mean(lengths))
    proposals = SETTINGS.proposals.model_copy(update={"mean_length_of": "trial"})
    of_trial = run_detection(dense, events, trials, 1, quick(proposals=proposals), 0)
    assert of_trial.mean_lengths[0] == pytest.approx(np.mean(lengths[:3]))


def test_a_video_without_the_athlete_has_events_of_its_own_rate():
    """Its frames are counted by its nominal rate, or one of 60 frames a second would shorten the mean."""
    dense, events = corpus()
    nothing = DenseSequence(np.empty((0, 2, 4), np.float32), np.empty(0), 60.0)
    event = EventRow("never", 1.0, 2.0, "jump", "train")
    trials = [[["train0"]]]
    found = run_detection({**dense, "never": nothing}, [*events, event], trials, 1, quick(), 0)
    lengths = [round((e.end - e.start) * FPS) for e in events if e.split == "train"]
    assert found.mean_lengths[0] == pytest.approx(np.mean([*lengths, 60]))


def test_a_video_of_training_and_test_actions_is_a_test_video_and_all_its_events_count():
    dense, events = corpus()
    mixed = [
        EventRow(e.video, e.start, e.end, e.label, "train" if place == 0 else e.split)
        for place, e in enumerate(sorted(events, key=lambda e: e.video != "test5"))
    ]
    assert [e.split for e in mixed if e.video == "test5"] == ["train", "test", "test"]
    of_all = run_detection(dense, events, [], 5, quick(), seed=0)
    found = run_detection(dense, mixed, [], 5, quick(), seed=0)
    assert found.truth == of_all.truth
    assert found.train_videos == of_all.train_videos
    assert found.mean_lengths == of_all.mean_lengths
    np.testing.assert_array_equal(found.ap, of_all.ap)


def test_orders_are_drawn_and_places_taken():
    videos = {"b", "a", "c", "d"}
    drawn = draw_trials(videos, 3, seed=1)
    assert drawn == draw_trials(sorted(videos), 3, seed=1)
    assert all(sorted(v for at in trial for v in at) == ["a", "b", "c", "d"] for trial in drawn)
    assert len({str(trial) for trial in draw_trials(videos, 8, seed=1)}) > 1
    trial = [["a", "x"], ["x"], ["b"], ["c", "d"]]
    assert first_places(trial, 2, videos) == [["a"], ["b"]]
    assert first_places(trial, None, videos) == [["a"], ["b"], ["c", "d"]]


def test_bad_input_is_refused():
    dense, events = corpus()
    with pytest.raises(ValueError, match=r"test video 'test5' \(and 4 more\) has no sequence"):
        run_detection({v: dense[v] for v in dense if "train" in v}, events, [], 5, quick(), 0)
    with pytest.raises(ValueError, match="trial 0 trains on test video 'test7'"):
        run_detection(dense, events, [[["train1"], ["test7"]]], 5, quick(), 0)
    only_train = [event for event in events if event.split == "train"]
    with pytest.raises(ValueError, match="no event is in split test"):
        run_detection(dense, only_train, [], 5, quick(), 0)
    only_test = [event for event in events if event.split == "test"]
    with pytest.raises(ValueError, match="trial 0: its 1 training videos hold no event"):
        run_detection(dense, only_test, [[["train1"]]], 5, quick(), 0)
    with pytest.raises(ValueError, match="its 0 training videos"):
        run_detection(dense, only_test, [], 5, quick(), 0)
