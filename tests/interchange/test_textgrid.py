"""TextGrids: files of Praat, praatio, tgt, TextGrid and BORIS; intervals with a text are actions, points are events."""

import pytest

from tests.interchange.text_files import (
    ACTIONS,
    TOOL_FILES,
    frames,
    named_after_the_video,
    read,
    remarks_of,
    spans,
    video,
    write,
)
from vpdlib.datasets.base import DatasetError
from vpdlib.interchange.label_registry import read_label_file

FORMS = ("praat_long", "praat_short", "praatio_long", "praatio_short", "tgt_long", "textgrid")


@pytest.mark.parametrize("form", FORMS)
def test_intervals_of_a_tier_are_actions(tmp_path, form):
    """The times are those that parselmouth's "Get start time of interval" gives, see check_text.py."""
    path = named_after_the_video(f"textgrid/{form}.TextGrid", tmp_path)
    assert spans(read(path, tier="jumps")) == ACTIONS
    assert read_label_file(path).rows[0].media_s == 60.0
    with pytest.raises(DatasetError, match="2 tiers: 'jumps', 'marks'"):
        read(path)
    both = read(path, tier=("jumps", "marks"), point_window_s=(0.5, 0.25))
    assert spans(both) == [*ACTIONS, (20.0, 20.75, "fall")]


def test_other_letters_are_utf16_in_praat(tmp_path):
    path = named_after_the_video("textgrid/praat_letters.TextGrid", tmp_path)
    assert path.read_bytes().startswith(b"\xfe\xff")
    assert [one.label for one in read(path, tier="jumps")] == [
        "saut périlleux",
        "lutz",
        'triple "A"',
    ]


def test_boris_says_null_of_gaps_and_names_tiers_by_subjects(tmp_path):
    """BORIS 9.15.0 states 4 tiers and writes 3, of which two are called mia; Praat refuses the file."""
    path = named_after_the_video("textgrid/boris.TextGrid", tmp_path)
    actions = read(path, point_window_s=(0.5, 0.5))
    assert [
        (*one, group) for one, group in zip(spans(actions), (a.group for a in actions), strict=True)
    ] == [
        (3.08, 4.6, "axel", "mia"),
        (4.6, 6.25, "lutz", "mia"),
        (12.4, 13.92, "axel", "mia"),
        (20.0, 21.0, "fall", "mia"),
        (30.0, 31.5, "lutz", ""),
    ]
    states, nulls = remarks_of(path)
    assert "states 4 tiers and has 3" in states
    assert "'null' are taken for gaps" in nulls


def grid(*tiers, head="0 10 <exists>"):
    lines = ['File type = "ooTextFile"', 'Object class = "TextGrid"', "", head, str(len(tiers))]
    return "\n".join([*lines, *tiers]) + "\n"


def intervals(name, *entries, count=None):
    listed = "\n".join(f'{start} {end} "{text}"' for start, end, text in entries)
    return f'"IntervalTier" "{name}" 0 10 {len(entries) if count is None else count}\n{listed}'


JUMPS = intervals("jumps", (0, 1, ""), (1, 2, "axel"), (2, 10, " "))


@pytest.fixture
def heat(tmp_path):
    """Write a TextGrid of heat_01 and read it."""
    path = tmp_path / "heat_01.TextGrid"

    def read_it(text, **settings):
        path.write_text(text)
        return read(path, **settings)

    read_it.path = path
    return read_it


def test_two_tiers_of_one_name_are_read(heat):
    both = heat(grid(JUMPS, intervals("jumps", (0, 4, ""), (4, 5, "lutz"), (5, 10, ""))))
    assert spans(both) == [(1.0, 2.0, "axel"), (4.0, 5.0, "lutz")]


def test_comments_words_and_line_ends_do_not_matter(heat):
    text = grid(JUMPS).replace(
        "0 10 <exists>", "xmin = 0 ! it's \"open\r\nxmax = 10 \ntiers? <exists> \nsize ="
    )
    assert spans(heat(text.replace("\n", "\r"))) == [(1.0, 2.0, "axel")]


def test_the_speaker_in_a_tiers_name_is_the_subject(heat):
    actions = heat(
        grid(JUMPS.replace("jumps", "jumps@mia"), intervals("jumps@zoe", (4, 5, "lutz")))
    )
    assert [(one.label, one.group) for one in actions] == [("axel", "mia"), ("lutz", "zoe")]


def test_null_is_a_class_where_gaps_have_no_text(heat):
    assert [one.label for one in heat(grid(intervals("j", (0, 1, ""), (1, 2, "null"))))] == ["null"]


