"""Reading the video of a row as its dataset says: how it is deinterlaced, and by which clock its times are.

Labels that a person made are by a player's clock (``file``); those of published clips are numbers of frames, which
count from the first picture (``picture``).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import numpy as np
from numpy.typing import NDArray

from vpdlib.datasets.base import DatasetError
from vpdlib.datasets.tables import VideoRow
from vpdlib.video.reader import (
    Clock,
    DecodeReport,
    Deinterlace,
    Frame,
    frame_times,
    read_frames,
)


def frames_of(
    video: VideoRow, num_threads: int = 1, report: DecodeReport | None = None
) -> Iterator[Frame]:
    """Decode the video of a row from its first frame to its last.

    Parameters
    ----------
    video : with a path.
    num_threads : threads of the decoder.
    report : filled while reading.

    Raises
    ------
    VideoError
        As `read_frames`.
    """
    return read_frames(
        video.path,
        num_threads,
        report,
        cast(Deinterlace, video.deinterlace),
        cast(Clock, video.clock),
    )


def times_of(video: VideoRow) -> NDArray[np.float64]:
    """When the frames of a video are shown, for what another tool says of each.

    Parameters
    ----------
    video : where keypoints or features stand in for it, frames come at its constant rate from 0.

    Returns
    -------
    (declared_frames,) strictly increasing, s.

    Raises
    ------
    DatasetError
        If the file holds another number of pictures than its row says.
    VideoError
        If the file cannot be read.
    """
    if not video.path:
        return np.arange(video.declared_frames) / video.fps
    time_s = frame_times(video.path, cast(Clock, video.clock))
    if len(time_s) != video.declared_frames:
        raise DatasetError(
            f"{video.path}: {len(time_s)} pictures can be shown, {video.declared_frames} were listed; the file is "
            "damaged, or it changed since. Replace it, then make the list of videos anew."
        )
    return time_s
