"""Labels as a whole: names that are nearly the same are refused, classes that cannot be learnt are told of."""

from dataclasses import replace
from functools import partial

import pytest

from vpdlib.datasets.base import Action, DatasetError
from vpdlib.datasets.label_problems import (
    check_names,
    class_problems,
    near_class_problems,
    segment_problems,
)
from vpdlib.datasets.prepare import prepare
from vpdlib.datasets.split import split_by_group
from vpdlib.datasets.tables import VideoRow


def action(row, label="axel", split=None, group="", video=None):
    video = video or f"heat_{row:02d}"
    return Action(f"{video}_001", video, 1.0, 2.5, label, split, group, f"l.csv:{row}")


def prepared(actions, classes=None):
    videos = [
        VideoRow(a.video_id, f"{a.video_id}.mp4", 0, 25.0, 64, 48, 250, 10.0, "", "")
        for a in actions
    ]
    return prepare(
        videos,
        lambda durations_s: actions,
        classes,
        partial(split_by_group, test_fraction=0.3, val_fraction=0.0, seed=0),
    )


@pytest.mark.parametrize("other", ["Axel", "axel\u200b", "\u0430xel"])
def test_classes_that_are_hardly_told_apart_are_refused_naming_both_rows(other):
    actions = [
        action(2, split="train"),
        action(3, other, "test"),
        action(4, "lutz", "train"),
        action(5, "lutz", "test"),
    ]
    with pytest.raises(DatasetError) as caught:
        prepared(actions)
    message = str(caught.value)
    for text in (f"l.csv:3: class {other!r} differs from 'axel' (l.csv:2)", "Write both the same"):
        assert text in message


def test_classes_that_are_listed_may_differ_by_case_and_not_invisibly():
    actions = [action(2, "r"), action(3, "R")]
    check_names(actions, ("r", "R"))
    with pytest.raises(DatasetError, match="if two classes are meant, list both under `classes`"):
        check_names(actions, None)
    with pytest.raises(DatasetError, match="`classes`: class 'r\\\\u200b' differs from 'r'"):
        check_names(actions[:1], ("r", "r\u200b"))
    check_names([action(2, "Ö"), action(3, "ö")], ("Ö", "ö"))
    # To list them would not do.
    with pytest.raises(DatasetError, match=r"Write both the same, or rename one\.$"):
        check_names([action(2, "II"), action(3, "\u2161")], None)


def test_times_of_problems_are_to_the_millisecond():
    late = replace(action(2, split="test"), start_s=3723.456, end_s=3725.012)
    (problem,) = class_problems([late], ["axel"])
    assert (problem.start, problem.end) == ("3723.456", "3725.012")


def test_a_label_that_is_nearly_a_listed_class_names_it():
    for label, text in (
        (
            "Axel",
            "unknown class 'Axel', which differs from 'axel' by case alone; known: axel, lutz",
        ),
        ("axel\u00a0", "by white space alone ('axel\\xa0' holds U+00A0 NO-BREAK SPACE)"),
        ("axle", "unknown class 'axle', nearest 'axel'"),
    ):
        with pytest.raises(DatasetError) as caught:
            prepared([action(2, label)], ("axel", "lutz"))
        assert "l.csv:2: " in str(caught.value)
        assert text in str(caught.value)


def test_groups_that_are_hardly_told_apart_are_refused():
    """They would be on both sides of the split."""
    for other in ("Mia", "mia\u200b", "mi\u0430"):
        with pytest.raises(DatasetError, match=r"l.csv:4: group .* differs from 'mia' \(l.csv:2\)"):
            check_names([action(2, group="mia"), action(3), action(4, group=other)], None)
    check_names([action(2, group="heat 1 12"), action(3, group="heat 11 2"), action(4)], None)


def test_a_class_name_with_a_line_break_is_refused():
    with pytest.raises(DatasetError, match=r"l.csv:2: class 'a\\nb' holds U\+000A"):
        check_names([action(2, "a\nb")], None)


def test_a_class_without_training_actions_is_told_of_by_row(read_log):
    actions = [
        *(action(row, "axel", "train") for row in (2, 13)),
        action(3, "lutz", "test"),
        action(10, "flip", "test"),
        action(9, "flip", "val"),
        *(action(row, "loop", "train") for row in (11, 12)),
    ]
    made = prepared(actions, ("axel", "lutz", "flip", "loop", "rest"))
    assert [(p.video, p.start, p.end, p.stage) for p in made.problems] == [
        ("heat_03", "1", "2.5", "prepare_dataset"),
        ("heat_09", "1", "2.5", "prepare_dataset"),
        ("", "", "", "prepare_dataset"),
    ]
    for problem, texts in zip(
        made.problems,
        [
            ("l.csv:3: class 'lutz' is in split test alone (1 action,", "cannot be learnt"),
            ("l.csv:9: class 'flip' is in split val and test alone (2 actions,", "this the first"),
            ("class 'rest' of `classes` has no action",),
        ],
        strict=True,
    ):
        assert all(text in problem.problem for text in texts)
    told = read_log()
    assert told.count("warning: ") == 3
    assert all(problem.problem in told for problem in made.problems)


