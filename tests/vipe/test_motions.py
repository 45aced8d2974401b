"""Files of 3D motions: form, names, subjects, units, and splitting by people."""

import numpy as np
import pytest
from skeletons import random_motions, random_skeletons, standing

from vpdlib.skeleton import JOINTS13
from vpdlib.vipe.motions import Motion, check_motions, read_motions_npz, split_by_subject
from vpdlib.vipe.npz import MotionError


def arrays(**changes):
    xyz = random_skeletons(np.random.default_rng(0), 10)
    return {
        "xyz": xyz,
        "start": np.array([0, 4]),
        "length": np.array([4, 6]),
        "clip": np.array(["cmu/02_01", "skate/B/Axel_1"]),
        "joints": np.array(JOINTS13),
        "fps": np.float64(30),
        **changes,
    }


def write(path, **changes):
    content = {key: value for key, value in arrays(**changes).items() if value is not None}
    np.savez(path, **content)
    return path


def test_a_file_is_read(tmp_path):
    path = write(tmp_path / "m.npz", source=np.array(["cmu", "skate"]), label=np.array(["", "x"]))
    first, second = read_motions_npz(path)
    np.testing.assert_array_equal(second.xyz, arrays()["xyz"][4:])
    assert (first.name, first.subject, first.source, first.fps) == ("cmu/02_01", "cmu", "cmu", 30)
    assert second.subject == "skate/B"
    first, second = read_motions_npz(path, r"cmu/\d+|skate/\w")
    assert (first.subject, second.subject) == ("cmu/02", "skate/B")
    path = write(tmp_path / "n.npz", subject=np.array(["p", "q"]), fps=np.array([25.0, 60.0]))
    first, second = read_motions_npz(path)
    assert (second.subject, second.source, second.fps) == ("q", "n", 60)


def test_joints_may_come_in_another_order_and_with_short_names(tmp_path):
    order = np.arange(13)[::-1]
    short = [
        name.replace("left_", "l_").replace("right_", "r_").replace("nose", "head")
        for name in JOINTS13
    ]
    path = write(tmp_path / "m.npz", xyz=arrays()["xyz"][:, order], joints=np.array(short)[order])
    np.testing.assert_array_equal(read_motions_npz(path)[0].xyz, arrays()["xyz"][:4])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"fps": None}, "lacks"),
        ({"joints": np.array(["pelvis", *JOINTS13[1:]])}, "joints are"),
        ({"xyz": np.zeros((10, 17, 3), np.float32)}, "expected \\(N, 13, 3\\)"),
        ({"xyz": np.full((10, 13, 3), np.nan, np.float32)}, "not finite"),
        ({"xyz": arrays()["xyz"] * 100}, "convert to metres"),
        ({"xyz": arrays()["xyz"][..., [0, 2, 1]]}, r"along \+y, expected \+z"),
        ({"length": np.array([4, 7])}, "rows 4 to 11"),
        ({"clip": np.array(["a", "a"])}, "twice"),
        ({"clip": np.array(["a", "b", "c"])}, "one per clip"),
        ({"clip": np.array([b"a", b"b"])}, "type"),
        ({"clip": np.array(["a", "b"], dtype=object)}, "damaged, or one of .* is no plain array"),
        ({"fps": np.float64(0)}, "fps is 0"),
    ],
)
def test_bad_files_are_refused(tmp_path, changes, message):
    path = write(tmp_path / "m.npz", **changes)
    with pytest.raises(MotionError, match=message):
        read_motions_npz(path)


def test_missing_and_cut_files_are_refused(tmp_path):
    with pytest.raises(MotionError, match="does not exist"):
        read_motions_npz(tmp_path / "none.npz")
    path = write(tmp_path / "m.npz")
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(MotionError, match="damaged"):
        read_motions_npz(path)
    with pytest.raises(MotionError, match="matches nothing"):
        read_motions_npz(write(tmp_path / "n.npz"), r"cmu/\d+")


def test_single_motions_may_be_upside_down():
    up, down = standing(), standing() * np.array([1, 1, -1], dtype=np.float32)
    motions = [Motion(str(i), xyz, 30.0, "a", "b") for i, xyz in enumerate([up, up, down])]
    check_motions(motions, "here")
    with pytest.raises(MotionError, match=r"along -z"):
        check_motions(motions[2:], "here")
    with pytest.raises(MotionError, match="float32"):
        Motion("m", up.astype(np.float64), 30.0, "a", "b")


def test_people_are_held_out():
    motions = random_motions(4, 20, source="a") + random_motions(1, 5, source="b")
    train, val = split_by_subject(motions)
    assert [m.subject for m in val] == ["a0"]
    assert [m.subject for m in train] == ["a1", "a2", "a3", "b0"]
    _, val = split_by_subject(motions, val_fraction=0.5)
    assert [m.subject for m in val] == ["a0", "a1"]
    _, val = split_by_subject(motions, ["b0", "a:a2"])
    assert [m.subject for m in val] == ["a2", "b0"]
    with pytest.raises(MotionError, match="a9"):
        split_by_subject(motions, ["a9"])
    with pytest.raises(MotionError, match="give motions of more people"):
        split_by_subject(motions[:1])
