"""The invented skater of the files of pose tools: ``tool_files/make_pose_json.py`` hands it to each tool."""

import numpy as np

from vpdlib.interchange.pose_registry import POSES, find_pose_format
from vpdlib.skeleton import COCO17

WIDTH, HEIGHT, FPS = 320, 240, 25.0
#: People in each frame; of two, the second stands at the left.
PEOPLE = (1, 0, 2, 1, 1, 0)
_X = {"nose": 0, "eye": 4, "ear": 7, "shoulder": 15, "elbow": 22, "wrist": 25}
_X |= {"hip": 10, "knee": 11, "ankle": 12}
_Y = {"nose": 40, "eye": 37, "ear": 39, "shoulder": 60, "elbow": 85, "wrist": 108}
_Y |= {"hip": 110, "knee": 150, "ankle": 190}


def skater(frame: int, person: int = 0) -> np.ndarray:
    """(17, 3) x px, y px, score of somebody who glides to the right, seen from the front."""
    joints = []
    for number, name in enumerate(COCO17):
        side, _, part = name.rpartition("_")
        # The left side is at the right.
        sign = {"left": 1, "right": -1, "": 0}[side]
        x = 200 + 5 * frame - 120 * person + sign * _X[part]
        joints.append((x, _Y[part] + 2 * person, 0.5 + 0.025 * number))
    return np.array(joints)


def read(path, name=None):
    """What the registry's format reads of a place, a list."""
    form = find_pose_format(path, name)
    assert form is not None, f"{path} is of no format"
    return form.read(path)


def recognised(path):
    """Names of the formats that recognise a place."""
    return [name for name, form in POSES.items() if form.recognises(path)]


def in_coco_order(given, frame, person=0):
    """(17, 3) of one person of a frame; NaN for joints that the file has not."""
    lower = [name.lower() for name in given.joints]
    result = np.full((17, 3), np.nan)
    for row, name in enumerate(COCO17):
        side, _, part = name.partition("_")
        for known in (name, f"{side[0]}{part}"):
            if known in lower:
                result[row] = given.values[frame, person, lower.index(known)]
    return result


def seen(given):
    """People in each frame."""
    return np.isfinite(given.values[..., 0]).any(axis=2).sum(axis=1).tolist()


def check_skater(given, people=PEOPLE, atol=0.01, scores=True, missing=(), scale=(1, 1)):
    """That all people of a file are where the skater is."""
    assert seen(given) == list(people)[: len(given.values)]
    for frame, count in enumerate(seen(given)):
        for person in range(count):
            found = in_coco_order(given, frame, person)
            wanted = skater(frame, person)
            wanted[:, :2] /= scale
            if not scores:
                wanted[:, 2] = 1
            for joint in missing:
                wanted[COCO17.index(joint)] = np.nan, np.nan, 0
            np.testing.assert_allclose(found, wanted, atol=atol)
