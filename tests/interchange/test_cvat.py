"""CVAT XML: tracks and tags become segments of frames, as CVAT shows them; what is written is read again."""

import random
from pathlib import Path

import numpy as np
import pytest

from tests.interchange.reading import read as read_labels
from vpdlib.datasets.base import DatasetError, VideoSource
from vpdlib.interchange.formats import WrittenAction, WrittenVideo
from vpdlib.interchange.label_formats.cvat import CVAT
from vpdlib.interchange.label_registry import find_format, read_label_file

FILES = Path(__file__).parent / "tool_files" / "cvat"
SOURCES = [VideoSource(name, Path(f"videos/{name}.mp4")) for name in ("heat_01", "heat_02")]
DURATIONS = {"heat_01": 60.0, "heat_02": 30.0}
RATES = {"heat_01": 25.0, "heat_02": 50.0}


def segments(file):
    return [(r.tier, r.label, r.start.frame, r.end.frame) for r in file.rows]


def task(start=0, stop=99, size=None, step=1, source="heat_01.mp4", kind="task", number="7"):
    """As CVAT's server writes it; a job has no name and no source."""
    size = (stop - start) // step + 1 if size is None else size
    named = f"<name>spring cup</name><source>{source}</source>" if kind == "task" else ""
    labels = (
        ("action", "select", "none\naxel"),
        ("fell", "checkbox", ""),
        ("height", "number", "0;9;1"),
        ("label", "text", ""),
        ("probability", "text", ""),
    )
    attributes = "".join(
        f"<attribute><name>{name}</name><mutable>True</mutable><input_type>{one}</input_type>"
        f"<values>{values}</values></attribute>"
        for name, one, values in labels
    )
    return (
        f"<{kind}><id>{number}</id>{named}<size>{size}</size><subset>default</subset>"
        f"<start_frame>{start}</start_frame><stop_frame>{stop}</stop_frame>"
        f"<frame_filter>{f'step={step}' if step > 1 else ''}</frame_filter>"
        f"<labels><label><name>skater</name><attributes>{attributes}</attributes></label></labels></{kind}>"
    )


def export(*inside, meta=None, version="1.1"):
    return (
        f"<annotations><version>{version}</version><meta>{meta or task()}</meta>"
        f"{''.join(inside)}</annotations>"
    )


def track(*shapes, label="axel", others=""):
    return f'<track id="0" label="{label}" source="manual" {others}>{"".join(shapes)}</track>'


def box(frame, outside=0, keyframe=1, **attributes):
    inside = "".join(f'<attribute name="{n}">{v}</attribute>' for n, v in attributes.items())
    return (
        f'<box frame="{frame}" keyframe="{keyframe}" outside="{outside}" occluded="0" xtl="1.00" ytl="1.00" '
        f'xbr="9.00" ybr="9.00" z_order="0">{inside}</box>'
    )


def image(number, *tags, shapes=""):
    inside = "".join(f'<tag label="{one}" source="manual"/>' for one in tags)
    return f'<image id="{number}" name="frame_{number:06d}" width="64" height="48">{inside}{shapes}</image>'


@pytest.fixture
def read(tmp_path):
    path = tmp_path / "heat_02.xml"

    def write(text):
        path.write_text(text, encoding="utf-8")
        return read_label_file(path)

    write.path = path
    return write


def test_a_track_of_datumaro_is_gone_on_the_frame_that_is_outside():
    # Datumaro 1.13.0 reads boxes of frames 2 to 6 of it, and of 6 the attribute outside (make_xml.py).
    file = read_label_file(FILES / "track.xml")
    assert segments(file) == [("label", "axel", 2, 6)]
    assert file.remarks == []


def test_tags_of_datumaro_are_segments_of_frames_that_follow_each_other():
    # The frames that make_xml.py gave labels to: axel 2 to 5, of these entry 2 and 3; lutz 4, 5, 6 and 8.
    file = read_label_file(FILES / "tags.xml")
    assert sorted(segments(file)) == [
        ("label", "axel", 2, 6),
        ("label", "lutz", 4, 7),
        ("label", "lutz", 8, 9),
        ("phase", "entry", 2, 4),
        ("phase", "flight", 4, 6),
    ]
    assert {row.label: row.group for row in file.rows} == {
        "axel": "mia",
        "entry": "mia",
        "flight": "mia",
        "lutz": "",
    }
    assert file.remarks == [
        "5 shapes of images are not taken; export as `CVAT for video` if they are actions"
    ]


def test_frames_are_pictures_of_the_video(read):
    read(export(track(box(10), box(11, keyframe=0), box(12, outside=1))))
    actions = read_labels(read.path, SOURCES, DURATIONS, rates_fps=RATES)
    assert [(a.video_id, a.label, a.start_s, a.end_s) for a in actions] == [
        ("heat_01", "axel", 0.4, 0.48)
    ]
    times_s = np.cumsum(np.tile([0.04, 0.02], 50)) - 0.04
    actions = read_labels(
        read.path, SOURCES, DURATIONS, rates_fps=RATES, times_of=lambda _: times_s
    )
    assert [(a.start_s, a.end_s) for a in actions] == [(times_s[10], times_s[12])]


