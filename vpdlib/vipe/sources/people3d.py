"""3DPeople (Pumarola et al., ICCV 2019): the skeletons of its text files.

The archive's folder ``skeleton`` holds ``<person>/<action>/camera01/0001.txt`` and so on, one file a frame and
camera: 67 rows of u, v, depth, x, y, z. x, y, z are world coordinates, the same for all cameras, z up; only
camera01 is read. ``0000.txt`` is left out, as the data set's own notebook does.

Joints are in the order of the data set's ``skeleton_joints_ids_order``. Two of its names are wrong, which the
skeleton that its notebook ``vis_dataset.ipynb`` prints shows: rows 58 to 62 (right leg) lie on the side of the
left arm, so the legs are exchanged; and of rows 7 to 9 (head top, right eye, left eye) the last is the highest
and furthest back, so they are right eye, left eye, head top. jhong93/vpd reads them the same way.

The unit is a decimetre: in that skeleton the toes are at 0.03 and the top of the head at 17.2. It is not
documented; `unit_m` changes it. Frames a second are not documented either; 30 is assumed.

The nose is the mean of head and both eyes, as in jhong93/vpd.

The data set needs an agreement, so this reader was tested only on made files of the same shape.
"""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

import numpy as np

from vpdlib.skeleton import JOINTS13
from vpdlib.vipe.motions import Motion, check_motions
from vpdlib.vipe.npz import MotionError
from vpdlib.vipe.sources.reading import check_every, find_files, pieces

SOURCE = "3dpeople"
CAMERA = "camera01"
NUM_JOINTS = 67
#: JOINTS13 -> rows of a file, counted from 1 as the data set does; their mean is the joint.
ROWS: dict[str, tuple[int, ...]] = {
    "nose": (6, 7, 8),
    "left_shoulder": (11,),
    "right_shoulder": (35,),
    "left_elbow": (12,),
    "right_elbow": (36,),
    "left_wrist": (13,),
    "right_wrist": (37,),
    "left_hip": (58,),
    "right_hip": (63,),
    "left_knee": (59,),
    "right_knee": (64,),
    "left_ankle": (60,),
    "right_ankle": (65,),
}
_REMEDY = "give the data set's folder `skeleton`, with <person>/<action>/camera01/0001.txt"


def read_people3d(
    folder: Path, every: int = 1, fps: float = 30.0, unit_m: float = 0.1
) -> list[Motion]:
    """Read the skeletons of 3DPeople.

    Parameters
    ----------
    folder : the data set's ``skeleton``, or the folder that holds it.
    every : keep one frame in so many, by the number of its file.
    fps : frames a second of the files.
    unit_m : metres to the files' unit.

    Returns
    -------
    list of Motion: (T, 13, 3) metres, z up; source ``3dpeople``, subject ``man01``, name ``man01/<action>``.
    Where the number of a file is missing, or a frame is not finite, the motion is cut (see
    `vpdlib.vipe.sources.reading.pieces`); first in the name of a piece then counts from the motion's first file.

    Raises
    ------
    MotionError : the folder or its files are missing, a file is no table of 67 x 6 numbers or not called by its
        frame; or the whole is not in metres with z up.
    """
    check_every(every)
    if (folder / "skeleton").is_dir():
        folder = folder / "skeleton"
    files = find_files(folder, f"*/*/{CAMERA}/*.txt", _REMEDY)
    motions = []
    for action_folder, frames in groupby(files, lambda path: path.parent.parent):
        numbered = {_number(path): path for path in frames}
        numbered.pop(0, None)
        if not numbered:
            raise MotionError(f"{action_folder}/{CAMERA} holds no frame but 0000.txt; {_REMEDY}")
        first, last = min(numbered), max(numbered)
        xyz = np.full((last - first + 1, len(JOINTS13), 3), np.nan)
        for number, path in numbered.items():
            if (number - first) % every == 0:
                xyz[number - first] = _joints13(path) * unit_m
        subject = action_folder.parent.name
        motions += pieces(f"{subject}/{action_folder.name}", xyz, fps, subject, SOURCE, every)
    check_motions(motions, str(folder))
    return motions


def _number(path: Path) -> int:
    # Ten thousand times the longest motion: a name made of digits must not claim memory.
    if not (path.stem.isdecimal() and len(path.stem) <= 6):
        raise MotionError(f"{path} is not called by its frame's number; take it out, or {_REMEDY}")
    return int(path.stem)


def _joints13(path: Path) -> np.ndarray:
    """One frame, (13, 3) in the file's unit."""
    try:
        table = np.array([line.split() for line in path.read_text("utf-8").splitlines()], float)
    except ValueError as error:
        raise MotionError(f"{path} is no table of numbers ({error}); obtain it again") from error
    if table.shape != (NUM_JOINTS, 6):
        raise MotionError(
            f"{path} is a table {table.shape}, expected ({NUM_JOINTS}, 6): u, v, depth, x, y, z; "
            "obtain it again"
        )
    places = [table[np.subtract(ROWS[joint], 1), 3:].mean(axis=0) for joint in JOINTS13]
    return np.stack(places)
