"""AlphaPose's ``alphapose-results.json``: a list of people; with ``--format open`` or ``cmu`` an object by picture.

Of a video, pictures are called ``0.jpg``, ``1.jpg``, ..., from 0; frames without people have no entry. Neither the file
nor its name says the video, so that it is called as the folder where the file has the tool's own name, else as the
file. Of a folder of pictures, the number that a picture's name ends in is the frame, if one is 0, and what stands
before it the video. Joints are x, y, score, pixels; scores of some models pass 1. ``idx`` is the tracker's id: without
a tracker it is the same for all.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from vpdlib.datasets.base import DatasetError
from vpdlib.interchange.formats import PoseFormat, ToolKeypoints
from vpdlib.interchange.pose_formats.joint_orders import BEGIN_AS_COCO, COCO18, MPII16
from vpdlib.interchange.pose_formats.people import (
    People,
    arrange,
    drop_missing,
    ends_of_json,
    joints_of,
    not_finite,
    numbered,
    read_json,
)

_ORDERS = {**BEGIN_AS_COCO, 16: MPII16}
_LIST = re.compile(r'\[\s*\{[^{}]*"image_id"\s*:\s*"')
_BY_PICTURE = re.compile(r'\{\s*"[^"]+"\s*:\s*\{\s*"version"\s*:\s*"AlphaPose')
_OWN_NAME = re.compile(r"[_-]?alphapose-results[_-]?", re.IGNORECASE)
_SAVE = "Save the results again."


@dataclass(frozen=True)
class _Person:
    where: str
    picture: str
    keypoints: Any
    idx: str


def _recognises(path: Path) -> bool:
    head, _ = ends_of_json(path)
    if head[:1] == "[":
        return bool(_LIST.match(head)) and '"keypoints"' in head
    return bool(_BY_PICTURE.match(head))


def _read(path: Path) -> list[ToolKeypoints]:
    content = read_json(path)
    is_list = isinstance(content, list)
    people = list(_listed(path, content) if is_list else _by_picture(path, content))
    by_video: dict[str, list[tuple[int, _Person]]] = defaultdict(list)
    bare = False
    for one in people:
        parts = numbered(PurePosixPath(one.picture.replace("\\", "/")).stem)
        if parts is None:
            raise DatasetError(
                f"{one.where}: picture {one.picture!r:.60} ends in no number, so that its frame is not known. Give "
                "AlphaPose the video, or pictures named by their frames from 0."
            )
        bare |= not parts[0]
        by_video[parts[0] or _own_name(path)].append((parts[1], one))
    if not bare:
        _check_from_zero(path, by_video)
    return [_of_video(path, video, found, is_list) for video, found in by_video.items()]


def _own_name(path: Path) -> str:
    return _OWN_NAME.sub("", path.stem) or path.absolute().parent.name


def _listed(path: Path, content: Sequence[Any]) -> Iterator[_Person]:
    for place, one in enumerate(content):
        where = f"{path}: [{place}]"
        if (
            not isinstance(one, dict)
            or not isinstance(one.get("image_id"), str)
            or not isinstance(one.get("keypoints"), list)
        ):
            raise DatasetError(
                f"{where} is {one!s:.60}, expected a picture's name as image_id, and keypoints. {_SAVE}"
            )
        yield _Person(where, one["image_id"], one["keypoints"], _idx(one.get("idx")))


def _idx(idx: Any) -> str:
    """The tracker's id, a number or a list of one; empty where there is none."""
    if isinstance(idx, list) and len(idx) == 1:
        idx = idx[0]
    if isinstance(idx, float):
        return f"{idx:g}"
    return str(idx) if isinstance(idx, int) and not isinstance(idx, bool) else ""


def _by_picture(path: Path, content: Any) -> Iterator[_Person]:
    for picture, one in content.items():
        people = (one.get("people") or one.get("bodies")) if isinstance(one, dict) else None
        if not isinstance(people, list):
            raise DatasetError(f"{path}: {picture!r:.60} has neither people nor bodies. {_SAVE}")
        for place, person in enumerate(people):
            where = f"{path}: {picture}, person {place}"
            keypoints = None
            if isinstance(person, dict):
                keypoints = person.get("pose_keypoints_2d", person.get("joints"))
            if not isinstance(keypoints, list):
                raise DatasetError(f"{where} has no joints. {_SAVE}")
            yield _Person(where, picture, keypoints, "")


def _check_from_zero(path: Path, by_video: dict[str, list[tuple[int, _Person]]]) -> None:
    for video, found in by_video.items():
        first = min(number for number, _ in found)
        if first:
            raise DatasetError(
                f"{path}: pictures of {video!r} begin at {first}: whether their numbers count from 0 or 1 is not "
                "known, since those without people are left out. Give AlphaPose the video, or number pictures from 0."
            )


def _of_video(
    path: Path, video: str, found: Sequence[tuple[int, _Person]], is_list: bool
) -> ToolKeypoints:
    where = str(path) if video == _own_name(path) else f"{path}: {video}"
    people = [one for _, one in found]
    count = len(people[0].keypoints) // 3
    orders = _ORDERS if is_list else {18: COCO18}
    names = orders.get(count)
    if names is None:
        raise DatasetError(
            f"{people[0].where}: {len(people[0].keypoints)} numbers, {count} joints; joints have no names, and known "
            f"are orders of {', '.join(map(str, orders))}. Use such a model."
        )
    joints = joints_of([one.keypoints for one in people], count, 3, [one.where for one in people])[
        :, : len(names)
    ]
    remarks = list(not_finite(drop_missing(joints)))
    if count > len(names):
        remarks.append(f"{count - len(names)} joints of face and hands are not taken")
    ids = [one.idx for one in people]
    frames = np.array([number for number, _ in found], np.int64)
    arranged = arrange(where, People(frames, joints, ids if all(ids) else ()), path.stat().st_size)
    return ToolKeypoints(
        where=where,
        video=video,
        values=arranged.values,
        joints=names,
        is_tracked=arranged.is_tracked,
        is_whole=False,
        individuals=arranged.individuals,
        remarks=(*remarks, *arranged.remarks),
    )


ALPHAPOSE = PoseFormat(
    "alphapose", "AlphaPose's results (alphapose-results.json)", _recognises, _read
)
