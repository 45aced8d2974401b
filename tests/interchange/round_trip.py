"""Actions of two videos, written in a format and read again: the same frames, classes and athletes."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from tests.interchange.reading import read
from vpdlib.datasets.base import TIME_SLACK_S, VideoSource
from vpdlib.interchange.formats import WrittenAction, WrittenVideo

FOLDER = Path("/home/mia/videos")


def video(name, fps, duration_s, *actions):
    return WrittenVideo(
        name,
        FOLDER / f"{name}.mp4",
        duration_s,
        fps,
        round(duration_s * fps),
        1280,
        720,
        sorted(actions, key=lambda one: (one.start_s, one.end_s)),
    )


def videos():
    """Of 29.97 and 50 frames a second: actions at frames' own times, beside them, overlapping, touching; and none."""
    rate = 30000 / 1001
    return [
        video(
            "heat_01",
            rate,
            60.0,
            WrittenAction(40 / rate, 80 / rate, "axel"),
            WrittenAction(60 / rate, 100 / rate, "axel"),
            WrittenAction(60 / rate, 61 / rate, "lutz"),
            WrittenAction(100 / rate, 140 / rate, "axel"),
            WrittenAction(7.7777, 9.3131, "triple “lutz”, née <x> & y", group="zoë"),
            WrittenAction(8.0, 9.0, "axel", group="mia"),
        ),
        video("heat_02", 50.0, 30.0, WrittenAction(0.0, 30.0, "axel", group="mia")),
        video("heat_03", 25.0, 10.0),
    ]


def found(given):
    """The same actions as a model finds them."""
    return [
        replace(
            one,
            actions=[replace(action, probability=0.875) for action in one.actions],
        )
        for one in given
    ]


def frames(actions, given):
    """Video, class, group, first frame and the first one after, of actions as read or as written."""
    rates = {one.video_id: one.fps for one in given}
    return sorted(
        (
            name,
            action.label,
            action.group or "",
            *(
                int(np.ceil((time_s - TIME_SLACK_S) * rates[name]))
                for time_s in (action.start_s, action.end_s)
            ),
        )
        for name, action in actions
    )


def written(given):
    return [(one.video_id, action) for one in given for action in one.actions]


def read_again(paths, given, **settings):
    sources = [VideoSource(one.video_id, one.path) for one in given]
    durations = {one.video_id: one.duration_s for one in given}
    rates = {one.video_id: one.fps for one in given}
    times = {one.video_id: np.arange(one.num_frames) / one.fps for one in given}
    actions = read(
        list(paths),
        sources,
        durations,
        folder=FOLDER,
        rates_fps=rates,
        times_of=times.__getitem__,
        **settings,
    )
    return [(action.video_id, action) for action in actions]
