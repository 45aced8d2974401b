"""Folders of JSON files, one per frame, as OpenPose writes them (``--write_json``), and Pose2Sim after it.

``heat_01_000000000012_keypoints.json`` is frame 12 of ``heat_01.mp4``, counted from 0; every frame has a file, with an
empty list where nobody is. Pose2Sim calls it ``heat_01_000012.json``. Joints have no names: 25 are BODY_25, 18 COCO, 15
MPI, 26 Halpe (Pose2Sim), 17 COCO (Pose2Sim). Pixels are of the video's picture unless ``--keypoint_scale`` says other:
what all lies within 0 to 1 is fractions. A joint that was not found is 0, 0, 0. People stand in any order, unless
``person_id`` names them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from vpdlib.datasets.base import DatasetError
from vpdlib.interchange.formats import FRACTIONS, PoseFormat, ToolKeypoints
from vpdlib.interchange.pose_formats.joint_orders import BEGIN_AS_COCO, BODY_25, COCO18, MPI15
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

_ORDERS = {25: BODY_25, 18: COCO18, 15: MPI15, **BEGIN_AS_COCO}
_ENDING = "_keypoints"
#: Digits of the number that OpenPose gives frames of a video.
_DIGITS = 12
_PEOPLE = re.compile(r'"people"\s*:\s*\[')
_POSE = "pose_keypoints_2d"
_OTHER_WRITER = re.compile(r'"version"\s*:\s*"AlphaPose')
_REMEDY = "Write the JSON files again."


def _recognises(path: Path) -> bool:
    if not path.is_dir():
        return False
    first = next(_files(path), None)
    if first is None:
        return False
    head, _ = ends_of_json(first)
    has_people = head[:1] == "{" and _PEOPLE.search(head)
    return bool(has_people) and _OTHER_WRITER.search(head) is None


def _files(folder: Path) -> Iterator[Path]:
    for file in sorted(folder.iterdir()):
        if file.suffix == ".json" and numbered(_stem(file)) is not None and file.is_file():
            yield file


def _stem(file: Path) -> str:
    return file.stem.removesuffix(_ENDING)


def _read(path: Path) -> list[ToolKeypoints]:
    files: dict[str, list[tuple[int, Path]]] = defaultdict(list)
    for file in _files(path):
        before, number = numbered(_stem(file)) or ("", 0)
        video = before or path.name
        files[video].append((number, file))
    return [_of_video(path, video, sorted(found)) for video, found in files.items()]


def _of_video(folder: Path, video: str, files: Sequence[tuple[int, Path]]) -> ToolKeypoints:
    where = f"{folder}: {video}"
    numbers = [number for number, _ in files]
    if len(set(numbers)) < len(numbers):
        raise DatasetError(f"{where}: two files of frame {_twice(numbers)}. Take one run's away.")
    first = _first(files)
    remarks = ["frames are numbered from 1"] if first else []
    frames: list[int] = []
    lists: list[Any] = []
    places: list[str] = []
    ids: list[str] = []
    size = 0
    for number, file in files:
        size += file.stat().st_size
        for place, person in enumerate(_people(file)):
            frames.append(number - first)
            lists.append(person[_POSE])
            places.append(f"{file}: people[{place}]")
            ids += _id(person.get("person_id"))
    joints, names = _joints(lists, places)
    if lists and len(lists[0]) // 3 > len(names):
        remarks.append(f"{len(lists[0]) // 3 - len(names)} joints of face and hands are not taken")
    remarks += not_finite(drop_missing(joints))
    arranged = arrange(
        where,
        People(np.array(frames, np.int64), joints, ids if len(ids) == len(frames) else ()),
        size,
        numbers[-1] + 1 - first,
    )
    return ToolKeypoints(
        where=where,
        video=video,
        values=arranged.values,
        joints=names,
        is_tracked=arranged.is_tracked,
        is_whole=False,
        individuals=arranged.individuals,
        facts=FRACTIONS if _are_fractions(joints) else {},
        remarks=(*remarks, *arranged.remarks),
    )


def _twice(numbers: Sequence[int]) -> int:
    return next(number for number in numbers if numbers.count(number) > 1)


def _first(files: Sequence[tuple[int, Path]]) -> int:
    """The number of a video's first frame: 0 as the tools count, 1 for numbered pictures that begin there."""
    number, file = files[0]
    of_video = not file.stem.endswith(_ENDING) or _stem(file).endswith(f"{number:0{_DIGITS}d}")
    return 0 if of_video or number != 1 else 1


def _people(file: Path) -> Iterator[dict[str, Any]]:
    content = read_json(file)
    people = content.get("people") if isinstance(content, dict) else None
    if not isinstance(people, list):
        raise DatasetError(f"{file}: people is {people!s:.40}, expected a list. {_REMEDY}")
    for place, person in enumerate(people):
        if not isinstance(person, dict) or not isinstance(person.get(_POSE), list):
            raise DatasetError(f"{file}: people[{place}] has no {_POSE}. {_REMEDY}")
        if person[_POSE]:
            yield person


def _id(person_id: Any) -> list[str]:
    one = person_id[0] if isinstance(person_id, list) and len(person_id) == 1 else None
    is_id = isinstance(one, int) and not isinstance(one, bool) and one >= 0
    return [str(one)] if is_id else []


def _joints(lists: Sequence[Any], places: Sequence[str]) -> tuple[np.ndarray, tuple[str, ...]]:
    if not lists:
        return np.zeros((0, len(BODY_25), 3), np.float32), BODY_25
    count = len(lists[0]) // 3
    names = _ORDERS.get(count)
    if names is None:
        known = ", ".join(map(str, _ORDERS))
        raise DatasetError(
            f"{places[0]}: {len(lists[0])} numbers, {count} joints; joints have no names, and known are orders of "
            f"{known}. Use such a model."
        )
    return joints_of(lists, count, 3, places)[:, : len(names)], names


def _are_fractions(joints: np.ndarray) -> bool:
    place = joints[..., :2][np.isfinite(joints[..., 0])]
    return len(place) > 0 and bool((place >= 0).all() and (place <= 1).all())


OPENPOSE = PoseFormat(
    "openpose", "a folder of OpenPose's JSON files, one per frame", _recognises, _read
)
