"""The error of a video that cannot be used, and how errors of the libraries become one.

FFmpeg and PyAV meet damaged files with errors of many kinds, few of which name the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av

#: What PyAV raises on a file that is not as it should be: its own errors, those of the system, and those of Python
#: about text, sizes and numbers that a header holds. (``UnicodeDecodeError`` is a ``ValueError``.)
FOREIGN_ERRORS = (
    av.FFmpegError,
    OSError,
    EOFError,
    ValueError,
    ArithmeticError,
    LookupError,
    MemoryError,
)


class VideoError(ValueError):
    """A video cannot be used; the message names the file and the reason."""


@contextmanager
def naming(path: Path, what: str = "cannot be read as a video") -> Iterator[None]:
    """Turn what the libraries raise into a :class:`VideoError` that names the file.

    Parameters
    ----------
    path : the file.
    what : what failed, as the message puts it.
    """
    try:
        yield
    except VideoError:
        raise
    except FOREIGN_ERRORS as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise VideoError(
            f"{path}: {what} ({reason}); it may be damaged or only partly downloaded: fetch it again "
            "or take it out of the list"
        ) from error
