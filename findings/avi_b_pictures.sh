#!/bin/sh
# H.264 with B-pictures in AVI: the frames come in the right order, with times that run backwards.
#
# Expected: frame.time of frames decoded in order rises; OpenCV's CAP_PROP_POS_MSEC, too, and begins at 0.
# What happens: AVI numbers chunks in the order in which they are stored, and has no place for when they are shown. PyAV
#   18.1.0 gives the frames in the order in which they are shown, with the stamps of the stored order: 1, 3, 4, 2, 6, 7, 5.
#   OpenCV 5.0.0.93 gives rising times that begin two frames late, and 0 for the last two frames.
# Why it matters: sorting frames by time, as one does with other containers, brings them out of order; a label's last frame
#   found by time is at second 0.
#
# Output, Python 3.11 on x86-64 Linux:
#   av 18.1.0
#   opencv-python-headless 5.0.0.93
#   PyAV: frames in the order in which they were filmed: True
#   PyAV: their stamps, in pictures: [1, 3, 4, 2, 6, 7, 5, 9, 10, 8, 12, 13]
#   PyAV: how often time runs backwards: 20
#   OpenCV: CAP_PROP_POS_MSEC in pictures, first and last three: [2, 3, 4, 59, 0, 0]
#   PASS
. "$(dirname "$0")/_common.sh"
install av==18.1.0 numpy==2.3.5 opencv-python-headless==5.0.0.93

env/bin/python - <<'PY'
import sys

import av
import cv2
import numpy as np
from _common import film, moving_square, print_versions

print_versions("av", "opencv-python-headless")

film("film.avi", moving_square(60, step=4, width=40), options={"bf": "2"})


def check(what, seen, good):
    print(f"{what}: {seen}")
    if not good:
        sys.exit("CHANGED: recorded was otherwise, see the header")


def left_edge(rgb):
    return np.argwhere(rgb[130, :, 0].astype(int) - rgb[130, :, 1] > 60).min()


with av.open("film.avi") as file:
    frames = list(file.decode(video=0))
edges = [left_edge(frame.to_ndarray(format="rgb24")) for frame in frames]
check("PyAV: frames in the order in which they were filmed", edges == sorted(edges), edges == sorted(edges) and len(edges) == 60)
stamps = [frame.pts for frame in frames]
back = sum(later < earlier for earlier, later in zip(stamps, stamps[1:]))
check("PyAV: their stamps, in pictures", stamps[:12], back > 5)
check("PyAV: how often time runs backwards", back, back > 5)
capture, places = cv2.VideoCapture("film.avi"), []
while capture.read()[0]:
    places.append(round(capture.get(cv2.CAP_PROP_POS_MSEC) * 30 / 1000))
check("OpenCV: CAP_PROP_POS_MSEC in pictures, first and last three", places[:3] + places[-3:], places[0] == 2 and places[-2:] == [0, 0])
print("PASS")
PY
