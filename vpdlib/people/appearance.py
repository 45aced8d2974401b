"""What a person looks like: colours of the upper and the lower body, told apart from those around.

The colours of a box's middle are counted in a histogram of 6 hues, for pixels that have one, and 4 levels of grey, for
those that have none, once for the upper and once for the lower half. What a ring around the box has as much of is
background that shows beside the body, and is taken away. A description is uint8 (``APPEARANCE_BINS``,): two
histograms, each of which adds up to 255 or, where nothing stands out, is all zeros.
"""

from __future__ import annotations

import cv2
import numpy as np

#: Length of a description: two histograms of six hues and four greys.
APPEARANCE_BINS = 20
_HUES, _GREYS = 6, 4
#: A pixel of less saturation or value (of 255) has no hue to speak of.
_LEAST_SATURATION, _LEAST_VALUE = 64, 40
#: Boxes are looked at in this size, px: the body's middle and a ring.
_SIDE = 48
#: The box with its ring is this much larger than the box.
_WITH_RING = 1.5


def describe(image_rgb: np.ndarray, box_px: np.ndarray) -> np.ndarray:
    """Describe the people in an image.

    Parameters
    ----------
    image_rgb : (H, W, 3) uint8.
    box_px : (K, 4) xyxy source px, of positive size.

    Returns
    -------
    (K, APPEARANCE_BINS) uint8; see the module's text.
    """
    found = np.zeros((len(box_px), APPEARANCE_BINS), np.uint8)
    for row, box in enumerate(np.asarray(box_px, np.float64)):
        colours = _colours(_cut_with_ring(image_rgb, box))
        ring = colours[~_INSIDE]
        around = _histogram(ring)
        for half, mask in enumerate((_UPPER, _LOWER)):
            own = np.clip(_histogram(colours[mask]) - around, 0, None)
            # Where a person wears the colours of the background nothing stands out.
            if own.sum() > 0.02:
                at = half * (_HUES + _GREYS)
                found[row, at : at + _HUES + _GREYS] = _quantised(own)
    return found


def _cut_with_ring(image_rgb: np.ndarray, box: np.ndarray) -> np.ndarray:
    """The box and a ring around it, (_SIDE, _SIDE, 3); outside the picture its border is repeated."""
    centre, size = (box[:2] + box[2:]) / 2, np.maximum(box[2:] - box[:2], 1) * _WITH_RING
    scale = size / _SIDE
    to_source = np.array(
        [
            [scale[0], 0, centre[0] - size[0] / 2 + scale[0] / 2 - 0.5],
            [0, scale[1], centre[1] - size[1] / 2 + scale[1] / 2 - 0.5],
        ]
    )
    return cv2.warpAffine(
        image_rgb,
        to_source,
        (_SIDE, _SIDE),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )


def _colours(image_rgb: np.ndarray) -> np.ndarray:
    """The bin of every pixel, (_SIDE, _SIDE)."""
    hue, saturation, value = cv2.split(cv2.cvtColor(image_rgb, cv2.COLOR_RGB2HSV))
    # Hues run from 0 to 179; bins are centred on red, yellow, green and so on.
    hues = ((hue.astype(np.int32) * _HUES + 90) // 180) % _HUES
    greys = _HUES + value.astype(np.int32) * _GREYS // 256
    return np.where((saturation >= _LEAST_SATURATION) & (value >= _LEAST_VALUE), hues, greys)


def _histogram(bins: np.ndarray) -> np.ndarray:
    return np.bincount(bins, minlength=_HUES + _GREYS) / max(bins.size, 1)


def _quantised(histogram: np.ndarray) -> np.ndarray:
    """The histogram in whole numbers that add up to 255."""
    exact = histogram / histogram.sum() * 255
    whole = np.floor(exact)
    most = np.argsort(whole - exact, kind="stable")[: int(255 - whole.sum())]
    whole[most] += 1
    return whole.astype(np.uint8)


def _regions() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Masks (_SIDE, _SIDE): inside the box, the middle of its upper half, that of its lower half."""
    places = (np.arange(_SIDE) + 0.5) / _SIDE
    in_box = (places - 0.5) * _WITH_RING + 0.5  # 0 to 1 across the box
    inside = (in_box >= 0) & (in_box < 1)
    middle = (in_box >= 0.2) & (in_box < 0.8)
    upper, lower = (in_box >= 0.15) & (in_box < 0.5), (in_box >= 0.5) & (in_box < 0.85)
    return inside[:, None] & inside, upper[:, None] & middle, lower[:, None] & middle


_INSIDE, _UPPER, _LOWER = _regions()
