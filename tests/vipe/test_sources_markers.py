"""C3D and TRC files of motion capture: names of joints, units, axes, gaps, people, damage."""

import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from skeletons import standing

from vpdlib.skeleton import JOINTS13
from vpdlib.vipe.collect import collect_motions
from vpdlib.vipe.model_settings import C3dMotions, TrcMotions
from vpdlib.vipe.npz import MotionError

FILES = Path(__file__).parents[1] / "interchange/tool_files/motion_capture"
C3D_HEAD = bytes([2, 0x50])


def short(joint):
    side, _, part = joint.partition("_")
    return side[0].upper() + part.capitalize() if part else "Nose"


NAMES = [short(joint) for joint in JOINTS13]
#: Joint centres of Plug-in Gait; it has none of the nose.
CENTRES = {
    "shoulder": "SJC",
    "elbow": "EJC",
    "wrist": "WJC",
    "hip": "HJC",
    "knee": "KJC",
    "ankle": "AJC",
}


def skater_of_the_files(number, up=0.0):
    """The frame of the files' skater, ``standing`` of make_pose_json.py: half widths and heights in metres, z up."""
    half = {"shoulder": 0.15, "elbow": 0.22, "wrist": 0.25, "hip": 0.1, "knee": 0.11, "ankle": 0.12}
    height = {"shoulder": 1.4, "elbow": 1.15, "wrist": 0.92, "hip": 0.9, "knee": 0.5, "ankle": 0.1}
    rows = []
    for joint in JOINTS13:
        side, _, part = joint.partition("_")
        if not part:
            rows.append((0.0, 0.1, 1.6))
            continue
        rows.append(((-1 if side == "left" else 1) * half[part], 0.0, height[part]))
    return np.array(rows) + np.array([0, 0, 0.01 * number + up])


def write_trc(path, xyz, names=NAMES, units="m", rate=60):
    """A TRC file of places (T, M, 3)."""
    facts = {"DataRate": rate, "NumFrames": len(xyz), "NumMarkers": len(names), "Units": units}
    lines = [
        "PathFileType\t4\t(X/Y/Z)\tx.trc",
        "\t".join(facts),
        "\t".join(map(str, facts.values())),
        "Frame#\tTime\t" + "\t\t\t".join(names) + "\t\t\t",
        "\t\tX1\tY1\tZ1",
        "",
    ]
    for number, frame in enumerate(xyz):
        cells = ["" if np.isnan(n) else repr(float(n)) for n in np.ravel(frame)]
        lines.append("\t".join([str(number + 1), repr(number / rate), *cells]))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")


def people(frames, **changes):
    xyz = np.repeat(standing(), frames, axis=0).astype(float)
    return xyz + np.arange(frames)[:, None, None] * 0.001


def y_up(xyz):
    return np.stack([xyz[..., 0], xyz[..., 2], -xyz[..., 1]], axis=-1)


def trc(folder, **settings):
    return collect_motions([TrcMotions(path="x", **settings)], [folder], [None])


def test_pose2sims_trc():
    """``make_trc`` of Pose2Sim turned z up into y up; the nose is missing in frame 7 of 12, at 60 a second."""
    first, second = trc(FILES / "trc", target_fps=60)
    assert (first.name, second.name) == ("mia/trial_1_0-11#0", "mia/trial_1_0-11#8")
    assert (first.subject, first.source, first.fps) == ("mia", "mocap", 60)
    assert (len(first.xyz), len(second.xyz)) == (7, 4)
    # Its axes are x, y, z = y, z, x of the file of before: turned about the vertical.
    expected = skater_of_the_files(2)[:, [1, 0, 2]] * (1, -1, 1)
    np.testing.assert_allclose(first.xyz[2], expected, atol=1e-6)


def test_motions_are_thinned_to_the_target_rate(tmp_path):
    write_trc(tmp_path / "mia/a.trc", y_up(people(7)))
    (motion,) = trc(tmp_path)
    assert motion.fps == 30
    np.testing.assert_allclose(motion.xyz, people(7)[::2], atol=1e-6)


@pytest.mark.parametrize(
    ("up", "turn"),
    [
        ("z", lambda xyz: xyz),
        ("y", y_up),
        # x up: y and z follow it.
        ("x", lambda xyz: np.stack([xyz[..., 2], xyz[..., 0], xyz[..., 1]], axis=-1)),
    ],
)
@pytest.mark.parametrize(
    ("units", "scale"), [("m", 1), ("mm", 1000), ("cm", 100), ("in", 1 / 0.0254)]
)
def test_axes_and_units(tmp_path, up, turn, units, scale):
    write_trc(tmp_path / "a.trc", turn(people(3)) * scale, units=units)
    (motion,) = trc(tmp_path, up=up, target_fps=60)
    np.testing.assert_allclose(motion.xyz, people(3), atol=1e-5)
    assert motion.subject == "mocap"


