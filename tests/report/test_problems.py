"""What problems.csv lists, from artifacts made by hand."""

import numpy as np
import pytest

from vpdlib.artifacts import ArtifactWriter, Provenance
from vpdlib.datasets.bad_videos import LABELS, LISTING, MAX_NAMED
from vpdlib.datasets.base import DatasetError
from vpdlib.datasets.tables import (
    ActionRow,
    BrokenRow,
    ProblemRow,
    VideoRow,
    read_problems,
    write_rows,
)
from vpdlib.report.problems import collect_problems, still_broken
from vpdlib.tracking.track import supplied_track, track_datasets

FPS = 10.0


def write_tracks(path, videos):
    """``videos``: id -> number of frames, those that are followed, attributes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with ArtifactWriter(path, "tracks", Provenance("track_athlete", "c", "d", "i")) as artifact:
        for name, (num_frames, followed, attributes) in videos.items():
            box_px = np.full((num_frames, 4), np.nan, np.float32)
            box_px[list(followed)] = 10, 10, 50, 90
            shot = np.zeros(num_frames, np.int32)
            datasets = track_datasets(
                supplied_track(box_px, shot), np.arange(num_frames) / FPS, shot
            )
            artifact.add_video(name, datasets, {"flags": "", "broken": "", **attributes})
    return path


def action(video, start, end, label="axel", split="train"):
    return ActionRow(f"{video}_{start}", video, start, end, label, split, "", "")


def collect(paths, actions, listed=(), labels=(), not_taken=(), **changes):
    return collect_problems(listed, labels, not_taken, paths, actions, "sport", **changes)


@pytest.fixture
def tracks(tmp_path):
    return [
        write_tracks(
            tmp_path / "0000.h5",
            {
                "whole": (100, range(100), {}),
                "part": (100, [*range(20), *range(50, 53), *range(60, 66)], {}),
                "damaged": (
                    10,
                    range(10),
                    {"flags": "decoded 10 of 12 declared frames; 2 time stamps replaced"},
                ),
                "theirs": (
                    10,
                    range(10),
                    {"flags": "boxes supplied; 10 interlaced frames deinterlaced"},
                ),
            },
        ),
        write_tracks(
            tmp_path / "0001.h5",
            {
                "nobody": (30, [], {}),
                "broke": (0, [], {"broken": "broke.mp4: no such file"}),
            },
        ),
    ]


ACTIONS = [
    action("whole", 0.0, 5.0),
    action("part", 0.0, 2.0),
    action("part", 3.0, 4.0, split="test"),
    action("part", 5.0, 6.0, "lutz"),
    action("part", 6.0, 7.0),
    action("part", 20.0, 21.0),
    action("nobody", 0.5, 1.5),
    action("broke", 1.0, 2.0),
]


def test_every_problem_of_tracks_and_nothing_else(tracks):
    rows = collect(tracks, ACTIONS).rows
    assert [(row.video, row.start, row.end) for row in rows] == [
        ("broke", "", ""),
        ("broke", "1", "2"),
        ("damaged", "", ""),
        ("nobody", "", ""),
        ("nobody", "0.5", "1.5"),
        ("part", "3", "4"),
        ("part", "5", "6"),
        ("part", "20", "21"),
    ]
    problem = {(row.video, row.start): row.problem for row in rows}
    assert "broke.mp4: no such file" in problem["broke", ""]
    assert "decoded 10 of 12 declared frames; 2 time stamps" in problem["damaged", ""]
    assert "in any of its 30 frames" in problem["nobody", ""]
    assert "axel (test): nobody is followed, in none of its 10" in problem["part", "3"]
    assert "commonest class" in problem["part", "3"]
    assert "nothing is learnt" in problem["nobody", "0.5"]
    # Six of ten are enough, three are not.
    assert "lutz (train): the athlete is followed in 30 % of its 10 frames" in problem["part", "5"]
    assert "the video has no frame there" in problem["part", "20"]
    for row in rows:
        if row.video in ("part", "nobody"):
            assert f"results/sport/overlays/{row.video}.mp4" in row.remedy
            assert "people.every_nth_frame" in row.remedy
            assert row.stage == "track_athlete"


def test_nothing_wrong_is_a_header_alone(tracks, tmp_path, read_log):
    problems = collect([], [])
    write_rows(tmp_path / "problems.csv", problems.rows, ProblemRow)
    problems.warn(tmp_path / "problems.csv")
    assert (tmp_path / "problems.csv").read_text().splitlines() == [
        "video,start,end,stage,problem,remedy"
    ]
    assert read_problems(tmp_path / "problems.csv") == []
    assert read_log() == ""


def test_rows_of_earlier_stages_come_with_them(tracks, read_log):
    listed = [ProblemRow("gone", "", "", LISTING, "left out: gone.mp4", "mend it")]
    dropped = ProblemRow("gone", "1.5", "10", LABELS, "action", "mend it")
    early = ProblemRow("gone", "1.5", "2", LABELS, "action", "mend it")
    missing = ProblemRow("clip", "", "", LISTING, "left out: missing", "get it")
    file = ProblemRow("x.flac2", "", "", LABELS, "not taken", "convert it")
    problems = collect([], [], listed, [dropped, missing, early, file], [file])
    assert problems.rows == [missing, *listed, early, dropped, file]
    problems.warn("results/sport/problems.csv")
    warnings = read_log()
    assert warnings.count("warning:") == 3
    assert warnings.count("x.flac2") == 1
    assert warnings.count("results/sport/problems.csv") == 3


def test_the_terminal_names_the_first_of_a_kind(tmp_path, read_log):
    many = MAX_NAMED + 7
    path = write_tracks(tmp_path / "0000.h5", {"v": (10 * many, [], {})})
    problems = collect([path], [action("v", float(n), n + 1.0) for n in range(many)])
    problems.warn("results/sport/problems.csv")
    warnings = read_log()
    assert f"{many} labelled actions in which nobody is followed" in warnings
    assert "v 39 to 40 s: axel (train)" in warnings
    assert "v 40 to 41 s" not in warnings
    assert "and 7 more (results/sport/problems.csv)" in warnings
    assert len(problems.rows) == many + 1


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"tracks_from": "boxes"}, "Give boxes there"),
        ({"tracks_from": "keypoints", "has_videos": False}, "Give keypoints there"),
    ],
)
def test_the_remedy_fits_what_tracks_are_made_from(tracks, changes, word):
    rows = [r for r in collect(tracks, ACTIONS, **changes).rows if r.video == "nobody"]
    assert all(word in row.remedy for row in rows)
    assert ("overlays" in rows[0].remedy) == changes.get("has_videos", True)


def test_what_was_left_out_under_skip_is_refused_once_it_is_refuse(tracks):
    listed = [ProblemRow("gone", "", "", LISTING, "left out: gone.mp4", "mend it")]
    with pytest.raises(DatasetError, match=r"on_bad_video is refuse(.|\n)*gone(.|\n)*broke"):
        collect(tracks, ACTIONS, listed, on_bad_video="refuse")
    assert collect(tracks[:1], ACTIONS[:6], on_bad_video="refuse").rows


def test_the_stage_that_met_a_broken_video_is_named_with_the_command_that_mends_it(
    tracks, read_log
):
    boxes = collect(tracks, ACTIONS, tracks_from="boxes")
    (first, *_) = boxes.by_kind["broken"]
    assert first.stage == "track_athlete"
    assert f"--forcerun track_athlete -- {tracks[1]}." in first.remedy
    listed = [
        VideoRow(name, f"{name}.mp4", 0, 25.0, 64, 48, 10, 0.4, "", "", fingerprint="1")
        for name in "ab"
    ]
    rows = [
        BrokenRow("a", "1", "crop_athlete", "results/sport/crops/0000.h5", "a.mp4: no such file"),
        # Replaced, and taken out, since: what was made of them is made anew by itself.
        BrokenRow("b", "0", "crop_athlete", "results/sport/crops/0000.h5", "b.mp4: no such file"),
        BrokenRow("c", "1", "crop_athlete", "results/sport/crops/0000.h5", "c.mp4: no such file"),
    ]
    kept = still_broken(rows, listed)
    assert kept == rows[:1]
    problems = collect(tracks, ACTIONS, carried_on=kept)
    problems.warn("results/sport/problems.csv")
    told = read_log()
    for stage, target in (
        ("detect_people", tracks[1]),
        ("crop_athlete", "results/sport/crops/0000.h5"),
    ):
        assert f"snakemake --cores all --forcerun {stage} -- {target}. Else replace it" in told
    assert [row.stage for row in problems.rows if row.video == "a"] == ["crop_athlete"]
    with pytest.raises(
        DatasetError, match=r"a: carried on as empty(.|\n)*--forcerun crop_athlete -- "
    ):
        collect([], [], on_bad_video="refuse", carried_on=kept)


def test_actions_of_no_track_are_refused(tracks):
    with pytest.raises(ValueError, match="track artifacts lack 1 videos"):
        collect(tracks, [*ACTIONS, action("elsewhere", 0.0, 1.0)])