def test_without_a_test_split_all_is_learnt_from_and_that_is_told(read_log):
    tables = prepared(
        [action(row, label, "train") for row, label in enumerate(["axel", "lutz"] * 2)]
    )
    assert {row.split for row in tables.actions} == {"train"}
    (problem,) = tables.problems
    assert "no action is in split test" in problem.problem
    assert "found.csv" in problem.remedy
    assert problem.problem in read_log()


def test_classes_that_are_learnt_are_no_problem():
    actions = [action(row, label) for row, label in enumerate(["axel", "lutz"] * 5, start=2)]
    assert prepared(actions).problems == []
    assert class_problems([action(2, "axel", "train"), action(3, "axel", "train")], ["axel"]) == []


def test_a_class_with_one_training_action_is_told_of_by_row():
    actions = [action(row, split="train") for row in (2, 3)]
    actions += [action(4, "lutz", "train"), action(5, "lutz", "test")]
    (problem,) = class_problems(actions, ["axel", "lutz"])
    assert (problem.video, problem.start, problem.end) == ("heat_04", "1", "2.5")
    assert "l.csv:4: class 'lutz' has this one training action" in problem.problem
    assert problem.remedy == "Label more of it, in other videos or of other athletes."


def test_a_class_that_one_video_or_athlete_has_is_told_of_by_row():
    in_one = [
        replace(action(row, "lutz", "train", video="heat"), action_id=str(row)) for row in (5, 4)
    ]
    others = [action(row, split="train") for row in (2, 3)]
    (problem,) = class_problems([*others, *in_one], ["axel", "lutz"])
    assert problem.video == "heat"
    assert problem.problem.startswith(
        "l.csv:4: all 2 training actions of class 'lutz' are of 'heat'"
    )
    of_mia = [action(row, "lutz", "train", "mia") for row in (4, 5)]
    (problem,) = class_problems([*others, *of_mia], ["axel", "lutz"])
    assert "are of 'mia'" in problem.problem
    # Where all are of one athlete, videos are held out in place of groups.
    assert class_problems(of_mia, ["lutz"]) == []
    all_of_mia = [replace(one, group="mia") for one in (*others, *in_one)]
    (problem,) = class_problems(all_of_mia, ["axel", "lutz"])
    assert "are of 'heat'" in problem.problem
    assert class_problems(in_one, ["lutz"]) == []
    (problem,) = class_problems([*others, *in_one, action(6, "lutz", "test")], ["axel", "lutz"])
    assert class_problems([*others, *in_one, action(6, "lutz", "train")], ["axel", "lutz"]) == []


def segment(row, start_s, end_s, label="axel", split="train", video="heat"):
    return replace(
        action(row, label, split, video=video),
        action_id=f"{video}_{row}",
        start_s=start_s,
        end_s=end_s,
    )


REST = [segment(8, 0, 1, "axel", "train", "a"), segment(9, 0, 1, "axel", "test", "b")]


@pytest.mark.parametrize("times", [(0.0, 1.3), (0.4, 2.0), (0.2, 0.5), (0.0, 9.0)])
def test_what_is_tested_and_trained_on_in_one_segment_is_refused(times):
    actions = [segment(2, 0, 1.33), segment(3, *times, split="test"), *REST]
    with pytest.raises(DatasetError, match=r"are .axel. in split \w+ here"):
        prepared(actions)


def test_segments_that_two_splits_or_classes_share_are_told_of(read_log):
    touching = [segment(2, 0, 1.33), segment(3, 1.0, 2.0, split="test")]
    (row,) = segment_problems(touching)
    assert (row.video, row.start, row.end) == ("heat", "1", "1.33")
    assert (
        "l.csv:3: axel (test) is labelled where axel (train) of l.csv:2 is: they share 0.33 s"
        in row.problem
    )
    twice = [segment(2, 0, 1.33), segment(3, 0, 1.33, "lutz"), segment(4, 0, 9, "flip")]
    (row,) = segment_problems(twice)
    assert row.problem.endswith("they share 1.33 s; so are 2 more pairs of this video")
    assert segment_problems([segment(2, 0, 1), segment(3, 1, 2, "lutz"), segment(4, 1.9, 3)]) == []
    prepared(
        [
            *twice,
            *REST,
            segment(7, 0, 1, "lutz", "test", "c"),
            segment(6, 0, 1, "flip", "test", "d"),
        ]
    )
    assert "they share 1.33 s" in read_log()


def test_a_rare_class_that_is_called_nearly_as_a_common_one_is_told_of():
    common = [action(row, "Golf", "train") for row in range(2, 8)]
    (row,) = near_class_problems([*common, action(9, "Gollf", "train")])
    assert (
        "l.csv:9: class 'Gollf' has 1 action and is called nearly as 'Golf', which has 6"
        in row.problem
    )
    assert near_class_problems([*common, *(action(row, "Gollf") for row in (9, 10, 11))]) == []
    turns = [action(row, "1.5 turns") for row in range(2, 8)]
    assert near_class_problems([*turns, action(9, "2.5 turns"), action(10, "roll")]) == []
