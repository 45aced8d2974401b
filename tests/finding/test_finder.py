"""Recognisers and detectors together: what stays, what is right, and from when on an answer counts."""

import dataclasses

import numpy as np
import pytest

from tests.finding.making import dense, nobody
from vpdlib.action_detection.settings import ProposalSettings
from vpdlib.finding.answers import Answers, match, suppress
from vpdlib.finding.calibration import Acceptance
from vpdlib.finding.detector import Detector
from vpdlib.finding.finder import Finder, OperatingPoint
from vpdlib.finding.finder_folder import load_finder, save_finder
from vpdlib.finding.segments import Segment, cut, segment_tiou
from vpdlib.finding.settings import FindingSettings
from vpdlib.finding.tuning import best_threshold, tune

NAMES = ("axel", "lutz")


@dataclasses.dataclass
class KnownRecogniser:
    """Tells a class by the channel that stands out, half as surely as it could; remembers which folds were asked."""

    folds: tuple = ()
    has_background: bool = True
    sharpness: float = 1.0
    class_names: tuple = NAMES
    head: str = "bigru"
    asked: list = dataclasses.field(default_factory=list)

    @property
    def num_answers(self):
        return len(self.class_names) + self.has_background

    def cut(self, view, segment):
        return cut(view, segment)

    def probabilities(self, sequences, fold=None, threads=1):
        self.asked.append(fold)
        logits = np.zeros((len(sequences), self.num_answers))
        for row, sequence in enumerate(sequences):
            logits[row, : len(self.class_names)] = sequence.mean(axis=(0, 1))[:2] * self.sharpness
            if self.has_background:
                logits[row, -1] = 0.5
        found = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        return found, np.full_like(found, 1 / self.num_answers)


class KnownDetector(Detector):
    """Scores a frame by whether any channel stands out; remembers which folds were asked."""

    def scores(self, dense, fold=None, threads=1):
        ASKED.append(fold)
        found = {}
        for video, sequence in dense.items():
            if sequence.found.any():
                loud = np.nan_to_num(sequence.descriptors.mean(axis=1).max(axis=1)) > 1
                score = np.where(loud, 0.85, 0.05)
                found[video] = np.stack([1 - score, score], axis=1).astype(np.float32)
        return found


ASKED = []
PLAIN = ProposalSettings(
    threshold=0.5, sweep=(0.1,), merge_gap=1, min_frames=1, shortest=0.0, longest=1000.0
)


def detector(folds=()):
    return KnownDetector(None, folds, ("",), PLAIN, 1.0)


def finder(recognisers=None, detectors=None, **settings):
    recognisers = {"one": KnownRecogniser()} if recognisers is None else recognisers
    detectors = {"one": detector()} if detectors is None else detectors
    return Finder(recognisers, detectors, FindingSettings(**settings))


def answers(times, probability):
    times = np.array(times, float).reshape(-1, 2)
    probability = np.array(probability, float)
    score = np.full(len(times), 0.5)
    return Answers(times[:, 0], times[:, 1], score, np.empty((len(times), 0)), probability)


# What overlaps.


def naive_suppress(found, most_tiou):
    """Take the most probable, drop what overlaps it, and again."""
    left = list(range(len(found)))
    kept = []
    while left:
        best = min(
            left, key=lambda r: (-found.probability[r].max(), found.start_s[r], found.end_s[r])
        )
        kept.append(best)
        left = [
            r
            for r in left
            if r != best
            and segment_tiou(
                (found.start_s[r], found.end_s[r]), (found.start_s[best], found.end_s[best])
            )
            <= most_tiou
        ]
    return sorted(kept, key=lambda r: (found.start_s[r], found.end_s[r]))


@pytest.mark.parametrize("seed", range(10))
def test_what_stays_is_what_a_loop_keeps(seed):
    rng = np.random.default_rng(seed)
    start = rng.integers(0, 30, size=40)
    times = np.stack([start, start + rng.integers(1, 10, size=40)], axis=1)
    # Few values, so that many are equal.
    found = answers(times, rng.integers(1, 5, size=(40, 2)) / 5)
    assert suppress(found, 0.3).tolist() == naive_suppress(found, 0.3)


