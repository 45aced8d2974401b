"""The formats of pose tools' keypoints, and which of them a file or folder is of: told by its content, never by name.

Each is a module of :mod:`vpdlib.interchange.pose_formats`; docs/formats.md has their conventions.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from vpdlib.datasets.base import DatasetError
from vpdlib.datasets.settings import KeypointFormatName
from vpdlib.interchange.formats import PoseFormat
from vpdlib.interchange.pose_formats.alphapose import ALPHAPOSE
from vpdlib.interchange.pose_formats.coco import COCO
from vpdlib.interchange.pose_formats.deeplabcut import DEEPLABCUT
from vpdlib.interchange.pose_formats.lightning_pose import LIGHTNING_POSE
from vpdlib.interchange.pose_formats.mediapipe import MEDIAPIPE
from vpdlib.interchange.pose_formats.mmpose import MMPOSE
from vpdlib.interchange.pose_formats.movement import MOVEMENT
from vpdlib.interchange.pose_formats.nwb import NWB
from vpdlib.interchange.pose_formats.openpose import OPENPOSE
from vpdlib.interchange.pose_formats.pose_format import POSE_FORMAT
from vpdlib.interchange.pose_formats.sleap import SLEAP
from vpdlib.interchange.pose_formats.sleap_analysis import SLEAP_ANALYSIS
from vpdlib.interchange.pose_formats.trc import TRC
from vpdlib.interchange.pose_formats.ultralytics import ULTRALYTICS

#: Asked in this order; no two may recognise the same file.
_FORMATS: tuple[PoseFormat, ...] = (
    DEEPLABCUT,
    LIGHTNING_POSE,
    SLEAP,
    SLEAP_ANALYSIS,
    NWB,
    MOVEMENT,
    COCO,
    ULTRALYTICS,
    OPENPOSE,
    ALPHAPOSE,
    MMPOSE,
    MEDIAPIPE,
    TRC,
    POSE_FORMAT,
)
POSES: Mapping[KeypointFormatName, PoseFormat] = {one.name: one for one in _FORMATS}
#: Formats that can be written.
WRITTEN_POSES: tuple[KeypointFormatName, ...] = tuple(
    name for name, one in POSES.items() if one.write is not None
)


def find_pose_format(path: Path, insisted: KeypointFormatName | None = None) -> PoseFormat | None:
    """The format of a pose tool that a file, or a folder of one video's files, is of.

    Parameters
    ----------
    path : the file or folder.
    insisted : the format that it is of by the settings; None to tell by its content.

    Returns
    -------
    The format; None where it is of none and none is insisted on.

    Raises
    ------
    DatasetError
        If there is no such file or folder, or it is not of the format insisted on.
    """
    if not path.exists():
        raise DatasetError(f"{path} does not exist. Correct the setting or make the file.")
    if insisted is not None:
        if insisted not in POSES:
            raise DatasetError(
                f"{path}: keypoints_format is {insisted}, which is not read; give one of {', '.join(POSES)}"
            )
        if POSES[insisted].recognises(path):
            return POSES[insisted]
    found = next((one for one in POSES.values() if one.recognises(path)), None)
    if insisted is not None:
        is_found = f"it is {found.title}" if found else "its content is not of that format"
        raise DatasetError(
            f"{path}: keypoints_format is {insisted}, {POSES[insisted].title}; {is_found}. Correct the setting or "
            "the file."
        )
    return found
