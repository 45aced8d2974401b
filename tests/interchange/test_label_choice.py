"""What holds for labels of every format: tier, subject, annotator, names, points, frames, several files."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.interchange.reading import read
from vpdlib.datasets.base import DatasetError, VideoSource
from vpdlib.interchange import label_registry
from vpdlib.interchange.formats import FrameTime, LabelFile, LabelFormat, LabelRow

SOURCES = [VideoSource(name, Path(f"videos/{name}.mp4")) for name in ("heat_01", "heat_02")]
DURATIONS = {"heat_01": 60.0, "heat_02": 30.0}
RATES = {"heat_01": 25.0, "heat_02": 50.0}


@pytest.fixture
def stub(tmp_path, monkeypatch):
    """Labels of a format that is only a list of rows, as JSON; a frame is a list of its number, rate and count."""

    def rows_of(document):
        rows = []
        for number, given in enumerate(document.content["stub"]):
            times = {
                name: FrameTime(*given[name])
                if isinstance(given.get(name), list)
                else given.get(name, "")
                for name in ("start", "end")
            }
            others = {name: value for name, value in given.items() if name not in times}
            rows.append(
                LabelRow(**{"where": f"row {number}", "video": "heat_01", **others, **times})
            )
        return LabelFile(rows, remarks=document.content.get("remarks", ()))

    monkeypatch.setitem(
        label_registry.LABELS,
        "elan",
        LabelFormat(
            "elan",
            "a stub",
            "json",
            lambda d: isinstance(d.content, dict) and "stub" in d.content,
            rows_of,
        ),
    )

    def write(*rows, name="labels.json", remarks=()):
        path = tmp_path / name
        path.write_text(json.dumps({"stub": rows, "remarks": remarks}))
        return path

    return write


def action(label="axel", start=1.0, end=2.0, **others):
    return {"label": label, "start": start, "end": end, **others}


def labels_of(actions):
    return [one.label for one in actions]


def of(path, **settings):
    return read(path, SOURCES, DURATIONS, rates_fps=RATES, **settings)


def test_the_only_tier_is_taken_and_of_several_one_must_be_named(stub):
    assert labels_of(of(stub(action(tier="jumps"), action("lutz", 3, 4, tier="jumps")))) == [
        "axel",
        "lutz",
    ]
    path = stub(
        action(tier="jumps"), action("run-up", 3, 4, tier="phases"), action("x", 5, 6, tier="notes")
    )
    with pytest.raises(
        DatasetError, match=r"row 0: .* 3 tiers: 'jumps', 'phases', 'notes'.*labels\.tier: jumps"
    ):
        of(path)
    assert labels_of(of(path, tier="jumps")) == ["axel"]
    assert labels_of(of(path, tier=("phases", "jumps"))) == ["axel", "run-up"]
    with pytest.raises(
        DatasetError, match=r"labels\.tier: 'spins' is in none .* 'jumps', 'notes', 'phases'"
    ):
        of(path, tier="spins")


def test_a_subject_is_chosen_and_is_the_group(stub):
    path = stub(action(group="anna"), action("lutz", group="mia"), action("toe", 4, 5))
    assert [one.group for one in of(path)] == ["anna", "mia", ""]
    assert labels_of(of(path, subject="mia")) == ["lutz"]
    with pytest.raises(DatasetError, match=r"labels\.subject: 'zoe'"):
        of(path, subject=("mia", "zoe"))


def test_of_two_annotators_of_a_video_one_must_be_named(stub):
    path = stub(
        action(annotator="a"),
        action("lutz", annotator="b"),
        action("toe", 3, 4, video="heat_02", annotator="b"),
    )
    with pytest.raises(
        DatasetError, match=r"row 1: 'heat_01' is labelled by 'b', and in row 0 by 'a'"
    ):
        of(path)
    assert labels_of(of(path, annotator="b")) == ["lutz", "toe"]
    with pytest.raises(DatasetError, match=r"labels\.annotator: 'c'"):
        of(path, annotator="c")
    # Each of another video is no disagreement.
    assert (
        labels_of(of(stub(action(annotator="a"), action(video="heat_02", annotator="b"))))
        == ["axel"] * 2
    )


def test_classes_are_renamed_or_left_out(stub):
    path = stub(action("Axel"), action("fall", 3, 4), action("lutz", 5, 6))
    assert labels_of(of(path, map={"Axel": "axel", "fall": None})) == ["axel", "lutz"]
    with pytest.raises(
        DatasetError, match=r"labels\.map: 'Lutz' is in none .*'Axel', 'fall', 'lutz'"
    ):
        of(path, map={"Lutz": "lutz"})
    with pytest.raises(DatasetError, match="of 3 labels none is left"):
        of(path, map=dict.fromkeys(["Axel", "fall", "lutz"]))


def test_an_event_without_duration_gets_a_window_or_is_refused(stub):
    path = stub(
        action(start=0.2, end="", is_point=True),
        action("lutz", 59.9, "", is_point=True),
        action("toe", 3, 4),
    )
    with pytest.raises(
        DatasetError,
        match=r"row 0: 'axel' is an event without duration.*labels\.map: \{axel: null\}",
    ):
        of(path)
    times = [(one.start_s, one.end_s) for one in of(path, point_window_s=(0.5, 0.25))]
    assert times == [(0.0, pytest.approx(0.45)), (59.4, 60.0), (3, 4)]
    assert labels_of(of(path, map={"axel": None, "lutz": None})) == ["toe"]


def test_frames_are_times_of_the_players_clock(stub):
    path = stub(
        action(start=[25, 50.0], end=[50, 50.0]),
        action("lutz", [25], [50]),
        action("toe", [25], [50], video="heat_02"),
    )
    assert [(one.start_s, one.end_s) for one in of(path)] == [(0.5, 1.0), (1.0, 2.0), (0.5, 1.0)]
    # A rate that the file states stands above the setting.
    assert [one.start_s for one in of(path, fps=100)] == [0.5, 0.25, 0.25]
    with pytest.raises(
        DatasetError,
        match=r"row 1: .*number of a frame, 25, and the rate is not known.*labels\.fps",
    ):
        read(path, SOURCES, DURATIONS)
    with pytest.raises(DatasetError, match="frame -1 is before"):
        of(stub(action(start=[-1], end=[5])))


def test_counted_pictures_have_their_own_time_stamps(stub):
    # A telephone's video: 30 frames a second, then 15.
    stamps = np.concatenate([np.arange(30) / 30, 1 + np.arange(15) / 15])
    path = stub(action(start=[29, None, "pictures"], end=[31, None, "pictures"]))

    def read_it(path):
        return read(
            path,
            SOURCES,
            {"heat_01": 2.0},
            rates_fps={"heat_01": 22.5},
            times_of={"heat_01": stamps}.get,
        )

    (found,) = read_it(path)
    assert (found.start_s, found.end_s) == (pytest.approx(29 / 30), pytest.approx(1 + 1 / 15))
    (last,) = read_it(stub(action(start=[44, None, "pictures"], end=[45, None, "pictures"])))
    assert last.end_s == 2.0
    with pytest.raises(DatasetError, match=r"row 0: frame 46 of heat_01, which has 45 pictures"):
        read_it(stub(action(start=[44, None, "pictures"], end=[46, None, "pictures"])))


def test_another_name_of_a_video_is_looked_for_too(stub):
    (found,) = of(stub(action(video="3f2a1b4c-heat_02.mp4", other_names=["heat_02.mp4"])))
    assert found.video_id == "heat_02"
    with pytest.raises(DatasetError, match=r"there is no video '3f2a1b4c-heat_03\.mp4'"):
        of(stub(action(video="3f2a1b4c-heat_03.mp4", other_names=["heat_03.mp4"])))


def test_a_file_labelled_on_a_video_of_another_length_is_said(stub, caplog):
    problems = []
    path = stub(
        action(media_s=61.1), action("lutz", media_s=60.9), action(video="heat_02", media_s=90.0)
    )
    of(path, problems=problems)
    assert [row.video for row in problems] == ["heat_02"]
    assert "labelled on 'heat_02' of 90.0 s; heat_02 has 30.0 s" in caplog.text


def test_what_a_reader_remarks_is_a_problem(stub, caplog):
    problems = []
    path = stub(action(), remarks=["3 modifiers are not read"])
    of(path, problems=problems)
    assert [row.problem for row in problems] == [f"{path}: 3 modifiers are not read"]
    assert "3 modifiers are not read" in caplog.text


def test_of_several_files_the_later_one_wins_and_conflicts_are_said(stub, caplog):
    first = stub(action(), action("lutz", 10, 12), action("toe", 20, 21), name="1.json")
    second = stub(
        action("flip", 1.1, 2.1), action("lutz", 10.1, 12.1), action("loop", 30, 31), name="2.json"
    )
    problems = []
    found = of([first, second], problems=problems)
    assert [(one.label, one.start_s) for one in found] == [
        ("toe", 20),
        ("flip", 1.1),
        ("lutz", 10.1),
        ("loop", 30),
    ]
    assert [one.action_id for one in found] == [f"heat_01_{n:03d}" for n in (1, 2, 3, 4)]
    (problem,) = problems
    assert (problem.start, problem.end) == ("1.100", "2.100")
    assert "says 'axel'" in problem.problem
    assert "2 actions are labelled in several files, 1 of them with another class" in caplog.text
    # Within a file nothing is dropped: two athletes may do the same at one time.
    assert len(of(stub(action(), action("flip")))) == 2
    # A short overlap is another action.
    assert len(of([first, stub(action("flip", 1.7, 2.7), name="3.json")])) == 4


def test_a_folder_gives_its_files_of_labels_and_names_the_others(stub, tmp_path, caplog):
    folder = tmp_path / "labels"
    (folder / "day").mkdir(parents=True)
    stub(action(), name="labels/b.json")
    stub(action("lutz", video="heat_02"), name="labels/day/a.json")
    stub(action("no", video="none"), name="labels/.hidden.json")
    (folder / "heat_01.mp4").write_bytes(b"no labels")
    (folder / "package.json").write_text('{"name": "x"}')
    problems = []
    assert labels_of(of(folder, problems=problems)) == ["axel", "lutz"]
    assert [row.problem for row in problems] == [
        f"{folder / 'package.json'}: of no format of labels, not read"
    ]
    with pytest.raises(
        DatasetError, match=r"label_format is elan, a stub; the file is JSON.*'name'"
    ):
        of(folder, label_format="elan")
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(DatasetError, match="there is no file of labels in"):
        of(empty)
    (empty / "notes.json").write_text("{}")
    with pytest.raises(
        DatasetError, match=r"of 1 files in .*, such as notes\.json, none is of a format"
    ):
        of(empty)


def test_a_file_without_an_action_is_refused(stub, tmp_path):
    with pytest.raises(DatasetError, match=r"labels\.json: no action is labelled there"):
        of(stub())
    with pytest.raises(DatasetError, match=r"none\.json does not exist"):
        of(tmp_path / "none.json")
