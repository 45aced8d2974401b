"""BVH: forward kinematics of a small file made by hand, names, units, damage."""

import numpy as np
import pytest

from vpdlib.skeleton import JOINTS13
from vpdlib.vipe.bvh import read_bvh
from vpdlib.vipe.npz import MotionError

TEXT = """HIERARCHY
ROOT Hips
{
  OFFSET 0 0 0
  CHANNELS 6 Xposition Yposition Zposition Zrotation Yrotation Xrotation
  JOINT Arm
  {
    OFFSET 0 2 0
    CHANNELS 3 Zrotation Yrotation Xrotation
    JOINT Hand
    {
      OFFSET 3 0 0
      CHANNELS 3 Zrotation Yrotation Xrotation
      End Site
      {
        OFFSET 0 0 1
      }
    }
  }
}
MOTION
Frames: 3
Frame Time: 0.0083333
0 0 0  0 0 0  0 0 0  0 0 0
10 20 30  0 0 0  90 0 0  0 0 0
10 20 30  0 90 0  90 0 0  0 0 90
"""


def joint_map(**changes):
    return {**dict.fromkeys(JOINTS13, ("Hand",)), "left_hip": ("Hips",), **changes}


def write(tmp_path, text=TEXT):
    path = tmp_path / "02_01.bvh"
    path.write_text(text)
    return path


def read(path, names, **options):
    motion = read_bvh(path, "02", "cmu", joint_map(nose=names), 1.0, up="z", **options)
    return motion, motion.xyz[:, 0]


def test_forward_kinematics(tmp_path):
    motion, hand = read(write(tmp_path), ("Hand",))
    # At rest; the arm rotated a quarter about z; that, and the body a quarter about y.
    np.testing.assert_allclose(hand, [[3, 2, 0], [10, 25, 30], [10, 25, 30]], atol=1e-5)
    _, tip = read(write(tmp_path), ("Hand/end",))
    # The hand's own quarter about x takes its z to -y, which the arm's about z takes to +x, which
    # the body's about y takes to -z.
    np.testing.assert_allclose(tip, [[3, 2, 1], [10, 25, 31], [10, 25, 29]], atol=1e-5)
    np.testing.assert_allclose(motion.xyz[1, JOINTS13.index("left_hip")], [10, 20, 30])
    assert motion.fps == pytest.approx(120, rel=1e-4)
    assert (motion.name, motion.subject, motion.source) == ("02_01", "02", "cmu")


def test_rotations_are_applied_in_the_order_of_the_channels(tmp_path):
    text = TEXT.replace("10 20 30  0 90 0  90 0 0  0 0 90", "0 0 0  0 0 0  90 0 90  0 0 0")
    _, tip = read(write(tmp_path, text), ("Hand/end",))
    # R = Rz Rx: the tip (3, 0, 1) of the arm goes to (3, -1, 0), then to (1, 3, 0).
    np.testing.assert_allclose(tip[2], [1, 5, 0], atol=1e-5)
    swapped = text.replace(
        "OFFSET 0 2 0\n    CHANNELS 3 Zrotation Yrotation Xrotation",
        "OFFSET 0 2 0\n    CHANNELS 3 Xrotation Yrotation Zrotation",
    )
    _, tip = read(write(tmp_path, swapped), ("Hand/end",))
    # R = Rx Rz: (3, 0, 1) goes to (0, 3, 1), then to (0, -1, 3).
    np.testing.assert_allclose(tip[2], [0, 1, 3], atol=1e-5)


def test_unit_up_axis_mean_and_choice_of_frames(tmp_path):
    path = write(tmp_path)
    motion = read_bvh(path, "02", "cmu", joint_map(nose=("Hips", "Hand")), 0.5, skip_frames=1)
    # (10, 20, 30) and (10, 25, 30), y up: z is up, y is -z, halved.
    np.testing.assert_allclose(motion.xyz[0, 0], [5, -15, 11.25], atol=1e-5)
    assert len(motion.xyz) == 2
    motion = read_bvh(path, "02", "cmu", joint_map(), every=2)
    assert len(motion.xyz) == 2
    assert motion.fps == pytest.approx(60, rel=1e-4)


def test_position_channels_replace_the_offset(tmp_path):
    text = TEXT.replace(
        "OFFSET 3 0 0\n      CHANNELS 3 Zrotation Yrotation Xrotation",
        "OFFSET 3 0 0\n      CHANNELS 3 Xposition Yposition Zposition",
    )
    _, hand = read(write(tmp_path, text), ("Hand",))
    np.testing.assert_allclose(hand[2] - [10, 22, 30], [90, 0, 0], atol=1e-4)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("HIERARCHY", "HIERARCHIE", "does not begin"),
        ("MOTION", "", "no MOTION"),
        ("10 20 30  0 0 0 ", "10 20 30  0 0 ", "damaged or cut"),
        ("10 20 30  0 0 0 ", "10 20 x  0 0 0 ", "no number"),
        ("10 20 30  0 0 0 ", "10 20 nan  0 0 0 ", "not finite"),
        ("Xposition", "Wposition", "channels"),
        ("CHANNELS 3", "CHANNELS -3", "expected their number"),
        ("JOINT Hand", "JOINT Arm", "two joints"),
        ("}\nMOTION", "}\nROOT Two\n{\n}\nMOTION", "out of place"),
        ("OFFSET 3 0 0", "OFFSET 3 0", "no number"),
        ("}\nMOTION", "MOTION", "is cut"),
        ("End Site", "ROOT Again", "out of place"),
        ("Frames: 3", "Frames 3", "expected `Frames:`"),
    ],
)
def test_damaged_files_are_refused(tmp_path, old, new, message):
    assert old in TEXT
    with pytest.raises(MotionError, match=message):
        read(write(tmp_path, TEXT.replace(old, new)), ("Hand",))


def test_unknown_joints_are_refused_by_name(tmp_path):
    with pytest.raises(MotionError, match=r"no joints \['Head'\]; its joints are .*'Hips'"):
        read(write(tmp_path), ("Head",))
    with pytest.raises(MotionError, match="LeftArm"):
        read_bvh(write(tmp_path), "02", "cmu")
    with pytest.raises(MotionError, match="expected exactly"):
        read_bvh(write(tmp_path), "02", "cmu", {"nose": ("Hand",)})
    with pytest.raises(MotionError, match="does not exist"):
        read_bvh(tmp_path / "none.bvh", "02", "cmu")
    with pytest.raises(MotionError, match="no frame is left"):
        read(write(tmp_path), ("Hand",), skip_frames=3)