def test_what_stays_does_not_depend_on_the_order_of_proposals():
    rng = np.random.default_rng(0)
    start = rng.integers(0, 20, size=30)
    times = np.stack([start, start + rng.integers(1, 8, size=30)], axis=1)
    found = answers(times, np.full((30, 1), 0.5))
    kept = {tuple(times[row]) for row in suppress(found, 0.3)}
    order = rng.permutation(30)
    assert {tuple(times[order][row]) for row in suppress(found.rows(order), 0.3)} == kept


def test_segments_that_overlap_by_just_as_much_both_stay():
    # 1 s of 2.
    assert suppress(answers([(0, 1), (0, 2)], [[0.9], [0.8]]), 0.5).tolist() == [0, 1]
    assert suppress(answers([(0, 1), (0, 2)], [[0.9], [0.8]]), 0.49).tolist() == [0]


def test_of_nothing_nothing_stays():
    assert suppress(answers([], np.empty((0, 2))), 0.3).tolist() == []


# What is right.

TRUTH = {
    "a": [Segment("a", 0, 4, "axel"), Segment("a", 10, 14, "lutz")],
    "b": [Segment("b", 0, 4, "axel")],
}


def matched(*found, tiou=0.5):
    """Of (video, start, end, label, probability)."""
    times = [(video, start, end) for video, start, end, _, _ in found]
    probability = np.array([p for *_, p in found])
    return match(times, [label for *_, label, _ in found], probability, TRUTH, tiou).tolist()


def test_an_action_is_found_once_by_the_most_probable():
    assert matched(
        ("a", 0, 4, "axel", 0.5), ("a", 0, 3.9, "axel", 0.9), ("b", 0, 4, "axel", 0.1)
    ) == [False, True, True]


def test_equally_probable_answers_go_by_time():
    assert matched(("a", 0.5, 4, "axel", 0.5), ("a", 0, 3, "axel", 0.5)) == [False, True]


def test_another_class_or_video_or_too_little_overlap_is_wrong():
    assert (
        matched(
            ("a", 0, 4, "lutz", 0.9),
            ("b", 10, 14, "lutz", 0.9),
            ("c", 0, 4, "axel", 0.9),
            ("b", 0, 1.9, "axel", 0.9),
        )
        == [False] * 4
    )


def test_just_enough_overlap_is_right():
    assert matched(("b", 0, 2, "axel", 0.9)) == [True]


def test_an_answer_without_a_name_is_right_at_any_class():
    assert matched(("a", 0, 4, "", 0.9), ("a", 10, 14, "", 0.8)) == [True, True]


def test_of_several_actions_that_fit_it_takes_the_one_it_overlaps_most():
    truth = {"a": [Segment("a", 0, 4, "axel"), Segment("a", 1, 5, "axel")]}
    times = [("a", 0.9, 5.0), ("a", 0.0, 4.0)]
    assert match(times, ["axel"] * 2, np.array([0.9, 0.8]), truth, 0.5).tolist() == [True, True]


def test_matching_leaves_the_truth_as_it_is():
    before = {video: list(segments) for video, segments in TRUTH.items()}
    matched(("a", 0, 4, "axel", 0.5))
    assert before == TRUTH


# From when on an answer counts.


def f1_at(threshold, probability, right, num_actions):
    accepted = [r for p, r in zip(probability, right, strict=True) if p >= threshold]
    return 2 * sum(accepted) / (len(accepted) + num_actions) if accepted else 0.0


@pytest.mark.parametrize("seed", range(20))
def test_no_threshold_has_a_better_f1(seed):
    rng = np.random.default_rng(seed)
    # Tenths, so that many are equal.
    probability = rng.integers(1, 11, size=25) / 10
    right = rng.random(25) < probability
    num_actions = int(right.sum()) + int(rng.integers(0, 5))
    found = best_threshold(probability, right, num_actions)
    best = max(f1_at(t, probability, right, num_actions) for t in np.arange(0, 1.01, 0.025))
    assert f1_at(found, probability, right, num_actions) == pytest.approx(best)


