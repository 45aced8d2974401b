"""ELAN documents: annotations of every kind of tier are where ELAN shows them, and what is written is read again."""

import random
import shutil
from pathlib import Path

import pytest

from tests.interchange.reading import read as read_labels
from vpdlib.datasets.base import DatasetError, VideoSource
from vpdlib.interchange.formats import WrittenAction, WrittenVideo
from vpdlib.interchange.label_formats.elan import ELAN
from vpdlib.interchange.label_registry import find_format, read_label_file

FILES = Path(__file__).parent / "tool_files" / "elan"
SOURCES = [VideoSource(name, Path(f"videos/{name}.mp4")) for name in ("heat_01", "heat_02")]
DURATIONS = {"heat_01": 60.0, "heat_02": 30.0}
ORIGIN_S = 2.5


def rows_of(path):
    file = read_label_file(path)
    return [(row.tier, row.label, row.start, row.end) for row in file.rows]


def document(tiers, slots=(0, 1000, 2000, 3000), header="", types="", form="3.0"):
    """A document with time slots ts1, ts2 ...; None is one without time."""
    order = "".join(
        f'<TIME_SLOT TIME_SLOT_ID="ts{n}"'
        + (f' TIME_VALUE="{time}"/>' if time is not None else "/>")
        for n, time in enumerate(slots, start=1)
    )
    return (
        f'<ANNOTATION_DOCUMENT AUTHOR="" FORMAT="{form}"><HEADER MEDIA_FILE="" TIME_UNITS="milliseconds">'
        f"{header}</HEADER><TIME_ORDER>{order}</TIME_ORDER>{tiers}"
        '<LINGUISTIC_TYPE LINGUISTIC_TYPE_ID="free"/>'
        '<LINGUISTIC_TYPE LINGUISTIC_TYPE_ID="parts" CONSTRAINTS="Time_Subdivision"/>'
        '<LINGUISTIC_TYPE LINGUISTIC_TYPE_ID="phases" CONSTRAINTS="Symbolic_Subdivision"/>'
        '<LINGUISTIC_TYPE LINGUISTIC_TYPE_ID="notes" CONSTRAINTS="Symbolic_Association"/>'
        f"{types}</ANNOTATION_DOCUMENT>"
    )


def tier(name, *annotations, kind="free", others=""):
    inside = "".join(f"<ANNOTATION>{one}</ANNOTATION>" for one in annotations)
    return f'<TIER TIER_ID="{name}" LINGUISTIC_TYPE_REF="{kind}" {others}>{inside}</TIER>'


def aligned(name, first, last, value="axel"):
    return (
        f'<ALIGNABLE_ANNOTATION ANNOTATION_ID="{name}" TIME_SLOT_REF1="ts{first}" TIME_SLOT_REF2="ts{last}">'
        f"<ANNOTATION_VALUE>{value}</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION>"
    )


def referring(name, parent, value="flight", previous=None):
    before = f' PREVIOUS_ANNOTATION="{previous}"' if previous else ""
    return (
        f'<REF_ANNOTATION ANNOTATION_ID="{name}" ANNOTATION_REF="{parent}"{before}>'
        f"<ANNOTATION_VALUE>{value}</ANNOTATION_VALUE></REF_ANNOTATION>"
    )


@pytest.fixture
def read(tmp_path):
    path = tmp_path / "heat_01.eaf"

    def write(text):
        path.write_text(text, encoding="utf-8")
        return read_label_file(path)

    write.path = path
    return write


def test_a_document_of_pympi_is_read_as_pympi_says():
    # The times in ms are what `get_annotation_data_for_tier` of pympi-ling 1.71 gives (make_xml.py), plus TIME_ORIGIN.
    expected = [
        ("jumps", "lutz", 12040, 13500),
        ("jumps", "axel", 3000, 4000),
        ("notes", "under-rotated", 12040, 13500),
    ]
    rows = rows_of(FILES / "heat_01.eaf")
    assert [row for row in rows if row[0] in ("jumps", "notes")] == [
        (name, label, start / 1000 + ORIGIN_S, end / 1000 + ORIGIN_S)
        for name, label, start, end in expected
    ]


