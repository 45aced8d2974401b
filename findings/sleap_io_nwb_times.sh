#!/bin/sh
# sleap-io writes poses to NWB with times that are multiples of the frame rate, and not at all if a frame has no label.
#
# Expected: frames 0 to 3 of a video of 25 frames a second, saved with video_sample_rate=25 as the docstring says, are at
#   0, 0.04, 0.08 and 0.12 s. A frame in which nobody is has no sample.
# What happens: sleap-io 0.9.5 multiplies by the rate where it should divide: the samples are 25 s apart, and the rate
#   written, which is cut to a whole number, is 0. Of a video with a frame that has no prediction, times are looked up by
#   the frame's number in a list that is as long as the frames with one: IndexError.
# Why it matters: whoever puts poses beside other recordings by their times has them 625 times too slow; and
#   who reads the file by its rate divides by zero. Without video_sample_rate the rate is 1, so that times are numbers of
#   frames. video_timestamps, a time for every frame of the video, is the remedy for both.
#
# Output, Python 3.11 on x86-64 Linux:
#   sleap-io 0.9.5
#   pynwb 4.2.0
#   ndx-pose 0.4.0
#   frames 0 1 2 3, no rate: rate 1.0, starting at 0.0 s
#   frames 0 1 2 3, 25 frames a second: rate 0.0, starting at 0.0 s
#   frames 0 1 3, no rate: IndexError
#   frames 0 1 3, timestamps of 4 frames: times [0.0, 0.04, 0.12]
#   PASS
. "$(dirname "$0")/_common.sh"
install sleap-io==0.9.5 pynwb==4.2.0 ndx-pose==0.4.0 numpy==2.3.5

env/bin/python -W ignore - <<'PY'
import datetime
import sys

import numpy as np
import sleap_io as sio
from _common import print_versions
from pynwb import NWBFile
from sleap_io.io.nwb_predictions import append_nwb_data

print_versions("sleap-io", "pynwb", "ndx-pose")


def labels(frames):
    """A nose that is seen in some frames."""
    skeleton = sio.Skeleton(nodes=["nose"], name="skater")
    video, track = sio.Video("heat_01.mp4", open_backend=False), sio.Track("mia")
    one = {"skeleton": skeleton, "point_scores": np.ones(1), "score": 1.0, "track": track}
    made = [
        sio.LabeledFrame(
            video=video,
            frame_idx=frame,
            instances=[sio.PredictedInstance.from_numpy(np.array([[10.0 + frame, 20.0]]), **one)],
        )
        for frame in frames
    ]
    return sio.Labels(made, videos=[video], skeletons=[skeleton], tracks=[track])


def written(frames, **metadata):
    start = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
    file = NWBFile("heats", "1", start)
    try:
        append_nwb_data(labels(frames), file, metadata)
    except IndexError:
        return "IndexError"
    series = file.processing["SLEAP_VIDEO_000_heat_01"]["track=mia"]["nose"]
    if series.timestamps is not None:
        return f"times {series.timestamps.tolist()}"
    return f"rate {series.rate}, starting at {series.starting_time} s"


found = {
    "frames 0 1 2 3, no rate": written([0, 1, 2, 3]),
    "frames 0 1 2 3, 25 frames a second": written([0, 1, 2, 3], video_sample_rate=25.0),
    "frames 0 1 3, no rate": written([0, 1, 3]),
    "frames 0 1 3, timestamps of 4 frames": written([0, 1, 3], video_timestamps=np.arange(4) / 25),
}
for what, seen in found.items():
    print(f"{what}: {seen}")
recorded = ["rate 1.0, starting at 0.0 s", "rate 0.0, starting at 0.0 s", "IndexError", "times [0.0, 0.04, 0.12]"]
if list(found.values()) != recorded:
    sys.exit(f"CHANGED: recorded were {recorded}")
print("PASS")
PY