def test_the_threshold_lies_between_the_last_that_counts_and_the_next():
    probability = np.array([0.2, 0.8, 0.6])
    assert best_threshold(probability, np.array([False, True, False]), 1) == pytest.approx(0.7)
    assert best_threshold(probability, np.array([False, True, True]), 2) == pytest.approx(0.4)


def test_where_nothing_is_right_the_threshold_is_a_half():
    assert best_threshold(np.array([0.9, 0.1]), np.zeros(2, bool), 3) == 0.5
    assert best_threshold(np.empty(0), np.empty(0, bool), 3) == 0.5


# Naming and finding.

#: Axel in frames 10 to 19, lutz in 40 to 49: 1 to 2 s and 4 to 5 s.
FRAMES = [0] * 10 + [1] * 10 + [0] * 20 + [2] * 10 + [0] * 10
BOTH = [Segment("v", 1.0, 2.0, "axel"), Segment("v", 4.0, 5.0, "lutz")]


def test_actions_are_found_where_they_are_and_named():
    found, named = finder().find("v", {"one": dense(FRAMES)}, given=BOTH)
    np.testing.assert_allclose(found.start_s, [1, 4])
    np.testing.assert_allclose(found.end_s, [2, 5])
    assert found.probability.argmax(axis=1).tolist() == [0, 1]
    # What is found and what is given are the same frames here.
    np.testing.assert_array_equal(named.probability, found.class_probability)
    assert named.shown.tolist() == [True, True]


def test_probability_is_that_of_the_regression():
    acceptance = Acceptance(2.0, 0.5, -0.3)
    found, _ = dataclasses.replace(finder(), acceptance=acceptance).find(
        "v", {"one": dense(FRAMES)}
    )
    for row in range(2):
        best, other = np.argsort(-found.class_probability[row, :2])
        p, q = found.class_probability[row, [best, other]]
        odds = (0.85 / 0.15) ** 2 * (p / (1 - p)) ** 0.5 * np.exp(-0.3)
        sure = odds / (1 + odds)
        assert found.probability[row, best] == pytest.approx(sure, rel=1e-5)
        # The other class has its share of what is left, as far as the regression gives it that.
        odds = (0.85 / 0.15) ** 2 * (q / (1 - q)) ** 0.5 * np.exp(-0.3)
        expected = min(odds / (1 + odds), (1 - sure) * q / (1 - p))
        assert found.probability[row, other] == pytest.approx(expected, rel=1e-5)


def test_feature_sets_answer_by_their_mean():
    views = {"one": dense(FRAMES), "two": dense(FRAMES, seed=1)}
    recognisers = {"one": KnownRecogniser(), "two": KnownRecogniser(sharpness=3.0)}
    both = finder(recognisers, {name: detector() for name in views})
    single = [
        Finder({name: one}, {}, both.settings).name("v", views, BOTH).probability
        for name, one in recognisers.items()
    ]
    np.testing.assert_allclose(both.name("v", views, BOTH).probability, np.mean(single, axis=0))


def test_a_feature_set_without_the_athlete_has_no_say():
    views = {"one": nobody(), "two": dense(FRAMES)}
    fused = finder(
        {"one": KnownRecogniser(), "two": KnownRecogniser()}, {name: detector() for name in views}
    )
    alone = finder({"two": KnownRecogniser()}, {"two": detector()})
    for one, other in zip(
        fused.find("v", views)[0].__dict__.values(),
        alone.find("v", views)[0].__dict__.values(),
        strict=True,
    ):
        np.testing.assert_allclose(one, other)


def test_feature_sets_that_end_at_different_frames_are_found_to_the_shorter_end():
    views = {"one": dense(FRAMES[:45]), "two": dense(FRAMES)}
    fused = finder(
        {"one": KnownRecogniser(), "two": KnownRecogniser()}, {name: detector() for name in views}
    )
    found, _ = fused.find("v", views)
    np.testing.assert_allclose(found.end_s, [2.0, 4.5])


def test_a_video_without_the_athlete_has_no_answer_and_its_actions_no_name():
    found, named = finder().find("v", {"one": nobody()}, given=BOTH)
    assert len(found) == 0
    assert found.probability.shape == (0, 2)
    assert named.shown.tolist() == [False, False]
    assert (named.probability == 0).all()


