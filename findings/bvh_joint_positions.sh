#!/bin/sh
# Two BVH readers build different skeletons of a file whose joints have positions besides rotations.
#
# Expected: bvhio and bvhtoolbox put a joint of a valid BVH file in the same place.
# What happens: some exporters write six channels for every joint, not only for the root. In each frame bvhio 1.5.4 takes
#   the position in place of the joint's OFFSET; bvhtoolbox 0.1.3 takes the OFFSET and drops the position. Where the two
#   differ (the offset is that of the template, the position that of the person) so do the bones: here 12 against 10. Files
#   with three channels per joint are read alike.
# Why it matters: 3D joints for training by projection get one person's proportions or the template's, by library; neither
#   warns, and both skeletons look like people.
#
# Output, Python 3.11 on x86-64 Linux:
#   bvhio 1.5.4
#   bvhtoolbox 0.1.3
#   three channels a joint: the spine is at [-9.0, 2.0, 3.0] in bvhio, [-9.0, 2.0, 3.0] in bvhtoolbox
#   six channels a joint, offset 10, position 12: the spine is at [-11.0, 2.0, 3.0] in bvhio, [-9.0, 2.0, 3.0] in bvhtoolbox
#   PASS
. "$(dirname "$0")/_common.sh"
install numpy==2.3.5 bvhio==1.5.4 bvhtoolbox==0.1.3

env/bin/python - <<'PY'
import csv
import sys
from pathlib import Path

import bvhio
from _common import print_versions
from bvhtoolbox import BvhTree
from bvhtoolbox.convert.bvh2csv import write_joint_positions

print_versions("bvhio", "bvhtoolbox")

head = """HIERARCHY
ROOT Hips
{
  OFFSET 0 0 0
  CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation
  JOINT Spine
  {
    OFFSET 0 10 0
    CHANNELS %s Zrotation Xrotation Yrotation
    End Site
    {
      OFFSET 0 5 0
    }
  }
}
MOTION
Frames: 1
Frame Time: 0.04
"""
# The hips turned by 90 degrees about z: what was up is now at -x.
three = head % "3" + "1 2 3 90 0 0 0 0 0\n"
six = head % "6 Xposition Yposition Zposition" + "1 2 3 90 0 0 0 12 0 0 0 0\n"


def by_bvhio(path):
    root = bvhio.readAsHierarchy(path)
    root.loadPose(0)
    (place,) = [joint.PositionWorld for joint, _, _ in root.layout() if joint.Name == "Spine"]
    return [round(float(value), 3) + 0.0 for value in place]


def by_bvhtoolbox(path):
    write_joint_positions(BvhTree(Path(path).read_text()), "positions.csv", scale=1.0, end_sites=False)
    with open("positions.csv", newline="") as file:
        (row,) = csv.DictReader(file)
    return [round(float(row[f"Spine.{axis}"]), 3) + 0.0 for axis in "xyz"]


recorded = {
    "three channels a joint": (three, [-9.0, 2.0, 3.0], [-9.0, 2.0, 3.0]),
    "six channels a joint, offset 10, position 12": (six, [-11.0, 2.0, 3.0], [-9.0, 2.0, 3.0]),
}
for what, (text, *expected) in recorded.items():
    Path("motion.bvh").write_text(text)
    seen = [by_bvhio("motion.bvh"), by_bvhtoolbox("motion.bvh")]
    print(f"{what}: the spine is at {seen[0]} in bvhio, {seen[1]} in bvhtoolbox")
    if seen != expected:
        sys.exit(f"CHANGED: recorded was {expected}")
print("PASS")
PY
