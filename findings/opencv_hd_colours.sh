#!/bin/sh
# The same HD video has other colours in OpenCV 4.12 and in OpenCV 5.
#
# Expected: the version of the reader does not change the colours of a video, or the change is that of rounding.
# What happens: of video tagged BT.709, as HD video usually is, 4.12.0.88 converts with the matrix of BT.601 and 5.0.0.93
#   with that of the tag. A red of (200, 60, 60) comes out as (186, 44, 60) in the one, (198, 58, 59) in the other. Video
#   tagged BT.601, as of SD cameras, is alike in both.
# Why it matters: crops and flow taken with one version and a student run on those of another differ by up to 16 of 255 in
#   saturated places (a jersey, a court). PyAV agrees with the newer one.
#
# Output, Python 3.11 on x86-64 Linux:
#   av 18.1.0, hd_bt709.mp4: [198, 58, 59], 2 off (200, 60, 60)
#   av 18.1.0, sd_bt601.mp4: [198, 59, 58], 2 off (200, 60, 60)
#   opencv-python-headless 4.12.0.88, hd_bt709.mp4: [186, 44, 60], 16 off (200, 60, 60)
#   opencv-python-headless 4.12.0.88, sd_bt601.mp4: [198, 59, 58], 2 off (200, 60, 60)
#   opencv-python-headless 5.0.0.93, hd_bt709.mp4: [198, 58, 59], 2 off (200, 60, 60)
#   opencv-python-headless 5.0.0.93, sd_bt601.mp4: [198, 59, 58], 2 off (200, 60, 60)
#   PASS
. "$(dirname "$0")/_common.sh"
install av==18.1.0 numpy==2.3.5
for version in 4.12.0.88 5.0.0.93; do
    install --no-deps --target "cv$version" opencv-python-headless==$version
done

env/bin/python - <<'PY'
import av
import numpy as np

red, green, blue = 200, 60, 60
for name, kr, kb, tag in (("hd_bt709.mp4", 0.2126, 0.0722, 1), ("sd_bt601.mp4", 0.299, 0.114, 6)):
    luma = kr * red + (1 - kr - kb) * green + kb * blue
    planes = np.empty((1080, 1280), np.uint8)
    planes[:720] = round(16 + luma * 219 / 255)
    planes[720:900] = round(128 + (blue - luma) / (2 * (1 - kb)) * 224 / 255)
    planes[900:] = round(128 + (red - luma) / (2 * (1 - kr)) * 224 / 255)
    with av.open(name, "w") as file:
        stream = file.add_stream("libx264", rate=30, options={"qp": "1"})
        stream.width, stream.height, stream.pix_fmt = 1280, 720, "yuv420p"
        stream.codec_context.colorspace, stream.codec_context.color_range = tag, 1
        for _ in range(3):
            frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
            frame.colorspace, frame.color_range = tag, 1
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
PY

cat >look.py <<'PY'
import sys
from importlib.metadata import version

package, recorded = sys.argv[1], sys.argv[2]
for name in ("hd_bt709.mp4", "sd_bt601.mp4"):
    if package == "av":
        import av

        with av.open(name) as file:
            rgb = next(file.decode(video=0)).to_ndarray(format="rgb24")[300, 300]
    else:
        import cv2

        rgb = cv2.VideoCapture(name).read()[1][300, 300, ::-1]
    off = max(abs(int(seen) - true) for seen, true in zip(rgb, (200, 60, 60), strict=True))
    print(f"{package} {version(package)}, {name}: {rgb.tolist()}, {off} off (200, 60, 60)")
    right = off <= 4
    if right != (recorded == "right" or name == "sd_bt601.mp4") or 4 < off < 12:
        sys.exit(f"CHANGED: recorded was {recorded}")
PY
env/bin/python look.py av right
PYTHONPATH=cv4.12.0.88 env/bin/python look.py opencv-python-headless wrong
PYTHONPATH=cv5.0.0.93 env/bin/python look.py opencv-python-headless right
echo PASS
