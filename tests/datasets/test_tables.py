"""videos.csv and actions.csv."""

import pytest

from vpdlib.datasets.base import Action, DatasetError
from vpdlib.datasets.tables import (
    ActionRow,
    ClassRow,
    EventRow,
    TrialRow,
    VideoRow,
    action_rows,
    class_rows,
    read_actions,
    read_classes,
    read_events,
    read_trials,
    read_videos,
    video_split,
    write_rows,
)

VIDEOS = [
    VideoRow(
        "a", "day, one/a.mp4", 0, 30000 / 1001, 640, 360, 250, 250 * 1001 / 30000, "train", ""
    ),
    VideoRow("-b", 'videos/"b"\n.mp4', 3, 25.0, 65, 49, 0, 0.1 + 0.2, "test", "größe"),
]
ACTIONS = [
    ActionRow("a_001", "a", 0.0, 1 / 3, "jump, high", "train", "", "k4t0 k8t2"),
    ActionRow("b_001", "-b", 0.1, 0.30000000000000004, "turn", "test", "g", ""),
]


def test_videos_survive_a_round_trip(tmp_path):
    path = tmp_path / "dataset" / "videos.csv"
    write_rows(path, VIDEOS, VideoRow)
    assert read_videos(path) == VIDEOS
    assert [p.name for p in path.parent.iterdir()] == ["videos.csv"]


def test_actions_survive_a_round_trip(tmp_path):
    path = tmp_path / "actions.csv"
    write_rows(path, ACTIONS, ActionRow)
    assert read_actions(path) == ACTIONS
    write_rows(path, [], ActionRow)
    assert read_actions(path) == []


def test_an_error_leaves_the_old_table_and_no_litter(tmp_path, monkeypatch):
    path = tmp_path / "actions.csv"
    write_rows(path, ACTIONS, ActionRow)

    def full(source, target):
        raise OSError("no space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(OSError, match="no space left"):
        write_rows(path, ACTIONS[:1], ActionRow)
    assert [p.name for p in tmp_path.iterdir()] == ["actions.csv"]
    assert read_actions(path) == ACTIONS


@pytest.mark.parametrize(
    ("read", "name"), [(read_videos, "videos.csv"), (read_actions, "actions.csv")]
)
def test_a_missing_cut_or_other_table_is_refused(tmp_path, read, name):
    path = tmp_path / name
    with pytest.raises(
        DatasetError, match=f"{name} does not exist; it is made by rule prepare_data"
    ):
        read(path)
    write_rows(path, VIDEOS, VideoRow) if "videos" in name else write_rows(path, ACTIONS, ActionRow)
    text = path.read_text()
    remedy = f"snakemake --cores all --forcerun prepare_dataset -- {path}"
    path.write_text(text[: text.rindex(",")])
    with pytest.raises(DatasetError, match=f"{name}: row 2 is cut or too long") as caught:
        read(path)
    assert remedy in str(caught.value)
    path.write_text("video,label\na,jump\n")
    with pytest.raises(DatasetError, match=r"columns \['video', 'label'\], expected") as caught:
        read(path)
    assert remedy in str(caught.value)


def test_rows_of_actions():
    actions = [
        Action("a_001", "a", 0.0, 1.0, "jump", "train", "g", "l.csv:2"),
        Action("a_002", "a", 1.0, 2.0, "turn", "test", "", "l.csv:3"),
    ]
    assert action_rows(actions, {"a_001": "k4t0"}) == [
        ActionRow("a_001", "a", 0.0, 1.0, "jump", "train", "g", "k4t0"),
        ActionRow("a_002", "a", 1.0, 2.0, "turn", "test", "", ""),
    ]


@pytest.mark.parametrize(
    ("splits", "expected"),
    [
        (["train", "train"], "train"),
        (["train", "test"], "test"),
        (["train", "val"], "val"),
        (["val", "test", "train"], "test"),
        ([], "train"),
    ],
)
def test_a_video_is_test_if_one_of_its_actions_is(splits, expected):
    actions = [
        Action(f"a_{i}", "a", i, i + 1, "jump", split, "", "here") for i, split in enumerate(splits)
    ]
    assert video_split(actions) == expected


def test_classes_come_in_their_order_with_their_numbers(tmp_path):
    actions = [
        Action("a_1", "a", 0, 1, "jump, high", "train", "", "here"),
        Action("a_2", "a", 1, 2, "turn", "test", "", "here"),
        Action("a_3", "a", 2, 3, "turn", "train", "", "here"),
    ]
    rows = class_rows(actions, ["turn", "rest", "jump, high"])
    assert rows == [
        ClassRow("turn", 1, 0, 1),
        ClassRow("rest", 0, 0, 0),
        ClassRow("jump, high", 1, 0, 0),
    ]
    write_rows(tmp_path / "classes.csv", rows, ClassRow)
    assert read_classes(tmp_path / "classes.csv") == ["turn", "rest", "jump, high"]


def test_detection_trials_come_by_place(tmp_path):
    rows = [TrialRow(0, 1, "c"), TrialRow(0, 0, "a"), TrialRow(0, 0, "b"), TrialRow(1, 0, "c")]
    write_rows(tmp_path / "trials.csv", rows, TrialRow)
    assert read_trials(tmp_path / "trials.csv") == [[["a", "b"], ["c"]], [["c"]]]
    events = [EventRow("a", 0.1, 0.30000000000000004, "jump", "train")]
    write_rows(tmp_path / "events.csv", events, EventRow)
    assert read_events(tmp_path / "events.csv") == events
