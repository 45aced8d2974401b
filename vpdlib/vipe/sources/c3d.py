"""C3D files, ``<subject>/<motion>.c3d``, the format of laboratories of motion capture.

Read by the package ezc3d, which is installed apart. Lengths are in ``POINT:UNITS``, frames a second in ``POINT:RATE``.
The axes are the laboratory's: mostly z is up, in some y; what is wrong is refused. A marker that was not seen has the
residual -1 and any place, often (0, 0, 0). A file of several people has ``mia:LKJC`` and the like; each is a motion.
See `vpdlib.vipe.sources.markers` for the joints. Forces, angles and events are left out.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np

from vpdlib.vipe.motions import Motion
from vpdlib.vipe.npz import MotionError
from vpdlib.vipe.sources.markers import UNITS_M, MarkerReading
from vpdlib.vipe.sources.reading import find_files

_LAYOUT = "give the folder that holds <subject>/<motion>.c3d"
#: The header: where parameters begin, 0x50, points, analogue samples a frame, first and last frame; then the scale.
_HEADER = "BBHHHHHf"
_MARK = 0x50
_BLOCK = 512
#: The processor that a file is of, in the fourth byte of its parameters: MIPS, whose numbers begin with the large end.
_BIG_ENDIAN = bytes([86])
#: Of a point in a frame: x, y, z and residual, of 2 bytes at least.
_LEAST_BYTES = 8
#: A last frame of so many may stand for any more.
_MANY_FRAMES = 65535


def read_c3d_folder(reading: MarkerReading) -> list[Motion]:
    """Read all motions of C3D files below a folder.

    Returns
    -------
    list of Motion, metres, z up; a motion is cut where a joint is missing.

    Raises
    ------
    MotionError : ezc3d is not installed; folder or files are missing, damaged, without a unit or a rate; joints are
        not found; or the whole is not upright.
    """
    motions: list[Motion] = []
    for path in find_files(reading.folder, "*.[cC]3[dD]", _LAYOUT):
        names, places_m, fps = _read(path)
        motions += reading.motions(path, names, places_m, fps)
    reading.check(motions)
    return motions


def _read(path: Path) -> tuple[list[str], np.ndarray, float]:
    """Names of markers, places (T, M, 3) in metres, NaN where they are missing, and frames a second."""
    _check_size(path)
    ezc3d = _package(path)
    try:
        file: Any = ezc3d.c3d(str(path))
        point = file["parameters"]["POINT"]
        rate = float(np.ravel(point["RATE"]["value"])[0])
        unit = str(point["UNITS"]["value"][0]).strip().lower()
        data = file["data"]
        places = np.moveaxis(np.asarray(data["points"], float)[:3], 0, -1).swapaxes(0, 1)
        residuals = np.asarray(data["meta_points"]["residuals"], float)[0].T
        names = [str(name) for name in _labels(point)]
    except (OSError, RuntimeError, ValueError, KeyError, IndexError, TypeError) as error:
        raise MotionError(
            f"{path} is no whole C3D file, or lacks markers, POINT:RATE or POINT:UNITS ({error}); export it again"
        ) from error
    if unit not in UNITS_M:
        raise MotionError(f"{path}: POINT:UNITS is {unit!r}, expected one of {', '.join(UNITS_M)}")
    if len(names) != places.shape[1] or residuals.shape != places.shape[:2] or not len(places):
        raise MotionError(
            f"{path}: {len(names)} names, {places.shape[1]} markers, {len(places)} frames; export it again"
        )
    if not 0 < rate < np.inf:
        raise MotionError(f"{path}: POINT:RATE is {rate:g}, expected frames a second; correct it")
    places = np.where((residuals < 0)[..., None], np.nan, places * UNITS_M[unit])
    return names, places, rate


def _labels(point: Any) -> list[str]:
    """Names of the markers: LABELS, and LABELS2, LABELS3, ... where there are more than 255."""
    labels = list(point["LABELS"]["value"])
    more = 2
    while f"LABELS{more}" in point:
        labels += list(point[f"LABELS{more}"]["value"])
        more += 1
    return labels


def _package(path: Path) -> Any:
    try:
        import ezc3d
    except ImportError as error:
        raise MotionError(
            f"{path}: C3D files are read by the package ezc3d, which is not installed ({error}); install it by pip "
            "install -r requirements-formats.txt"
        ) from error
    return ezc3d


def _check_size(path: Path) -> None:
    """Refuse a file that is shorter than its header says, before it is handed on."""
    with path.open("rb") as stream:
        head = stream.read(struct.calcsize("<" + _HEADER))
        if len(head) < struct.calcsize("<" + _HEADER) or head[1] != _MARK:
            raise MotionError(f"{path} does not begin as a C3D file; take it out of the folder")
        stream.seek((head[0] - 1) * _BLOCK if head[0] else 0)
        processor = stream.read(4)[3:]
    order = ">" if processor == _BIG_ENDIAN else "<"
    _, _, points, _, first, last, _, _ = struct.unpack(order + _HEADER, head)
    frames = last - first + 1
    size = path.stat().st_size
    if last != _MANY_FRAMES and points * frames * _LEAST_BYTES > size:
        raise MotionError(
            f"{path}: {frames} frames of {points} markers are more than its {size} bytes; it is cut, obtain it again"
        )
