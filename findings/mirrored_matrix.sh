#!/bin/sh
# A video that its header mirrors is shown upside down by OpenCV; PyAV's `rotation` cannot tell it from one turned.
#
# Expected: a display matrix that mirrors (MP4's track header; it can mirror as well as turn) is applied, as players and the
#   ffmpeg program do, or left alone.
# What happens: both take an angle out of the matrix, and a mirror image has none. Mirrored left to right: PyAV 18.1.0 says
#   -180 degrees, the same as for a video turned over, and OpenCV 5.0.0.93 turns the picture by 180 degrees: the person
#   stands on the head. Mirrored top to bottom: PyAV says 0, OpenCV does nothing.
# Why it matters: code that turns pictures by `frame.rotation` hands the pose network people upside down, and left and right
#   are not what a viewer sees. The matrix itself, in the frame's side data, tells all.
#
# Output, Python 3.11 on x86-64 Linux (ffmpeg is the one inside imageio-ffmpeg):
#   av 18.1.0
#   opencv-python-headless 5.0.0.93
#   imageio-ffmpeg 0.8.1
#   square at the top left, header says ...
#     turned by 180: ffmpeg shows it bottom right, OpenCV bottom right, PyAV's |rotation| is 180
#     mirrored left to right: ffmpeg shows it top right, OpenCV bottom right, PyAV's |rotation| is 180
#     mirrored top to bottom: ffmpeg shows it bottom left, OpenCV top left, PyAV's |rotation| is 0
#   PASS
. "$(dirname "$0")/_common.sh"
install av==18.1.0 numpy==2.3.5 opencv-python-headless==5.0.0.93 \
    imageio-ffmpeg==0.8.1

env/bin/python - <<'PY'
import struct
import subprocess
import sys
from pathlib import Path

import av
import cv2
import imageio_ffmpeg
import numpy as np
from _common import film, print_versions

print_versions("av", "opencv-python-headless", "imageio-ffmpeg")

picture = np.full((240, 320, 3), 90, np.uint8)
picture[20:80, 20:80] = (200, 60, 60)  # top left, so that every way to turn it differs
film("plain.mp4", [picture] * 3)


def with_matrix(name, a, b, c, d):
    """The film with this matrix (16.16 fixed point) in its track header."""
    data = bytearray(Path("plain.mp4").read_bytes())
    matrix = data.find(b"tkhd") + 4 + 40
    for place, value in ((0, a), (4, b), (12, c), (16, d)):
        struct.pack_into(">i", data, matrix + place, value << 16)
    Path(name).write_bytes(data)


def shown(rgb):
    """Where the square lies."""
    row, column = np.argwhere((rgb[..., 0].astype(int) - rgb[..., 1]) > 60).mean(axis=0)
    return f"{'top' if row < 120 else 'bottom'} {'left' if column < 160 else 'right'}"


def by_ffmpeg(name):
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", name, "-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    return np.frombuffer(subprocess.run(command, capture_output=True, check=True).stdout, np.uint8).reshape(240, 320, 3)


recorded = {
    "turned by 180": ((-1, 0, 0, -1), "bottom right", "bottom right", 180),
    "mirrored left to right": ((-1, 0, 0, 1), "top right", "bottom right", 180),
    "mirrored top to bottom": ((1, 0, 0, -1), "bottom left", "top left", 0),
}
print("square at the top left, header says ...")
for header, (matrix, *expected) in recorded.items():
    with_matrix("film.mp4", *matrix)
    with av.open("film.mp4") as file:
        rotation = abs(next(file.decode(video=0)).rotation)
    opencv = cv2.VideoCapture("film.mp4").read()[1][..., ::-1]
    seen = [shown(by_ffmpeg("film.mp4")), shown(opencv), rotation]
    print(f"  {header}: ffmpeg shows it {seen[0]}, OpenCV {seen[1]}, PyAV's |rotation| is {seen[2]}")
    if seen != expected:
        sys.exit(f"CHANGED: recorded was {expected}")
print("PASS")
PY
