#!/bin/sh
# OpenCV 4.13 and later read interlaced video as one dark picture, and say that each was read.
#
# Expected: VideoCapture.read() gives the pictures of interlaced video (camcorders, broadcast, DVDs), as 4.12 does, or
#   returns False.
# What happens: with 4.13.0.92 and 5.0.0.93, of both H.264 in MP4 and MPEG-2 in a transport stream, read() returns True as
#   often as there are pictures, and gives the same dark array each time. The converter's refusal goes to standard error
#   only. The two fields are no less decodable than before: PyAV reads the same files right.
# Why it matters: a detector finds nobody in such pictures, and nothing has failed: an archive of recorded broadcasts looks
#   like video without athletes. Frame count, rate and size are all right.
#
# Output, Python 3.11 on x86-64 Linux:
#   av 18.1.0, h264.mp4: 60 pictures read, 60 right
#   av 18.1.0, mpeg2.ts: 60 pictures read, 60 right
#   opencv-python-headless 4.12.0.88, h264.mp4: 60 pictures read, 60 right
#   opencv-python-headless 4.12.0.88, mpeg2.ts: 60 pictures read, 60 right
#   opencv-python-headless 4.13.0.92, h264.mp4: 60 pictures read, 0 right
#   opencv-python-headless 4.13.0.92, mpeg2.ts: 60 pictures read, 0 right
#   opencv-python-headless 5.0.0.93, h264.mp4: 60 pictures read, 0 right
#   opencv-python-headless 5.0.0.93, mpeg2.ts: 60 pictures read, 0 right
#   PASS
. "$(dirname "$0")/_common.sh"
install av==18.1.0 numpy==2.3.5
for version in 4.12.0.88 4.13.0.92 5.0.0.93; do
    install --no-deps --target "cv$version" opencv-python-headless==$version
done

cat >pictures.py <<'PY'
import numpy as np


def picture(number):
    """Grey, a red square that moves 3 px a picture."""
    rgb = np.full((240, 320, 3), 90, np.uint8)
    rgb[100:160, 20 + 3 * number : 80 + 3 * number] = (200, 60, 60)
    return rgb
PY

env/bin/python - <<'PY'
from _common import film
from pictures import picture

kinds = {
    "h264.mp4": ("libx264", {"x264-params": "interlaced=1:tff=1"}),
    "mpeg2.ts": ("mpeg2video", {"flags": "+ildct+ilme", "b": "4M"}),
}
for name, (codec, options) in kinds.items():
    film(name, map(picture, range(60)), rate=25, codec=codec, options=options)
PY

cat >look.py <<'PY'
import sys
from importlib.metadata import version

import numpy as np
from pictures import picture

reader, recorded = sys.argv[1], int(sys.argv[2])


def by_opencv(name):
    import cv2

    capture = cv2.VideoCapture(name)
    while (got := capture.read())[0]:
        yield got[1][..., ::-1]


def by_pyav(name):
    import av

    with av.open(name) as file:
        for frame in file.decode(video=0):
            yield frame.to_ndarray(format="rgb24")


package, read = {"opencv": ("opencv-python-headless", by_opencv), "pyav": ("av", by_pyav)}[reader]
for name in ("h264.mp4", "mpeg2.ts"):
    frames = [frame.astype(int) for frame in read(name)]
    right = sum(np.abs(frame - picture(number)).mean() < 8 for number, frame in enumerate(frames))
    print(f"{package} {version(package)}, {name}: {len(frames)} pictures read, {right} right")
    if (len(frames), right) != (60, recorded):
        sys.exit(f"CHANGED: recorded were 60 read, {recorded} right")
PY
env/bin/python look.py pyav 60
PYTHONPATH=cv4.12.0.88 env/bin/python look.py opencv 60 2>/dev/null
PYTHONPATH=cv4.13.0.92 env/bin/python look.py opencv 0 2>/dev/null
PYTHONPATH=cv5.0.0.93 env/bin/python look.py opencv 0 2>/dev/null
echo PASS
