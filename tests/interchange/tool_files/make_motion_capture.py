"""Files of motion capture, by Pose2Sim's own code and by ezc3d.

Needs, beside this project's requirements: Pose2Sim==0.10.49 (with anytree, rtoml, lxml, statsmodels, patsy, filterpy,
c3d 0.6.0) and ezc3d==1.7.2. From the project's root: python tests/interchange/tool_files/make_motion_capture.py
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[2]))
from tests.interchange.skater import skater  # noqa: E402
from vpdlib.skeleton import COCO17  # noqa: E402

_LETTER = {"Shoulder": "S", "Elbow": "E", "Wrist": "W", "Hip": "H", "Knee": "K", "Ankle": "A"}


def _short(name: str) -> str:
    side, _, part = name.partition("_")
    return side[0].upper() + part.capitalize() if part else side.capitalize()


def standing(frames: int = 12) -> np.ndarray:
    """(T, 17, 3) metres, z up, of somebody who stands, faces y and rises a little."""
    flat = np.array([skater(0)[:, :2] for _ in range(frames)])
    xyz = np.zeros((frames, 17, 3))
    xyz[..., 0] = -(flat[..., 0] - 200) / 100
    xyz[..., 2] = (200 - flat[..., 1]) / 100 + 0.01 * np.arange(frames)[:, None]
    xyz[:, COCO17.index("nose"), 1] = 0.1
    return xyz


def metres(folder: Path) -> None:
    """Pose2Sim's TRC and C3D files, with a gap."""
    import pandas
    from Pose2Sim.common import convert_to_c3d
    from Pose2Sim.triangulation import make_trc

    with tempfile.TemporaryDirectory() as work:
        project = Path(work) / "trial_1"
        (project / "videos").mkdir(parents=True)
        xyz = standing()
        table = pandas.DataFrame(xyz.reshape(len(xyz), -1))
        table.iloc[7, :3] = np.nan
        config = {"project": {"project_dir": str(project), "frame_rate": 60}}
        make_trc(config, table, [_short(name) for name in COCO17])
        made = next((project / "pose-3d").glob("*.trc"))
        (folder / "trc/mia").mkdir(parents=True)
        shutil.copy(made, folder / "trc/mia" / made.name)
        (folder / "c3d_y_up/mia").mkdir(parents=True)
        shutil.copy(convert_to_c3d(made), folder / "c3d_y_up/mia")


def laboratory(folder: Path) -> None:
    """Joint centres and two markers of the waist in millimetres, with a gap that was filled and saved by ezc3d."""
    import ezc3d

    folder.mkdir(parents=True)
    names = [f"{n[0]}{_LETTER[n[1:]]}JC" if n[1:] in _LETTER else n for n in map(_short, COCO17)]
    knee = names.index("LKJC")
    file = ezc3d.c3d()
    file["parameters"]["POINT"]["UNITS"]["value"] = ["mm"]
    file["parameters"]["POINT"]["RATE"]["value"] = [100.0]
    file["parameters"]["POINT"]["LABELS"]["value"] = [*names, "LASI", "RASI"]
    xyz = standing(10) * 1000
    points = np.concatenate([xyz, xyz[:, 11:13] + (0, 80, 0)], axis=1)
    points = np.concatenate([points, np.ones((*points.shape[:2], 1))], axis=2)
    file["data"]["points"] = np.moveaxis(points, (0, 1, 2), (2, 1, 0))
    residuals = np.zeros((1, len(names) + 2, 10))
    residuals[0, knee, 4] = -1
    file["data"]["meta_points"]["residuals"] = residuals
    path = str(folder / "loop_jump.c3d")
    file.write(path)
    opened = ezc3d.c3d(path)
    assert np.isnan(opened["data"]["points"][0, knee, 4])
    opened["data"]["points"][:3, knee, 4] = points[4, knee, :3]
    opened.write(path)


if __name__ == "__main__":
    made = HERE / "motion_capture"
    shutil.rmtree(made, ignore_errors=True)
    metres(made)
    laboratory(made / "c3d/zoe")
