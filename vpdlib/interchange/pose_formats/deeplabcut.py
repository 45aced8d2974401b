"""What DeepLabCut predicts for a video: `<video><scorer>.h5` of pandas, and the same as CSV.

Row n is frame n from 0; pixels of the video, NaN where there is nothing (of several animals). Tables of several animals
have individuals, and end with the last frame in which one is. Points of no individual stand under `single`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from vpdlib.atomic import write_text
from vpdlib.interchange.formats import PoseFormat, ToolKeypoints, WrittenPoses
from vpdlib.interchange.pose_formats.dlc_table import header_of, read_table
from vpdlib.interchange.pose_formats.lightning_pose import is_of_lightning_pose
from vpdlib.interchange.safe_hdf5 import is_hdf5
from vpdlib.skeleton import COCO17

#: Where scorers begin, of several versions.
_SCORER = re.compile(r"_?(DLC_|DeepCut|superanimal_)")
_OWN_SCORER = "DLC_vpd"


def _recognises(path: Path) -> bool:
    if not path.is_file() or not (path.suffix.lower() == ".csv" or is_hdf5(path)):
        return False
    header = header_of(path)
    return header is not None and not is_of_lightning_pose(path, header)


def _read(path: Path) -> list[ToolKeypoints]:
    header = header_of(path)
    return [read_table(path, _video_of(path.stem, header.scorer if header else ""))]


def _video_of(stem: str, scorer: str) -> str:
    """The video's name, which stands before the scorer's in the file's."""
    name, is_there, _ = stem.partition(scorer) if scorer else (stem, "", "")
    if is_there and name.rstrip("_"):
        return name.rstrip("_")
    found = _SCORER.search(stem)
    return stem[: found.start()] if found is not None and found.start() else stem


def _write(videos: Sequence[WrittenPoses], folder: Path, name: str) -> list[Path]:
    return [_write_one(video, folder / f"{video.video_id}{_OWN_SCORER}.csv") for video in videos]


def _write_one(video: WrittenPoses, path: Path) -> Path:
    """A table of one animal; a joint that is not there has empty places and likelihood 0."""
    columns = [(joint, coord) for joint in COCO17 for coord in ("x", "y", "likelihood")]
    lines = [
        ",".join(["scorer", *[_OWN_SCORER] * len(columns)]),
        ",".join(["bodyparts", *(joint for joint, _ in columns)]),
        ",".join(["coords", *(coord for _, coord in columns)]),
    ]
    for frame, row in enumerate(video.keypoints_px.reshape(len(video.keypoints_px), -1)):
        # As many digits as tell one number of single precision from the next.
        cells = ("" if not np.isfinite(number) else str(number) for number in row)
        lines.append(f"{frame},{','.join(cells)}")
    write_text(path, "\n".join(lines) + "\n")
    return path


DEEPLABCUT = PoseFormat(
    name="deeplabcut",
    title="a DeepLabCut table (.h5 or .csv)",
    recognises=_recognises,
    read=_read,
    suffix=".csv",
    write=_write,
)
