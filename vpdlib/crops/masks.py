"""The athlete's mask in each crop, from the masks of the people found.

A crop's mask is uint8 (S, S), 1 on the athlete and 0 on the background. Where the athlete's mask is not
known, all of it is 1: nothing counts as background, and no noise is added there. Other people are
background. Source: paper supplement (noise on the background); docs/method.md section 3, mask crop.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vpdlib.geometry import iou_matrix, resample_mask, unpack_mask

#: The athlete's box is that of the person found whose box overlaps it most, from this overlap on.
MIN_IOU = 0.5


@dataclass(frozen=True)
class FoundPeople:
    """The people found in a video, as the people artifact holds them.

    ``frame`` int (M,) frames looked at, increasing; ``num_people`` int (M,) people of each; and for
    all K people, frame by frame: ``box_px`` (K, 4) in source px, ``mask`` uint8 (K, MASK_BYTES), packed, zeros
    where there is none.
    """

    frame: np.ndarray
    num_people: np.ndarray
    box_px: np.ndarray
    mask: np.ndarray


def crop_masks(
    frame: np.ndarray, rect_px: np.ndarray, box_px: np.ndarray, people: FoundPeople, size: int
) -> np.ndarray:
    """Return the athlete's mask in every crop.

    Parameters
    ----------
    frame : int (N,) frame of each crop.
    rect_px : int (N, 4) the crops' squares in source px.
    box_px : (N, 4) the athlete's box in each crop's frame, in source px.
    people : the people found.
    size : side S of the crops.

    Returns
    -------
    (N, S, S) uint8.
    """
    masks = np.ones((len(frame), size, size), np.uint8)
    ends = np.cumsum(people.num_people)
    looked_at = {int(number): index for index, number in enumerate(people.frame)}
    for row, number in enumerate(frame):
        index = looked_at.get(int(number))
        if index is None:
            continue
        first = int(ends[index] - people.num_people[index])
        boxes = people.box_px[first : ends[index]]
        overlap = iou_matrix(box_px[row], boxes)[0]
        if overlap.max(initial=0) < MIN_IOU:
            continue
        best = first + int(overlap.argmax())
        grid = unpack_mask(people.mask[best])
        mask = resample_mask(grid, people.box_px[best], rect_px[row], (size, size))
        # A person without a mask, or one of less than a crop's pixel.
        if mask.any():
            masks[row] = mask
    return masks
