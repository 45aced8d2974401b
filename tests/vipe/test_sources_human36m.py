"""Human3.6M: joints and sides of 32 and 17 rows, the pickled form without executing it, cuts, damage."""

import io
import pickle
import zipfile

import numpy as np
import pytest
from skeletons import random_skeletons, standing

from tests.attack import Attack
from vpdlib.skeleton import JOINTS13, JOINTS13_FLIP_ORDER
from vpdlib.vipe.npz import MotionError
from vpdlib.vipe.sources.human36m import read_human36m

#: Names of the 32 rows as the data set's metadata lists them.
ROWS_TEXT = """
    Hips RightUpLeg RightLeg RightFoot RightToeBase Site LeftUpLeg LeftLeg LeftFoot LeftToeBase Site
    Spine Spine1 Neck Head Site LeftShoulder LeftArm LeftForeArm LeftHand LeftHandThumb Site
    L_Wrist_End Site RightShoulder RightArm RightForeArm RightHand RightHandThumb Site R_Wrist_End Site
"""
NAMES32 = ROWS_TEXT.split()
PARTS = {
    "Arm": "shoulder",
    "ForeArm": "elbow",
    "Hand": "wrist",
    "UpLeg": "hip",
    "Leg": "knee",
    "Foot": "ankle",
}
#: VideoPose3D removes these rows.
REMOVED = [4, 5, 9, 10, 11, 16, 20, 21, 22, 23, 24, 28, 29, 30, 31]


def full(xyz):
    """(T, 32, 3) around (T, 13, 3); other joints are far away."""
    rows = np.full((len(xyz), 32, 3), 77.0, np.float32)
    rows[:, NAMES32.index("Head")] = xyz[:, 0]
    for side in ("Left", "Right"):
        for name, part in PARTS.items():
            joint = JOINTS13.index(f"{side.lower()}_{part}")
            rows[:, NAMES32.index(side + name)] = xyz[:, joint]
    return rows


def poses(frames=6, seed=0):
    return random_skeletons(np.random.default_rng(seed), frames)


def boxed(data):
    array = np.empty((), dtype=object)
    array[()] = data
    return array


def save_object(path, data):
    np.savez_compressed(path, positions_3d=boxed(data))
    return path


def save_pickled(path, pickled):
    """An npz whose one member is any pickle after the header of an object array."""
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(head, {"descr": "|O", "fortran_order": False, "shape": ()})
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("positions_3d.npy", head.getvalue() + pickled)
    return path


def test_videopose3d_file(tmp_path):
    first, second, third = (poses(seed=seed) for seed in range(3))
    data = {
        "S1": {"Walking": full(first), "Eating 1": full(second)},
        "S11": {"Walking": full(third)},
    }
    motions = read_human36m(save_object(tmp_path / "data_3d_h36m.npz", data))
    assert [motion.name for motion in motions] == ["S1/Walking", "S1/Eating 1", "S11/Walking"]
    assert [motion.subject for motion in motions] == ["S1", "S1", "S11"]
    assert {(motion.source, motion.fps) for motion in motions} == {("human36m", 50.0)}
    for motion, xyz in zip(motions, (first, second, third), strict=True):
        np.testing.assert_array_equal(motion.xyz, xyz)


@pytest.mark.parametrize("protocol", [2, 3, 4])
def test_every_protocol_of_numpy_and_its_older_module_names(tmp_path, protocol):
    xyz = poses(300)  # longer than one frame of protocol 4
    data = {f"S{i}": {"Walking": full(xyz), "Again": full(xyz)} for i in (1, 5)}
    pickled = pickle.dumps(boxed(data), protocol)
    if protocol < 4:
        pickled = pickled.replace(b"numpy._core.multiarray", b"numpy.core.multiarray")
    motions = read_human36m(save_pickled(tmp_path / "m.npz", pickled))
    assert len(motions) == 4
    np.testing.assert_array_equal(motions[-1].xyz, xyz)


def test_plain_arrays_of_32_and_of_17_rows(tmp_path):
    xyz = poses()
    path = tmp_path / "plain.npz"
    kept = np.delete(full(xyz), REMOVED, axis=1)
    assert kept.shape == (6, 17, 3)
    np.savez(path, **{"S1/Walking": full(xyz), "S9/Directions 1": kept})
    motions = read_human36m(path, every=2)
    assert [(m.name, m.subject, m.fps) for m in motions] == [
        ("S1/Walking", "S1", 25.0),
        ("S9/Directions 1", "S9", 25.0),
    ]
    for motion in motions:
        np.testing.assert_array_equal(motion.xyz, xyz[::2])