def test_the_wrong_axis_is_refused(tmp_path):
    write_trc(tmp_path / "a.trc", people(3))
    with pytest.raises(MotionError, match=r"read with up: y: torsos point along -y, expected \+z"):
        trc(tmp_path)


def test_markers_whose_mean_stands_for_a_joint(tmp_path):
    xyz = people(3)
    names = [f"waist_{name[0]}" if "Hip" in name else name for name in NAMES]
    xyz = np.concatenate([xyz, xyz[:, [7]] + (0, 0.1, 0)], axis=1)
    write_trc(tmp_path / "a.trc", y_up(xyz), [*names, "waist_front"])
    with pytest.raises(
        MotionError, match=r"no marker is called as left_hip, right_hip; it has .*waist_L"
    ):
        trc(tmp_path)
    given = {"left_hip": ("waist_L", "waist_front"), "right_hip": ("waist_R",)}
    (motion,) = trc(tmp_path, markers=given)
    np.testing.assert_allclose(motion.xyz[0, 7], xyz[0, 7] + (0, 0.05, 0), atol=1e-6)
    with pytest.raises(MotionError, match="has no marker 'pelvis' for left_hip"):
        trc(tmp_path, markers={**given, "left_hip": ("pelvis",)})
    with pytest.raises(MotionError, match="'leg' is none of the joints"):
        trc(tmp_path, markers={**given, "leg": ("waist_R",)})


def test_joint_centres_come_before_markers_and_the_head_stands_for_the_nose(tmp_path):
    xyz = people(3)
    names = ["Head"]
    for joint in JOINTS13[1:]:
        side, _, part = joint.partition("_")
        names.append(side[0].upper() + CENTRES[part])
    markers = xyz[:, [JOINTS13.index("left_knee")]] + (0.05, 0, 0)
    write_trc(tmp_path / "a.trc", y_up(np.concatenate([xyz, markers], axis=1)), [*names, "LKNE"])
    (motion,) = trc(tmp_path, target_fps=60)
    np.testing.assert_allclose(motion.xyz, xyz, atol=1e-6)


def test_two_markers_that_may_be_a_joint_are_refused(tmp_path):
    xyz = np.concatenate([people(3), people(3)[:, [0]]], axis=1)
    write_trc(tmp_path / "a.trc", y_up(xyz), [*NAMES, "left_knee"])
    with pytest.raises(MotionError, match="'LKnee' and 'left_knee' may both be left_knee"):
        trc(tmp_path)
    write_trc(tmp_path / "a.trc", y_up(xyz), [*NAMES, "LKnee"])
    with pytest.raises(MotionError, match="two markers are called 'LKnee'"):
        trc(tmp_path)


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        (lambda xyz: xyz, {"units": "px"}, "places in pixels, expected Units of m, cm, mm, in"),
        (lambda xyz: xyz, {"units": ""}, "places in '', expected Units"),
        (lambda xyz: xyz * (1, 1, 0), {}, "all markers lie in one plane"),
        (lambda xyz: xyz * (300, 300, 0), {}, "places in pixels"),
        (lambda xyz: xyz * np.nan, {}, "none of 2 frames is finite"),
        (lambda xyz: xyz * 0, {}, "all markers lie in one plane"),
        (lambda xyz: xyz * 1000, {}, "the median torso is .* long"),
        (lambda xyz: xyz, {"rate": -1}, "DataRate is '-1'"),
    ],
)
def test_what_is_no_motion_is_refused(tmp_path, change, options, message):
    write_trc(tmp_path / "a.trc", change(y_up(people(3))), **options)
    with pytest.raises(MotionError, match=message):
        trc(tmp_path)


def test_empty_folders_are_refused(tmp_path):
    with pytest.raises(MotionError, match=r"holds no file \*\.\[tT\]"):
        trc(tmp_path)


class Given:
    """Stands for ezc3d: one file of places (T, M, 3)."""

    def __init__(
        self, monkeypatch, xyz, names=NAMES, unit="mm", rate=100.0, residuals=None, **point
    ):
        points = np.concatenate([xyz, np.ones((*xyz.shape[:2], 1))], axis=2)
        residuals = np.zeros(xyz.shape[:2]) if residuals is None else residuals
        parameters = {"RATE": np.array([rate]), "UNITS": [unit], "LABELS": list(names), **point}
        self.file = {
            "parameters": {"POINT": {name: {"value": value} for name, value in parameters.items()}},
            "data": {
                "points": np.moveaxis(points, (0, 1, 2), (2, 1, 0)),
                "meta_points": {"residuals": residuals.T[None]},
            },
        }
        monkeypatch.setitem(sys.modules, "ezc3d", SimpleNamespace(c3d=lambda path: self.file))


def c3d(folder, **settings):
    return collect_motions([C3dMotions(path="x", **settings)], [folder], [None])


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "zoe").mkdir()
    (tmp_path / "zoe/spin.C3D").write_bytes(C3D_HEAD + bytes(600))
    return tmp_path


