#!/bin/sh
# Label Studio gives the key frames of a rectangle in a video times that are one frame later than the pictures.
#
# Expected: a key frame's `time` is when its picture is shown; that of frame 1, the first one, is 0.
# What happens: the editor that Label Studio 1.23.2 ships goes to frame n by (n - 1) / rate, and stores frame n with
#   the time n / rate. label-studio-sdk 2.1.2, which fills in the frames between key frames, goes on from there: frame
#   25 of 25 gets the time 1.0, at which a video of one second shows nothing any more.
# Why it matters: boxes that are looked up by `time` lie on the next picture, and those of the last frame on none;
#   those that are looked up by `frame` - 1 are right. (The rate is that of the project's tag Video, 24 unless it is
#   set, not that of the video. It is told by nothing else in an export than frame / time.)
#
# Output, Python 3.11 on x86-64 Linux:
#   label-studio 1.23.2 (its editor), label-studio-sdk 2.1.2
#   at 25 frames a second the editor goes to frame 1 at 0.000 s, to frame 25 at 0.960 s
#   it stores them with the times 0.040 s and 1.000 s
#   the sdk fills in frames 1 to 25 from 0.04 to 1.0 s
#   PASS
. "$(dirname "$0")/_common.sh"
install label-studio-sdk==2.1.2
env/bin/pip --disable-pip-version-check download --quiet --no-deps --dest wheels label-studio==1.23.2

env/bin/python - <<'PY'
import re
import sys
import zipfile
from importlib.metadata import version
from pathlib import Path

from label_studio_sdk._extensions.label_studio_tools.postprocessing.video import extract_key_frames

(wheel,) = Path("wheels").glob("label_studio-*.whl")
print(f"label-studio {wheel.name.split('-')[1]} (its editor), label-studio-sdk {version('label-studio-sdk')}")

# The editor is one line of minified JavaScript: goToFrame(frame) sets the player's time, serialize() stores key frames.
goes, stores = (
    re.compile(rb"goToFrame\((\w)\)\{const (\w)=\(\(0,\w+\.clamp\)\(\1,1,\w+\)-1\)/(\w);this\.currentTime="),
    re.compile(rb"sequence\.map\((\w)=>Object\.assign\(\{\},\1,\{time:\1\.frame/(\w)\}\)\)"),
)
with zipfile.ZipFile(wheel) as archive:
    scripts = [archive.read(name) for name in archive.namelist() if name.endswith(".js")]
if not all(any(one.search(script) for script in scripts) for one in (goes, stores)):
    sys.exit("CHANGED: recorded was that the editor goes to (frame - 1) / rate and stores frame / rate")
rate, last = 25, 25
seeks = [(frame - 1) / rate for frame in (1, last)]
times = [frame / rate for frame in (1, last)]
print(f"at {rate} frames a second the editor goes to frame 1 at {seeks[0]:.3f} s, to frame {last} at {seeks[1]:.3f} s")
print(f"it stores them with the times {times[0]:.3f} s and {times[1]:.3f} s")

shape = {"x": 10, "y": 10, "width": 20, "height": 40, "rotation": 0}
key = {"frame": 1, "enabled": True, **shape, "time": times[0]}
value = {"framesCount": last, "duration": last / rate, "sequence": [key], "labels": ["axel"]}
result = {"type": "videorectangle", "from_name": "box", "to_name": "video", "value": value}
(filled,) = extract_key_frames([result])
sequence = filled["value"]["sequence"]
ends = [(one["frame"], one["time"]) for one in (sequence[0], sequence[-1])]
print(f"the sdk fills in frames {ends[0][0]} to {ends[1][0]} from {ends[0][1]} to {ends[1][1]} s")
if ends != [(1, 0.04), (25, 1.0)]:
    sys.exit("CHANGED: recorded was frame 1 at 0.04 s and frame 25 at 1.0 s")
print("PASS")
PY
