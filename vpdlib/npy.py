"""Headers of .npy files by themselves: what a file claims is looked at before memory is taken or a pickle read."""

from __future__ import annotations

from typing import IO

import numpy as np


def read_npy_header(stream: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype]:
    """Shape, whether in Fortran's order, and type of the array whose bytes follow in the stream.

    Raises
    ------
    ValueError
        If the stream is at no such header.
    tokenize.TokenError
        Of a damaged one: NumPy reads headers of the form of Python 2 through `tokenize`.
    """
    version = np.lib.format.read_magic(stream)
    if version == (1, 0):
        return np.lib.format.read_array_header_1_0(stream)
    return np.lib.format.read_array_header_2_0(stream)
