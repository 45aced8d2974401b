#!/bin/sh
# A gap of a C3D marker that is filled and saved with ezc3d is a gap again in the file.
#
# Expected: read a C3D file, put interpolated numbers where a marker was not seen, write: the new file has the numbers.
# What happens: C3D marks a missing marker by the residual -1 in the same record. ezc3d 1.7.2 reads its place as NaN, and
#   keeps the residual apart, in data.meta_points. Numbers put into data.points are written with the old -1 beside them, so
#   that ezc3d, as other readers do, takes them for missing. Unless the residual is set to 0 too, every filled gap is lost.
# Why it matters: gap filling is the first step with motion capture. What is then trained on has the holes that were
#   thought to be filled, or, with a reader that does not look at residuals, other data than with one that does.
#
# Output, Python 3.11 on x86-64 Linux:
#   ezc3d 1.7.2
#   as recorded:                     frame 2 is at nan
#   filled, saved, read again:       frame 2 is at nan
#   filled, residual 0, saved, read: frame 2 is at 30.0
#   PASS
. "$(dirname "$0")/_common.sh"
install numpy==2.3.5 ezc3d==1.7.2

env/bin/python - <<'PY'
import sys

import ezc3d
import numpy as np
from _common import print_versions

print_versions("ezc3d")

file = ezc3d.c3d()
file["parameters"]["POINT"]["RATE"]["value"] = [100.0]
file["parameters"]["POINT"]["UNITS"]["value"] = ["mm"]
file["parameters"]["POINT"]["LABELS"]["value"] = ["LKNE"]
points = np.ones((4, 1, 5))
points[0, 0] = [10, 20, 0, 40, 50]
file["data"]["points"] = points
residuals = np.zeros((1, 1, 5))
residuals[0, 0, 2] = -1
file["data"]["meta_points"]["residuals"] = residuals
file.write("recorded.c3d")


def x_of(path):
    return float(ezc3d.c3d(path)["data"]["points"][0, 0, 2])


filled = ezc3d.c3d("recorded.c3d")
filled["data"]["points"][:3, 0, 2] = [30, 1, 1]
filled.write("filled.c3d")
seen = ezc3d.c3d("recorded.c3d")
seen["data"]["points"][:3, 0, 2] = [30, 1, 1]
seen["data"]["meta_points"]["residuals"][0, 0, 2] = 0
seen.write("seen.c3d")

recorded, again, told = x_of("recorded.c3d"), x_of("filled.c3d"), x_of("seen.c3d")
print(f"as recorded:                     frame 2 is at {recorded}")
print(f"filled, saved, read again:       frame 2 is at {again}")
print(f"filled, residual 0, saved, read: frame 2 is at {told}")
if not (np.isnan(recorded) and np.isnan(again) and told == 30):
    sys.exit("CHANGED: recorded was nan, nan, 30")
print("PASS")
PY
