"""Tables of labels as other programs write them: usual names of columns are known, others are left alone and said."""

import pytest

from tests.interchange.text_files import frames, read, remarks_of, spans, video, write
from vpdlib.datasets.base import DatasetError
from vpdlib.interchange.label_registry import find_format


@pytest.fixture
def table(tmp_path):
    """Write a table and read it."""
    path = tmp_path / "labels.csv"

    def read_it(text, **settings):
        path.write_text(text)
        return read(path, **settings)

    read_it.path = path
    return read_it


ROW = "heat_01,axel,1.0,2.5\n"
AXEL = [(1.0, 2.5, "axel")]


@pytest.mark.parametrize(
    "header",
    [
        "filename,class,begin,finish",
        "File,Action,Start (s),Stop (s)",
        "Media file name,Behaviour,start_s,end_s",
        "video_id,event,t_start,t_end",
        "clip,category,onset,offset",
        "MEDIA,Code,Start Time [sec],End-Time [sec]",
        "video.name,annotation,time_start,time_end",
        "video,label,start_sec,stop_seconds",
        '"media","behavior","onset_s","offset_s"',
    ],
)
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_usual_names_of_columns_are_known(table, header, separator):
    assert spans(table((header + "\n" + ROW).replace(",", separator))) == AXEL
    assert find_format(table.path).name == "table"
    assert remarks_of(table.path) == []


def test_subjects_are_groups_and_other_columns_are_left_alone(table):
    actions = table('file;athlete;class;id;start;end;note\nheat_01;mia;axel;7;1,5;0:02;"a; b"\n')
    assert [(*spans([one])[0], one.group) for one in actions] == [(1.5, 2.0, "axel", "mia")]
    assert remarks_of(table.path) == ["the columns ['id', 'note'] are not read"]


@pytest.mark.parametrize(
    ("times", "cells", "expected"),
    [
        ("start,duration", "1.0,1.5", (1.0, 2.5)),
        ("start,duration", "0:01,00:00:01.5", (1.0, 2.5)),
        ("start_ms,end_ms", "1000,2500", (1.0, 2.5)),
        ("start_ms,duration (ms)", "1000.5,1499.5", (1.0005, 2.5)),
        ("onset_ms,offset_ms", "1000,2500", (1.0, 2.5)),
        ("start,end,start_frame,end_frame", "1,2.5,25,62", (1.0, 2.5)),
    ],
)
def test_durations_and_milliseconds(table, times, cells, expected):
    header = "video,label," if times.startswith("start,duration") else "file,class,"
    assert spans(table(f"{header}{times}\nheat_01,axel,{cells}\n")) == [(*expected, "axel")]


def test_a_duration_of_nothing_is_an_event(table):
    text = "file,class,start,duration\nheat_01,axel,1.0,1.5\nheat_01,fall,20.5,0\n"
    assert spans(table(text, point_window_s=(0.5, 0.5))) == [*AXEL, (20.0, 21.0, "fall")]


def test_whole_videos_need_no_times(table):
    assert spans(table("filename,class\nheat_02.mp4,axel\n")) == [(0.0, 30.0, "axel")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "file,media,label,start,end\n",
            r"the columns \['file', 'media'\] may each be the video. Rename or remove",
        ),
        ("video,event,category,start,end\n", r"\['event', 'category'\] may each be the label"),
        ("video,label,class\n", r"\['label', 'class'\] may each be the label"),
        ("file,class,start,begin,end\n", r"\['start', 'begin'\] may each be the start"),
        ("file,class,class,start,end\n", "a column occurs twice"),
        (
            "file,class,start_frame,end_frame\n",
            r"\['start_frame', 'end_frame'\] hold numbers of frames.*Give seconds",
        ),
        ("file,class,Start Frame,End Frame,note\n", "hold numbers of frames"),
        (
            "file,class,start,length\n",
            "none is known for the end of the actions. Call them start and end",
        ),
        ("file,class,duration\n", "none is known for the start"),
        ("file,class,end\n", "none is known for the start"),
        ("file,class,time\n", "none is known for the start of the actions"),
        ("file,class,start,offset\n", "none is known for the end"),
        ("file,class,start (min),end (min)\n", "none is known for the start"),
        ("video,label,start,end,note\n", r"unknown columns \['note'\]; known: \['video'"),
        ("name,class,start,end\n", r"column 'video' is missing; found \['name', 'class'"),
        ("file,class,start,duration\nheat_01,axel,1,\n", ":2: duration is empty"),
        ("video,label,start,duration\nheat_01,axel,1,\n", ":2: duration is empty"),
        (
            "file,class,start,end\nheat_01,axel,1,\n",
            ":2: end is empty. Fill it in or remove the row",
        ),
        ("file,class,start,end\nheat_01,axel,,2\n", ":2: start is empty"),
        (
            "file,class,start,duration\nheat_01,axel,1,-2\n",
            ":2: duration is '-2', before the video's beginning",
        ),
        (
            "file,class,start_ms,end_ms\nheat_01,axel,0:01,2\n",
            ":2: start is '0:01', expected milliseconds",
        ),
        (
            "file,class,start_ms,end_ms\nheat_01,axel,1.,2.x\n",
            ":2: end is '2.x', expected milliseconds",
        ),
        ("file,class,start,end\nheat_03,axel,1,2\n", ":2: there is no video 'heat_03'"),
    ],
)
def test_what_is_doubtful_is_refused(table, text, message):
    with pytest.raises(DatasetError, match=message) as caught:
        table(text)
    assert str(caught.value).startswith(str(table.path))


def test_tables_of_boris_are_not_taken_for_others(table):
    table.path.write_text(
        "Observation id,Media file name,Behavior,Behavior type,Start (s),Stop (s)\n"
    )
    assert getattr(find_format(table.path), "name", "") != "table"


@pytest.mark.parametrize("fps", [24000 / 1001, 25.0, 30000 / 1001, 60000 / 1001, 240.0])
def test_written_times_keep_the_frames(tmp_path, fps):
    given = video(*((n / fps, (n + 7) / fps, f"j{n}") for n in range(0, 200, 8)), fps=fps)
    (path,) = write("table", tmp_path / "out", given)
    assert frames(read(path), fps) == frames(given.actions, fps)
