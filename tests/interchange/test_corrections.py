"""Files of labels that correct earlier ones: what they replace, take away and add."""

from pathlib import Path

import pytest

from tests.interchange.reading import read
from vpdlib.datasets.base import DatasetError, VideoSource

SOURCES = [VideoSource(name, Path(f"videos/{name}.mp4")) for name in ("heat_01", "heat_02")]
DURATIONS = {"heat_01": 60.0, "heat_02": 30.0}
LABELS = "video,start,end,label\nheat_01,1.0,2.0,axel\nheat_01,10.0,12.0,lutz\nheat_02,3,4,toe\n"


@pytest.fixture
def corrected(tmp_path):
    """The actions of a table of labels and of tables that correct it, as (video, start, end, label), and problems."""

    def of(*corrections, labels=LABELS):
        paths = []
        for number, text in enumerate((labels, *corrections)):
            paths.append(tmp_path / f"{number}.csv")
            paths[-1].write_text(text)
        problems = []
        actions = read(paths, SOURCES, DURATIONS, problems=problems)
        return actions, [problem.problem for problem in problems]

    return of


def shown(actions):
    return [(one.video_id, one.start_s, one.end_s, one.label) for one in actions]


def test_a_row_takes_the_place_of_an_earlier_label_however_far_away(corrected):
    actions, problems = corrected(
        "video,start,end,label,replaces\nheat_01,30.0,31.5,flip,1.000-2.000\n"
    )
    assert shown(actions) == [
        ("heat_01", 10, 12, "lutz"),
        ("heat_02", 3, 4, "toe"),
        ("heat_01", 30, 31.5, "flip"),
    ]
    assert problems == []


def test_a_row_without_a_label_takes_an_earlier_one_away(corrected):
    actions, problems = corrected("video,start,end,label,replaces\nheat_01,,,,10 - 12\n")
    assert shown(actions) == [("heat_01", 1, 2, "axel"), ("heat_02", 3, 4, "toe")]
    assert problems == []
    # What it stood for is free for a new action, even of the same time.
    actions, _ = corrected(
        "video,start,end,label,replaces\nheat_01,,,,10-12\n",
        "video,start,end,label,replaces\nheat_01,10,12,loop,\n",
    )
    assert ("heat_01", 10, 12, "loop") in shown(actions)


def test_one_label_may_become_two(corrected):
    actions, problems = corrected(
        "video,start,end,label,replaces\nheat_01,10,10.5,lutz,10-12\nheat_01,11,12,loop,10-12\n"
    )
    assert [one[1:] for one in shown(actions) if one[0] == "heat_01"] == [
        (1, 2, "axel"),
        (10, 10.5, "lutz"),
        (11, 12, "loop"),
    ]
    assert problems == []


def test_a_label_is_meant_whose_time_is_nearly_that(corrected):
    actions, problems = corrected("video,start,end,label,replaces\nheat_01,,,,10.2-12.3\n")
    assert len(actions) == 2
    assert problems == []
    # Of two that overlap it, the one that has the time exactly; of two that both have it, both.
    two = LABELS + "heat_01,10.0,13.0,loop\n"
    actions, _ = corrected("video,start,end,label,replaces\nheat_01,,,,10-13\n", labels=two)
    assert "lutz" in [one.label for one in actions]
    assert "loop" not in [one.label for one in actions]
    same = LABELS + "heat_01,10.0,12.0,loop\n"
    actions, _ = corrected("video,start,end,label,replaces\nheat_01,,,,10-12\n", labels=same)
    assert [one.label for one in actions] == ["axel", "toe"]


def test_what_is_not_there_is_said_and_nothing_else_is_lost(corrected, caplog):
    actions, problems = corrected(
        "video,start,end,label,replaces\nheat_01,,,,40-41\nheat_02,20,21,flip,8-9\n"
    )
    assert [one.label for one in actions] == ["axel", "lutz", "toe", "flip"]
    assert "1.csv:2: replaces 40.000-41.000 s of heat_01, where no earlier file" in problems[0]
    assert problems[1].endswith("the row counts all the same")
    assert "40.000-41.000" in caplog.text
    # In the first file there is nothing earlier.
    _, problems = corrected(labels="video,label,replaces\nheat_01,axel,\nheat_02,,1-2\n")
    assert len(problems) == 1


@pytest.mark.parametrize("replaces", ["1.0", "2-1", "1-1", "a-b", "-1-2", "1:00-1:02"])
def test_what_is_no_span_is_refused(corrected, replaces):
    with pytest.raises(DatasetError, match=r"1\.csv:2: replaces is .* such as 12\.400-13\.920"):
        corrected(f"video,start,end,label,replaces\nheat_01,1,2,axel,{replaces}\n")


def test_an_empty_label_without_what_it_replaces_is_refused(corrected):
    with pytest.raises(DatasetError, match=r"1\.csv:2: label is empty"):
        corrected("video,start,end,label,replaces\nheat_01,1,2,,\n")


def test_split_and_group_are_those_of_what_is_corrected(corrected):
    labels = (
        "video,start,end,label,split,group\nheat_01,1,2,axel,test,anna\n"
        "heat_01,10,12,lutz,test,mia\n"
    )
    actions, _ = corrected(
        "video,start,end,label,replaces\nheat_01,30,31,lutz,10-12\nheat_01,40,41,flip,\nheat_02,5,6,flip,\n",
        labels=labels,
    )
    assert [(one.label, one.split, one.group) for one in actions] == [
        ("axel", "test", "anna"),
        ("lutz", "test", "mia"),
        ("flip", "test", "anna"),
        ("flip", "train", ""),
    ]
    # A file without the column corrects nothing, and is refused later for its missing splits.
    actions, _ = corrected("video,start,end,label\nheat_02,5,6,flip\n", labels=labels)
    assert actions[-1].split is None
    # Without splits nothing gets one.
    actions, _ = corrected("video,start,end,label,replaces\nheat_02,5,6,flip,\n")
    assert {one.split for one in actions} == {None}


def test_a_third_file_corrects_what_the_second_made_of_the_first(corrected):
    second = "video,start,end,label,replaces\nheat_01,30,31,flip,1-2\n"
    actions, problems = corrected(
        second, "video,start,end,label,replaces\nheat_01,30.2,31,loop,30-31\n"
    )
    assert [one.label for one in actions] == ["lutz", "toe", "loop"]
    assert problems == []