def test_what_is_doubtful_is_remarked(heat):
    heat(grid(JUMPS, head="5 10 <exists>"))
    assert "begins at 5 s" in remarks_of(heat.path)[0]
    heat(grid(JUMPS, '"TextTier" "jumps" 0 10 1\n3 ""'))
    assert remarks_of(heat.path) == ["1 points of the tier 'jumps' have no text and are no events"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            grid(intervals("jumps", (2, 1, "axel"))),
            r":7 \(tier 'jumps', entry 1\): 'axel' ends at 1 s, before",
        ),
        (grid(intervals("jumps", (1, 1, "axel"))), "'axel' ends at 1 s, before it begins"),
        (
            grid(intervals("jumps", (1, "nan", "axel"))),
            ":7: xmax of tier 'jumps', entry 1 is nan, expected a number",
        ),
        (
            grid(intervals("jumps", (1, "--undefined--", "axel"))),
            "is --undefined--, expected a number",
        ),
        (grid(intervals("jumps", (-1, 1, "axel"))), "a time of -1 s"),
        (grid(intervals("jumps", (1, "1e999", "axel"))), "a time of inf s"),
        (
            grid(intervals("jumps", (1, 2, "axel"), count=2)),
            "ends before xmin of tier 'jumps', entry 2; it was cut",
        ),
        (
            grid(intervals("jumps", (1, 2, "axel"), count=-2)),
            ":6: the number of entries .* is -2, expected how many",
        ),
        (grid('"IntervalTier" "jumps'), "a quote opens before 'jumps' and is not closed"),
        (grid("IntervalTier"), "ends before the class of tier 1"),
        (grid('"PitchTier" "f" 0 10 0'), "tier 1 is a 'PitchTier', neither intervals nor points"),
        (grid(intervals("jumps", ('"1"', 2, "axel"))), 'is "1", expected a number'),
        (grid(head="0 10 <absent>"), "no action is labelled there"),
        (grid(intervals("jumps", (0, 10, ""))), "no action is labelled there"),
        (grid(intervals("jumps", (0, 10, "a\nb"))), "label holds U"),
        (
            'File type = "ooTextFile"\nObject class = "Pitch 1"\n',
            "an object 'Pitch 1' of Praat, not a TextGrid",
        ),
    ],
)
def test_what_is_no_whole_textgrid_is_refused(heat, text, message):
    with pytest.raises(DatasetError, match=message) as caught:
        heat(text)
    assert str(caught.value).startswith(str(heat.path))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("praat_chronological", "a chronological TextGrid. Save it"),
        ("praat_collection", "an object 'Collection'"),
    ],
)
def test_praats_other_files_are_refused(name, message):
    with pytest.raises(DatasetError, match=message):
        read(TOOL_FILES / "textgrid" / f"{name}.TextGrid")


def test_what_is_written_is_read_again(tmp_path):
    written = write(
        "textgrid",
        tmp_path / "out",
        video((0.0, 1 / 3, 'a "b"'), (1 / 3, 2.0, "lutz, ü"), (59.0, 60.0, "axel")),
        video(name="heat_02", duration_s=30.0),
    )
    assert [path.name for path in written] == ["heat_01.TextGrid", "heat_02.TextGrid"]
    assert spans(read(written[0])) == [
        (0.0, 1 / 3, 'a "b"'),
        (1 / 3, 2.0, "lutz, ü"),
        (59.0, 60.0, "axel"),
    ]
    # A layer to label in.
    assert '"actions"' in written[1].read_text()
    assert read_label_file(written[1]).rows == []


def test_overlapping_actions_probabilities_and_subjects_have_tiers_of_their_own(tmp_path):
    actions = (
        (1.0, 3.0, "axel", 0.934, "mia"),
        (2.0, 4.0, "lutz", None, "mia"),
        (2.5, 5.0, "axel", 0.5, "zoe"),
    )
    (path,) = write("textgrid", tmp_path / "out", video(*actions))
    for name in (
        "actions@mia",
        "probability@mia",
        "actions_2@mia",
        "actions@zoe",
        "probability@zoe",
    ):
        assert f'"{name}"' in path.read_text()
    found = read(path, tier=("actions", "actions_2"))
    assert sorted((*spans([one])[0], one.group) for one in found) == sorted(
        (*one[:3], one[4]) for one in actions
    )
    assert [remark for remark in remarks_of(path) if "is of probabilities" not in remark] == []


def test_frames_of_any_rate_stay(tmp_path):
    fps = 30000 / 1001
    given = video(*((n / fps, (n + 7) / fps, f"j{n}") for n in range(0, 100, 7)), fps=fps)
    (path,) = write("textgrid", tmp_path / "out", given)
    assert frames(read(path), fps) == frames(given.actions, fps)


@pytest.mark.parametrize("action", [(1.0, 2.0, "a\nb"), (2.0, 2.0, "axel"), (0.0, 60.0, "null")])
def test_what_a_textgrid_cannot_hold_is_refused(tmp_path, action):
    with pytest.raises(DatasetError, match=r"heat_01\.TextGrid: "):
        write("textgrid", tmp_path / "out", video(action))