def test_parts_of_annotations_are_spread_as_elan_does():
    # pympi gives the parent's times to all phases and None to the inner parts; ELAN's source divides them evenly, in
    # whole ms.
    rows = rows_of(FILES / "heat_01.eaf")
    assert [row for row in rows if row[0] in ("phases", "parts")] == [
        ("phases", "entry", 5.5, 5.833),
        ("phases", "flight", 5.833, 6.166),
        ("phases", "landing", 6.166, 6.5),
        ("phases", "flight", 14.54, 16.0),
        ("parts", "run", 14.54, 15.026),
        ("parts", "jump", 15.026, 15.512),
        ("parts", "glide", 15.512, 16.0),
    ]


def test_the_master_video_and_what_is_passed_over_are_said():
    file = read_label_file(FILES / "heat_01.eaf")
    assert {row.video for row in file.rows} == {"file:///home/mia/videos/heat_01.mp4"}
    assert [
        "not for 'file:///home/mia/videos/side_01.mp4'" in file.remarks[0],
        file.remarks[1],
    ] == [True, "1 annotations of the tier 'jumps' have no value"]


def test_actions_of_the_chosen_tier_have_the_participant_as_group():
    actions = read_labels(FILES / "heat_01.eaf", SOURCES, DURATIONS, tier="jumps")
    assert [(a.video_id, a.label, a.start_s, a.end_s, a.group) for a in actions] == [
        ("heat_01", "lutz", 14.54, 16.0, "mia"),
        ("heat_01", "axel", 5.5, 6.5, "mia"),
    ]
    with pytest.raises(DatasetError, match=r"labels in 4 tiers: 'jumps', 'phases', 'notes', 'part"):
        read_labels(FILES / "heat_01.eaf", SOURCES, DURATIONS)


@pytest.mark.parametrize(
    ("header", "video"),
    [
        ("", "heat_01"),
        (
            '<MEDIA_DESCRIPTOR MEDIA_URL="file:///C:/Users/mia/a%20b.mp4" MIME_TYPE="video/mp4"/>',
            None,
        ),
        (
            '<MEDIA_DESCRIPTOR MEDIA_URL="a.wav" MIME_TYPE="audio/x-wav"/>'
            '<MEDIA_DESCRIPTOR MEDIA_URL="b.mp4" MIME_TYPE="unknown"/>',
            "b.mp4",
        ),
        ('<MEDIA_DESCRIPTOR MEDIA_URL="a.wav" MIME_TYPE="audio/x-wav"/>', "a.wav"),
    ],
)
def test_the_video_is_the_first_that_is_no_sound(read, header, video):
    file = read(document(tier("jumps", aligned("a1", 1, 2)), header=header))
    assert [row.video for row in file.rows] == [video or "file:///C:/Users/mia/a%20b.mp4"]
    assert file.remarks == []


def test_unaligned_slots_of_a_tier_without_parent_go_by_the_order_of_slots(read):
    file = read(
        document(tier("jumps", aligned("a1", 2, 3), aligned("a2", 3, 4)), (0, 1000, None, 3000))
    )
    assert [(row.start, row.end) for row in file.rows] == [(1.0, 2.0), (2.0, 3.0)]


def test_parts_of_parts_without_times_lie_in_their_parent(read):
    jumps = tier("jumps", aligned("a1", 1, 2))
    parts = tier(
        "parts", aligned("a2", 1, 3), aligned("a3", 3, 2), kind="parts", others='PARENT_REF="jumps"'
    )
    inner = tier(
        "inner", aligned("a4", 3, 4), aligned("a5", 4, 2), kind="parts", others='PARENT_REF="parts"'
    )
    # The tiers in any order.
    file = read(document(inner + parts + jumps, (0, 1000, None, None)))
    assert [(row.tier, row.start, row.end) for row in file.rows] == [
        ("inner", 0.5, 0.75),
        ("inner", 0.75, 1.0),
        ("parts", 0.0, 0.5),
        ("parts", 0.5, 1.0),
        ("jumps", 0.0, 1.0),
    ]


