"""Predictions that MMPose saves of a video as JSON, by its inferencer or by its demo of detector and pose model.

The *inferencer* (``pred_out_dir``) writes a list of frames, named as the video, ``frame_id`` from 0; joints have no
names. For a frame without people it writes one person nevertheless: the pose model's answer to the whole picture, whose
box is that and has the score 1. Where all frames are so, no detector was used, and they are taken.

The *demo* (``--save-predictions``) writes an object: ``meta_info`` with names of joints, ``instance_info`` with frames
whose ``frame_id`` begins at 1.

Joints are pixels; scores of some models pass 1. People stand in any order.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from vpdlib.datasets.base import DatasetError
from vpdlib.interchange.formats import PoseFormat, ToolKeypoints
from vpdlib.interchange.pose_formats.joint_orders import BEGIN_AS_COCO
from vpdlib.interchange.pose_formats.people import (
    People,
    arrange,
    drop_missing,
    ends_of_json,
    joints_of,
    not_finite,
    read_json,
)

_LIST = re.compile(r'\[\s*\{\s*"frame_id"\s*:\s*\d+\s*,\s*"instances"\s*:\s*\[')
_OBJECT = re.compile(r'\{\s*"meta_info"\s*:\s*\{')
_SAVE = "Save the predictions again."
_MAX_FRAME = 10**9
#: The demo saves beside the picture as results_heat_01.json.
_PREFIX = "results_"


def _recognises(path: Path) -> bool:
    head, tail = ends_of_json(path)
    if head[:1] == "[":
        return bool(_LIST.match(head))
    return bool(_OBJECT.match(head)) and '"keypoint' in head + tail


def _read(path: Path) -> list[ToolKeypoints]:
    content = read_json(path)
    is_demo = isinstance(content, dict)
    frames = content.get("instance_info") if is_demo else content
    if not isinstance(frames, list):
        raise DatasetError(f"{path}: instance_info is {frames!s:.40}, expected a list. {_SAVE}")
    first = 1 if is_demo else 0
    numbers: list[int] = []
    people: list[tuple[str, Mapping[str, Any]]] = []
    last = 0
    for place, one in enumerate(frames):
        where = f"{path}: [{place}]"
        number = one.get("frame_id") if isinstance(one, dict) else None
        if (
            not isinstance(number, int)
            or isinstance(number, bool)
            or not first <= number < _MAX_FRAME
            or not isinstance(one.get("instances"), list)
        ):
            raise DatasetError(
                f"{where} is {one!s:.60}, expected frame_id of {first} or more, and instances. {_SAVE}"
            )
        last = max(last, number - first)
        for p, person in enumerate(one["instances"]):
            numbers.append(number - first)
            people.append(
                (f"{where}, instances[{p}]", _checked(person, f"{where}, instances[{p}]"))
            )
    remarks = []
    if not is_demo:
        kept = _not_whole(people, numbers, last + 1)
        if len(kept) < len(people):
            remarks.append(
                f"{len(people) - len(kept)} frames without people: the pose of the whole picture is not taken"
            )
        numbers, people = [numbers[n] for n in kept], [people[n] for n in kept]
    joints, names = _joints(path, people, content.get("meta_info") if is_demo else None)
    remarks += not_finite(drop_missing(joints))
    arranged = arrange(
        str(path), People(np.array(numbers, np.int64), joints), path.stat().st_size, last + 1
    )
    return [
        ToolKeypoints(
            where=str(path),
            video=path.stem.removeprefix(_PREFIX) if is_demo else path.stem,
            values=arranged.values,
            joints=names,
            is_tracked=False,
            is_whole=False,
            remarks=(*remarks, *arranged.remarks),
        )
    ]


def _checked(person: Any, where: str) -> Mapping[str, Any]:
    if (
        not isinstance(person, dict)
        or not isinstance(person.get("keypoints"), list)
        or not isinstance(person.get("keypoint_scores"), list)
    ):
        raise DatasetError(
            f"{where} is {person!s:.60}, expected keypoints and keypoint_scores. {_SAVE}"
        )
    return person


def _not_whole(
    people: Sequence[tuple[str, Mapping[str, Any]]], numbers: Sequence[int], num_frames: int
) -> list[int]:
    """Places of those people that are not the whole picture for want of any; of all, where no detector was used."""
    alone = np.bincount(np.array(numbers, np.int64), minlength=num_frames) == 1
    whole = [
        box if alone[number] and _score(one) == 1.0 and box[:2] == (0.0, 0.0) else None
        for number, box, one in (
            (number, _box(one), one) for number, (_, one) in zip(numbers, people, strict=True)
        )
    ]
    sizes = {box for box in whole if box is not None}
    # Pictures of a video have one size.
    if len(sizes) != 1 or all(box is not None for box in whole):
        return list(range(len(people)))
    return [n for n, box in enumerate(whole) if box is None]


def _score(person: Mapping[str, Any]) -> Any:
    return person.get("bbox_score")


def _box(person: Mapping[str, Any]) -> tuple[float, ...]:
    """xyxy; the tool puts it into a list of its own."""
    box = person.get("bbox")
    if isinstance(box, list) and len(box) == 1:
        box = box[0]
    if not isinstance(box, list) or len(box) != 4:
        return ()
    return tuple(side for side in box if isinstance(side, int | float))


def _joints(
    path: Path, people: Sequence[tuple[str, Mapping[str, Any]]], meta: Any
) -> tuple[np.ndarray, tuple[str, ...]]:
    where = [here for here, _ in people]
    count = len(people[0][1]["keypoints"]) if people else 17
    names = _named(meta, count) or BEGIN_AS_COCO.get(count)
    if names is None:
        raise DatasetError(
            f"{where[0]}: {count} joints without names; known are orders of {', '.join(map(str, BEGIN_AS_COCO))}. Use "
            "such a model, or the demo, which saves names."
        )
    places = joints_of([one["keypoints"] for _, one in people], count, 2, where)
    scores = joints_of([one["keypoint_scores"] for _, one in people], count, 1, where)
    return np.concatenate([places, scores], axis=2)[:, : len(names)], names


def _named(meta: Any, count: int) -> tuple[str, ...] | None:
    """Names in ``meta_info``, whose keys are numbers as text."""
    names = meta.get("keypoint_id2name") if isinstance(meta, dict) else None
    if not isinstance(names, dict) or len(names) != count:
        return None
    found = [names.get(str(number)) for number in range(count)]
    return tuple(map(str, found)) if all(isinstance(name, str) for name in found) else None


MMPOSE = PoseFormat("mmpose", "MMPose's predictions of a video (.json)", _recognises, _read)
