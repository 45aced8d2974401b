"""Keypoints in COCO's JSON: annotations with their images, and results, a list.

*Annotations* are an object with ``images``, ``annotations`` and ``categories``, which name the joints. A frame is an
image. With ``videos``, ``video_id`` and ``frame_id`` (CocoVID), these say which; else the image's ``file_name`` does:
its folder, or what stands before its number, is the video, and its number the frame. Numbers of a video that begin at 1
count from 1, all others from 0. A joint's third number is a flag, 0 where it is not labelled, else 1 or 2; numbers
beside these are scores. ``track_id`` names people. Pixels are from the upper left corner of the picture.

*Results* are a list of people, each with an ``image_id``, which is taken for the number of the frame; they have no
images, so that one list is one video, of the file's name.

What is written: one file of all videos, with ``videos`` and a file name for every frame; ids from 1, since pycocotools
takes 0 for none; flags 2 and 0, and the scores beside them in ``keypoint_scores``.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, TypeGuard

import numpy as np

from vpdlib.atomic import write_text
from vpdlib.datasets.base import DatasetError
from vpdlib.interchange.formats import PoseFormat, ToolKeypoints, WrittenPoses
from vpdlib.interchange.pose_formats.joint_orders import BEGIN_AS_COCO
from vpdlib.interchange.pose_formats.people import (
    People,
    arrange,
    drop_missing,
    ends_of_json,
    first_of,
    joints_of,
    not_finite,
    numbered,
    read_json,
)
from vpdlib.skeleton import COCO17

_SAVE = "Export it again."
_LIST = re.compile(r'\[\s*\{[^{}]*"image_id"\s*:\s*-?\d')
_PEOPLE = re.compile(r'"keypoints"\s*:')
_ANNOTATIONS = re.compile(r'"(images|annotations|categories)"\s*:\s*\[')
_IMAGE_ID = re.compile(r'"image_id"\s*:\s*-?\d')
#: More is no number of a frame.
_MAX_FRAME = 10**9
#: COCO's bones, joints from 1.
_SKELETON = (
    *((16, 14), (14, 12), (17, 15), (15, 13), (12, 13), (6, 12), (7, 13), (6, 7), (6, 8), (7, 9)),
    *((8, 10), (9, 11), (2, 3), (1, 2), (1, 3), (2, 4), (3, 5), (4, 6), (5, 7)),
)


@dataclass(frozen=True)
class _Image:
    """An image: the video that it is of, the number that it has there, and its size."""

    video: str
    number: int
    size: tuple[Any, Any]


def _recognises(path: Path) -> bool:
    head, tail = ends_of_json(path)
    if head[:1] == "[":
        return bool(_LIST.match(head)) and bool(_PEOPLE.search(head))
    both = head + tail
    return bool(_ANNOTATIONS.search(both) and _PEOPLE.search(both) and _IMAGE_ID.search(both))


def _read(path: Path) -> list[ToolKeypoints]:
    content = read_json(path)
    if isinstance(content, list):
        return [_of_results(path, content)]
    parts = {name: content.get(name) for name in ("images", "annotations", "categories")}
    for name, part in parts.items():
        if not isinstance(part, list):
            raise DatasetError(
                f"{path}: {name} is {part!s:.40}, expected a list: COCO annotations have it. {_SAVE}"
            )
    images = _images(path, parts["images"], content.get("videos"))
    by_image: dict[str, list[tuple[str, int, Mapping[str, Any]]]] = defaultdict(list)
    without = 0
    for place, one in enumerate(parts["annotations"]):
        where = f"{path}: annotations[{place}]"
        image = images.get(one.get("image_id")) if isinstance(one, dict) and _is_id(one) else None
        if image is None:
            raise DatasetError(f"{where}: its image_id is that of no image. {_SAVE}")
        if one.get("keypoints"):
            by_image[image.video].append((where, image.number, one))
        else:
            without += 1
    names = _joint_names(path, parts["categories"], by_image)
    remark = [f"{without} annotations have no keypoints"] if without else []
    result = []
    of_video: dict[str, list[_Image]] = defaultdict(list)
    for image in images.values():
        of_video[image.video].append(image)
    for video, those in of_video.items():
        result.append(_of_video(path, video, those, by_image[video], names, remark))
    return result


def _is_id(one: Mapping[str, Any]) -> bool:
    return isinstance(one.get("image_id"), int | str)


def _images(path: Path, images: Sequence[Any], videos: Any) -> dict[Any, _Image]:
    """Images by id."""
    named: dict[Any, str] = {}
    for one in videos if isinstance(videos, list) else ():
        name = (one.get("name") or one.get("file_name")) if isinstance(one, dict) else None
        if isinstance(name, str) and isinstance(one.get("id"), int | str):
            named[one["id"]] = name
    found: dict[Any, _Image] = {}
    for place, one in enumerate(images):
        where = f"{path}: images[{place}]"
        if not isinstance(one, dict) or not isinstance(one.get("id"), int | str):
            raise DatasetError(f"{where} has no id: no image of COCO. {_SAVE}")
        if one["id"] in found:
            raise DatasetError(f"{where}: two images have the id {one['id']!s:.40}. {_SAVE}")
        size = one.get("width"), one.get("height")
        video = one.get("video_id")
        frame = one.get("frame_id")
        if isinstance(video, int | str) and video in named and _is_frame(frame):
            found[one["id"]] = _Image(named[video], frame, size)
            continue
        name = one.get("file_name")
        if not isinstance(name, str):
            raise DatasetError(f"{where} has no file_name, which says its video and frame. {_SAVE}")
        file = PurePosixPath(name.replace("\\", "/"))
        parts = numbered(file.stem)
        if parts is None:
            raise DatasetError(
                f"{where}: {name!r:.80} ends in no number, so that its frame is not known. Name pictures of a video by "
                "their frames, such as heat_01/000012.jpg."
            )
        before, number = parts
        # Of pictures named by number alone, or frame_000012, the folder is the video.
        video = before if before and before.lower() not in _PLAIN else file.parent.name
        found[one["id"]] = _Image(video or path.stem, number, size)
    return found


#: What pictures of any video are called.
_PLAIN = ("frame", "img", "image", "frames", "picture")


def _is_frame(frame: Any) -> TypeGuard[int]:
    return isinstance(frame, int) and not isinstance(frame, bool) and 0 <= frame < _MAX_FRAME


def _joint_names(
    path: Path,
    categories: Sequence[Any],
    by_video: Mapping[str, Sequence[tuple[str, int, Mapping[str, Any]]]],
) -> tuple[str, ...]:
    """Names of the joints, of those categories that people are of."""
    used = {repr(one.get("category_id")) for people in by_video.values() for _, _, one in people}
    found = {}
    for one in categories:
        names = one.get("keypoints") if isinstance(one, dict) else None
        if (
            isinstance(names, list)
            and names
            and all(isinstance(name, str) for name in names)
            and (not used or repr(one.get("id")) in used)
        ):
            found[tuple(names)] = one.get("name")
    if len(found) != 1:
        what = "names joints" if not found else f"have different joints: {list(found.values())}"
        raise DatasetError(
            f"{path}: {'no category' if not found else 'categories'} {what}. Export people of one category, with its "
            "keypoints."
        )
    return next(iter(found))


def _of_video(
    path: Path,
    video: str,
    images: Sequence[_Image],
    people: Sequence[tuple[str, int, Mapping[str, Any]]],
    names: tuple[str, ...],
    remarks: Sequence[str],
) -> ToolKeypoints:
    where = f"{path}: {video}"
    numbers = [image.number for image in images]
    if len(set(numbers)) < len(numbers):
        raise DatasetError(
            f"{where}: two images have one number of a frame. Name them by their frames."
        )
    if max(numbers) >= _MAX_FRAME:
        raise DatasetError(
            f"{where}: {max(numbers)} is no number of a frame. Number pictures from 0."
        )
    first = 1 if min(numbers) == 1 else 0
    said = list(remarks)
    if first:
        said.append("frames are numbered from 1")
    elif min(numbers):
        said.append(f"its first picture is number {min(numbers)}, counted from 0")
    joints = _scored([one for _, _, one in people], len(names), [here for here, _, _ in people])
    said += not_finite(drop_missing(joints))
    frames = np.array([number - first for _, number, _ in people], np.int64)
    ids = [str(one["track_id"]) for _, _, one in people if _is_track(one.get("track_id"))]
    arranged = arrange(
        where,
        People(frames, joints, ids if len(ids) == len(people) else ()),
        path.stat().st_size,
        max(numbers) + 1 - first,
    )
    return ToolKeypoints(
        where=where,
        video=video,
        values=arranged.values,
        joints=names,
        is_tracked=arranged.is_tracked,
        is_whole=False,
        individuals=arranged.individuals,
        facts=_size(images),
        remarks=(*said, *arranged.remarks),
    )


def _is_track(track: Any) -> bool:
    return isinstance(track, int | str) and not isinstance(track, bool)


def _size(images: Sequence[_Image]) -> dict[str, float]:
    sizes = {repr(image.size): image.size for image in images}
    if len(sizes) != 1:
        return {}
    width, height = images[0].size
    if not all(_is_frame(side) and side > 0 for side in (width, height)):
        return {}
    return {"width": float(width), "height": float(height)}


def _scored(people: Sequence[Mapping[str, Any]], count: int, where: Sequence[str]) -> np.ndarray:
    """Joints with scores: those beside them, the third numbers, or 1 for joints with a flag."""
    joints = joints_of([one["keypoints"] for one in people], count, 3, where)
    third = joints[..., 2]
    beside = [one.get("keypoint_scores") for one in people]
    if people and all(isinstance(one, list) for one in beside):
        joints[..., 2] = np.where(third == 0, 0, joints_of(beside, count, 1, where)[..., 0])
    elif np.isin(third, (0, 1, 2)).all():
        joints[..., 2] = np.minimum(third, 1)
    return joints


def _of_results(path: Path, content: Sequence[Any]) -> ToolKeypoints:
    where = [f"{path}: [{place}]" for place in range(len(content))]
    for here, one in zip(where, content, strict=True):
        if (
            not isinstance(one, dict)
            or not _is_frame(one.get("image_id"))
            or not one.get("keypoints")
        ):
            raise DatasetError(
                f"{here} is {one!s:.60}, expected an image_id of 0 or more, and keypoints. {_SAVE}"
            )
    frames = np.array([one["image_id"] for one in content], np.int64)
    if len(frames) and frames.min() > 0:
        raise DatasetError(
            f"{path}: image_id begins at {frames.min()}: whether frames count from 0 or 1 is not known, and results "
            "have no images. Give annotations with images, as pycocotools makes of both: COCO(images).loadRes(results)."
            "dataset, saved as JSON."
        )
    keypoints = first_of(content, "keypoints")
    count = len(keypoints) // 3 if isinstance(keypoints, list) else 0
    names = BEGIN_AS_COCO.get(count)
    if names is None:
        raise DatasetError(
            f"{where[0] if where else path}: {count} joints without names. Give annotations; categories name them."
        )
    joints = _scored(content, count, where)[:, : len(names)]
    remarks = list(not_finite(drop_missing(joints)))
    if len(names) < count:
        remarks.append(f"{count - len(names)} joints of face and hands are not taken")
    ids = [str(one["track_id"]) for one in content if _is_track(one.get("track_id"))]
    arranged = arrange(
        str(path),
        People(frames, joints, ids if len(ids) == len(content) else ()),
        path.stat().st_size,
    )
    return ToolKeypoints(
        where=str(path),
        video=path.stem,
        values=arranged.values,
        joints=names,
        is_tracked=arranged.is_tracked,
        is_whole=False,
        individuals=arranged.individuals,
        remarks=(*remarks, *arranged.remarks),
    )


def _write(videos: Sequence[WrittenPoses], folder: Path, name: str) -> list[Path]:
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for video_id, one in enumerate(videos, start=1):
        for frame, keypoints in enumerate(one.keypoints_px):
            images.append(
                {
                    "id": len(images) + 1,
                    "file_name": f"{one.video_id}/{frame:06d}.jpg",
                    "width": one.width,
                    "height": one.height,
                    "video_id": video_id,
                    "frame_id": frame,
                }
            )
            there = np.isfinite(keypoints[:, :2]).all(axis=1) & (keypoints[:, 2] > 0)
            if there.any():
                person = _person(keypoints, there, one.boxes_px[frame])
                annotations.append(
                    {"id": len(annotations) + 1, "image_id": len(images), "track_id": 1, **person}
                )
    category = {
        "id": 1,
        "name": "person",
        "supercategory": "person",
        "keypoints": list(COCO17),
        "skeleton": [list(bone) for bone in _SKELETON],
    }
    content = {
        "info": {"description": "keypoints of vpd"},
        "licenses": [],
        "videos": [{"id": n, "name": one.path.name} for n, one in enumerate(videos, start=1)],
        "images": images,
        "annotations": annotations,
        "categories": [category],
    }
    path = folder / f"{name}.json"
    write_text(path, json.dumps(content, allow_nan=False))
    return [path]


def _person(keypoints: np.ndarray, there: np.ndarray, box: np.ndarray) -> dict[str, Any]:
    if not np.isfinite(box).all():
        places = keypoints[there, :2]
        box = np.concatenate([places.min(axis=0), places.max(axis=0)])
    left, top, right, bottom = (round(float(side), 3) for side in box)
    width, height = round(right - left, 3), round(bottom - top, 3)
    flagged = np.where(there[:, None], keypoints, 0.0)
    flagged[:, 2] = np.where(there, 2, 0)
    scores = np.where(there, keypoints[:, 2], 0.0)
    return {
        "category_id": 1,
        "iscrowd": 0,
        "bbox": [left, top, width, height],
        "area": round(width * height, 3),
        "num_keypoints": int(there.sum()),
        "keypoints": [round(float(number), 3) for number in flagged.ravel()],
        "keypoint_scores": [round(float(score), 5) for score in scores],
        "score": round(float(scores[there].mean()), 5),
    }


COCO = PoseFormat(
    "coco", "COCO's keypoints (.json)", _recognises, _read, suffix=".json", write=_write
)
