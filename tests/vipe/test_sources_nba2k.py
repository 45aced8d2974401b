"""NBA2K: rows, sides and axes of the pickled joints, modes, damage; nothing is executed."""

import pickle

import numpy as np
import pytest
from skeletons import assert_read, random_skeletons, rotated, standing

from tests.attack import Attack
from vpdlib.skeleton import JOINTS13, LEFT_SHOULDER, RIGHT_SHOULDER
from vpdlib.vipe.npz import MotionError
from vpdlib.vipe.sources.nba2k import read_nba2k

#: The data set's joints.
ROWS_TEXT = """
    pelvis rhip rknee rankle lhip lknee lankle spine1 neck head lshoulder lelbow lwrist rshoulder relbow
    rwrist rthumb rfore rmiddle rring rlittle rtoe rheel reye rear lthumb lfore lmiddle lring llittle ltoe
    lheel leye lear nose
"""
NAMES = ROWS_TEXT.split()


def captures(xyz):
    """List of (35, 3), y up, of poses (T, 13, 3), z up; as written, each is a transposed array."""
    rows = np.full((len(xyz), 35, 3), 50.0)
    for name, place in zip(JOINTS13, xyz.swapaxes(0, 1), strict=True):
        side, _, part = name.partition("_")
        x, y, z = place.T
        rows[:, NAMES.index(side[0] + part if part else side)] = np.stack([y, z, x], axis=-1)
    return [np.dot(np.eye(3), joints.T).T for joints in rows]


def write(folder, player, j3d, mode="2ku", protocol=2, **more):
    place = folder / "release" / player
    place.mkdir(parents=True, exist_ok=True)
    path = place / f"release_{player}_{mode}.pkl"
    count = len(j3d)
    data = {
        "j3d": j3d,
        "human_verts": [np.zeros((5, 3)) for _ in range(count)],
        "player": [f"release/{player}"] * count,
        "nba_dir": [f"{i:06d}" for i in range(count)],
        "person_id": [0] * count,
        **more,
    }
    path.write_bytes(pickle.dumps(data, protocol))
    return path


def poses(frames=4, seed=0):
    return random_skeletons(np.random.default_rng(seed), frames)


def test_players_modes_and_joints(tmp_path):
    first, second, third = poses(), poses(3, 1), poses(5, 2)
    write(tmp_path, "barney", captures(second))
    write(tmp_path, "alfred", captures(first), protocol=4)
    write(tmp_path, "alfred", captures(third), "normal")
    motions = read_nba2k(tmp_path)
    expected = [("alfred/2ku", "alfred", first), ("barney/2ku", "barney", second)]
    assert_read(motions, "nba2k", expected)
    both = read_nba2k(tmp_path / "release", ("2ku", "normal"), every=2, fps=10)
    assert [(m.name, m.fps) for m in both] == [
        ("alfred/2ku", 5.0),
        ("barney/2ku", 5.0),
        ("alfred/normal", 5.0),
    ]
    np.testing.assert_allclose(both[2].xyz, third[::2], atol=1e-6)


def test_a_player_who_faces_x_with_y_up_faces_y_with_z_up(tmp_path):
    (joints,) = captures(standing())
    # As the data set says of itself: y is up; and the left-hand side is where it is for one who faces +x.
    names = {
        name: joints[NAMES.index(name)] for name in ("lshoulder", "rshoulder", "lankle", "nose")
    }
    assert names["nose"][1] > names["lankle"][1] + 1
    forward = np.cross(names["lshoulder"], names["rshoulder"])
    assert forward[0] > 0.1
    assert names["nose"][0] > 0
    write(tmp_path, "alfred", [joints])
    (motion,) = read_nba2k(tmp_path)
    np.testing.assert_allclose(motion.xyz, standing(), atol=1e-6)
    assert motion.xyz[0, LEFT_SHOULDER, 0] < 0 < motion.xyz[0, RIGHT_SHOULDER, 0]


def test_captures_that_are_not_finite_cut_a_motion(tmp_path):
    j3d = captures(poses(6))
    j3d[2][1] = np.nan
    write(tmp_path, "alfred", j3d)
    motions = read_nba2k(tmp_path)
    assert [(m.name, len(m.xyz)) for m in motions] == [("alfred/2ku#0", 2), ("alfred/2ku#3", 3)]
    np.testing.assert_allclose(motions[1].xyz, poses(6)[3:], atol=1e-6)


def test_a_malicious_pickle_is_refused_and_not_run(tmp_path):
    marker = tmp_path / "ran"
    path = write(tmp_path, "alfred", captures(poses()), more=Attack(f"touch {marker}"))
    with pytest.raises(MotionError, match=r"posix\.system") as caught:
        read_nba2k(tmp_path)
    assert str(path) in str(caught.value)
    assert not marker.exists()


@pytest.mark.parametrize(
    ("j3d", "message"),
    [
        ([], "no list j3d of joints, or an empty one"),
        ({"a": 1}, "no list j3d"),
        ([*captures(poses(2)), np.zeros((34, 3))], r"capture 2 of j3d is \(34, 3\)"),
        ([[1.0, 2.0]], "capture 0 of j3d is list"),
        ([np.zeros((35, 3), int)], "floats"),
        ([joints * 100 for joints in captures(poses())], "convert to metres"),
        ([joints[:, [0, 2, 1]] for joints in captures(poses())], "z is up"),
        (
            [joints[:, ::-1] for joints in captures(rotated(poses(), 1.0)[..., [0, 2, 1]])],
            "z is up",
        ),
    ],
)
def test_wrong_content(tmp_path, j3d, message):
    write(tmp_path, "alfred", j3d)
    with pytest.raises(MotionError, match=message):
        read_nba2k(tmp_path)


def test_wrong_folders(tmp_path):
    with pytest.raises(MotionError, match="nowhere is no folder"):
        read_nba2k(tmp_path / "nowhere")
    path = write(tmp_path, "alfred", captures(poses()))
    with pytest.raises(MotionError, match=r"no file release_\*_normal\.pkl; give the folder"):
        read_nba2k(tmp_path, ("normal",))
    with pytest.raises(MotionError, match="modes is empty"):
        read_nba2k(tmp_path, ())
    with pytest.raises(MotionError, match="every is 0"):
        read_nba2k(tmp_path, every=0)
    write(tmp_path / "copy", "alfred", captures(poses()))
    with pytest.raises(MotionError, match="are of one player"):
        read_nba2k(tmp_path)
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(MotionError, match="no readable pickle"):
        read_nba2k(tmp_path / "release")
    path.write_bytes(pickle.dumps([1]))
    with pytest.raises(MotionError, match="no list j3d"):
        read_nba2k(tmp_path / "release")