def test_only_the_residual_tells_a_missing_marker(folder, monkeypatch):
    residuals = np.zeros((9, 13))
    residuals[3, 5] = -1
    xyz = people(9) * 1000
    xyz[6, 2] = 0
    Given(monkeypatch, xyz, residuals=residuals)
    motions = c3d(folder, target_fps=100)
    assert [(m.name, m.subject) for m in motions] == [(f"zoe/spin#{n}", "zoe") for n in (0, 4, 7)]
    np.testing.assert_allclose(
        np.concatenate([m.xyz for m in motions]), people(9)[[0, 1, 2, 4, 5, 7, 8]], atol=1e-6
    )


def test_several_people_in_one_file(folder, monkeypatch):
    xyz = np.concatenate([people(3), people(3) + np.array([2, 0, 0]), people(3)[:, :1]], axis=1)
    names = [*(f"mia:{n}" for n in NAMES), *(f"zoe:{n}" for n in NAMES), "corner"]
    Given(monkeypatch, xyz, names, "m", 30.0)
    mia, zoe = c3d(folder)
    assert (mia.subject, mia.name, zoe.subject) == ("mia", "zoe/spin:mia", "zoe")
    np.testing.assert_allclose(zoe.xyz[..., 0] - mia.xyz[..., 0], 2, atol=1e-6)
    names = [*(f"mia:{n}" for n in NAMES), *["corner"] * 14]
    Given(monkeypatch, xyz, names, "m", 30.0)
    (mia,) = c3d(folder)
    assert (mia.subject, mia.name) == ("zoe", "zoe/spin")


def test_names_beyond_255(folder, monkeypatch):
    Given(monkeypatch, people(3), NAMES[:5], "m", 30.0, LABELS2=NAMES[5:])
    assert len(c3d(folder)) == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"unit": "ft"}, "POINT:UNITS is 'ft', expected one of m, cm, mm, in"),
        ({"rate": 0.0}, "POINT:RATE is 0, expected frames a second"),
        ({"names": NAMES[:-1]}, "12 names, 13 markers, 3 frames"),
        ({"unit": "m"}, "the median torso is 500 long"),
    ],
)
def test_what_is_wrong_in_a_c3d_file_is_refused(folder, monkeypatch, options, message):
    Given(monkeypatch, people(3) * 1000, **options)
    with pytest.raises(MotionError, match=message):
        c3d(folder)


def test_without_the_package_the_error_says_what_to_install(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "ezc3d", None)
    with pytest.raises(
        MotionError, match=r"ezc3d, which is not installed .*-r requirements-formats\.txt"
    ):
        c3d(folder)


def test_a_cut_file_and_one_of_another_kind_are_refused_before_they_are_read(folder):
    path = folder / "zoe/spin.C3D"
    path.write_bytes(C3D_HEAD + bytes([40, 0, 0, 0, 1, 0, 0, 8]) + bytes(600))
    with pytest.raises(MotionError, match="2048 frames of 40 markers are more than its 610 bytes"):
        c3d(folder)
    # The same numbers of a MIPS processor are 10240 markers.
    mips = bytearray(C3D_HEAD + bytes([40, 0, 0, 0, 0, 1, 0, 8]) + bytes(600))
    mips[515] = 86
    path.write_bytes(mips)
    with pytest.raises(MotionError, match="8 frames of 10240 markers are more than its 610 bytes"):
        c3d(folder)
    path.write_bytes(b"PathFileType\t4" + bytes(600))
    with pytest.raises(MotionError, match="does not begin as a C3D file"):
        c3d(folder)


def test_a_laboratorys_file_that_ezc3d_wrote():
    """The knee is missing in frame 4; it was filled and saved, and ezc3d's residual -1 makes it missing again."""
    pytest.importorskip("ezc3d")
    first, second = c3d(FILES / "c3d", target_fps=100)
    assert (first.name, len(first.xyz), second.name, len(second.xyz)) == (
        "zoe/loop_jump#0",
        4,
        "zoe/loop_jump#5",
        5,
    )
    np.testing.assert_allclose(first.xyz[2], skater_of_the_files(2), atol=1e-5)
    assert (first.subject, first.fps) == ("zoe", 100)


def test_pose2sims_c3d_has_a_missing_marker_at_the_origin():
    """Its ``convert_to_c3d`` of the TRC file above, millimetres, y up, residual 0 everywhere."""
    pytest.importorskip("ezc3d")
    first, second = c3d(FILES / "c3d_y_up", up="y", target_fps=60)
    assert (first.name, second.name) == ("mia/trial_1_0-11#0", "mia/trial_1_0-11#8")
    expected = skater_of_the_files(2)[:, [1, 0, 2]] * (1, -1, 1)
    np.testing.assert_allclose(first.xyz[2], expected, atol=1e-3)
