"""`python -m vpdlib labels convert`, and what the rule that writes labels for other tools is made of."""

import math
from pathlib import Path

import numpy as np
import pytest

from tests.video.making import encode, even
from vpdlib.__main__ import main
from vpdlib.datasets.base import TIME_SLACK_S, DatasetError
from vpdlib.datasets.tables import VideoRow
from vpdlib.interchange.formats import WrittenAction
from vpdlib.interchange.label_registry import LABELS
from vpdlib.interchange.written_labels import (
    WRITTEN,
    format_by_name,
    format_of_path,
    written_videos,
)

TABLE = "video,start,end,label,group\nheat_01.mp4,0.2,0.6,axel,anna\nheat_02.mp4,0.4,0.8,lutz,\n"


@pytest.fixture
def table(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("in.csv").write_text(TABLE)
    return "in.csv"


@pytest.fixture
def videos(tmp_path):
    folder = tmp_path / "videos"
    folder.mkdir()
    for name in ("heat_01", "heat_02"):
        encode(folder / f"{name}.mp4", even(25, 25), rate=25)
    return folder


def convert(*arguments):
    return main(["labels", "convert", *map(str, arguments)])


def test_names_and_times_need_no_video(table, capsys):
    assert convert(table, "out.csv", "--map", "axel=Axel", "--map", "lutz=") == 0
    assert Path("out.csv").read_text() == (
        "video,start,end,label,group\nheat_01.mp4,0.200,0.600,Axel,anna\n"
    )
    assert capsys.readouterr().out == "out.csv\n"


def test_what_is_there_stays_unless_told(table, capsys):
    Path("out.csv").write_text("mine")
    assert convert(table, "out.csv") == 1
    assert "out.csv is there already" in capsys.readouterr().err
    assert Path("out.csv").read_text() == "mine"
    assert convert(table, "out.csv", "--overwrite") == 0
    assert sorted(path.name for path in Path().iterdir()) == ["in.csv", "out.csv"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["in.csv"], "name what is read, and last what is written"),
        (["in.csv", "out.nothing"], "no format ends so. Name one of them: --to "),
        (["in.csv", "out", "--to", "nothing"], "nothing: not a format that is written"),
        (["in.csv", "out.csv", "--from", "nothing"], "no such format"),
        (["in.csv", "out.csv", "--point-window", "0", "0"], "--point-window"),
        (["none.csv", "out.csv"], "none.csv does not exist"),
        (["in.csv", "out.csv", "--video", "none.mp4"], "none.mp4"),
    ],
)
def test_a_wrong_command_is_told_and_writes_nothing(table, capsys, arguments, message):
    assert convert(*arguments) == 1
    assert message in capsys.readouterr().err
    assert [path.name for path in Path().iterdir()] == ["in.csv"]


def test_labels_are_checked_against_the_videos(table, videos, capsys):
    Path(table).write_text("video,start,end,label\nheat_01.mp4,0.2,1.6,axel\n")
    assert convert(table, "out.csv", "--video", videos) == 1
    assert "ends at 1.6 s, and heat_01 has 1 s" in capsys.readouterr().err
    Path(table).write_text("video,start,end,label\nheat_03.mp4,0.2,0.6,axel\n")
    assert convert(table, "out.csv", "--video", videos) == 1
    assert "there is no video 'heat_03.mp4'" in capsys.readouterr().err
    Path(table).write_text("video,label\nheat_01.mp4,axel\n")
    assert convert(table, "out.csv") == 1
    assert "name the videos, --video" in capsys.readouterr().err
    assert convert(table, "out.csv", "--video", videos / "heat_01.mp4") == 0
    assert Path("out.csv").read_text() == "video,start,end,label\nheat_01.mp4,0.000,1.000,axel\n"


@pytest.mark.parametrize("name", ["cvat", "datumaro"])
def test_pictures_of_a_varying_rate_are_counted_by_their_own_times(table, tmp_path, name):
    # A telephone's: 30 a second, then 15.
    times = [n / 30 for n in range(30)] + [1 + n / 15 for n in range(15)]
    encode(tmp_path / "heat_01.mp4", times)
    Path(table).write_text(
        f"video,start,end,label\nheat_01.mp4,{1 + 4 / 15:.4f},{1 + 9 / 15:.4f},axel\n"
    )
    assert convert(table, "there", "--to", name, "--video", "heat_01.mp4") == 0
    assert convert("there", "back.csv", "--video", "heat_01.mp4") == 0
    assert Path("back.csv").read_text().splitlines()[1] == "heat_01.mp4,1.266,1.600,axel"


def test_times_between_frames_keep_their_frames(table, videos):
    """To the millisecond; a time just after a frame's beginning does not take that frame in."""
    rng = np.random.default_rng(1)
    Path(table).write_text(
        "video,start,end,label\n"
        + "".join(
            f"heat_0{1 + n % 2}.mp4,{start:.6f},{start + 0.1:.6f},axel\n"
            for n, start in enumerate(rng.uniform(0.0, 0.85, 60))
        )
    )

    def frames(path):
        rows = [line.split(",") for line in Path(path).read_text().splitlines()[1:]]
        return sorted(
            (row[0], *(math.ceil((float(t) - TIME_SLACK_S) * 25 - 1e-6) for t in row[1:3]))
            for row in rows
        )

    before = frames(table)
    for name in ("boris", "srt", "webvtt", "datavyu", "table", "elan", "textgrid"):
        assert convert(table, name, "--to", name, "--video", videos) == 0
        assert convert(name, f"{name}.csv", "--video", videos, *_tiers(name)) == 0
        assert frames(f"{name}.csv") == before, name