def test_left_is_on_the_left(tmp_path):
    path = save_object(tmp_path / "m.npz", {"S1": {"Stand": full(standing())}})
    (motion,) = read_human36m(path)
    left = [row for row, name in enumerate(JOINTS13) if name.startswith("left")]
    # The person looks along +y, so the left is at -x.
    assert (motion.xyz[0, left, 0] < 0).all()
    assert (motion.xyz[0, JOINTS13_FLIP_ORDER[left], 0] > 0).all()


def test_frames_that_are_not_finite_cut_a_motion(tmp_path):
    xyz = full(poses(10))
    xyz[3, 1] = np.nan
    xyz[4, 27, 2] = np.inf
    xyz[9, 14] = np.nan
    xyz[0, 5] = np.nan  # a row that is not used
    motions = read_human36m(save_object(tmp_path / "m.npz", {"S1": {"Walking": xyz}}))
    assert [(m.name, len(m.xyz)) for m in motions] == [("S1/Walking#0", 3), ("S1/Walking#5", 4)]
    np.testing.assert_array_equal(motions[1].xyz, poses(10)[5:9])
    xyz[:, 6] = np.nan
    with pytest.raises(MotionError, match="S1/Walking: none of 10 frames is finite"):
        read_human36m(save_object(tmp_path / "n.npz", {"S1": {"Walking": xyz}}))


def test_a_malicious_pickle_is_refused_and_not_run(tmp_path):
    marker = tmp_path / "ran"
    attack = Attack(f"touch {marker}")
    for number, content in enumerate((attack, {"S1": attack}, {"S1": {"Walking": attack}})):
        path = save_object(tmp_path / f"{number}.npz", content)
        with pytest.raises(MotionError, match=r"posix|system"):
            read_human36m(path)
        path = save_pickled(tmp_path / f"bare{number}.npz", pickle.dumps(content))
        with pytest.raises(MotionError, match="not pickled as one object"):
            read_human36m(path)
    plain = tmp_path / "plain.npz"
    np.savez(plain, **{"S1/Walking": np.array([attack], dtype=object)})
    with pytest.raises(MotionError, match="no plain array"):
        read_human36m(plain)
    assert not marker.exists()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([full(poses())], "is a list, expected a dict"),
        ({"S1": full(poses())}, "S1 is a ndarray, expected a dict"),
        ({"S1": {"Walking": [1.0]}}, "S1/Walking is list"),
        ({"S1": {"Walking": full(poses())[:, :16]}}, r"S1/Walking \(6, 16, 3\)"),
        ({"S1": {"Walking": full(poses())[:0]}}, r"\(0, 32, 3\)"),
        ({"S1": {"Walking": full(poses()).astype(int)}}, "is int64"),
        ({"S1": {"Walking": full(poses()) * 1000}}, "convert to metres"),
        ({"S1": {"Walking": full(poses())[..., [0, 2, 1]]}}, "z is up"),
        ({"S1": {"Walking": np.array([full(poses()), None], dtype=object)}}, "object|type 'O8'"),
        ({}, "no motion"),
    ],
)
def test_wrong_content(tmp_path, data, message):
    with pytest.raises(MotionError, match=message):
        read_human36m(save_object(tmp_path / "m.npz", data))


def test_wrong_files(tmp_path):
    with pytest.raises(MotionError, match=r"m\.npz does not exist"):
        read_human36m(tmp_path / "m.npz")
    path = tmp_path / "text.npz"
    path.write_text("no zip")
    with pytest.raises(MotionError, match="damaged or no npz"):
        read_human36m(path)
    np.savez(path, Walking=full(poses()))
    with pytest.raises(MotionError, match="'Walking' is not called subject/action"):
        read_human36m(path)
    np.savez(path, positions_3d=full(poses()))
    with pytest.raises(MotionError, match="expected one dict"):
        read_human36m(path)
    good = pickle.dumps(boxed({"S1": {"Walking": full(poses())}}), 3)
    with pytest.raises(MotionError, match="damaged"):
        read_human36m(save_pickled(path, good[:-200]))
    with pytest.raises(MotionError, match="every is 0"):
        read_human36m(save_pickled(path, good), every=0)
