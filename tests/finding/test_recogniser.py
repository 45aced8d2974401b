"""Recognisers that stay: what they name, who answers for a held-out video, and what is read back."""

import dataclasses

import numpy as np
import pytest

from tests.finding.making import DIM, dense, nobody
from vpdlib.finding.recogniser import NeighbourRecogniser, NetworkRecogniser, train_recogniser
from vpdlib.finding.recogniser_folder import load_recogniser, save_recogniser
from vpdlib.finding.segments import Segment
from vpdlib.recognition.nns import flip_min_distances
from vpdlib.recognition.settings import BiGRUSettings, RecognitionSettings

SETTINGS = RecognitionSettings(
    bigru=BiGRUSettings(
        hidden=6,
        layers=1,
        fc_width=8,
        dropout=0.1,
        input_dropout=0.0,
        epochs=60,
        batch_size=84,
        learning_rate=3e-2,
    )
)
NAMES = ("axel", "lutz", "flip")
VIDEOS = [f"v{number}" for number in range(6)]
FOLDS = (("v0", "v3"), ("v1", "v4"), ("v2", "v5"))
#: Frames 0 to 9 are quiet; then ten of each class.
FRAMES = [0] * 10 + [1] * 10 + [2] * 10 + [3] * 10
DENSE = {video: dense(FRAMES, seed=number) for number, video in enumerate(VIDEOS)}


def segments_of(video, names=NAMES):
    """The actions of a video, a copy of each, and background."""
    actions = [
        Segment(video, 1.0 + at, 2.0 + at, name, f"{video}_{name}")
        for at, name in enumerate(NAMES)
        if name in names
    ]
    copies = [dataclasses.replace(a, start_s=a.start_s + 0.1, action="") for a in actions]
    return [*actions, *copies, Segment(video, 0.0, 0.9)]


SEGMENTS = [segment for video in VIDEOS for segment in segments_of(video)]


def train(head, segments=SEGMENTS, videos=DENSE, folds=FOLDS, background=True, kept=2, **settings):
    return train_recogniser(
        head,
        videos,
        segments,
        NAMES,
        folds,
        SETTINGS.model_copy(update=settings),
        seed=3,
        has_background=background,
        examples_per_class=kept,
    )


@pytest.fixture(scope="module", params=["bigru", "nns"])
def recogniser(request):
    return train(request.param)


@pytest.fixture(scope="module")
def network():
    return train("bigru")


@pytest.fixture(scope="module")
def neighbours():
    return train("nns")


def new_sequences():
    """One of each class, and background, of a video that nobody has seen."""
    video = dense(FRAMES, seed=99)
    return [video.descriptors[at : at + 10] for at in (10, 20, 30, 0)]


def test_segments_are_named_rightly_and_background_is_the_last_class(recogniser):
    assert recogniser.num_answers == 4
    calibrated, raw = recogniser.probabilities(new_sequences())
    for probabilities in (calibrated, raw):
        assert probabilities.argmax(axis=1).tolist() == [0, 1, 2, 3]
        np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-6)
        assert (probabilities >= 0).all()


def test_what_was_measured_is_of_actions_and_background_without_copies(recogniser):
    assert recogniser.calibration.num_segments == 6 * 4
    assert recogniser.calibration.accuracy == 1.0
    assert recogniser.temperature < 1


def test_without_background_its_segments_teach_nothing():
    recogniser = train("nns", background=False)
    assert recogniser.num_answers == 3
    assert recogniser.calibration.num_segments == 6 * 3
    calibrated, _ = recogniser.probabilities(new_sequences())
    assert calibrated.shape == (4, 3)


def test_of_no_sequence_nothing_is_said(recogniser):
    for found in recogniser.probabilities([]):
        assert found.shape == (0, 4)


def test_other_descriptors_are_refused(recogniser):
    with pytest.raises(ValueError, match="have 5 channels, the recogniser was trained on 4"):
        recogniser.probabilities([np.zeros((3, 2, 5), np.float32)])


def test_a_held_out_video_is_named_by_the_network_that_never_saw_it(network):
    changed = dict(DENSE)
    for video in FOLDS[1]:
        # Were it learnt from, this would change everything.
        changed[video] = dense([3] * 20 + [1] * 20, seed=50)
    other = train("bigru", videos=changed)
    for fold in range(3):
        before, after = (one.raw(new_sequences(), fold, 1) for one in (network, other))
        assert before.shape == (1, 4, 4)
        assert np.array_equal(before, after) == (fold == 1)


