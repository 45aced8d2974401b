"""Human3.6M (Ionescu et al., TPAMI 2014) as VideoPose3D publishes it, and as plain arrays.

``data_3d_h36m.npz`` of VideoPose3D's ``prepare_data_h36m.py`` holds one object, ``positions_3d``: a dict of
subject -> dict of action -> (T, 32, 3) float32 in world coordinates, metres, z up, 50 frames a second. Its
member is a pickle; it is read by `vpdlib.safe_pickle`, which executes nothing in it. An npz of plain arrays is
read too: ``S1/Walking`` -> (T, 32, 3), or (T, 17, 3) in VideoPose3D's order of the joints that move.

The joint called head (row 14 of 32, below the head's top, row 15) is at the nose and stands for it.

The data set may not be passed on, so this reader was tested only on made files of the same shape.
"""

from __future__ import annotations

import io
import pickletools
import zipfile
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from vpdlib.npy import read_npy_header
from vpdlib.safe_pickle import UnsafePickleError, loads_plain
from vpdlib.vipe.motions import Motion, check_motions
from vpdlib.vipe.npz import DAMAGED, MotionError, open_size_checked, read_arrays
from vpdlib.vipe.sources.reading import pieces, rows_of_joints

SOURCE = "human36m"
FPS = 50.0
#: Rows of the full skeleton, of JOINTS13. VideoPose3D's ``h36m_dataset.py``: left 6 to 10 and 16 to 23.
ROWS32 = rows_of_joints(
    14, shoulder=(17, 25), elbow=(18, 26), wrist=(19, 27), hip=(6, 1), knee=(7, 2), ankle=(8, 3)
)
#: Rows of the full skeleton that the one of 17 joints keeps, in its order.
KEPT17 = (0, 1, 2, 3, 6, 7, 8, 12, 13, 14, 15, 17, 18, 19, 25, 26, 27)
_OBJECT = "positions_3d"
_PUTS = frozenset({"PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE"})
_REMEDY = "make it with VideoPose3D's prepare_data_h36m.py, or save plain arrays S1/Walking"


def read_human36m(path: Path, every: int = 1) -> list[Motion]:
    """Read Human3.6M; both forms of the file are described at the top of this module.

    Parameters
    ----------
    path : the npz.
    every : keep one frame in so many.

    Returns
    -------
    list of Motion: (T, 13, 3) metres, z up, 50 / every frames a second; source ``human36m``, subject ``S1``, name
    ``S1/Walking``. A motion is cut where a frame is not finite (see `vpdlib.vipe.sources.reading.pieces`).

    Raises
    ------
    MotionError : the file is missing, damaged, holds more than arrays, or arrays of another shape; or the
        numbers are no metres with z up: millimetres are not converted, as no form of the file documents them.
    """
    names = open_size_checked(path)
    found = _from_object(path) if _OBJECT in names else read_arrays(path)
    motions = []
    for name, xyz in found.items():
        subject, slash, action = name.partition("/")
        if not (subject and slash and action):
            raise MotionError(f"{path}: array {name!r} is not called subject/action; {_REMEDY}")
        motions += pieces(name, _joints13(path, name, xyz), FPS, subject, SOURCE, every)
    check_motions(motions, str(path))
    return motions


def _joints13(path: Path, name: str, xyz: Any) -> np.ndarray:
    if not isinstance(xyz, np.ndarray) or xyz.dtype.kind != "f":
        kind = xyz.dtype if isinstance(xyz, np.ndarray) else type(xyz).__name__
        raise MotionError(f"{path}: {name} is {kind}, expected an array of floats; {_REMEDY}")
    if xyz.ndim != 3 or xyz.shape[0] == 0 or xyz.shape[1:] not in ((32, 3), (17, 3)):
        raise MotionError(
            f"{path}: {name} {xyz.shape}, expected (T, 32, 3) or (T, 17, 3); {_REMEDY}"
        )
    return xyz[:, ROWS32 if xyz.shape[1] == 32 else [KEPT17.index(row) for row in ROWS32]]


def _from_object(path: Path) -> dict[str, Any]:
    """Positions by ``subject/action`` from the one pickled object."""
    where = f"{path}: {_OBJECT}"
    try:
        with zipfile.ZipFile(path) as archive:
            stream = io.BytesIO(archive.read(f"{_OBJECT}.npy"))
        shape, _, dtype = read_npy_header(stream)
    except (*DAMAGED, KeyError) as error:
        raise MotionError(f"{where} is damaged ({error}); obtain the file again") from error
    if shape != () or dtype != np.dtype(object):
        raise MotionError(f"{where} is {dtype} {shape}, expected one dict; {_REMEDY}")
    try:
        subjects = loads_plain(_item_of_array(stream.read(), where), where)
    except UnsafePickleError as error:
        raise MotionError(str(error)) from error
    if not isinstance(subjects, dict):
        raise MotionError(f"{where} is a {type(subjects).__name__}, expected a dict; {_REMEDY}")
    found: dict[str, Any] = {}
    for subject, actions in subjects.items():
        if not isinstance(actions, dict):
            raise MotionError(
                f"{where}: {subject} is a {type(actions).__name__}, expected a dict; {_REMEDY}"
            )
        found |= {f"{subject}/{action}": xyz for action, xyz in actions.items()}
    return found


def _item_of_array(pickled: bytes, where: str) -> bytes:
    """Cut the pickle of an object array of shape () down to its one object.

    `loads_plain` refuses arrays of objects. The array is pickled around its object: the last steps append the
    object to a list, make the array's state of it and set that; stopping before them leaves the object. The
    array's type is written before the object and would be refused, so that it is called a number; nothing is
    made of it. What comes out is no safer than what went in: only `loads_plain` may read it.
    """
    try:
        steps = [
            (opcode.name, start, value if value in ("O8", "O4") else None)
            for opcode, value, start in pickletools.genops(pickled)
        ]
    except ValueError as error:
        raise MotionError(f"{where} is damaged ({error}); obtain the file again") from error
    ends = [i for i, (name, _, _) in enumerate(steps) if name not in _PUTS][-4:]
    if [steps[i][0] for i in ends] != ["APPEND", "TUPLE", "BUILD", "STOP"]:
        raise MotionError(f"{where} is not pickled as one object of NumPy; {_REMEDY}")
    kept, renamed = [], False
    for (name, start, value), (_, end, _) in pairwise(steps[: ends[0] + 1]):
        if name == "FRAME":  # its length would no longer hold
            continue
        step = pickled[start:end]
        if value is not None and not renamed:
            step, renamed = step.replace(value.encode(), b"i8"), True
        kept.append(step)
    return b"".join(kept) + b"."