JUMPS = tier("jumps", aligned("a1", 1, 2))
BELOW = 'PARENT_REF="jumps"'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<ANNOTATION_DOCUMENT/>", "no HEADER or no TIME_ORDER"),
        (document(JUMPS).replace("milliseconds", "PAL-frames"), "TIME_UNITS is 'PAL-frames'"),
        (document(tier("jumps", aligned("a1", 2, 1))), "a1 ends at 0 ms, before it begins at 1000"),
        (document(tier("jumps", aligned("a1", 1, 9))), "a1: its time slots ts1, ts9 are not there"),
        (document(JUMPS, (0, None)), "a1 has no time, and nothing around it has one"),
        (
            document(JUMPS, (0, "nan")),
            "time slot ts2: TIME_VALUE is 'nan', expected a whole number",
        ),
        (document(JUMPS, (0, "1e3")), "TIME_VALUE is '1e3'"),
        (document(JUMPS, (0, "9" * 400)), "TIME_VALUE is '9999"),
        (
            document(JUMPS.replace(' TIME_SLOT_REF2="ts2"', "")),
            "a1: <ALIGNABLE_ANNOTATION> has no TIME",
        ),
        (document(JUMPS + JUMPS), "there are two tiers 'jumps'"),
        (document(tier("jumps", aligned("a1", 1, 2), aligned("a1", 2, 3))), "a1 is there twice"),
        (document(tier("x", others='PARENT_REF="y"')), "tier 'x': its parent 'y' is not there"),
        (document(tier("x", others='PARENT_REF="x"')), "tier 'x': its parent 'x' is not there"),
        (
            document(JUMPS + tier("x", referring("a2", "a9"), kind="phases", others=BELOW)),
            "a2: it belongs to a9, which is not in the tier 'jumps'",
        ),
        (
            document(
                JUMPS + tier("x", referring("a2", "a1", previous="a2"), kind="phases", others=BELOW)
            ),
            "a2: it follows a2, which is not there or has another",
        ),
        (document(tier("x", referring("a2", "a1"))), "a2: <REF_ANNOTATION> has no time"),
        (
            document(
                JUMPS
                + tier("x", aligned("a2", 3, 4), aligned("a3", 4, 3), kind="parts", others=BELOW),
                (0, 9, None, None),
            ),
            "annotation a2 has no time",
        ),
        (
            document(
                JUMPS
                + tier(
                    "x",
                    aligned("a2", 1, 3),
                    aligned("a3", 3, 4),
                    aligned("a4", 4, 3),
                    kind="parts",
                    others=BELOW,
                ),
                (0, 9, None, None),
            ),
            "chained in a circle",
        ),
        (
            document(JUMPS, header='<MEDIA_DESCRIPTOR MEDIA_URL="a.mp4" TIME_ORIGIN="x"/>'),
            "medium 'a.mp4': TIME_ORIGIN is 'x'",
        ),
    ],
)
def test_what_has_no_time_is_refused(read, text, message):
    with pytest.raises(DatasetError, match=message) as caught:
        read(text)
    assert str(caught.value).startswith(str(read.path))


def test_negative_times_and_other_media_are_refused(read):
    for slots, header, message in (
        ((-40, 1000), "", "a time of -0.04 s"),
        (
            (0, 1000),
            '<MEDIA_DESCRIPTOR MEDIA_URL="file:///x/heat_09.mp4"/>',
            "no video 'file:///x/heat_09",
        ),
    ):
        read(document(JUMPS, slots, header))
        with pytest.raises(DatasetError, match=message):
            read_labels(read.path, SOURCES, DURATIONS)


def test_a_newer_form_is_said(read):
    assert "of the form '3.1'" in read(document(JUMPS, form="3.1")).remarks[0]
    assert read(document(JUMPS, form="2.10")).remarks == []


