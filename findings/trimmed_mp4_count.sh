#!/bin/sh
# After a trim without re-encoding, the frame count of an MP4 counts pictures that nothing shows.
#
# Expected: PyAV's `stream.frames` and OpenCV's CAP_PROP_FRAME_COUNT are how many pictures decoding gives; people allocate
#   arrays and check annotations by them.
# What happens: a cut that does not fall on a key picture keeps those before it, marked by an edit list as not to be shown.
#   Both counts take the index, 180 pictures; both readers then give 138. Count / rate is 6.0 s of a video of 4.6 s.
# Why it matters: `ffmpeg -ss ... -c copy` and other lossless cutters write such files. Arrays made with the one number and
#   checked against the other are refused or padded with 42 rows at the end, where in truth the missing ones are at the
#   beginning: row i of a table numbered by the index is picture i - 42.
#
# Output, Python 3.11 on x86-64 Linux:
#   av 18.1.0
#   opencv-python-headless 5.0.0.93
#   PyAV: frames 180, decoded 138
#   OpenCV: CAP_PROP_FRAME_COUNT 180, read 138; count / rate 6.00 s, read / rate 4.60 s
#   PASS
. "$(dirname "$0")/_common.sh"
install av==18.1.0 numpy==2.3.5 opencv-python-headless==5.0.0.93

env/bin/python - <<'PY'
import sys
from fractions import Fraction

import av
import cv2
from _common import film, moving_square, print_versions

print_versions("av", "opencv-python-headless")

film("whole.mp4", moving_square(300, step=1, width=20), options={"g": "60", "sc_threshold": "0"})

# From 3.4 s to 8 s; the key picture before 3.4 s is at 2 s.
with av.open("whole.mp4") as source, av.open("trimmed.mp4", "w") as target:
    stream = target.add_stream_from_template(source.streams.video[0])
    for packet in source.demux(video=0):
        if packet.dts is None or not 2 <= packet.pts * packet.time_base < 8:
            continue
        shift = round(Fraction(34, 10) / packet.time_base)
        packet.pts, packet.dts, packet.stream = packet.pts - shift, packet.dts - shift, stream
        target.mux(packet)

with av.open("trimmed.mp4") as file:
    stated, decoded = file.streams.video[0].frames, sum(1 for _ in file.decode(video=0))
capture = cv2.VideoCapture("trimmed.mp4")
counted, rate = int(capture.get(cv2.CAP_PROP_FRAME_COUNT)), capture.get(cv2.CAP_PROP_FPS)
read = 0
while capture.read()[0]:
    read += 1
print(f"PyAV: frames {stated}, decoded {decoded}")
print(f"OpenCV: CAP_PROP_FRAME_COUNT {counted}, read {read}; count / rate {counted / rate:.2f} s, read / rate {read / rate:.2f} s")
if (stated, decoded, counted, read) != (180, 138, 180, 138):
    sys.exit("CHANGED: recorded were 180, 138, 180, 138")
print("PASS")
PY
