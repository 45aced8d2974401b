"""Cutting the athlete out of every frame, together with the frame before.

A crop is RGB uint8 (S, S, 3). The rectangle is in source pixels, square, and is cut from the frame
and from its previous frame alike, so that the flow between the two crops is that of the scene.
Which frame is the previous one comes from :func:`vpdlib.tracking.previous.previous_frame_index`, 1/25 s
earlier at any frame rate. Source: paper supplement; docs/method.md section 3.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np

from vpdlib.geometry import crop_rectangle, cut
from vpdlib.video.reader import Frame


@dataclass(frozen=True)
class CropRecord:
    """The crop of one frame.

    ``frame`` is the frame number, ``rect_px`` int (4,) the square in source px, ``crop`` and
    ``previous`` are uint8 (S, S, 3), cut from the frame and from its previous frame by the same
    rectangle.
    """

    frame: int
    rect_px: np.ndarray
    crop: np.ndarray
    previous: np.ndarray


@dataclass(frozen=True)
class CropBlock:
    """The crops of n frames: ``frame`` (n,) int32, ``rect_px`` (n, 4) int32, ``crop`` and ``previous`` uint8
    (n, S, S, 3); see :class:`CropRecord`.
    """

    frame: np.ndarray
    rect_px: np.ndarray
    crop: np.ndarray
    previous: np.ndarray


def in_blocks(records: Iterable[CropRecord], size: int, length: int = 512) -> Iterator[CropBlock]:
    """Put records together, so many at a time.

    Parameters
    ----------
    records : as `crop_video` yields them.
    size : side S of the crops.
    length : most records of a block.

    Yields
    ------
    Blocks of `length` records, the last one of the rest; a single block of none where there are none.
    """
    remaining = iter(records)
    block = list(islice(remaining, length))
    while True:
        image = (len(block), size, size, 3)
        yield CropBlock(
            frame=np.array([r.frame for r in block], np.int32),
            rect_px=np.array([r.rect_px for r in block], np.int32).reshape(-1, 4),
            crop=np.array([r.crop for r in block], np.uint8).reshape(image),
            previous=np.array([r.previous for r in block], np.uint8).reshape(image),
        )
        block = list(islice(remaining, length))
        if not block:
            return


def crop_video(
    frames: Iterable[Frame],
    box_px: np.ndarray,
    previous_frame: np.ndarray,
    size: int = 128,
    pad_fraction: float = 0.10,
    pad_px: float = 25.0,
) -> Iterator[CropRecord]:
    """Cut every frame that has a box, in one sequential pass.

    Parameters
    ----------
    frames : the video's frames in order, numbered from 0.
    box_px : (N, 4) the athlete's box per frame in source px; NaN where there is none.
    previous_frame : (N,) integer number of each frame's previous frame, -1 for none. Only as many
        past
        frames as its largest step are held in memory.
    size : side S of the crops.
    pad_fraction, pad_px : see :func:`vpdlib.geometry.crop_rectangle`.

    Yields
    ------
    One record per frame with a box, in order. Where there is no previous frame, ``previous`` is a
    copy of ``crop``.

    Raises
    ------
    ValueError
        If the arrays' lengths differ, a previous frame is not earlier than its frame, or the video
        has more frames than boxes or is not numbered in order.
    """
    num_frames = len(box_px)
    if box_px.shape != (num_frames, 4) or len(previous_frame) != num_frames:
        raise ValueError(
            f"crop_video: boxes {box_px.shape} and previous frames {previous_frame.shape} "
            "must be (N, 4) and (N,)"
        )
    back = np.arange(num_frames) - previous_frame
    if (back < 1).any() or (previous_frame < -1).any():
        at = int(np.argmax((back < 1) | (previous_frame < -1)))
        raise ValueError(f"crop_video: frame {at} has the previous frame {previous_frame[at]}")
    farthest = int(back[previous_frame >= 0].max(initial=1))
    past: deque[np.ndarray] = deque(maxlen=farthest)
    for expected, frame in enumerate(frames):
        if frame.index != expected or frame.index >= num_frames:
            raise ValueError(
                f"crop_video: got frame {frame.index} where {expected} of {num_frames} was due; "
                "the boxes belong to another video or another decoding of it"
            )
        before = int(previous_frame[frame.index])
        if np.isfinite(box_px[frame.index]).all():
            rect_px = crop_rectangle(
                box_px[frame.index],
                box_px[before] if before >= 0 else None,
                pad_fraction,
                pad_px,
            )
            crop = cut(frame.rgb, rect_px, size)
            if before >= 0:
                previous = cut(past[before - frame.index], rect_px, size)
            else:
                previous = crop.copy()
            yield CropRecord(frame.index, rect_px, crop, previous)
        past.append(frame.rgb)
