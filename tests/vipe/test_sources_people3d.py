"""3DPeople: rows and sides of the text files, unit, frames by their number, damage."""

import numpy as np
import pytest
from skeletons import STANDING, assert_read, random_skeletons, standing

from vpdlib.skeleton import JOINTS13
from vpdlib.vipe.npz import MotionError
from vpdlib.vipe.sources.people3d import read_people3d

#: The data set's names of rows, from 1, for the body; legs are called by the wrong side there.
ROW = {
    "Head": 6,
    "RightEye": 7,
    "LeftEye": 8,
    "HeadTop": 9,
    "LeftArm": 11,
    "LeftForeArm": 12,
    "LeftHand": 13,
    "RightArm": 35,
    "RightForeArm": 36,
    "RightHand": 37,
    "RightUpLeg": 58,
    "RightLeg": 59,
    "RightFoot": 60,
    "LeftUpLeg": 63,
    "LeftLeg": 64,
    "LeftFoot": 65,
}
ARM = {"shoulder": "Arm", "elbow": "ForeArm", "wrist": "Hand"}
LEG = {"hip": "UpLeg", "knee": "Leg", "ankle": "Foot"}


def table(pose):
    """(67, 6) of a pose (13, 3) in metres; other rows are far away."""
    rows = np.full((67, 6), 99.0)
    rows[:, 2] = -5
    other = {"left": "Right", "right": "Left"}
    for name, place in zip(JOINTS13[1:], pose[1:], strict=True):
        side, part = name.split("_")
        called = side.capitalize() + ARM[part] if part in ARM else other[side] + LEG[part]
        rows[ROW[called] - 1, 3:] = place * 10
    for called, offset in (("Head", -0.3), ("LeftEye", 0.1), ("RightEye", 0.2)):
        rows[ROW[called] - 1, 3:] = (pose[0] + [0, 0, offset]) * 10
    return rows


def write(folder, person, action, poses, numbers, camera="camera01"):
    place = folder / person / action / camera
    place.mkdir(parents=True)
    for number, pose in zip(numbers, poses, strict=True):
        np.savetxt(place / f"{number:04d}.txt", table(pose), fmt="%.6f")
    return place


def poses(frames=4, seed=0):
    return random_skeletons(np.random.default_rng(seed), frames)


def test_frames_subjects_and_joints(tmp_path):
    skeleton = tmp_path / "skeleton"
    first, second = poses(), poses(3, 1)
    write(skeleton, "woman17", "02_04_jump", second, [1, 2, 3])
    write(skeleton, "man01", "01_01_walk", first[[0, *range(4)]], range(5))
    write(skeleton, "man01", "01_01_walk", second, [1, 2, 3], "camera02")
    # 0000.txt and the other camera are left out.
    expected = [("man01/01_01_walk", "man01", first), ("woman17/02_04_jump", "woman17", second)]
    for folder in (skeleton, tmp_path):
        assert_read(read_people3d(folder), "3dpeople", expected)


def test_left_is_on_the_left_and_the_unit_is_decimetres(tmp_path):
    write(tmp_path, "man01", "stand", standing(), [1])
    (motion,) = read_people3d(tmp_path)
    for name, (x, _, z) in zip(JOINTS13, motion.xyz[0], strict=True):
        side, _, part = name.partition("_")
        assert z == pytest.approx(STANDING[part or side][2], abs=1e-5)
        # The person looks along +y.
        assert np.sign(round(float(x), 3)) == {"left": -1, "right": 1}.get(side, 0), name
    (motion,) = read_people3d(tmp_path, unit_m=0.12, fps=24)
    assert motion.xyz[0, 0, 2] == pytest.approx(1.65 * 1.2, abs=1e-5)
    assert motion.fps == 24


def test_missing_and_broken_frames_cut_a_motion(tmp_path):
    xyz = poses(8).astype(np.float64)
    xyz[6, 5] = np.nan
    keep = [0, 1, 3, 4, 5, 6, 7]
    write(tmp_path, "man01", "walk", xyz[keep], [3 + i for i in keep])
    motions = read_people3d(tmp_path)
    assert [(m.name, len(m.xyz)) for m in motions] == [
        ("man01/walk#0", 2),
        ("man01/walk#3", 3),
        ("man01/walk#7", 1),
    ]
    np.testing.assert_allclose(motions[1].xyz, xyz[3:6], atol=1e-6)
    # Of rows 0, 2, 4 and 6, the second is missing and the last not finite.
    motions = read_people3d(tmp_path, every=2)
    assert [(m.name, len(m.xyz), m.fps) for m in motions] == [
        ("man01/walk#0", 1, 15.0),
        ("man01/walk#4", 1, 15.0),
    ]


def test_wrong_folders(tmp_path):
    with pytest.raises(MotionError, match="nowhere is no folder"):
        read_people3d(tmp_path / "nowhere")
    with pytest.raises(MotionError, match=r"holds no file .*give the data set's folder"):
        read_people3d(tmp_path)
    write(tmp_path, "man01", "walk", poses(1), [0])
    with pytest.raises(MotionError, match=r"no frame but 0000\.txt"):
        read_people3d(tmp_path)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("0002.txt", "", r"table \(0,\)"),
        ("0002.txt", "1 2 3\n" * 67, r"table \(67, 3\), expected \(67, 6\)"),
        ("0002.txt", "1 2 3 4 5 6\n" * 66, r"\(66, 6\)"),
        ("0002.txt", "1 2 3 4 5 6\n1 2\n", "no table of numbers"),
        ("0002.txt", "1 2 3 4 5 x\n" * 67, "no table of numbers"),
        ("last.txt", "", "not called by its frame's number"),
        ("9999999999.txt", "", "not called by its frame's number"),
    ],
)
def test_wrong_files(tmp_path, name, text, message):
    place = write(tmp_path, "man01", "walk", poses(1), [1])
    (place / name).write_text(text)
    with pytest.raises(MotionError, match=message) as caught:
        read_people3d(tmp_path)
    assert name in str(caught.value)


def test_another_unit_is_refused(tmp_path):
    write(tmp_path, "man01", "walk", poses(3) * 10, [1, 2, 3])
    with pytest.raises(MotionError, match="convert to metres"):
        read_people3d(tmp_path)
    with pytest.raises(MotionError, match="every is 0"):
        read_people3d(tmp_path, every=0)