@pytest.mark.parametrize(
    ("shapes", "meta", "expected", "is_said"),
    [
        # Twice there.
        ((box(5), box(8, 1), box(20), box(21, 1)), task(), [(5, 8), (20, 21)], False),
        # In any order.
        ((box(8, 1), box(5)), task(), [(5, 8)], False),
        # Listed up to the task's end, as CVAT exports a track without end.
        ((box(97), box(98, keyframe=0), box(99, keyframe=0)), task(), [(97, 100)], False),
        # Keyframes alone, without end: to the end of the task.
        ((box(5), box(50)), task(), [(5, 100)], True),
        # A shape of one frame, to which CVAT writes no end so near to the task's.
        ((box(98),), task(), [(98, 99)], False),
        ((box(99),), task(), [(99, 100)], False),
        # Part of the video, every third frame: numbers are the video's own.
        ((box(30), box(33), box(36, 1)), task(30, 59, step=3), [(30, 36)], False),
        ((box(54), box(57)), task(30, 59, step=3), [(54, 60)], False),
        ((box(30), box(33)), task(30, 59, step=3), [(30, 60)], True),
        # Datumaro's stop_frame is one more than the last frame.
        ((box(98), box(99)), task(0, 100, size=100), [(98, 100)], False),
        # Never there.
        ((box(5, 1),), task(), [], False),
        ((), task(), [], False),
    ],
)
def test_a_track_lasts_until_it_is_outside_or_the_task_ends(read, shapes, meta, expected, is_said):
    file = read(export(track(*shapes), meta=meta))
    assert [(start, end) for _, _, start, end in segments(file)] == expected
    assert bool(file.remarks) == is_said


def test_attributes_are_tiers_of_their_own(read):
    shapes = (
        box(1, action="none", fell="false", height="3", group="mia", label="x", probability="0.9"),
        box(4, action="axel", fell="true"),
        box(6),
        box(8, action="none"),
        box(9, outside=1),
    )
    file = read(export(track(*shapes, label="skater")))
    assert sorted(segments(file)) == [
        ("action", "axel", 4, 8),
        ("action", "none", 1, 4),
        ("action", "none", 8, 9),
        ("attribute label", "x", 1, 9),
        ("fell", "fell", 4, 9),
        ("label", "skater", 1, 9),
    ]
    assert {row.group for row in file.rows} == {"mia"}
    assert file.remarks == [
        "attributes that are numbers are not taken: 'height'",
        "probabilities are not taken",
    ]
    actions = read_labels(
        read.path, SOURCES, DURATIONS, rates_fps=RATES, tier="action", map={"none": None}
    )
    assert [(a.label, a.start_s, a.end_s) for a in actions] == [("axel", 0.16, 0.32)]


def test_a_skeleton_is_gone_when_all_of_its_points_are(read):
    def skeleton(frame, *outside):
        points = "".join(f'<points label="p{n}" outside="{one}"/>' for n, one in enumerate(outside))
        return f'<skeleton frame="{frame}" keyframe="1" z_order="0">{points}</skeleton>'

    file = read(export(track(skeleton(3, 0, 0), skeleton(4, 0, 1), skeleton(5, 1, 1))))
    assert segments(file) == [("label", "axel", 3, 5)]


def test_tags_of_every_third_frame_follow_each_other(read):
    images = [image(n, *(["axel"] if n in (33, 36, 57) else [])) for n in range(30, 60, 3)]
    file = read(export(*images, meta=task(30, 59, step=3)))
    assert segments(file) == [("label", "axel", 33, 39), ("label", "axel", 57, 60)]


def test_tasks_of_a_project_have_their_own_videos_and_frames(read):
    # CVAT numbers the frames of a subset's tasks on: the second begins after the 100 of the first.
    tasks = task(0, 99) + task(10, 59, source="heat_02.mp4", number="8")
    one = track(box(5), box(6, 1), others='task_id="7"')
    two = track(box(115), box(120, 1), label="lutz", others='task_id="8"')
    file = read(export(one, two, meta=f"<project><tasks>{tasks}</tasks></project>"))
    assert [(r.video, r.label, r.start.frame, r.end.frame) for r in file.rows] == [
        ("heat_01.mp4", "axel", 5, 6),
        ("heat_02.mp4", "lutz", 15, 20),
    ]
    with pytest.raises(DatasetError, match="is of a task that the file does not list"):
        read(
            export(
                track(box(1), others='task_id="9"'),
                meta=f"<project><tasks>{tasks}</tasks></project>",
            )
        )


