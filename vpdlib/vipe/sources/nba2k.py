"""NBA2K (Zhu et al., Reconstructing NBA Players, ECCV 2020): the 3D joints of its archive ``mesh_release``.

``release/<player>/release_<player>_<mode>.pkl`` is a pickled dict; ``j3d`` is its list of (35, 3) joints, one a
capture, in metres, y up, the pelvis at the origin and the player turned to face +x (the data set's README and
``prepare_data.py``). Modes are ``2ku``, one player a capture, and ``normal``, up to ten of a game; in the latter
all are listed under the player the file is called by. The pickle is read by `vpdlib.safe_pickle`, which executes
nothing in it.

Captures are single frames of a game: their order is that of the file, and frames a second is a number of form.
The order of joints is that of the data set's ``aug_joints_v2_id.txt`` as jhong93/vpd lists it; which are left is
also said by the authors' repository NBA-Players (``constants.py``). The nose is a joint of its own.

The data set is given on request, so this reader was tested only on made files of the same shape.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from vpdlib.safe_pickle import UnsafePickleError, load_plain
from vpdlib.vipe.motions import Motion, check_motions
from vpdlib.vipe.npz import MotionError
from vpdlib.vipe.sources.reading import find_files, pieces, rows_of_joints

SOURCE = "nba2k"
NUM_JOINTS = 35
#: Rows of JOINTS13, from 0.
ROWS = rows_of_joints(
    34, shoulder=(10, 13), elbow=(11, 14), wrist=(12, 15), hip=(4, 1), knee=(5, 2), ankle=(6, 3)
)


def read_nba2k(
    folder: Path, modes: Sequence[str] = ("2ku",), every: int = 1, fps: float = 30.0
) -> list[Motion]:
    """Read the joints of NBA2K.

    Parameters
    ----------
    folder : the data set's ``release``, or one above.
    modes : some of ``2ku`` and ``normal``; the paper of VPD used the first (docs/method.md section 6.3).
    every : keep one capture in so many.
    fps : what to call the motions' frames a second.

    Returns
    -------
    list of Motion, one a file: (T, 13, 3) metres, z up, facing +y; source ``nba2k``, subject ``alfred``, name
    ``alfred/2ku``. A motion is cut where a capture is not finite (see `vpdlib.vipe.sources.reading.pieces`).

    Raises
    ------
    MotionError : the folder or its files are missing; a file is damaged, holds more than data, or joints of
        another shape; two files are of one player; or the whole is not in metres with y up.
    """
    if not modes:
        raise MotionError("modes is empty; name 2ku, normal or both")
    motions: list[Motion] = []
    for mode in modes:
        start, end = "release_", f"_{mode}.pkl"
        remedy = f"give the folder of mesh_release.zip with <player>/{start}<player>{end}"
        files: dict[str, Path] = {}
        for path in find_files(folder, f"{start}*{end}", remedy):
            player = path.name[len(start) : -len(end)]
            if player in files:
                raise MotionError(f"{files[player]} and {path} are of one player; take one out")
            files[player] = path
            xyz = _joints13(path)
            motions += pieces(f"{player}/{mode}", xyz, fps, player, SOURCE, every)
    check_motions(motions, str(folder))
    return motions


def _joints13(path: Path) -> np.ndarray:
    """Joints (T, 13, 3), z up."""
    try:
        data = load_plain(path)
    except UnsafePickleError as error:
        raise MotionError(str(error)) from error
    captures = data.get("j3d") if isinstance(data, dict) else None
    if not isinstance(captures, list | np.ndarray) or len(captures) == 0:
        raise MotionError(f"{path} has no list j3d of joints, or an empty one; obtain it again")
    for i, joints in enumerate(captures):
        shape = joints.shape if isinstance(joints, np.ndarray) else type(joints).__name__
        if shape != (NUM_JOINTS, 3) or joints.dtype.kind != "f":
            raise MotionError(
                f"{path}: capture {i} of j3d is {shape}, expected ({NUM_JOINTS}, 3) floats; obtain "
                "it again"
            )
    # y up to z up by exchanging the axes in turn, which keeps handedness.
    return np.stack([joints[ROWS] for joints in captures])[..., [2, 0, 1]]