def test_a_new_video_is_named_by_the_mean_of_all_networks(network):
    members = np.concatenate([network.raw(new_sequences(), fold, 1) for fold in range(3)])
    assert np.abs(members[0] - members[1]).max() > 1e-6
    _, raw = network.probabilities(new_sequences())
    np.testing.assert_allclose(raw, members.mean(axis=0), atol=1e-12)


def test_neighbours_of_a_held_out_video_are_of_other_folds(neighbours):
    # A sequence that is there with another label in its own fold: a planted answer that must not be seen.
    planted = new_sequences()[0]
    videos = {**DENSE, "v0": dense([0] * 40, seed=7)}
    videos["v0"].descriptors[20:30] = planted
    recogniser = train("nns", videos=videos)
    by_fold = [
        recogniser.probabilities([planted], fold)[1].argmax(axis=1)[0] for fold in (0, 1, None)
    ]
    assert by_fold == [0, 1, 1]


def test_neighbours_say_what_a_loop_over_examples_says(neighbours):
    for fold in (None, 0, 1, 2):
        raw = neighbours.raw(new_sequences(), fold, 1)[0]
        for row, sequence in zip(raw, new_sequences(), strict=True):
            nearest = np.full(4, np.inf)
            examples = neighbours.examples
            for example, label, video in zip(
                examples.sequences, examples.labels, examples.videos, strict=True
            ):
                if fold is None or video not in FOLDS[fold]:
                    distance = flip_min_distances([sequence], [example])[0, 0]
                    nearest[label] = min(nearest[label], distance)
            weights = np.exp(-nearest / neighbours.scale)
            np.testing.assert_allclose(row, weights / weights.sum(), rtol=1e-9)


def test_a_class_with_one_example_is_named_where_it_is_known(recogniser):
    segments = [s for s in SEGMENTS if s.label != "flip" or s.action == "v0_flip"]
    rare = train(recogniser.head, segments)
    assert np.isfinite(rare.temperature)
    calibrated, _ = rare.probabilities(new_sequences())
    assert calibrated.argmax(axis=1)[[0, 1]].tolist() == [0, 1]
    if recogniser.head == "nns":
        assert calibrated.argmax(axis=1).tolist() == [0, 1, 2, 3]


def test_a_class_without_an_example_is_never_named(recogniser):
    segments = [s for video in VIDEOS for s in segments_of(video, ("axel", "flip"))]
    found = train(recogniser.head, segments)
    calibrated, raw = found.probabilities(new_sequences())
    assert np.isfinite(calibrated).all()
    assert (raw.argmax(axis=1) != 1).all()


def test_segments_without_the_athlete_teach_nothing(recogniser):
    videos = DENSE | {"v5": nobody(), "v2": dense(FRAMES, seed=2, absent=range(10, 20))}
    found = train(recogniser.head, videos=videos)
    # All but the four of v5, and the axel of v2.
    assert found.calibration.num_segments == 24 - 4 - 1
    assert "v5" not in found.examples.videos
    assert "v2_axel" not in found.examples.actions


def test_where_no_action_has_the_athlete_it_is_said_so(recogniser):
    videos = {video: dense(FRAMES, absent=range(10, 40)) for video in VIDEOS}
    with pytest.raises(ValueError, match=r"none of 42 training segments shows the athlete"):
        train(recogniser.head, videos=videos)


def test_where_one_fold_has_all_that_can_be_learnt_it_is_said_so(recogniser):
    videos = {video: DENSE[video] if video in FOLDS[1] else nobody() for video in VIDEOS}
    with pytest.raises(ValueError, match="fold 1 leaves no segment to learn from"):
        train(recogniser.head, videos=videos)


def test_an_unknown_head_is_refused():
    with pytest.raises(ValueError, match="nearest"):
        train("nearest")


def test_where_nothing_is_held_out_nothing_is_calibrated(recogniser):
    one = train(recogniser.head, segments_of("v0"), folds=((),))
    assert one.temperature == 1.0
    assert one.calibration.num_segments == 0
    assert np.isnan(one.calibration.accuracy)
    calibrated, raw = one.probabilities(new_sequences())
    np.testing.assert_allclose(calibrated, raw, atol=1e-5)