def test_a_job_without_the_videos_name_is_of_the_video_that_the_file_is_called_by(read):
    read(export(track(box(10), box(11, 1)), meta=task(kind="job")))
    (action,) = read_labels(read.path, SOURCES, DURATIONS, rates_fps=RATES)
    assert (action.video_id, action.start_s) == ("heat_02", 0.2)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (export(track(box(5), box(5, 1))), "track 0 has two shapes in frame 5"),
        (export(track(box("x"))), "track 0: frame is 'x', expected a whole number"),
        (export(track(box("1.5"))), "frame is '1.5'"),
        (export(track('<box outside="0"/>')), "track 0: <box> has no frame"),
        (export("<track/>"), "<track> has no label"),
        (export('<image id="1"><tag/></image>'), "image 1: <tag> has no label"),
        (export('<image name="x"/>'), r"image \?: <image> has no id"),
        (
            export(meta=task().replace("<stop_frame>99", "<stop_frame>x")),
            "stop_frame is 'x'",
        ),
    ],
)
def test_what_has_no_frame_is_refused(read, text, message):
    with pytest.raises(DatasetError, match=message) as caught:
        read(text)
    assert str(caught.value).startswith(str(read.path))


def test_frames_before_and_after_the_video_are_refused(read):
    read(export(track(box(-3), box(2, 1))))
    with pytest.raises(DatasetError, match="frame -3 is before the video's beginning"):
        read_labels(read.path, SOURCES, DURATIONS, rates_fps=RATES)
    read(export(track(box(3), box(22, 1))))
    with pytest.raises(DatasetError, match="frame 22 of heat_01, which has 20 pictures"):
        read_labels(
            read.path, SOURCES, DURATIONS, rates_fps=RATES, times_of=lambda _: np.arange(20) / 25
        )


def test_another_version_is_said(read):
    assert "of version '2.0'" in read(export(track(box(1), box(2, 1)), version="2.0")).remarks[0]


@pytest.mark.parametrize(
    "text", ["<annotations/>", "<annotations><meta/></annotations>", "<a><meta><task/></meta></a>"]
)
def test_other_xml_is_not_taken_for_it(tmp_path, text):
    path = tmp_path / "heat_01.xml"
    path.write_text(text)
    assert find_format(path) is None


def video(*actions, fps=30.0, frames=1800):
    path = Path("/home/mia/videos/heat_01.mp4")
    return WrittenVideo("heat_01", path, frames / fps, fps, frames, 64, 48, actions)


def test_what_is_written_is_read_again(tmp_path):
    actions = (
        WrittenAction(0.0, 2.0, "axel <2>", 0.875, "mia"),
        WrittenAction(1.033, 61 / 30, "lutz"),
        WrittenAction(59.0, 60.0, "fall"),
    )
    other = WrittenVideo("heat_02", Path("heat_02.mp4"), 30.0, 50.0, 1500, 64, 48, ())
    paths = CVAT.write([video(*actions), other], tmp_path, "labels")
    assert [path.name for path in paths] == ["heat_01.xml", "heat_02.xml"]
    file = read_label_file(paths[0])
    assert [
        (r.video, *segment, r.group) for r, segment in zip(file.rows, segments(file), strict=True)
    ] == [
        ("heat_01.mp4", "label", "axel <2>", 0, 60, "mia"),
        ("heat_01.mp4", "label", "lutz", 31, 61, ""),
        ("heat_01.mp4", "label", "fall", 1770, 1800, ""),
    ]
    assert file.remarks == ["probabilities are not taken"]
    assert read_label_file(paths[1]).rows == []
    assert find_format(paths[1]) is CVAT


@pytest.mark.parametrize("fps", [25.0, 30000 / 1001, 59.94, 120.0])
def test_every_frame_is_written_as_itself(tmp_path, fps):
    frames = range(0, 400, 13)
    actions = [WrittenAction(n / fps, (n + 7) / fps, f"c{n}") for n in frames]
    (path,) = CVAT.write([video(*actions, fps=fps, frames=420)], tmp_path, "labels")
    assert [(r.start.frame, r.end.frame) for r in read_label_file(path).rows] == [
        (n, n + 7) for n in frames
    ]


def test_an_action_without_a_frame_is_refused(tmp_path):
    with pytest.raises(
        DatasetError, match=r"heat_01\.mp4: 'axel' from 1\.01 to 1\.02 s has no frame of its own"
    ):
        CVAT.write([video(WrittenAction(1.01, 1.02, "axel"))], tmp_path, "labels")


@pytest.mark.parametrize("seed", range(60))
def test_a_damaged_file_is_read_or_refused(read, seed):
    rng = random.Random(seed)
    text = (FILES / rng.choice(["tags.xml", "track.xml"])).read_text(encoding="utf-8")
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(text))
        text = text[:at] + rng.choice(["", "0", '"', "<", "-"]) + text[at + rng.choice([0, 1, 9]) :]
    try:
        file = read(text)
    except DatasetError as error:
        assert str(read.path) in str(error)  # noqa: PT017
        return
    assert all(row.start.frame < row.end.frame for row in file.rows)
