"""Boxes, square crops, and masks inside boxes.

Boxes are xyxy, end-exclusive and floating point: a box covers x0 <= x < x1, so its width is x1 -
x0. x grows to the right and y down, with the origin at the outer corner of the first pixel. Arrays
of boxes have shape (..., 4). A crop rectangle is an integer xyxy box, exactly square, and may reach
outside the frame; what lies outside is black (docs/method.md section 3, crop construction). A mask
is a grid of equal cells over a box, rows down, and nothing outside it; packed, it is ``MASK_SIDE``
cells a side, row by row, eight to a byte.
"""

from __future__ import annotations

import cv2
import numpy as np

#: Cells a side of a packed mask, and its bytes.
MASK_SIDE = 56
MASK_BYTES = MASK_SIDE * MASK_SIDE // 8


def area(boxes: np.ndarray) -> np.ndarray:
    """Area of boxes (..., 4) in squared units of their coordinates; 0 for inverted boxes."""
    boxes = np.asarray(boxes, dtype=np.float64)
    return np.clip(boxes[..., 2] - boxes[..., 0], 0, None) * np.clip(
        boxes[..., 3] - boxes[..., 1], 0, None
    )


def centre_size(boxes: np.ndarray) -> np.ndarray:
    """Turn xyxy boxes (..., 4) into centre x, centre y, width, height (..., 4)."""
    boxes = np.asarray(boxes, dtype=np.float64)
    return np.concatenate(
        [(boxes[..., :2] + boxes[..., 2:]) / 2, boxes[..., 2:] - boxes[..., :2]], axis=-1
    )


def from_centre_size(values: np.ndarray) -> np.ndarray:
    """Turn centre x, centre y, width, height (..., 4) into xyxy boxes (..., 4)."""
    values = np.asarray(values, dtype=np.float64)
    half = values[..., 2:] / 2
    return np.concatenate([values[..., :2] - half, values[..., :2] + half], axis=-1)


def iou_matrix(boxes_a: np.ndarray, boxes_b: np.ndarray) -> np.ndarray:
    """Intersection over union of every pair of two lists of boxes.

    Parameters
    ----------
    boxes_a, boxes_b : (A, 4) and (B, 4).

    Returns
    -------
    (A, B) float64 in [0, 1]; 0 where both boxes are empty.
    """
    a = np.asarray(boxes_a, dtype=np.float64).reshape(-1, 1, 4)
    return iou(a, np.asarray(boxes_b, dtype=np.float64).reshape(1, -1, 4))


def iou(boxes_a: np.ndarray, boxes_b: np.ndarray) -> np.ndarray:
    """Intersection over union of boxes (..., 4) and others, by broadcasting; 0 where both are empty or one is NaN."""
    a, b = np.asarray(boxes_a, dtype=np.float64), np.asarray(boxes_b, dtype=np.float64)
    overlap = np.concatenate(
        [np.maximum(a[..., :2], b[..., :2]), np.minimum(a[..., 2:], b[..., 2:])], axis=-1
    )
    intersection = area(overlap)
    joined = area(a) + area(b) - intersection
    return np.divide(intersection, joined, out=np.zeros_like(intersection), where=joined > 0)


def union(boxes_a: np.ndarray, boxes_b: np.ndarray) -> np.ndarray:
    """Smallest boxes (..., 4) that hold both of two boxes (..., 4)."""
    a = np.asarray(boxes_a, dtype=np.float64)
    b = np.asarray(boxes_b, dtype=np.float64)
    return np.concatenate(
        [np.minimum(a[..., :2], b[..., :2]), np.maximum(a[..., 2:], b[..., 2:])], axis=-1
    )


def square(boxes: np.ndarray) -> np.ndarray:
    """Grow the short side of boxes (..., 4) about the centre until both sides are equal."""
    values = centre_size(boxes)
    values[..., 2:] = values[..., 2:].max(axis=-1, keepdims=True)
    return from_centre_size(values)


def pad(boxes: np.ndarray, fraction: float, minimum: float = 0.0) -> np.ndarray:
    """Move each side of boxes (..., 4) out by max(``fraction`` x that dimension, ``minimum``)."""
    values = centre_size(boxes)
    values[..., 2:] += 2 * np.maximum(fraction * values[..., 2:], minimum)
    return from_centre_size(values)


def clip(boxes: np.ndarray, width: float, height: float) -> np.ndarray:
    """Cut boxes (..., 4) at the borders of a frame; a box that lies outside gets no area."""
    boxes = np.asarray(boxes, dtype=np.float64)
    limits = np.array([width, height, width, height], dtype=np.float64)
    return np.clip(boxes, 0, limits)


