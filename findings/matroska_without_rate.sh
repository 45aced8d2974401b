#!/bin/sh
# Of a Matroska or WebM recording that states no rate, OpenCV says 1000 frames a second.
#
# Expected: the rate of a recording whose pictures come 30 a second, more or less, is about 30, or said to be unknown.
# What happens: the element for it (DefaultDuration) is optional, and recorders that write as they go, such as browsers,
#   leave it out; stamps are whole milliseconds. With an even 30 a second PyAV's average_rate is 1000/33 and OpenCV's rate
#   30.30, its frame count one too many. With uneven stamps average_rate is None, guessed_rate 1000, OpenCV's rate 1000 and
#   its frame count the length in ms: 3960 for 120 pictures.
# Why it matters: a label at second 2 is sought at frame 2000, or, by 30.30, a frame later per 3 s; windows given in seconds
#   become windows of thousands of frames. Only the stamps of the pictures tell.
#
# Output, Python 3.11 on x86-64 Linux:
#   av 18.1.0
#   opencv-python-headless 5.0.0.93
#   even.mkv: PyAV average_rate 1000/33, guessed_rate 30; OpenCV rate 30.3, count 121, pictures read 120
#   uneven.webm: PyAV average_rate None, guessed_rate 1000; OpenCV rate 1000.0, count 3960, pictures read 120
#   PASS
. "$(dirname "$0")/_common.sh"
install av==18.1.0 numpy==2.3.5 opencv-python-headless==5.0.0.93

env/bin/python - <<'PY'
import sys
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from _common import film, moving_square, print_versions

print_versions("av", "opencv-python-headless")


def film_without_rate(name, codec, stamps, base, options):
    pictures = moving_square(len(stamps), step=2, width=40)
    film("stated" + name, pictures, codec=codec, stamps=stamps, base=base, options=options)
    data = bytearray(Path("stated" + name).read_bytes())
    at = data.find(b"\x23\xe3\x83")  # DefaultDuration; becomes a Void element of the same length
    size = 4 + (data[at + 3] & 0x7F)
    data[at : at + size] = bytes([0xEC, 0x80 | (size - 2)]) + bytes(size - 2)
    Path(name).write_bytes(data)


film_without_rate("even.mkv", "libx264", range(120), Fraction(1, 30), {})
gaps = [25 + 7 * i % 17 for i in range(119)]  # ms
film_without_rate("uneven.webm", "libvpx", np.cumsum([0, *gaps]).tolist(), Fraction(1, 1000), {"deadline": "realtime", "cpu-used": "8"})
recorded = {
    "even.mkv": (Fraction(1000, 33), Fraction(30), 30.3, 121, 120),
    "uneven.webm": (None, Fraction(1000), 1000.0, 3960, 120),
}
for name, expected in recorded.items():
    with av.open(name) as file:
        stream = file.streams.video[0]
        seen = [stream.average_rate, stream.guessed_rate]
    capture = cv2.VideoCapture(name)
    seen += [round(capture.get(cv2.CAP_PROP_FPS), 2), int(capture.get(cv2.CAP_PROP_FRAME_COUNT)), 0]
    while capture.read()[0]:
        seen[-1] += 1
    print(f"{name}: PyAV average_rate {seen[0]}, guessed_rate {seen[1]}; OpenCV rate {seen[2]}, count {seen[3]}, pictures read {seen[4]}")
    if tuple(seen) != expected:
        sys.exit(f"CHANGED: recorded was {expected}")
print("PASS")
PY