def _tiers(name):
    """Tiers of actions that overlap."""
    if name not in ("elan", "textgrid"):
        return []
    return [
        part for n in ("", *range(2, 9)) for part in ("--tier", f"actions_{n}" if n else "actions")
    ]


def test_splits_and_upload_names(table):
    Path(table).write_text("video,start,end,label,split\nheat_01.mp4,0.2,0.6,axel,train\n")
    assert convert(table, "out.csv") == 0
    assert Path("out.csv").read_text() == (
        "video,start,end,label,split\nheat_01.mp4,0.200,0.600,axel,train\n"
    )


def test_a_file_of_one_video_needs_only_that_one_labelled(table, videos):
    Path(table).write_text("video,start,end,label\nheat_01.mp4,0.2,0.6,axel\n")
    assert convert(table, "o.srt", "--video", videos) == 0
    assert "axel" in Path("o.srt").read_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["in.csv", "o.csv", "--to", "elan"], "o.csv: an annotation document of ELAN"),
        (["in.csv", "o.csv", "--tier", "jumps"], "--tier 'jumps' is in none"),
        (["in.csv", "o.csv", "--map", "a=b=c"], "--map: 'a=b' is in none"),
        (["in.csv", "o.csv", "--fps", "0"], "--fps 0.0: "),
        (["in.csv", "o.csv", "--video", "/nothere"], "--video /nothere: no such file or folder"),
        (["none.csv", "o.csv"], "error: none.csv does not exist. Correct the option"),
    ],
)
def test_messages_name_the_options(table, capsys, arguments, message):
    assert convert(*arguments) == 1
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("ending", ["eaf", "srt", "json", "csv"])
def test_an_empty_file_is_called_so(table, capsys, ending):
    Path(f"e.{ending}").write_text("\n")
    assert convert(f"e.{ending}", "o.csv") == 1
    assert "no action is labelled there" in capsys.readouterr().err


def test_what_was_found_keeps_its_probability(table):
    Path("found.csv").write_text(
        "video,athlete,start,end,label,probability,second_label,second_probability,detection_score,nearest_action,"
        "labelled\nheat_01,,0.2,0.6,axel,0.934,lutz,0.05,0.71,heat_02_001,\n"
    )
    assert convert("found.csv", "there", "--to", "elan") == 0
    assert "0.934" in Path("there/heat_01.eaf").read_text()
    assert convert("found.csv", "out.csv") == 0
    assert Path("out.csv").read_text() == (
        "video,start,end,label,probability\nheat_01,0.200,0.600,axel,0.934\n"
    )
    Path("found.csv").write_text("video,start,end,label,probability\nheat_01,0.2,0.6,axel,93\n")
    assert convert("found.csv", "out2.csv") == 1


def test_a_folder_with_a_video_without_actions_is_read_back(table, videos):
    Path(table).write_text("video,start,end,label\nheat_01.mp4,0.2,0.6,axel\n")
    assert convert(table, "there", "--to", "textgrid", "--video", videos) == 0
    assert len(list(Path("there").iterdir())) == 2
    assert convert("there", "back.csv", "--video", videos) == 0
    assert Path("back.csv").read_text() == "video,start,end,label\nheat_01.mp4,0.200,0.600,axel\n"
    Path("there/heat_01.TextGrid").unlink()
    assert convert("there", "back2.csv", "--video", videos) == 1


def test_two_videos_of_one_name_are_not_mixed(table, capsys):
    Path(table).write_text("video,start,end,label\na/x.mp4,0,1,axel\nb/x.mp4,0,1,axel\n")
    assert convert(table, "out.csv") == 1
    assert "two videos of the labels are called 'x': a/x.mp4 and b/x.mp4" in capsys.readouterr().err


@pytest.mark.parametrize("name", [name for name in WRITTEN if name != "table"])
def test_every_format_gives_back_what_it_was_given(table, videos, name, monkeypatch):
    assert convert(table, "there", "--to", name, "--video", videos) == 0
    assert convert("there", "back.csv", "--video", videos, "--point-window", "0", "0.2") == 0
    back = [line.split(",") for line in Path("back.csv").read_text().splitlines()[1:]]
    assert [(row[0], row[3]) for row in back] == [("heat_01.mp4", "axel"), ("heat_02.mp4", "lutz")]
    starts = [float(row[1]) for row in back]
    assert starts == pytest.approx([0.2, 0.4], abs=1e-3)
    if name not in ("soccernet",):
        assert [float(row[2]) for row in back] == pytest.approx([0.6, 0.8], abs=1e-3)


def test_athletes_of_one_file_are_one_video_of_it():
    rows = [
        VideoRow(f"match_{side}", "videos/match.mp4", 0, 25.0, 64, 48, 25, 1.0, athlete=side)
        for side in ("near", "far")
    ]
    actions = {
        "match_near": [WrittenAction(0.5, 0.7, "serve", 0.9, "near")],
        "match_far": [WrittenAction(0.1, 0.3, "return", 0.8, "far")],
    }
    (video,) = written_videos(rows, actions)
    assert (video.video_id, video.path) == ("match", Path("videos/match.mp4").absolute())
    assert [one.label for one in video.actions] == ["return", "serve"]


def test_a_format_is_named_where_the_ending_does_not_tell():
    assert format_of_path(Path("x.CSV")) is LABELS["table"]
    read_only = next((name for name in LABELS if name not in WRITTEN), None)
    if read_only:
        with pytest.raises(DatasetError, match="not a format that is written"):
            format_by_name(read_only)
