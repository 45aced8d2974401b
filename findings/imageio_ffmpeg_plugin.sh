#!/bin/sh
# imageio's two video plugins give different numbers of pictures of the same file, in other orientations.
#
# Expected: iterating over a video gives its pictures, whichever plugin of imageio reads it: "pyav" or "FFMPEG".
# What happens: "FFMPEG" (imageio-ffmpeg) lets the ffmpeg program bring the video to an even rate: pictures are repeated
#   where the rate varies (phones in dim light), and the first one is repeated where video begins after the sound. Its own
#   count_frames() gives the number before that. "pyav" gives the pictures of the file, but does not turn them as the header
#   asks, which "FFMPEG" does.
# Why it matters: keypoints of one tool, per picture, laid on the frames of another slide away from the athlete from the
#   first slow passage on, and no count shows it: the file's, PyAV's and count_frames() agree.
#
# Output, Python 3.11 on x86-64 Linux:
#   imageio 2.38.1
#   imageio-ffmpeg 0.8.1
#   av 18.1.0
#   30 a second for 2 s, then 15 a second for 2 s: 90 pictures
#     pictures of pyav, of FFMPEG: (90, 120)
#     count_frames() of FFMPEG: 90
#     picture 80 of pyav, of FFMPEG: (80, 70)
#   60 pictures that begin 0.5 s after the sound
#     picture 0 comes how often in pyav, in FFMPEG: (1, 16)
#   320 x 240, to be turned by 90 degrees
#     height and width of pyav, of FFMPEG: [(240, 320), (320, 240)]
#   PASS
. "$(dirname "$0")/_common.sh"
install av==18.1.0 numpy==2.3.5 imageio==2.38.1 imageio-ffmpeg==0.8.1

env/bin/python - <<'PY'
import struct
import sys
from fractions import Fraction
from pathlib import Path

import av
import imageio.v2
import imageio.v3
import numpy as np
from _common import print_versions

print_versions("imageio", "imageio-ffmpeg", "av")


def picture(number):
    """The number as eight black or white blocks, above grey."""
    rgb = np.full((240, 320, 3), 90, np.uint8)
    for bit in range(8):
        rgb[20:60, 20 + 35 * bit : 45 + 35 * bit] = 255 * (number >> bit & 1)
    return rgb


def number(rgb):
    return sum(int(rgb[40, 32 + 35 * bit].mean() > 128) << bit for bit in range(8))


def film(name, times, sound_s=0):
    with av.open(name, "w") as file:
        stream = file.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 90000)
        sound = file.add_stream("aac", rate=48000) if sound_s else None
        for place, time in enumerate(times):
            frame = av.VideoFrame.from_ndarray(picture(place), format="rgb24")
            frame.pts, frame.time_base = round(time * 90000), Fraction(1, 90000)
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
        if sound:
            for start in range(0, 48000 * sound_s, 1024):
                part = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
                part.sample_rate, part.pts, part.time_base = 48000, start, Fraction(1, 48000)
                file.mux(sound.encode(part))
            file.mux(sound.encode(None))


def numbers(name, plugin):
    return [number(rgb) for rgb in imageio.v3.imiter(name, plugin=plugin)]


def check(what, seen, recorded):
    print(f"  {what}: {seen}")
    if seen != recorded:
        sys.exit(f"CHANGED: recorded was {recorded}")


print("30 a second for 2 s, then 15 a second for 2 s: 90 pictures")
film("dim.mp4", [i / 30 for i in range(60)] + [2 + i / 15 for i in range(30)])
pyav, ffmpeg = numbers("dim.mp4", "pyav"), numbers("dim.mp4", "FFMPEG")
check("pictures of pyav, of FFMPEG", (len(pyav), len(ffmpeg)), (90, 120))
check("count_frames() of FFMPEG", imageio.v2.get_reader("dim.mp4", "ffmpeg").count_frames(), 90)
check("picture 80 of pyav, of FFMPEG", (pyav[80], ffmpeg[80]), (80, 70))

print("60 pictures that begin 0.5 s after the sound")
film("late.mp4", [0.5 + i / 30 for i in range(60)], sound_s=3)
pyav, ffmpeg = numbers("late.mp4", "pyav"), numbers("late.mp4", "FFMPEG")
check("picture 0 comes how often in pyav, in FFMPEG", (pyav.count(0), ffmpeg.count(0)), (1, 16))

print("320 x 240, to be turned by 90 degrees")
data = bytearray(Path("dim.mp4").read_bytes())
matrix = data.find(b"tkhd") + 4 + 40
for place, value in ((0, 0), (4, 1), (12, -1), (16, 0)):
    struct.pack_into(">i", data, matrix + place, value << 16)
Path("upright.mp4").write_bytes(data)
shapes = [imageio.v3.imread("upright.mp4", plugin=plugin, index=0).shape[:2] for plugin in ("pyav", "FFMPEG")]
check("height and width of pyav, of FFMPEG", shapes, [(240, 320), (320, 240)])
print("PASS")
PY
