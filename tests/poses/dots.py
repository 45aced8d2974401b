"""Images of 17 coloured dots, one for each keypoint, and where they are: pictures whose poses are known."""

from __future__ import annotations

import itertools

import cv2
import numpy as np

_LEVELS = (0, 80, 160, 250)
#: 17 bright colours: the blurred rim of a dot is darker, so that it is like no other's.
COLOURS = np.array(
    [colour for colour in itertools.product(_LEVELS, repeat=3) if max(colour) == 250][:17],
    np.uint8,
)


def draw_dots(side: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """An image of 17 dots in a box of about that size, upside down; the box; their (17, 2) centres."""
    radius = max(side // 30, 4)
    # One dot to each place of a 5 x 4 grid, so that none covers another: unlike any symmetric figure.
    grid = [(column, row) for row in range(5) for column in range(4)][:17]
    centre = np.array(
        [(30 + column * side // 5, 200 + side - row * side // 5) for column, row in grid]
    )
    image = np.zeros((260 + side, 90 + side, 3), np.uint8)
    for (x, y), colour in zip(centre.tolist(), COLOURS.tolist(), strict=True):
        cv2.circle(image, (x, y), radius, colour, cv2.FILLED)
    box = np.concatenate([centre.min(axis=0) - radius, centre.max(axis=0) + radius + 1.0])
    return image, box, centre + 0.5


def find_dots(picture: np.ndarray) -> np.ndarray:
    """The (17, 2) x, y of the dots in an (H, W, 3) RGB picture of 0 to 255; centres of pixels are whole numbers."""
    places = []
    for colour in COLOURS.astype(int):
        rows, columns = np.nonzero(np.abs(picture - colour).max(axis=-1) <= 20)
        places.append((columns.mean(), rows.mean()))
    return np.array(places)