def test_the_nearest_action_is_the_nearest_of_another_video(neighbours):
    sequence = DENSE["v1"].descriptors[20:30]
    (nearest,) = neighbours.nearest([sequence], "v1")
    distances = {
        f"{video}_{name}": flip_min_distances([sequence], [DENSE[video].descriptors[at : at + 10]])[
            0, 0
        ]
        for video in VIDEOS
        if video != "v1"
        for at, name in zip((10, 20, 30), NAMES, strict=True)
    }
    assert nearest == min(distances, key=distances.get)
    assert neighbours.nearest([sequence], "elsewhere") == ["v1_lutz"]


def test_copies_and_background_are_never_shown(recogniser):
    quiet = DENSE["v0"].descriptors[0:9]
    copy = DENSE["v0"].descriptors[11:20]
    for shown in recogniser.nearest([quiet, copy], "elsewhere"):
        assert shown in {segment.action for segment in SEGMENTS if segment.action}


def test_where_all_examples_are_of_the_video_none_is_shown():
    one = train("nns", segments_of("v0"), folds=((),))
    assert one.nearest(new_sequences(), "v0") == [""] * 4
    assert one.nearest([], "elsewhere") == []


def test_networks_keep_so_many_actions_of_a_class(network):
    assert np.bincount(network.examples.labels).tolist() == [2, 2, 2]
    assert all(network.examples.actions)
    assert len(set(network.examples.actions)) == 6


def test_neighbours_keep_all(neighbours):
    assert len(neighbours.examples.actions) == len(SEGMENTS)


def test_the_same_seed_gives_the_same_bits(recogniser):
    again = train(recogniser.head)
    assert again.temperature == recogniser.temperature
    np.testing.assert_array_equal(
        again.probabilities(new_sequences())[0], recogniser.probabilities(new_sequences())[0]
    )


def test_sequences_are_thinned_as_in_training():
    thinned = train("nns", target_fps=5.0)
    assert {len(sequence) for sequence in thinned.examples.sequences} == {5}
    assert len(thinned.cut(DENSE["v0"], Segment("v0", 1.0, 2.0))) == 5


def test_what_is_read_back_says_the_same_to_the_bit(tmp_path, recogniser):
    save_recogniser(tmp_path / "r", recogniser, "vpd2d")
    back = load_recogniser(tmp_path / "r")
    assert isinstance(back, NeighbourRecogniser if recogniser.head == "nns" else NetworkRecogniser)
    for fold in (None, 0, 1, 2):
        for there, here in zip(
            recogniser.probabilities(new_sequences(), fold),
            back.probabilities(new_sequences(), fold),
            strict=True,
        ):
            np.testing.assert_array_equal(there, here)
    assert back.calibration == recogniser.calibration
    assert back.nearest(new_sequences(), "v1") == recogniser.nearest(new_sequences(), "v1")
    for name in ("head", "class_names", "has_background", "settings", "folds", "temperature"):
        assert getattr(back, name) == getattr(recogniser, name)


def test_one_that_was_not_calibrated_is_read_back_too(tmp_path):
    one = train("nns", segments_of("v0"), folds=((),))
    save_recogniser(tmp_path / "r", one, "vpd2d")
    back = load_recogniser(tmp_path / "r")
    assert back.folds == ((),)
    assert np.isnan(back.calibration.error_after)


@pytest.mark.parametrize("name", ["member_2.safetensors", "examples.safetensors", "settings.json"])
def test_a_damaged_file_is_refused_by_name(tmp_path, network, name):
    save_recogniser(tmp_path / "r", network, "vpd2d")
    path = tmp_path / "r" / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(ValueError, match=rf"{name}.*damaged"):
        load_recogniser(tmp_path / "r")


@pytest.mark.parametrize("name", ["member_0.safetensors", "examples.safetensors", "settings.json"])
def test_a_missing_file_is_refused_with_its_rule(tmp_path, network, name):
    save_recogniser(tmp_path / "r", network, "vpd2d")
    (tmp_path / "r" / name).unlink()
    with pytest.raises(FileNotFoundError, match="run rule train_recogniser"):
        load_recogniser(tmp_path / "r")


def test_descriptors_have_as_many_channels_as_the_toy_says(recogniser):
    assert recogniser.num_channels == DIM
