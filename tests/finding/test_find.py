"""What a finder says of every video, as an artifact and back."""

import dataclasses

import numpy as np
import pytest

from tests.finding.making import FPS, dense, row
from tests.finding.test_finder import BOTH, FRAMES, NAMES, KnownDetector, KnownRecogniser, detector
from vpdlib.artifacts import ArtifactWriter, Provenance
from vpdlib.finding.find import read_views, write_found_videos, write_frame_classes
from vpdlib.finding.finder import Finder
from vpdlib.finding.found_videos import read_found_videos
from vpdlib.finding.recogniser import Examples
from vpdlib.finding.settings import FindingSettings

ORIGIN = Provenance("find_actions", "c", "d", "i")
EXAMPLES = Examples((), np.empty(0, int), np.empty(0, int), ("x", "x", "y"), ("x_2", "", "x_1"))


@dataclasses.dataclass
class ShowingRecogniser(KnownRecogniser):
    """Shows one example or none, by the class."""

    examples: Examples = EXAMPLES

    def nearest(self, sequences, video, threads=1):
        assert video == "v" or not sequences
        named = self.probabilities(sequences)[0].argmax(axis=1) if sequences else []
        return ["x_1" if label == 0 else "" for label in named]


@pytest.fixture
def features(tmp_path):
    """Features of a video with two actions, and of one in which the athlete is never seen."""
    path = tmp_path / "features.h5"
    with ArtifactWriter(path, "features", Provenance("embed_frames", "c", "d", "i")) as artifact:
        for video, frames in (("v", np.arange(60)), ("nobody", np.arange(0))):
            descriptor = dense(FRAMES).descriptors[frames]
            columns = {"frame": frames, "time_s": frames / FPS, "descriptor": descriptor}
            artifact.add_video(video, columns)
    return [path]


VIDEOS = [row("v", duration=6.0), row("nobody", duration=7.0)]


def written(tmp_path, finder, features, labels=None):
    path = tmp_path / "found.h5"
    write_found_videos(path, ORIGIN, finder, VIDEOS, {"one": features}, labels or {})
    return read_found_videos([path])


def test_what_is_found_survives_a_round_trip(tmp_path, features):
    finder = Finder({"one": ShowingRecogniser()}, {"one": detector()}, FindingSettings())
    back = written(tmp_path, finder, features, {"v": BOTH})
    view = read_views({"one": features}, {"v": VIDEOS[0]})["v"]
    found, named = finder.find("v", view, given=BOTH)
    assert back.class_names == NAMES
    video = back.videos["v"]
    for name in ("start_s", "end_s", "score", "probability"):
        np.testing.assert_array_equal(getattr(video.answers, name), getattr(found, name))
    assert video.nearest == ("x_1", "")
    assert video.given.label.tolist() == [0, 1]
    np.testing.assert_array_equal(video.given.probability, named.probability[:, :2])
    np.testing.assert_array_equal(video.given.raw, named.raw[:, :2])


def test_a_video_without_the_athlete_is_there_and_empty(tmp_path, features):
    finder = Finder({"one": ShowingRecogniser()}, {"one": detector()}, FindingSettings())
    back = written(tmp_path, finder, features, {"nobody": BOTH})
    assert set(back.videos) == {"v", "nobody"}
    empty = back.videos["nobody"]
    assert (len(empty.answers), empty.nearest, len(empty.given.label)) == (0, (), 0)
    assert empty.answers.probability.shape == (0, 2)


def test_a_whole_video_lasts_as_long_as_its_file(tmp_path, features):
    finder = Finder({"one": ShowingRecogniser(has_background=False)}, {}, FindingSettings())
    back = written(tmp_path, finder, features)
    assert back.videos["v"].answers.end_s.tolist() == [6.0]
    assert np.isnan(back.videos["v"].answers.score).all()


class ClassDetector(KnownDetector):
    """Scores of two classes, and a class that claims the first action less surely, for a longer time."""

    def scores(self, dense, fold=None, threads=1):
        scores = np.zeros((60, 3), np.float32)
        scores[10:20, 1] = 0.9
        scores[10:21, 2] = 0.6
        scores[40:50, 2] = 0.8
        scores[:, 0] = 1 - scores[:, 1:].max(axis=1)
        return {video: scores for video, sequence in dense.items() if sequence.found.any()}


def test_frame_classes_give_a_segment_its_class_and_score(tmp_path, features):
    by_class = ClassDetector(None, (), NAMES, detector().proposals, 1.0)
    write_frame_classes(tmp_path / "f.h5", ORIGIN, by_class, VIDEOS, features, 0.3)
    back = read_found_videos([tmp_path / "f.h5"])
    answers = back.videos["v"].answers
    np.testing.assert_allclose(answers.start_s, [1, 4])
    np.testing.assert_allclose(answers.end_s, [2, 5])
    np.testing.assert_allclose(answers.probability, [[0.9, 0], [0, 0.8]], atol=1e-6)
    assert len(back.videos["nobody"].answers) == 0


def test_without_a_detector_of_frame_classes_nothing_is_found(tmp_path, features):
    write_frame_classes(tmp_path / "f.h5", ORIGIN, None, VIDEOS, features, 0.3)
    back = read_found_videos([tmp_path / "f.h5"])
    assert {len(video.answers) for video in back.videos.values()} == {0}
