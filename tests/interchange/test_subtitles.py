"""Subtitles, SubRip and WebVTT: files of pysubs2, srt, webvtt-py, ffmpeg and BORIS; every cue is an action."""

import pytest

from tests.interchange.text_files import (
    ACTIONS,
    frames,
    named_after_the_video,
    read,
    remarks_of,
    spans,
    video,
    write,
)
from vpdlib.datasets.base import DatasetError
from vpdlib.interchange.label_registry import find_format, read_label_file

FALL = (20.5, 21.0, "fall")
MORE = ["1 cues have lines after the first, which are not read"]


@pytest.mark.parametrize(
    ("file", "expected", "remarks"),
    [
        ("srt/srt.srt", ACTIONS, []),
        ("srt/pysubs2.srt", [*ACTIONS, FALL], MORE),
        ("webvtt/pysubs2.vtt", [*ACTIONS, FALL], MORE),
        ("webvtt/ffmpeg.vtt", [*ACTIONS, FALL], MORE),
        ("webvtt/webvtt.vtt", ACTIONS, []),
    ],
)
def test_cues_are_actions(tmp_path, file, expected, remarks):
    """The times are those that srt, pysubs2 and webvtt-py give, see check_text.py."""
    path = named_after_the_video(file, tmp_path)
    actions = read(path)
    assert spans(actions) == expected
    assert {one.group for one in actions} == {"mia" if "webvtt.vtt" in file else ""}
    assert remarks_of(path) == remarks


def test_the_subject_stands_before_the_label_in_boris(tmp_path):
    """Of BORIS 9.15.0; its point events, here the fall, are on the screen for half a second."""
    actions = read(named_after_the_video("srt/boris.srt", tmp_path))
    assert [(*spans([one])[0], one.group) for one in actions] == [
        (3.08, 4.6, "axel", "mia"),
        (4.6, 6.25, "lutz", "mia"),
        (12.4, 13.92, "axel", "mia"),
        (20.5, 21.0, "fall", "mia"),
        (30.0, 31.5, "lutz", ""),
    ]


@pytest.fixture
def heat(tmp_path):
    """Write subtitles of heat_01 and read them."""

    def read_it(text, suffix=".srt", **settings):
        path = tmp_path / f"heat_01{suffix}"
        path.write_bytes(text.encode())
        return read(path, **settings)

    return read_it


CUE = "1\n00:00:01,000 --> 00:00:02,000\naxel\n"


@pytest.mark.parametrize(
    "text",
    [
        CUE,
        "\ufeff" + CUE,
        CUE.replace("\n", "\r\n"),
        CUE.replace("\n", "\r"),
        # What players take: no number, a point, an hour of one digit, a place on the screen, tags.
        CUE[2:],
        CUE.replace(",", "."),
        CUE.replace("00:00:0", "0:00:0"),
        CUE.replace("02,000", "02,000 X1:0 X2:10 Y1:5 Y2:9"),
        CUE.replace("axel", r"{\an8}<b>axel</b>"),
        CUE.replace("axel", "\n\naxel\n93.4 %"),
    ],
)
def test_subrip_is_taken_as_players_take_it(heat, text):
    assert spans(heat(text)) == [(1.0, 2.0, "axel")]


def test_cues_of_subrip_may_stand_close_and_in_any_order(tmp_path):
    path = tmp_path / "heat_01.srt"
    path.write_text(
        "7\n01:00:05,000 --> 01:00:06,500\n3\n\n\n8\n00:00:01,000 --> 00:00:02,000\n12\n"
        "2\n00:00:03,000 --> 00:00:04,000\nx\n"
    )
    assert [(one.start, one.end, one.label) for one in read_label_file(path).rows] == [
        (3605.0, 3606.5, "3"),
        (1.0, 2.0, "12"),
        (3.0, 4.0, "x"),
    ]


def test_blocks_of_webvtt_that_are_no_cues_are_passed_over(heat):
    text = (
        "WEBVTT - jumps\nX-TIMESTAMP-MAP=MPEGTS:900000,LOCAL:00:00:00.000\n\nNOTE --> one\nand more\n\n"
        "STYLE\n::cue { color: red }\n\nREGION\nid:a\n\n00:01.000 --> 00:02.000 line:0 align:start\n"
        "<v.loud Mia M.><c.red>axel</c> &amp; <00:01.500>more\n\nc 2\n00:00:03.000 --> 00:00:04.000\n\nno cue\n"
    )
    actions = heat(text, ".vtt")
    assert [(*spans([one])[0], one.group) for one in actions] == [
        (1.0, 2.0, "axel & more", "Mia M.")
    ]


