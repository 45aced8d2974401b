"""What tests of text and benchmark formats share: two videos, the tools' files, and actions to be written."""

import shutil
from pathlib import Path

from tests.interchange.reading import read as read_labels
from vpdlib.datasets.base import VideoSource
from vpdlib.interchange.formats import WrittenAction, WrittenVideo
from vpdlib.interchange.label_registry import LABELS, read_label_file

TOOL_FILES = Path(__file__).parent / "tool_files"
SOURCES = [VideoSource(name, Path(f"videos/{name}.mp4")) for name in ("heat_01", "heat_02")]
DURATIONS = {"heat_01": 60.0, "heat_02": 30.0}
RATES = {"heat_01": 25.0, "heat_02": 50.0}
#: The actions that make_text.py labels.
ACTIONS = [(3.08, 4.6, "axel"), (4.6, 6.25, "lutz"), (12.4, 13.92, 'triple "A"')]


def read(place, **settings):
    """Read labels of the two videos."""
    return read_labels(place, SOURCES, DURATIONS, rates_fps=RATES, **settings)


def named_after_the_video(tool_file, folder):
    """A copy of a tool's file that is called as its video is."""
    path = folder / f"heat_01{Path(tool_file).suffix}"
    shutil.copy(TOOL_FILES / tool_file, path)
    return path


def spans(actions):
    """Start, end and label of actions."""
    return [(one.start_s, one.end_s, one.label) for one in actions]


def remarks_of(path):
    """What the reader of a file remarks."""
    return list(read_label_file(path).remarks)


def video(*actions, name="heat_01", fps=25.0, duration_s=60.0):
    """A video to be written; an action is start, end, label, and perhaps probability and group."""
    return WrittenVideo(
        video_id=name,
        path=Path(f"/home/mia/videos/{name}.mp4"),
        duration_s=duration_s,
        fps=fps,
        num_frames=round(fps * duration_s),
        width=1280,
        height=720,
        actions=[WrittenAction(*one) for one in actions],
    )


def write(name, folder, *videos):
    """Write videos in a format, and give the files."""
    folder.mkdir(exist_ok=True)
    return list(LABELS[name].write(videos, folder, "labels"))


def frames(actions, fps):
    """Of each action the frames whose beginnings are in it, with its label."""
    found = []
    for start_s, end_s, label in sorted(spans(actions)):
        inside = [
            n
            for n in range(round(60 * fps))
            if start_s <= n / fps + 1e-9 and n / fps + 1e-9 < end_s
        ]
        found.append((inside[0], inside[-1], label))
    return found
