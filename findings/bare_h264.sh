#!/bin/sh
# Of bare H.264 that says 50 pictures a second in its own headers, OpenCV says 25, all of them at 0 ms, and a count below 0.
#
# Expected: a recording without a container (.h264, as small single-board cameras write it) has the rate that its sequence
#   headers state, or none; it is read as other videos are, or refused.
# What happens: the demuxer gives 25 a second to anything bare, and says so as the stream's average rate. The stated 50 is
#   in PyAV's guessed_rate and codec_context.framerate, not in average_rate; no picture has a time. OpenCV reads all the
#   pictures, says 25, leaves CAP_PROP_POS_MSEC at 0 for each, and its CAP_PROP_FRAME_COUNT is a huge negative number.
# Why it matters: a label at second 4 of 50 a second is sought at half its time, speeds are half as fast, and
#   `range(int(count))` is empty without an error. In a container (ffmpeg -r 50 -i a.h264 -c copy a.mp4) all is right.
#
# Output, Python 3.11 on x86-64 Linux:
#   av 18.1.0
#   opencv-python-headless 5.0.0.93
#   PyAV: average_rate 25, guessed_rate 50, codec_context.framerate 50, pictures with a time 0 of 100
#   OpenCV: rate 25.0, count below 0: True, pictures read 100, latest time 0.0 ms
#   PASS
. "$(dirname "$0")/_common.sh"
install av==18.1.0 numpy==2.3.5 opencv-python-headless==5.0.0.93

env/bin/python - <<'PY'
import sys
from fractions import Fraction

import av
import cv2
import numpy as np
from _common import film, print_versions

print_versions("av", "opencv-python-headless")

pictures = [np.full((240, 320, 3), 2 * number, np.uint8) for number in range(100)]
film("bare.h264", pictures, rate=50, stamps=range(100), base=Fraction(1, 50), options={"bf": "0"}, format="h264")

with av.open("bare.h264") as file:
    stream = file.streams.video[0]
    times = [picture.time for picture in file.decode(stream)]
    rates = stream.average_rate, stream.guessed_rate, stream.codec_context.framerate
timed = sum(time is not None for time in times)
print(
    f"PyAV: average_rate {rates[0]}, guessed_rate {rates[1]}, codec_context.framerate {rates[2]}, "
    f"pictures with a time {timed} of {len(times)}"
)
capture = cv2.VideoCapture("bare.h264")
rate, negative = capture.get(cv2.CAP_PROP_FPS), capture.get(cv2.CAP_PROP_FRAME_COUNT) < 0
number, latest = 0, 0.0
while capture.read()[0]:
    number += 1
    latest = max(latest, capture.get(cv2.CAP_PROP_POS_MSEC))
print(f"OpenCV: rate {rate}, count below 0: {negative}, pictures read {number}, latest time {latest} ms")
if (*rates, timed, len(times)) != (25, 50, 50, 0, 100) or (rate, negative, number, latest) != (25.0, True, 100, 0.0):
    sys.exit("CHANGED")
print("PASS")
PY
