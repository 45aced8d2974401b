"""What makes a broadcast harder to read than a studio: a camera that sways, blur of its motion, things in front.

The camera's *path* is where it points at every sub-frame sample, px, as ``shift`` is for every frame (see
:mod:`vpdlib.demo.scene`); during an exposure everything that stands still is smeared along it. Things in front of
the athlete are posts, boards and people who walk past; they hide him in the picture and change no ground truth.
Pictures are RGB uint8 (H, W, 3), the world has y up, metres.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from vpdlib.demo.body import Proportions
from vpdlib.demo.fillers import walk
from vpdlib.demo.routine import SAMPLES_PER_FRAME, middle_samples
from vpdlib.demo.scene import Camera, draw_colour
from vpdlib.demo.timeline import Motion, Timeline

#: Hertz; a camera held by hand or swivelled on its tripod.
_SWAY_HZ = (0.6, 3.2)
_NUM_WAVES = 4
#: Smears shorter than this, px, are not drawn.
_LEAST_SMEAR_PX = 0.25
#: Metres from the athlete's way to things in front of it, towards the camera.
_AHEAD = (1.0, 2.2)
_POST_WIDTH, _POST_HEIGHT = (0.08, 0.22), (2.6, 4.0)
_BOARD_WIDTH, _BOARD_HEIGHT = (0.9, 2.2), (0.5, 0.95)
#: Fractional bits of corners handed to OpenCV.
_BITS = 3


@dataclass(frozen=True)
class Board:
    """A flat thing that stands on the floor, square to the camera: ``corners`` (4, 3) world, ``colour`` RGB.

    ``stripes`` are (N, 4, 3) corners of what is painted on it, in ``ink``.
    """

    corners: np.ndarray
    colour: np.ndarray
    stripes: np.ndarray
    ink: np.ndarray


def draw_sway(rng: np.random.Generator, num_samples: int, rate: float, amount: float) -> np.ndarray:
    """A camera's sway (num_samples, 2) px of standard deviation ``amount``, the sum of a few slow waves.

    Parameters
    ----------
    rate : samples per second.
    """
    seconds = np.arange(num_samples)[:, None] / rate
    sway = np.zeros((num_samples, 2))
    for hertz in np.geomspace(*_SWAY_HZ, _NUM_WAVES):
        turns = rng.uniform(0, 1, 2) + seconds * hertz * rng.uniform(0.8, 1.25, 2)
        sway += np.sin(2 * np.pi * turns) * rng.uniform(0.6, 1.4, 2)
    return sway * (amount / np.sqrt(_NUM_WAVES / 2))


def camera_path(shift: np.ndarray, sway: np.ndarray) -> np.ndarray:
    """The path (T * SAMPLES_PER_FRAME, 2) px of a camera that pans by ``shift`` (T, 2) and sways (same shape)."""
    middle = middle_samples(len(shift))
    samples = np.arange(len(sway))
    return sway + np.stack([np.interp(samples, middle, column) for column in shift.T], axis=1)


def smear_kernel(path: np.ndarray) -> np.ndarray | None:
    """What standing things are filtered with where the camera moves along ``path`` (n, 2) px during exposure.

    The middle of the kernel is the path's middle sample. None where it hardly moves.
    """
    moved = path[len(path) // 2] - path
    reach = int(np.ceil(np.abs(moved).max()))
    if np.abs(moved).max() < _LEAST_SMEAR_PX:
        return None
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1))
    # A point is seen at `moved` from its place; each place is shared by its four pixels. Filters are correlations.
    at = reach - moved
    first = np.minimum(np.floor(at).astype(int), 2 * reach - 1)
    rest = at - first
    for down in (0, 1):
        for across in (0, 1):
            weight = np.abs(1 - across - rest[:, 0]) * np.abs(1 - down - rest[:, 1])
            np.add.at(kernel, (first[:, 1] + down, first[:, 0] + across), weight)
    return kernel / len(path)


def _place_in_front(
    rng: np.random.Generator, camera: Camera, column: float
) -> tuple[np.ndarray, np.ndarray]:
    """A point (3,) on the floor before the athlete's way, at ``column`` px of the unshifted picture; the right (3,).

    The right is the camera's.
    """
    ahead = float(rng.uniform(*_AHEAD))
    outward = np.array([np.sin(camera.azimuth), 0.0, np.cos(camera.azimuth)])
    right = camera.rotation[0] * np.array([1.0, 0.0, 1.0])
    away = np.linalg.norm(camera.position[[0, 2]]) - ahead
    sideways = (column - camera.centre_px[0]) / camera.focal_px * away
    return outward * ahead + right * sideways, right


def _upright(
    place: np.ndarray, right: np.ndarray, wide: float, low: float, high: float
) -> np.ndarray:
    half, up = right * wide / 2, np.array([0.0, 1.0, 0.0])
    return np.stack(
        [
            place - half + up * low,
            place + half + up * low,
            place + half + up * high,
            place - half + up * high,
        ]
    )


def draw_post(rng: np.random.Generator, split: str, camera: Camera, column: float) -> Board:
    """A post in front of the athlete, about ``column`` px of the unshifted picture."""
    place, right = _place_in_front(rng, camera, column)
    wide = float(rng.uniform(*_POST_WIDTH))
    colour = draw_colour(rng, split, (0.0, 0.5), (0.15, 0.9))
    stripe = _upright(place - right * wide * 0.2, right, wide * 0.25, 0.0, 4.0)
    high = float(rng.uniform(*_POST_HEIGHT))
    stripe[2:, 1] = high
    return Board(_upright(place, right, wide, 0.0, high), colour, stripe[None], colour * 0.5 + 110)


def draw_board(rng: np.random.Generator, split: str, camera: Camera, column: float) -> Board:
    """A board with something like writing on it, in front of the athlete's legs."""
    place, right = _place_in_front(rng, camera, column)
    wide, high = float(rng.uniform(*_BOARD_WIDTH)), float(rng.uniform(*_BOARD_HEIGHT))
    colour = draw_colour(rng, split, (0.2, 0.9), (0.25, 0.95))
    letters = []
    for at in np.arange(-0.4, 0.41, 0.16):
        low = float(rng.uniform(0.2, 0.4)) * high
        letter = place + right * wide * at
        letters.append(_upright(letter, right, wide * 0.06, low, high * rng.uniform(0.6, 0.85)))
    return Board(_upright(place, right, wide, 0.0, high), colour, np.stack(letters), 255 - colour)


