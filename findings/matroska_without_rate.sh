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
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
trap 'exit 1' HUP INT TERM
cd "$folder"
"${PYTHON:-python3}" -m venv env
env/bin/pip --disable-pip-version-check install --quiet av==18.1.0 numpy==2.3.5 opencv-python-headless==5.0.0.93

env/bin/python - <<'PY'
import sys
from fractions import Fraction
from importlib.metadata import version
from pathlib import Path

import av
import cv2
import numpy as np

for package in ("av", "opencv-python-headless"):
    print(package, version(package))


def film(name, codec, stamps, base, options):
    with av.open("stated" + name, "w") as file:
        stream = file.add_stream(codec, rate=30, options=options)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        stream.codec_context.time_base = base
        for number, stamp in enumerate(stamps):
            rgb = np.full((240, 320, 3), 90, np.uint8)
            rgb[100:160, 2 * number : 2 * number + 40] = (200, 60, 60)
            frame = av.VideoFrame.from_ndarray(rgb, format="rgb24")
            frame.pts, frame.time_base = stamp, base
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    data = bytearray(Path("stated" + name).read_bytes())
    at = data.find(b"\x23\xe3\x83")  # DefaultDuration; becomes a Void element of the same length
    size = 4 + (data[at + 3] & 0x7F)
    data[at : at + size] = bytes([0xEC, 0x80 | (size - 2)]) + bytes(size - 2)
    Path(name).write_bytes(data)


film("even.mkv", "libx264", range(120), Fraction(1, 30), {})
gaps = [25 + 7 * i % 17 for i in range(119)]  # ms
film("uneven.webm", "libvpx", np.cumsum([0, *gaps]).tolist(), Fraction(1, 1000), {"deadline": "realtime", "cpu-used": "8"})
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
