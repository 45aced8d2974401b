#!/bin/sh
# Hands that OpenPose found are points of the face in a .pose file.
#
# Expected: pose-format reads a folder of OpenPose's JSON files; points of the left hand are those of the component
#   hand_left_keypoints_2d.
# What happens: pose-format 0.15.0 counts points on through the lists that a person has. OpenPose run with --hand and without
#   --face writes an empty list for the face; no place is left free for its 70 points, and the hands' 42 stand in the face:
#   the thumb is part of the jaw, both hands are missing. Body points, which come first, are right.
# Why it matters: OpenPose with hands alone is usual in sign language and racket sports. Nothing warns, shapes and
#   confidences are as usual, and a model learns from faces that are hands.
#
# Output, Python 3.11 on x86-64 Linux:
#   pose-format 0.15.0
#   with a face:    face 70 of 70, left hand 21 of 21, right hand 21 of 21 points
#   without a face: face 42 of 70, left hand 0 of 21, right hand 0 of 21 points
#   PASS
. "$(dirname "$0")/_common.sh"
install numpy==2.3.5 pose-format==0.15.0

env/bin/python - <<'PY'
import json
import sys
from pathlib import Path

from _common import print_versions
from pose_format.utils.openpose import load_openpose_directory

print_versions("pose-format")


def points(count, x):
    return [number for point in range(count) for number in (x + point, 50.0, 0.9)]


def counts(name, face):
    folder = Path(name)
    folder.mkdir()
    person = {
        "person_id": [-1],
        "pose_keypoints_2d": points(25, 100),
        "face_keypoints_2d": face,
        "hand_left_keypoints_2d": points(21, 300),
        "hand_right_keypoints_2d": points(21, 400),
    }
    for frame in range(2):
        text = json.dumps({"version": 1.3, "people": [person]})
        (folder / f"rally_{frame:012d}_keypoints.json").write_text(text)
    pose = load_openpose_directory(name, fps=25, width=640, height=360)
    found, begin = [], 0
    for component in pose.header.components:
        end = begin + len(component.points)
        found.append(int((pose.body.confidence[0, 0, begin:end] > 0).sum()))
        begin = end
    return found[1:]


full, empty = counts("with", points(70, 200)), counts("without", [])
for name, found in (("with a face:   ", full), ("without a face:", empty)):
    print(f"{name} face {found[0]} of 70, left hand {found[1]} of 21, right hand {found[2]} of 21 points")
if full != [70, 21, 21] or empty != [42, 0, 0]:
    sys.exit("CHANGED: recorded was 70, 21, 21 with a face, 42, 0, 0 without")
print("PASS")
PY