def crop_rectangle(
    box_px: np.ndarray,
    previous_box_px: np.ndarray | None,
    pad_fraction: float = 0.10,
    pad_px: float = 25.0,
) -> np.ndarray:
    """Return the square that is cut for one frame.

    The athlete's box is unioned with the previous frame's, made square by growing its short side
    about the centre, and padded on each side by max(``pad_fraction`` x side, ``pad_px``) (paper
    supplement; docs/method.md section 3: the released code pads by the fraction alone).

    Parameters
    ----------
    box_px : (4,) box in source pixels.
    previous_box_px : (4,) box of the previous frame, or None or NaN where there is none.
    pad_fraction, pad_px : padding of each side, as a fraction of the square's side and in source px.

    Returns
    -------
    int64 (4,) xyxy rectangle in source px, exactly square, possibly reaching outside the frame. Its
    side is the padded side rounded up.

    Raises
    ------
    ValueError
        If the box is not finite or has no positive size.
    """
    box = np.asarray(box_px, dtype=np.float64)
    if not np.isfinite(box).all() or (box[2:] <= box[:2]).any():
        raise ValueError(f"crop_rectangle: {box.tolist()} is not a box with positive size")
    if previous_box_px is not None and np.isfinite(previous_box_px).all():
        box = union(box, previous_box_px)
    centre_x, centre_y, side, _ = centre_size(square(box))
    # Rounding before ceil keeps 1e-13 of floating-point noise from adding a pixel.
    side_px = int(np.ceil(np.round(side + 2 * max(pad_fraction * side, pad_px), 6)))
    left = int(np.floor(np.round(centre_x - side_px / 2, 6) + 0.5))
    top = int(np.floor(np.round(centre_y - side_px / 2, 6) + 0.5))
    return np.array([left, top, left + side_px, top + side_px], dtype=np.int64)


def cut(image: np.ndarray, rect_px: np.ndarray, size: int) -> np.ndarray:
    """Cut a rectangle out of a frame and resize it.

    Parameters
    ----------
    image : (H, W, 3) uint8 frame (any dtype and channel count that cv2.resize takes).
    rect_px : integer (4,) square rectangle, possibly outside the frame.
    size : side S of the result in crop px.

    Returns
    -------
    (S, S, 3) of the dtype of ``image``; zeros where the rectangle lies outside the frame.

    Raises
    ------
    ValueError
        If the rectangle is not a square of at least one pixel.
    """
    left, top, right, bottom = (int(value) for value in rect_px)
    side = right - left
    if side < 1 or bottom - top != side:
        raise ValueError(f"cut: {[left, top, right, bottom]} is not a square of at least one pixel")
    height, width = image.shape[:2]
    x0, x1 = np.clip([left, right], 0, width)
    y0, y1 = np.clip([top, bottom], 0, height)
    if (x1 - x0, y1 - y0) == (side, side):
        patch = image[y0:y1, x0:x1]
    else:
        patch = np.zeros((side, side, *image.shape[2:]), dtype=image.dtype)
        patch[y0 - top : y1 - top, x0 - left : x1 - left] = image[y0:y1, x0:x1]
    if side == size:
        return patch.copy()
    method = cv2.INTER_AREA if side > size else cv2.INTER_LINEAR
    return cv2.resize(np.ascontiguousarray(patch), (size, size), interpolation=method)


def resample_mask(
    mask: np.ndarray, box: np.ndarray, target_box: np.ndarray, shape: tuple[int, int]
) -> np.ndarray:
    """Bring a mask onto the cells of another box.

    Parameters
    ----------
    mask : (h, w) bool, the cells of ``box``.
    box, target_box : (4,) of positive size, in the same frame.
    shape : rows and columns of the result.

    Returns
    -------
    (rows, columns) bool over ``target_box``: cells of which the mask covers half or more.
    """
    down = _cell_fractions(box[1::2], mask.shape[0], target_box[1::2], shape[0])
    across = _cell_fractions(box[0::2], mask.shape[1], target_box[0::2], shape[1])
    # Fractions of a fully covered cell may add up to a little less than 1, those of half a one too.
    result: np.ndarray = down @ mask.astype(np.float64) @ across.T >= 0.5 - 1e-9
    return result


def _cell_fractions(
    span: np.ndarray, num_cells: int, target_span: np.ndarray, num_targets: int
) -> np.ndarray:
    """Fraction of each cell of the target span that each cell of the other covers, (targets, cells)."""
    edge = np.linspace(float(span[0]), float(span[1]), num_cells + 1)
    target = np.linspace(float(target_span[0]), float(target_span[1]), num_targets + 1)
    low = np.maximum(target[:-1, None], edge[None, :-1])
    high = np.minimum(target[1:, None], edge[None, 1:])
    return np.clip(high - low, 0, None) / (target[1] - target[0])


def pack_mask(mask: np.ndarray) -> np.ndarray:
    """Pack a (MASK_SIDE, MASK_SIDE) bool mask into (MASK_BYTES,) uint8."""
    return np.packbits(mask.reshape(-1))


def unpack_mask(packed: np.ndarray) -> np.ndarray:
    """Undo :func:`pack_mask`."""
    return np.unpackbits(packed).reshape(MASK_SIDE, MASK_SIDE).astype(bool)