def compose_passer_by(
    rng: np.random.Generator,
    body: Proportions,
    camera: Camera,
    fps: float,
    num_frames: int,
    column: float,
) -> Motion:
    """Someone who walks past in front of the athlete and is at ``column`` px some time in the video."""
    place, right = _place_in_front(rng, camera, column)
    way = right * (1 if rng.random() < 0.5 else -1)
    length = num_frames / fps
    # 0.55 m in 0.42 s: see `walk`.
    speed = 1.31
    start = place - way * speed * length * float(rng.uniform(0.15, 0.85))
    timeline = Timeline(
        heading=float(np.arctan2(way[0], way[2])), x=float(start[0]), z=float(start[2])
    )
    while timeline.time < length + 0.1:
        walk(timeline, rng, 0.55 * 4)
    return timeline.sample(body, SAMPLES_PER_FRAME * fps, num_frames * SAMPLES_PER_FRAME)


def draw_boards(
    picture: np.ndarray,
    boards: list[Board],
    camera: Camera,
    shift: np.ndarray,
    kernel: np.ndarray | None,
) -> None:
    """Draw what stands in front into ``picture``, changed in place, smeared by ``kernel``."""
    for board in boards:
        outline = camera.project(board.corners)[0] - shift
        margin = 3 if kernel is None else 3 + len(kernel) // 2
        height, width = picture.shape[:2]
        left, top = np.maximum(np.floor(outline.min(axis=0)).astype(int) - margin, 0)
        right, bottom = np.ceil(outline.max(axis=0)).astype(int) + margin
        right, bottom = min(right, width), min(bottom, height)
        if left >= right or top >= bottom:
            continue
        size = (bottom - top, right - left)
        mask, paint = np.zeros(size, np.float32), np.empty((*size, 3), np.float32)
        paint[:] = board.colour
        _fill(mask, outline - (left, top), (1.0,))
        for stripe in board.stripes:
            _fill(paint, camera.project(stripe)[0] - shift - (left, top), tuple(board.ink))
        if kernel is not None:
            mask, paint = cv2.filter2D(mask, -1, kernel), cv2.filter2D(paint, -1, kernel)
        window = picture[top:bottom, left:right]
        picture[top:bottom, left:right] = np.rint(window + (paint - window) * mask[..., None])


def _fill(layer: np.ndarray, corners: np.ndarray, colour: tuple[float, ...]) -> None:
    cv2.fillConvexPoly(
        layer, np.rint(corners * (1 << _BITS)).astype(np.int32), colour, cv2.LINE_8, _BITS
    )