@pytest.mark.parametrize(
    ("text", "suffix", "message"),
    [
        (
            CUE + "\n2\n00:00:03,000 --> 00:00:02,000\nlutz\n",
            ".srt",
            r":6: the cue 'lutz' ends at 2.000 s",
        ),
        (
            CUE + "\n2\n00:00:03,000 --> 00:00:03,000\nlutz\n",
            ".srt",
            r":6: the cue 'lutz' ends at 3.000 s",
        ),
        (
            CUE + "\n2\n00:00:03 --> 00:00:04\nlutz\n",
            ".srt",
            r":6: '00:00:03 --> 00:00:04' are no times; expected",
        ),
        (CUE + "\n2\n00:00:03,5 --> 00:00:04,5\nlutz\n", ".srt", ":6: .* are no times"),
        (CUE + "\n2\n-00:00:03,500 --> 00:00:04,500\nlutz\n", ".srt", ":6: .* are no times"),
        (CUE + "\n2\n00:00:03,000 --> \nlutz\n", ".srt", ":6: .* are no times"),
        (
            CUE + "\n2\n00:00:63,000 --> 00:01:04,000\nlutz\n",
            ".srt",
            ":6: minutes and seconds are 00 to 59",
        ),
        (CUE + "\n2\n00:00:03,000 --> 00:00:04,000\na\x01b\n", ".srt", ":6: label holds U.0001"),
        ("WEBVTT\n\n00:01.000 --> 00:00.500\naxel\n", ".vtt", ":3: the cue 'axel' ends"),
        ("WEBVTT\n\n1.0 --> 2.0\naxel\n", ".vtt", ":3: '1.0 --> 2.0' are no times"),
        ("WEBVTT\n", ".vtt", "no action is labelled there"),
        ("1\n00:00:01,000 --> 00:00:02,000\n<i></i>\n", ".srt", "no action is labelled there"),
    ],
)
def test_what_is_no_cue_is_refused(heat, text, suffix, message):
    with pytest.raises(DatasetError, match=rf"heat_01\{suffix}.*{message}"):
        heat(text, suffix)


def test_webvtt_has_its_head(heat, tmp_path):
    with pytest.raises(DatasetError, match=r"vtt:1: 'axel' where WEBVTT is expected"):
        heat("axel\n\n00:01.000 --> 00:02.000\naxel\n", ".vtt", label_format="webvtt")
    for text in ("WEBVTTX\n", "axel\n", "1\n2\n3\n", ""):
        (tmp_path / "x.vtt").write_text(text)
        assert find_format(tmp_path / "x.vtt") is None


@pytest.mark.parametrize("name", ["srt", "webvtt"])
@pytest.mark.parametrize("fps", [25.0, 30000 / 1001, 60000 / 1001, 120.0])
def test_what_is_written_is_read_again(tmp_path, name, fps):
    given = video(
        (1 / fps, 9 / fps, 'axel, <b> & "c"', 0.934),
        (5 / fps, 11 / fps, "lutz", None, "mia"),
        *((n / fps, (n + 4) / fps, f"j{n}", 0.5, "zoe & co") for n in range(20, 90, 7)),
        fps=fps,
    )
    if name == "srt":
        given = video(
            *(
                (a.start_s, a.end_s, a.label.replace("<b> ", ""), a.probability, a.group)
                for a in given.actions
            ),
            fps=fps,
        )
    path, _ = write(name, tmp_path / "out", given, video(name="heat_02"))
    actions = read(path)
    assert frames(actions, fps) == frames(given.actions, fps)
    assert [one.group for one in actions] == [one.group for one in given.actions]
    assert "\n93.4 %\n" in path.read_text()
    assert remarks_of(path) == []


@pytest.mark.parametrize(
    ("name", "action"),
    [
        ("srt", (1.0, 2.0, "a\nb")),
        ("srt", (1.0, 2.0, "<i>a")),
        ("srt", (1.0, 2.0, "a --> b")),
        ("srt", (1.0, 2.0, "axel", None, "mia: x")),
        ("webvtt", (1.0, 2.0, "axel", None, "a\nb")),
    ],
)
def test_what_subtitles_cannot_hold_is_refused(tmp_path, name, action):
    with pytest.raises(DatasetError, match=r"heat_01\.(srt|vtt): "):
        write(name, tmp_path / "out", video(action))
