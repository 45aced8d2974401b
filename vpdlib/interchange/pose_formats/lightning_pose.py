"""What Lightning Pose predicts for a video: `<video>.csv`, a table as DeepLabCut's.

Row n is frame n from 0; pixels of the video. The scorer is the kind of network, such as `heatmap_tracker`; the ensemble
Kalman smoother's files have columns of its own beside.
"""

from __future__ import annotations

import re
from pathlib import Path

from vpdlib.interchange.formats import PoseFormat, ToolKeypoints
from vpdlib.interchange.pose_formats.dlc_table import Header, header_of, read_table

_SCORER = re.compile(r"(\w+_tracker|ensemble-kalman_tracker)")


def is_of_lightning_pose(path: Path, header: Header) -> bool:
    """Whether a table with such a header is Lightning Pose's."""
    is_csv = path.suffix.lower() == ".csv" and not header.has_individuals
    return is_csv and _SCORER.fullmatch(header.scorer) is not None


def _recognises(path: Path) -> bool:
    if not path.is_file() or path.suffix.lower() != ".csv":
        return False
    header = header_of(path)
    return header is not None and is_of_lightning_pose(path, header)


def _read(path: Path) -> list[ToolKeypoints]:
    return [read_table(path, path.stem)]


LIGHTNING_POSE = PoseFormat(
    name="lightning_pose",
    title="a table of Lightning Pose (.csv)",
    recognises=_recognises,
    read=_read,
)