def whole(recognisers=None):
    recognisers = recognisers or {"one": KnownRecogniser(has_background=False)}
    return Finder(recognisers, {}, FindingSettings(videos_are="whole"))


def test_a_whole_video_is_named_once_from_its_start_to_its_end():
    view = dense([2] * 30, absent=[4])
    found, _ = whole().find("v", {"one": view})
    assert (found.start_s.tolist(), found.end_s.tolist()) == ([0.0], [3.0])
    assert np.isnan(found.score).all()
    wanted, _ = KnownRecogniser(has_background=False).probabilities([view.descriptors[view.found]])
    np.testing.assert_array_equal(found.probability, wanted)


def test_a_whole_video_without_the_athlete_has_no_answer():
    assert len(whole().find("v", {"one": nobody()})[0]) == 0


def test_a_whole_video_is_named_by_the_feature_set_that_has_the_athlete():
    plain = KnownRecogniser(has_background=False)
    both = whole({"one": plain, "two": plain})
    found, _ = both.find("v", {"one": nobody(), "two": dense([2] * 30)})
    assert found.probability.argmax(axis=1).tolist() == [1]
    assert found.end_s.tolist() == [3.0]


def test_a_whole_video_is_named_by_all_that_any_feature_set_has_of_it():
    plain = KnownRecogniser(has_background=False)
    both = whole({"one": plain, "two": plain})
    views = {"one": dense([0] * 10), "two": dense([0] * 10 + [2] * 20)}
    assert both.find("v", views)[0].end_s.tolist() == [3.0]


# Tuning.

FOLDS = (("v0", "v3"), ("v1", "v4"), ("v2", "v5"))
VIDEOS = [f"v{number}" for number in range(6)]


def corpus(seed=0):
    """Videos with two labelled actions, and one that is not labelled: what looks like an action may be none."""
    rng = np.random.default_rng(seed)
    views, truth = {}, {}
    for number, video in enumerate(VIDEOS):
        frames = [0] * 120
        truth[video] = []
        for start in (10, 50, 90):
            label = int(rng.integers(1, 3))
            frames[start : start + 12] = [label] * 12
            if start != 90:
                truth[video].append(Segment(video, start / 10, start / 10 + 1.2, NAMES[label - 1]))
        views[video] = {"one": dense(frames, seed=number)}
    return views, truth


def untuned(folds=FOLDS, detector_folds=None, **settings):
    return finder(
        {"one": KnownRecogniser(folds)},
        {"one": detector(folds if detector_folds is None else detector_folds)},
        **settings,
    )


def judged(tuned, views, truth):
    """Every answer's probability and whether it is right, by hand: no two answers of a video meet here."""
    probability, right = [], []
    for video in views:
        found, _ = tuned.find(video, views[video])
        for row in range(len(found)):
            best = int(found.probability[row].argmax())
            times = (found.start_s[row], found.end_s[row])
            probability.append(found.probability[row, best])
            right.append(
                any(
                    action.label == NAMES[best]
                    and segment_tiou(times, (action.start_s, action.end_s)) >= 0.5
                    for action in truth[video]
                )
            )
    return np.array(probability), np.array(right)


def test_the_operating_point_is_the_best_on_what_was_held_out():
    views, truth = corpus()
    tuned = tune(untuned(), views, truth)
    probability, right = judged(tuned, views, truth)
    point = tuned.operating
    assert point.num_actions == 12
    best = max(f1_at(t, probability, right, 12) for t in probability)
    assert f1_at(point.threshold, probability, right, 12) == pytest.approx(best)
    accepted = probability >= point.threshold
    assert point.precision == pytest.approx(right[accepted].mean())
    assert point.recall == pytest.approx(right[accepted].sum() / 12)
    assert 0 <= point.calibration_error <= 1


def test_probabilities_are_right_as_often_as_they_say():
    views, truth = corpus()
    tuned = tune(untuned(), views, truth)
    probability, right = judged(tuned, views, truth)
    # Two of three segments are actions, which the answers before cannot know.
    assert right.mean() == pytest.approx(2 / 3)
    assert probability.mean() == pytest.approx(2 / 3, abs=0.1)


