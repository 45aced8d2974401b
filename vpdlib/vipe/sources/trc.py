"""TRC files of motion capture, ``<subject>/<motion>.trc``: OpenSim's, and what Pose2Sim makes of several cameras.

Lengths are in ``Units``, frames a second in ``DataRate``; y is up, as OpenSim has it. An empty cell is a marker that
was not seen. See `vpdlib.vipe.sources.markers` for the joints. Files in pixels, and those that are flat because they
come of one camera, are refused.
"""

from __future__ import annotations

import numpy as np

from vpdlib.datasets.base import DatasetError
from vpdlib.interchange.trc_file import rate_of, read_trc
from vpdlib.vipe.motions import Motion
from vpdlib.vipe.npz import MotionError
from vpdlib.vipe.sources.markers import UNITS_M, MarkerReading
from vpdlib.vipe.sources.reading import find_files

_LAYOUT = "give the folder that holds <subject>/<motion>.trc"
#: What differs by less along an axis, in metres, is flat.
_FLAT_M = 1e-6


def read_trc_folder(reading: MarkerReading) -> list[Motion]:
    """Read all motions of TRC files below a folder.

    Returns
    -------
    list of Motion, metres, z up; a motion is cut where a joint is missing.

    Raises
    ------
    MotionError : folder or files are missing or damaged, in pixels, flat, or without a unit or a rate; joints are not
        found; or the whole is not upright.
    """
    motions: list[Motion] = []
    for path in find_files(reading.folder, "*.[tT][rR][cC]", _LAYOUT):
        try:
            file = read_trc(path)
            fps = rate_of(path, file)
        except DatasetError as error:
            raise MotionError(str(error)) from error
        if file.units not in UNITS_M or file.are_pixels:
            raise MotionError(
                f"{path}: places in {'pixels' if file.are_pixels else repr(file.units)}, expected Units of "
                f"{', '.join(UNITS_M)}; take it out, or make it from several cameras"
            )
        places_m = file.places * UNITS_M[file.units]
        if any(_is_flat(places_m[..., axis]) for axis in range(3)):
            raise MotionError(
                f"{path}: all markers lie in one plane: poses of one camera; take it out"
            )
        motions += reading.motions(path, file.markers, places_m, fps)
    reading.check(motions)
    return motions


def _is_flat(along: np.ndarray) -> bool:
    there = along[np.isfinite(along)]
    return len(there) > 0 and float(np.ptp(there)) < _FLAT_M