def test_two_annotators_of_one_tier_by_name_are_told_apart(read):
    text = document(
        tier("jumps", aligned("a1", 1, 2), others='ANNOTATOR="zoe"')
        + tier("jumps of max", aligned("a2", 1, 2), others='ANNOTATOR="max"')
    )
    read(text)
    with pytest.raises(DatasetError, match="labelled by 'max', and in"):
        read_labels(read.path, SOURCES, DURATIONS, tier=["jumps", "jumps of max"])
    actions = read_labels(
        read.path, SOURCES, DURATIONS, tier=["jumps", "jumps of max"], annotator="max"
    )
    assert len(actions) == 1


def video(*actions, name="heat_01"):
    return WrittenVideo(
        name, Path(f"/home/mia/videos/{name}.mp4"), 60.0, 25.0, 1500, 64, 48, actions
    )


ACTIONS = (
    WrittenAction(1.0, 2.0, "axel <2>", 0.875, "mia"),
    WrittenAction(1.5, 2.5, "lutz", None, "mia"),
    WrittenAction(2.0, 2.04, "axel <2>", 0.5, "mia"),
    WrittenAction(10.333333, 11.0, "fall", None, "zoé"),
)


def test_what_is_written_is_read_again(tmp_path):
    paths = ELAN.write([video(*ACTIONS), video(name="heat_02")], tmp_path, "labels")
    assert [path.name for path in paths] == ["heat_01.eaf", "heat_02.eaf"]
    assert find_format(paths[0]) is ELAN
    file = read_label_file(paths[0])
    assert [(r.label, r.start, r.end, r.group, r.tier) for r in file.rows] == [
        ("axel <2>", 1.0, 2.0, "mia", "actions@mia"),
        ("axel <2>", 2.0, 2.04, "mia", "actions@mia"),
        ("lutz", 1.5, 2.5, "mia", "actions@mia_2"),
        ("fall", 10.333, 11.0, "zoé", "actions@zoé"),
    ]
    assert file.remarks == [
        "the tier 'probability of actions@mia' has probabilities, which are not taken"
    ]
    assert file.rows[0].video == "file:///home/mia/videos/heat_01.mp4"
    assert read_label_file(paths[1]).rows == []
    actions = read_labels(paths[0], SOURCES, DURATIONS, tier=list({r.tier for r in file.rows}))
    assert len(actions) == len(ACTIONS)


def test_one_group_needs_one_tier(tmp_path):
    (path,) = ELAN.write([video(ACTIONS[0], ACTIONS[2])], tmp_path, "labels")
    assert [row.tier for row in read_label_file(path).rows] == ["actions", "actions"]
    assert "0.8750" in path.read_text()


@pytest.mark.parametrize(
    ("action", "message"),
    [
        (WrittenAction(1.0, 1.0002, "axel"), "'axel' from 1 to 1.0002 s; ELAN holds"),
        (WrittenAction(1.0, 2.0, "a\x07"), r"holds '\\x07', which XML cannot hold"),
    ],
)
def test_what_a_document_cannot_hold_is_refused(tmp_path, action, message):
    with pytest.raises(DatasetError, match=message):
        ELAN.write([video(action)], tmp_path, "labels")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("seed", range(60))
def test_a_damaged_document_is_read_or_refused(tmp_path, seed):
    path = tmp_path / "heat_01.eaf"
    shutil.copy(FILES / "heat_01.eaf", path)
    rng = random.Random(seed)
    text = path.read_text(encoding="utf-8")
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(text))
        text = (
            text[:at]
            + rng.choice(["", "0", '"', "<", "a1", "-"])
            + text[at + rng.choice([0, 1, 9]) :]
        )
    path.write_text(text, encoding="utf-8")
    try:
        file = read_label_file(path)
    except DatasetError as error:
        assert str(path) in str(error)  # noqa: PT017
        return
    assert all(isinstance(row.start, float) and row.start <= row.end for row in file.rows)