def test_every_video_is_asked_of_those_that_did_not_learn_from_it():
    views, truth = corpus()
    start = untuned()
    ASKED.clear()
    tune(start, views, truth)
    assert ASKED == [0, 1, 2, 0, 1, 2]
    assert start.recognisers["one"].asked == ASKED


def test_tuning_does_not_depend_on_the_order_of_videos():
    views, truth = corpus()
    there = tune(untuned(), views, truth)
    back = tune(untuned(), dict(reversed(views.items())), dict(reversed(truth.items())))
    assert (there.acceptance, there.operating) == (back.acceptance, back.operating)


def test_a_threshold_that_is_given_is_kept():
    views, truth = corpus()
    tuned = tune(untuned(min_probability=0.9), views, truth)
    assert tuned.operating.threshold == 0.9
    probability, right = judged(tuned, views, truth)
    assert tuned.operating.recall == pytest.approx(right[probability >= 0.9].sum() / 12)


def test_a_video_without_the_athlete_still_counts_as_not_found():
    views, truth = corpus()
    views["v2"] = {"one": nobody()}
    tuned = tune(untuned(), views, truth)
    assert tuned.operating.num_actions == 12
    assert tuned.operating.recall <= 10 / 12


def test_a_video_that_every_model_of_the_detector_learnt_from_tunes_nothing():
    views, truth = corpus()
    tuned = tune(untuned(detector_folds=FOLDS[:2]), views, truth)
    assert tuned.operating.num_actions == 8


def test_where_nothing_is_held_out_nothing_is_fitted(read_log):
    views, truth = corpus()
    tuned = tune(untuned(folds=((),)), views, truth)
    assert (tuned.acceptance, tuned.operating.threshold) == (Acceptance(), 0.5)
    assert np.isnan(tuned.operating.precision)
    assert "nothing was held out: probabilities are not fitted" in read_log()


@pytest.mark.parametrize(("given", "threshold"), [(None, 0.0), (0.6, 0.6)])
def test_whole_videos_are_all_named_unless_a_threshold_is_given(given, threshold):
    views, truth = corpus()
    start = dataclasses.replace(
        whole({"one": KnownRecogniser(FOLDS, has_background=False)}),
        settings=FindingSettings(min_probability=given),
    )
    assert tune(start, views, truth).operating.threshold == threshold


# On disk.


def test_a_finder_survives_a_round_trip(tmp_path):
    made = dataclasses.replace(
        finder(suppress_tiou=0.4),
        acceptance=Acceptance(0.1 + 0.2, 1 / 3, -2.5),
        operating=OperatingPoint(1 / 7, 0.5, float("nan"), 0.125, 9),
    )
    save_finder(tmp_path / "f", made, {"recogniser/one": "0" * 64})
    back = load_finder(tmp_path / "f", made.recognisers, made.detectors)
    assert (back.settings, back.acceptance) == (made.settings, made.acceptance)
    assert dataclasses.astuple(back.operating)[:2] == (1 / 7, 0.5)
    assert np.isnan(back.operating.recall)
    assert dataclasses.astuple(back.operating)[3:] == (0.125, 9)


@pytest.mark.parametrize(
    ("recognisers", "detectors"),
    [
        ({"two": KnownRecogniser()}, {"two": detector()}),
        ({"one": KnownRecogniser()}, {}),
        ({"one": KnownRecogniser(), "two": KnownRecogniser()}, {"one": detector()}),
    ],
)
def test_other_models_than_it_was_made_of_are_refused(tmp_path, recognisers, detectors):
    save_finder(tmp_path / "f", finder(), {})
    with pytest.raises(ValueError, match="is of recognisers of one, with detectors; given are"):
        load_finder(tmp_path / "f", recognisers, detectors)


def test_recognisers_of_other_classes_are_refused(tmp_path):
    save_finder(tmp_path / "f", finder(), {})
    other = {"one": KnownRecogniser(class_names=("axel", "flip"))}
    with pytest.raises(ValueError, match="rule tune_finder"):
        load_finder(tmp_path / "f", other, {"one": detector()})


def test_a_missing_finder_is_refused_with_its_rule(tmp_path):
    with pytest.raises(FileNotFoundError, match="run rule tune_finder"):
        load_finder(tmp_path / "f", {"one": KnownRecogniser()}, {})
