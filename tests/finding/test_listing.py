"""The rows of found.csv and their sums."""

import numpy as np
import pandas as pd
import pytest

from tests.finding.making import action, row
from vpdlib.finding.answers import Answers
from vpdlib.finding.found_videos import FoundVideo, FoundVideos, Given
from vpdlib.finding.listing import by_class, by_video, found_rows, why_nothing

NAMES = ("axel", "lutz", "flip")
NONE = Given(np.empty(0, np.int64), np.empty((0, 3)), np.empty((0, 3)))


def found_video(times, probability, score=0.5, nearest=None):
    times = np.array(times, float).reshape(-1, 2)
    probability = np.array(probability, float)
    answers = Answers(
        times[:, 0],
        times[:, 1],
        np.full(len(times), score),
        np.empty((len(times), 0)),
        probability,
    )
    return FoundVideo(answers, tuple(nearest or [""] * len(times)), NONE)


FOUND = FoundVideos(
    NAMES,
    {
        "b": found_video(
            [(0.12345, 1.98765), (3, 4), (5, 6)],
            [[0.1, 0.7, 0.15], [0.39, 0.2, 0.1], [0.2, 0.2, 0.4]],
            score=0.987654,
            nearest=["x_1", "x_2", ""],
        ),
        "a": found_video([(0, 2)], [[0.9, 0.05, 0.05]], score=float("nan")),
        "nobody": found_video([], np.empty((0, 3))),
    },
)
VIDEOS = [row("b"), row("nobody", duration=7.26), row("a", athlete="far")]
ACTIONS = [
    action("b", 1.0, 2.2, "lutz"),
    action("b", 0.0, 0.2, "axel"),
    action("b", 5.5, 9.0, "axel"),
    action("a", 2.0, 3.0, "flip"),
]


def test_rows_are_by_video_and_have_the_answers_from_the_threshold_on():
    rows = found_rows(FOUND, 0.4, VIDEOS, ACTIONS)
    assert [(r.video, r.start) for r in rows] == [("a", 0.0), ("b", 0.123), ("b", 5.0)]
    assert all(r.probability >= 0.4 for r in rows)


@pytest.mark.parametrize(("threshold", "num"), [(0.0, 4), (0.39, 4), (0.7, 2), (1.0, 0)])
def test_the_threshold_is_the_least_that_counts(threshold, num):
    assert len(found_rows(FOUND, threshold, VIDEOS)) == num


def test_where_nothing_is_found_it_is_said_by_how_much_and_what_to_do():
    told = why_nothing(FOUND, 0.95)
    assert told.startswith("no action is found in 3 videos: an action of found.csv has")
    for text in ("0.950 or more", "answer has 0.900", "to_label.csv", "finding.min_probability"):
        assert text in told
    nobody = FoundVideos(NAMES, {"nobody": found_video([], np.empty((0, 3)))})
    assert "found in 1 video: nothing was proposed" in why_nothing(nobody, 0.5)


def test_a_row_has_the_two_best_classes():
    one = found_rows(FOUND, 0.4, VIDEOS)[1]
    assert (one.label, one.probability) == ("lutz", 0.7)
    assert (one.second_label, one.second_probability) == ("flip", 0.15)


def test_of_equally_probable_classes_the_first_counts():
    found = FoundVideos(NAMES, {"b": found_video([(0, 1)], [[0.2, 0.4, 0.4]])})
    (one,) = found_rows(found, 0.0, [row("b")])
    assert (one.label, one.second_label) == ("lutz", "flip")


def test_a_single_class_has_no_second():
    found = FoundVideos(("axel",), {"b": found_video([(0, 1)], [[0.4]])})
    (one,) = found_rows(found, 0.0, [row("b")])
    assert (one.second_label, one.second_probability) == ("", 0.0)


def test_a_row_tells_what_it_overlaps_and_what_it_is_like():
    whole, first, last = found_rows(FOUND, 0.4, VIDEOS, ACTIONS)
    # It only touches an action.
    assert (whole.labelled, whole.nearest_action) == ("", "")
    assert (first.labelled, first.nearest_action) == ("lutz", "x_1")
    assert last.labelled == "axel"


def test_numbers_are_rounded_and_a_video_named_as_a_whole_has_no_score():
    whole, first, _ = found_rows(FOUND, 0.4, VIDEOS)
    assert (first.start, first.end, first.detection_score) == (0.123, 1.988, "0.9877")
    assert (whole.detection_score, whole.athlete) == ("", "far")


def test_videos_that_are_not_to_be_listed_are_not():
    assert {r.video for r in found_rows(FOUND, 0.0, VIDEOS[:1])} == {"b"}


def test_sums_by_class():
    rows = found_rows(FOUND, 0.0, VIDEOS, ACTIONS)
    table = by_class(rows, NAMES).set_index("label")
    assert table["found"].tolist() == ["2", "1", "1"]
    assert table["videos"].tolist() == ["2", "1", "1"]
    assert table.loc["axel", "sure"] == pytest.approx(100 * (0.9 + 0.39) / 2)
    # The flip of video b lies on an axel.
    assert table["otherwise"].tolist() == ["0", "0", "1"]


def test_a_class_that_was_not_found_has_a_row_too():
    table = by_class([], NAMES)
    assert table["found"].tolist() == ["0"] * 3
    assert table["sure"].isna().all()


def test_sums_by_video_have_every_video():
    rows = found_rows(FOUND, 0.4, VIDEOS)
    table = by_video(rows, VIDEOS, {"a": True, "b": True, "nobody": False})
    wanted = pd.DataFrame(
        {
            "video": ["a", "b", "nobody"],
            "seconds": ["10.0", "10.0", "7.3"],
            "found": ["1", "2", "0"],
            "classes": ["axel 1", "lutz 1, flip 1", "no athlete, or nothing like an action"],
        }
    )
    pd.testing.assert_frame_equal(table, wanted)


def test_of_no_video_there_are_no_sums():
    assert list(by_video([], [], {})) == ["video", "seconds", "found", "classes"]
