"""Read what vpd writes of poses with the tools' own libraries; prints the greatest differences, and stops at one.

Not run by CI. First with the project's own Python, then with one that has the tools, from the project's root:

    .venv/bin/python tests/interchange/tool_files/check_pose_hdf5.py write FOLDER
    PYTHON tests/interchange/tool_files/check_pose_hdf5.py read FOLDER      sleap-io 0.9.5, pandas, movement 0.15.0
                                                                            (Python 3.11), and again 0.17.0 (3.13)
"""

from __future__ import annotations

import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np


def keypoints():
    """(6, 17, 3) of random places; nobody in frame 2, a joint missing in frame 3."""
    rng = np.random.default_rng(0)
    parts = rng.random((6, 17, 2)) * (640, 360), rng.random((6, 17, 1))
    made = np.concatenate(parts, axis=2).astype(np.float32)
    made[2] = made[3, 5] = (np.nan, np.nan, 0)
    return made


def write(folder):
    sys.path.insert(0, ".")
    from vpdlib.interchange.formats import WrittenPoses
    from vpdlib.interchange.pose_registry import POSES

    boxes = np.full((6, 4), np.nan, np.float32)
    video = WrittenPoses(
        "heat_01", Path("/home/mia/videos/heat_01.mp4"), 25.0, 640, 360, keypoints(), boxes
    )
    for name in ("deeplabcut", "sleap_analysis", "movement"):
        print(*POSES[name].write([video], folder, "all"))


def same(what, found, shift=0.0):
    """Whether places (T, 17, 2) are those that were written, with what is missing."""
    wanted = keypoints()[: len(found), :, :2] - shift
    assert (np.isnan(found) == np.isnan(wanted)).all(), what
    print(f"{what}: {len(found)} frames, off by {np.nanmax(np.abs(found - wanted)):.1e} px at most")
    assert np.nanmax(np.abs(found - wanted)) < 1e-4, what


def read(folder):
    import pandas as pd
    import sleap_io as sio
    import xarray as xr
    from movement.io import load_poses
    from movement.validators.datasets import ValidPosesInputs

    analysis, table = folder / "heat_01.analysis.h5", folder / "heat_01DLC_vpd.csv"
    labels = sio.load_analysis_h5(str(analysis))
    assert labels.videos[0].filename == "/home/mia/videos/heat_01.mp4"
    same(f"sleap-io {version('sleap-io')}, analysis", labels.numpy()[:, 0], 0.5)
    frame = pd.read_csv(table, header=[0, 1, 2], index_col=0)
    same(f"pandas {pd.__version__}, table", frame.to_numpy().reshape(6, 17, 3)[..., :2])
    name = f"movement {version('movement')}"
    for what, dataset, shift in (
        ("table", load_poses.from_dlc_file(table, fps=25), 0),
        ("analysis", load_poses.from_sleap_file(analysis, fps=25), 0.5),
        ("netCDF", xr.open_dataset(folder / "heat_01.nc"), 0),
    ):
        same(f"{name}, {what}", dataset.position.values[..., 0].transpose(0, 2, 1), shift)
    # Before 0.17 the dimensions are plural.
    plural = tuple(map(int, version("movement").split(".")[:2])) < (0, 17)
    names = {"keypoint": "keypoints", "individual": "individuals"} if plural else {}
    ValidPosesInputs.validate(dataset.rename(names))


if __name__ == "__main__":
    globals()[sys.argv[1]](Path(sys.argv[2]))
