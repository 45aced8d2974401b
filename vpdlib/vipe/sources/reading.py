"""What the readers of this folder share: finding files, cutting out bad frames."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from vpdlib.datasets.paths import files_below
from vpdlib.skeleton import JOINTS13
from vpdlib.vipe.motions import Motion
from vpdlib.vipe.npz import MotionError


def check_every(every: int) -> None:
    """Refuse to keep one frame in less than one."""
    if every < 1:
        raise MotionError(f"every is {every}; keep one frame in so many, 1 or more")


def find_files(folder: Path, pattern: str, remedy: str) -> list[Path]:
    """List the files of a folder in order.

    Parameters
    ----------
    folder : searched, with all folders below it and those that are linked there.
    pattern : of the end of the path, as in `PurePath.match`.
    remedy : ends the message where there is none.

    Returns
    -------
    list of Path, sorted, at least one.

    Raises
    ------
    MotionError : there is no such folder, or no such file in it.
    """
    if not folder.is_dir():
        raise MotionError(f"{folder} is no folder; correct the path, or {remedy}")
    found = sorted(
        path
        for path in files_below(folder)
        if path.relative_to(folder).match(pattern) and path.is_file()
    )
    if not found:
        raise MotionError(f"{folder} holds no file {pattern}; {remedy}")
    return found


def pieces(
    name: str, xyz: np.ndarray, fps: float, subject: str, source: str, every: int = 1
) -> list[Motion]:
    """Thin a motion and cut it where frames are missing.

    A frame with a number that is not finite is left out and the motion ends before it: the frames of a
    piece follow each other. A motion that is cut yields pieces called ``name#first``, where first counts
    the frames given here from 0.

    Parameters
    ----------
    name, subject, source : as in `Motion`.
    xyz : (T, 13, 3), metres, z up.
    fps : frames a second before thinning.
    every : keep one frame in so many.

    Returns
    -------
    list of Motion, at least one.

    Raises
    ------
    MotionError : no frame is whole, or `Motion` refuses the rest.
    """
    check_every(every)
    xyz = xyz[::every].astype(np.float32)
    good = np.isfinite(xyz).all(axis=(1, 2))
    if not good.any():
        raise MotionError(
            f"{source} {name}: none of {len(xyz)} frames is finite; take the motion out"
        )
    if good.all():
        return [Motion(name, xyz, fps / every, subject, source)]
    edges = np.flatnonzero(np.diff(np.concatenate([[False], good, [False]])))
    return [
        Motion(f"{name}#{start * every}", xyz[start:end], fps / every, subject, source)
        for start, end in edges.reshape(-1, 2).tolist()
    ]


def rows_of_joints(nose: int, **left_and_right: tuple[int, int]) -> list[int]:
    """Rows of a skeleton that make `JOINTS13`: the nose's, and of each other joint the left and the right one's."""
    rows = {"nose": nose}
    for joint, (left, right) in left_and_right.items():
        rows |= {f"left_{joint}": left, f"right_{joint}": right}
    return [rows[joint] for joint in JOINTS13]
