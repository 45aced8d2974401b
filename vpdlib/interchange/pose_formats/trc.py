"""Keypoints in pixels as TRC files, one per person: Sports2D's ``heat_01_Sports2D_px_person00.trc``.

x is to the right and y down, from the upper left corner of the picture, z is 0; ``Units`` says m nevertheless. A frame
is its time times ``DataRate``, from 0, since the rows of a part of a video begin later. There are no scores. The files
of a video's people lie in one folder and are read together. A TRC file in metres is motion capture and no keypoints.

What is written: a file per video, Sports2D's names of joints, units px, empty cells where there is no joint.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from vpdlib.atomic import write_text
from vpdlib.datasets.base import DatasetError
from vpdlib.interchange.formats import PoseFormat, ToolKeypoints, WrittenPoses
from vpdlib.interchange.pose_formats.people import People, arrange, drop_missing
from vpdlib.interchange.trc_file import TrcFile, is_trc, rate_of, read_trc, text_of
from vpdlib.skeleton import COCO17

_PERSON = re.compile(r"(?P<video>.+?)(_Sports2D)?(_px)?_person(?P<person>\d{1,4})", re.IGNORECASE)
#: Times are off a frame's by rounding alone, in frames.
_OFF = 0.2
_MAX_FRAME = 10**8


def _recognises(path: Path) -> bool:
    if path.is_dir():
        return any(_are_pixels(file) for file in _people_files(path))
    return _are_pixels(path)


def _people_files(folder: Path) -> list[Path]:
    return [
        file
        for file in sorted(folder.iterdir())
        if file.suffix.lower() == ".trc" and _PERSON.fullmatch(file.stem)
    ]


def _are_pixels(path: Path) -> bool:
    if not is_trc(path):
        return False
    try:
        return read_trc(path, part=True).are_pixels
    except DatasetError:
        # It is damaged, and will be refused if it is insisted on.
        return False


def _read(path: Path) -> list[ToolKeypoints]:
    if not path.is_dir():
        found = _PERSON.fullmatch(path.stem)
        video = found["video"] if found else _without_added(path.stem)
        return [_of_video(str(path), video, [path])]
    files: dict[str, list[Path]] = defaultdict(list)
    for file in _people_files(path):
        found = _PERSON.fullmatch(file.stem)
        if found is not None and _are_pixels(file):
            files[found["video"]].append(file)
    return [_of_video(f"{path}: {video}", video, found) for video, found in files.items()]


def _without_added(stem: str) -> str:
    for end in ("_px", "_Sports2D"):
        stem = stem.removesuffix(end)
    return stem


def _of_video(where: str, video: str, files: Sequence[Path]) -> ToolKeypoints:
    markers: tuple[str, ...] = ()
    rate = 0.0
    frames, joints, ids = [], [], []
    for number, path in enumerate(files):
        file = read_trc(path)
        if not file.are_pixels:
            raise DatasetError(
                f"{path}: in {file.units or 'no unit'}, not flat or too small for pixels: motion capture? Name it as "
                "motions of a VIPE* of kind trc, or give Sports2D's file in px."
            )
        if number and file.markers != markers:
            raise DatasetError(f"{path}: other joints than {files[0].name}. Make both by one run.")
        markers, rate = file.markers, rate_of(path, file)
        joints.append(_joints(file))
        frames.append(_frames(path, file, rate))
        ids += [_person_of(path, number)] * len(file.times_s)
    arranged = arrange(
        where,
        People(np.concatenate(frames), np.concatenate(joints), ids),
        sum(path.stat().st_size for path in files),
    )
    return ToolKeypoints(
        where=where,
        video=video,
        values=arranged.values,
        joints=markers,
        is_tracked=arranged.is_tracked,
        is_whole=False,
        individuals=arranged.individuals,
        facts={"fps": rate},
        remarks=(
            "the file has no scores: every joint that is there counts as sure",
            *arranged.remarks,
        ),
    )


def _person_of(path: Path, number: int) -> str:
    found = _PERSON.fullmatch(path.stem)
    return f"person{found['person']}" if found else f"person{number:02d}"


def _joints(file: TrcFile) -> np.ndarray:
    joints = np.ones((*file.places.shape[:2], 3), np.float32)
    joints[..., :2] = file.places[..., :2]
    drop_missing(joints)
    return joints


def _frames(path: Path, file: TrcFile, rate: float) -> np.ndarray:
    exact = file.times_s * rate
    frames = np.round(exact)
    if np.abs(exact - frames).max() > _OFF or frames.min() < 0 or frames.max() > _MAX_FRAME:
        row = int(np.abs(exact - frames).argmax())
        raise DatasetError(
            f"{path}: a time of {file.times_s[row]:g} s is no frame's at {rate:g} frames a second (DataRate). Correct "
            "the rate or the times."
        )
    if (np.diff(frames) <= 0).any():
        row = int(np.flatnonzero(np.diff(frames) <= 0)[0])
        raise DatasetError(
            f"{path}: a time of {file.times_s[row + 1]:g} s after {file.times_s[row]:g} s, the same or an earlier "
            "frame. Sort the rows, and correct the times."
        )
    return frames.astype(np.int64)


def _write(videos: Sequence[WrittenPoses], folder: Path, name: str) -> list[Path]:
    paths = []
    for one in videos:
        path = folder / f"{one.video_id}.trc"
        rows = [_row(frame, one.fps, joints) for frame, joints in enumerate(one.keypoints_px)]
        write_text(path, text_of(path.name, one.fps, "px", [_sports2d(j) for j in COCO17], rows))
        paths.append(path)
    return paths


def _row(frame: int, fps: float, joints: np.ndarray) -> str:
    cells = [str(frame), f"{frame / fps:.6f}"]
    for x, y, score in joints.tolist():
        is_there = np.isfinite(x) and np.isfinite(y) and score > 0
        cells += [f"{x:.3f}", f"{y:.3f}", "0"] if is_there else ["", "", ""]
    return "\t".join(cells)


def _sports2d(joint: str) -> str:
    """Its name of a joint: LShoulder of left_shoulder."""
    side, _, part = joint.partition("_")
    return side[0].upper() + part.capitalize() if part else side.capitalize()


TRC = PoseFormat(
    "trc",
    "TRC files of keypoints in pixels (.trc), as Sports2D writes them",
    _recognises,
    _read,
    suffix=".trc",
    write=_write,
)
