"""Camera, palettes and the gym behind the athlete.

The camera is a pinhole that stands still; its slow pan is a shift of the picture over a larger canvas
(``shift`` in px), so the background is painted once per video. World in metres, y up; camera x right,
y down, z away; pictures RGB uint8 (H, W, 3).

Training and test never share a look. What is drawn from a pool: hues (20-degree bins, even for training,
odd for test), skin tones and hair colours (separate lists), camera azimuths (multiples of 45 degrees +-10 for
training, the angles half-way between for test), camera heights and distances (disjoint intervals), floor
and wall patterns (disjoint sets).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from vpdlib.demo.mesh import MATERIALS
from vpdlib.demo.parts import Style

SPLITS = ("train", "test")

_SKIN = {
    "train": ((236, 188, 160), (198, 140, 104), (141, 92, 66), (224, 172, 132), (104, 66, 48)),
    "test": ((244, 204, 182), (176, 118, 84), (120, 78, 56), (212, 158, 122), (86, 56, 42)),
}
_HAIR = {
    "train": ((38, 28, 24), (92, 62, 38), (186, 150, 92), (20, 20, 22)),
    "test": ((58, 40, 30), (128, 70, 40), (214, 184, 128), (32, 24, 32)),
}
_HAIR_SHAPES = ("short", "bun", "tail")
_FLOORS = {"train": ("planks", "carpet", "grid"), "test": ("rings", "squares", "diagonal")}
_WALLS = {"train": ("panels", "bricks", "band"), "test": ("windows", "slats", "blocks")}
_CAMERA_HEIGHT = {"train": ((1.0, 1.35), (1.65, 2.0)), "test": ((1.37, 1.63),)}
_CAMERA_DISTANCE = {"train": ((6.5, 8.0), (9.4, 11.0)), "test": ((8.2, 9.2),)}


@dataclass(frozen=True)
class Camera:
    """A pinhole camera.

    Attributes
    ----------
    rotation : (3, 3) world to camera.
    position : (3,) world, metres.
    focal_px : focal length, px.
    centre_px : (2,) principal point of the unshifted picture, px.
    azimuth : radians, where the camera stands: 0 on the +z side, looking along -z.
    """

    rotation: np.ndarray
    position: np.ndarray
    focal_px: float
    centre_px: tuple[float, float]
    azimuth: float

    def project(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Project (..., 3) world points: pixels (..., 2) of the unshifted picture, depth (...), metres."""
        local = (points - self.position) @ self.rotation.T
        depth = np.maximum(local[..., 2], 0.05)
        pixels = local[..., :2] * (self.focal_px / depth[..., None]) + np.array(self.centre_px)
        return pixels, depth


@dataclass(frozen=True)
class Look:
    """Colours of one person: ``colours`` (len(MATERIALS), 3) RGB floats 0..255, and the style."""

    colours: np.ndarray
    style: Style


def _hue(rng: np.random.Generator, split: str) -> float:
    """A hue in degrees from the split's pool of 20-degree bins (2 degrees kept clear at each side)."""
    bin_index = 2 * int(rng.integers(9)) + SPLITS.index(split)
    return 20.0 * bin_index + float(rng.uniform(2, 18))


def draw_colour(
    rng: np.random.Generator,
    split: str,
    saturation: tuple[float, float] = (0.35, 0.9),
    value: tuple[float, float] = (0.3, 0.95),
) -> np.ndarray:
    """Draw an RGB colour (3,) floats 0..255 from the hues of ``split``."""
    hsv = np.array(
        [[[_hue(rng, split), rng.uniform(*saturation), rng.uniform(*value)]]], dtype=np.float32
    )
    rgb = cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)[0, 0]
    return np.asarray(rgb, dtype=np.float64) * 255


def draw_look(rng: np.random.Generator, split: str) -> Look:
    """Draw skin, hair and clothes of one person from the pools of ``split``."""
    skin = np.array(_SKIN[split][rng.integers(len(_SKIN[split]))], float) + rng.normal(0, 3, 3)
    hair = np.array(_HAIR[split][rng.integers(len(_HAIR[split]))], float)
    shirt = draw_colour(rng, split, value=(0.35, 0.95))
    shorts = draw_colour(rng, split, saturation=(0.2, 0.8), value=(0.12, 0.6))
    while np.abs(shirt - shorts).sum() < 130 or np.abs(shirt - skin).sum() < 110:
        shirt = draw_colour(rng, split, value=(0.35, 0.95))
        shorts = draw_colour(rng, split, saturation=(0.2, 0.8), value=(0.12, 0.6))
    bright = shirt.mean() > 130
    shoe = np.full(3, rng.uniform(190, 240)) if rng.random() < 0.5 else draw_colour(rng, split)
    table = {
        "skin": skin,
        "shirt": shirt,
        "shorts": shorts,
        "hair": hair,
        "shoe": shoe,
        "sole": np.full(3, 235.0 if shoe.mean() < 150 else 60.0),
        "sock": np.full(3, rng.uniform(200, 240)) if rng.random() < 0.6 else shorts,
        "trim": np.full(3, 240.0) if shorts.mean() < 110 else shirt * 0.4,
        "number": np.full(3, 30.0 if bright else 240.0),
        "dark": np.array((28.0, 20.0, 20.0)),
        "lips": skin * np.array((0.82, 0.55, 0.55)),
        "blush": skin * np.array((0.97, 0.86, 0.84)),
    }
    style = Style(
        sleeve=float(rng.choice([0.18, 0.45, 0.6])),
        leg=float(rng.choice([0.3, 0.5, 0.66])),
        hair=str(rng.choice(_HAIR_SHAPES)),
        number=int(rng.choice([1, 2, 3, 4, 5, 7, 9])),
        stripe=bool(rng.random() < 0.6),
        sock=float(rng.choice([0.12, 0.22, 0.45])),
    )
    colours = np.clip(np.stack([table[name] for name in MATERIALS]), 0, 255)
    return Look(colours, style)


def draw_camera(
    rng: np.random.Generator,
    split: str,
    view: int,
    width: int,
    height: int,
    person_height: float,
    scale: float = 1.0,
) -> Camera:
    """Draw a camera of ``split``.

    Parameters
    ----------
    view : 0..7, which of the eight azimuths, 45 degrees apart.
    width, height : picture, px.
    person_height : metres; an upright athlete is 45 to 54 % of the picture's height, times ``scale``.
    """

    def pick(pool: tuple[tuple[float, float], ...]) -> float:
        low, high = pool[rng.integers(len(pool))]
        return float(rng.uniform(low, high))

    offset = 0.0 if split == "train" else 22.5
    azimuth = np.deg2rad(45.0 * view + offset + rng.uniform(-10, 10))
    distance, eye = pick(_CAMERA_DISTANCE[split]), pick(_CAMERA_HEIGHT[split])
    fraction = float(rng.uniform(0.45, 0.54)) * scale
    outward = np.array([np.sin(azimuth), 0.0, np.cos(azimuth)])
    position = outward * distance + np.array([0.0, eye, 0.0])
    target = np.array([0.0, 1.2, 0.0])
    forward = (target - position) / np.linalg.norm(target - position)
    right = np.cross(forward, np.array([0.0, 1.0, 0.0]))
    right /= np.linalg.norm(right)
    rotation = np.stack([right, np.cross(forward, right), forward])
    return Camera(
        rotation,
        position,
        fraction * height * distance / person_height,
        (width / 2, height / 2),
        azimuth,
    )


def follow_athlete(
    pelvis_px: np.ndarray, width: int, height: int, fps: float, lag_s: float = 0.5
) -> np.ndarray:
    """Shift of the picture (T, 2) px that follows the athlete lazily: a dead zone, then a slow pull.

    Parameters
    ----------
    pelvis_px : (T, 2) unshifted pixels.
    """
    pull = 1 - np.exp(-1 / (lag_s * fps))
    centre = np.array([width / 2, height * 0.55])
    shift = np.empty_like(pelvis_px)
    zone = np.array([0.07 * width, 0.30 * height])
    place = pelvis_px[: max(1, int(fps))].mean(axis=0) - centre
    place[1] = 0.0
    for t, target in enumerate(pelvis_px - centre):
        error = target - place
        place = place + pull * np.sign(error) * np.maximum(np.abs(error) - zone, 0)
        shift[t] = place
    return shift


def paint_background(
    rng: np.random.Generator, split: str, camera: Camera, width: int, height: int, shift: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Paint the gym for all shifts of one video.

    Returns
    -------
    canvas : RGB uint8; the picture of shift s is the window at ``s - origin``.
    origin : (2,) int px.
    """
    low = np.floor(shift.min(axis=0)).astype(int) - 2
    high = np.ceil(shift.max(axis=0)).astype(int) + 2
    wide, tall = width + int(high[0] - low[0]), height + int(high[1] - low[1])
    wall_distance = float(rng.uniform(4.0, 6.5))
    outward = np.array([np.sin(camera.azimuth), 0.0, np.cos(camera.azimuth)])
    base_px, depth = camera.project(-outward * wall_distance)
    canvas = _paint_floor(rng, split, camera, wide, tall, low)
    line = int(np.clip(round(base_px[1] - low[1]), 1, tall - 1))
    metre = camera.focal_px / float(depth)
    canvas[:line] = _paint_wall(rng, split, wide, line, metre)
    skirting = max(2, round(0.09 * metre))
    canvas[max(0, line - skirting) : line] = draw_colour(rng, split, (0, 0.3), (0.15, 0.8))
    light = _smooth_noise(rng, tall, wide, 120.0, 0.06) * _smooth_noise(
        rng, tall, wide, 22.0, 0.035
    )
    light *= np.linspace(rng.uniform(0.9, 1.1), rng.uniform(0.9, 1.1), wide)[None]
    grain = rng.normal(0, 3.0, (tall, wide, 1))
    canvas = canvas * light[..., None] + cv2.GaussianBlur(grain, (0, 0), 0.8)[..., None]
    canvas = cv2.GaussianBlur(canvas, (0, 0), float(rng.uniform(0.6, 1.1)))
    return np.clip(canvas, 0, 255).astype(np.uint8), low


def _smooth_noise(
    rng: np.random.Generator, tall: int, wide: int, blob_px: float, strength: float
) -> np.ndarray:
    rows, columns = max(2, int(tall / blob_px) + 2), max(2, int(wide / blob_px) + 2)
    small = rng.normal(1.0, strength, (rows, columns)).astype(np.float32)
    return np.asarray(cv2.resize(small, (wide, tall), interpolation=cv2.INTER_CUBIC))


def _paint_floor(
    rng: np.random.Generator, split: str, camera: Camera, wide: int, tall: int, low: np.ndarray
) -> np.ndarray:
    """The floor seen by the camera: a square texture laid on y = 0 by its homography."""
    reach, scale = 11.0, 44
    size = int(2 * reach * scale)
    texture = np.empty((size, size, 3), np.float32)
    base = draw_colour(rng, split, (0.12, 0.45), (0.4, 0.75))
    texture[:] = base
    other = base * rng.uniform(0.78, 0.92)
    pattern = str(rng.choice(_FLOORS[split]))
    if pattern == "planks":
        for x in range(0, size, scale // 3):
            texture[:, x : x + scale // 3] = base * rng.uniform(0.9, 1.05)
    elif pattern == "grid":
        texture[:: 2 * scale] = texture[:, :: 2 * scale] = other
    elif pattern == "carpet":
        texture += rng.normal(0, 7, (size, size, 1)).astype(np.float32)
        texture[size // 2 - 2 * scale : size // 2 + 2 * scale] *= 0.9
    elif pattern == "squares":
        block = np.indices((size, size)).sum(0) // (2 * scale)
        texture[block % 2 == 0] = other
    elif pattern == "rings":
        for radius in range(int(9 * scale), 0, -2 * scale):
            colour = base if (radius // (2 * scale)) % 2 else other
            cv2.circle(texture, (size // 2, size // 2), radius, colour.tolist(), -1)
    else:
        block = np.indices((size, size))
        texture[((block[0] + block[1]) // scale) % 3 == 0] = other
    for _ in range(int(rng.integers(1, 4))):
        corner = rng.integers(0, size, 2)
        extent = rng.integers(scale, 4 * scale, 2)
        colour = draw_colour(rng, split, (0.3, 0.8), (0.3, 0.8)).tolist()
        cv2.rectangle(texture, corner.tolist(), (corner + extent).tolist(), colour, -1)
    for _ in range(int(rng.integers(2, 5))):
        place = int(rng.integers(size))
        ends = ((place, 0), (place, size)) if rng.random() < 0.5 else ((0, place), (size, place))
        cv2.line(texture, *ends, draw_colour(rng, split, (0, 0.7), (0.6, 1.0)).tolist(), 4)
    texture += cv2.resize(rng.normal(0, 5, (size // 8, size // 8, 1)), (size, size))[..., None]
    # Texture (u, v) lies at world x = u / scale - reach, z = v / scale - reach.
    to_plane = np.array([[1 / scale, 0, -reach], [0, 0, 0], [0, 1 / scale, -reach], [0, 0, 1]])
    extrinsic = np.concatenate(
        [camera.rotation, -(camera.rotation @ camera.position)[:, None]], axis=1
    )
    intrinsic = np.array(
        [
            [camera.focal_px, 0, camera.centre_px[0] - low[0]],
            [0, camera.focal_px, camera.centre_px[1] - low[1]],
            [0, 0, 1],
        ]
    )
    homography = intrinsic @ extrinsic @ to_plane
    return np.asarray(
        cv2.warpPerspective(
            texture, homography, (wide, tall), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
        )
    )


def _paint_wall(
    rng: np.random.Generator, split: str, wide: int, tall: int, metre: float
) -> np.ndarray:
    """The wall, ``metre`` px to the metre, its foot at the last row."""
    base = draw_colour(rng, split, (0.05, 0.45), (0.4, 0.9))
    wall = np.empty((tall, wide, 3), np.float32)
    wall[:] = base
    unit = max(4, round(metre))
    pattern = str(rng.choice(_WALLS[split]))
    if pattern == "panels":
        for x in range(0, wide, unit):
            wall[:, x : x + unit] = base * rng.uniform(0.88, 1.08)
            wall[:, x : x + 2] = base * 0.7
    elif pattern == "bricks":
        row = max(3, unit // 4)
        for i, y in enumerate(range(tall, 0, -row)):
            wall[max(0, y - 1) : y] = base * 0.84
            for x in range((i % 2) * row, wide, 2 * row):
                wall[max(0, y - row) : y, x : x + 1] = base * 0.84
    elif pattern == "band":
        wall[max(0, tall - round(1.4 * unit)) :] = draw_colour(rng, split, (0.2, 0.7), (0.3, 0.8))
    elif pattern == "windows":
        for x in range(int(rng.integers(unit)), wide, 2 * unit):
            top = max(0, tall - round(2.9 * unit))
            wall[top : max(0, tall - round(1.7 * unit)), x : x + unit] = (215, 225, 232)
            wall[top : max(0, tall - round(1.7 * unit)), x + unit // 2 : x + unit // 2 + 2] = 90
    elif pattern == "slats":
        for y in range(tall, 0, -max(3, unit // 5)):
            wall[max(0, y - 2) : y] = base * 0.78
    else:
        for y in range(tall, 0, -unit):
            for x in range(0, wide, unit):
                wall[max(0, y - unit) : y, x : x + unit] = base * rng.uniform(0.85, 1.08)
    for _ in range(int(rng.integers(1, 4))):
        # A banner with something like writing on it.
        x, y = int(rng.integers(wide)), tall - int(rng.uniform(0.5, 2.6) * unit)
        w, h = int(rng.uniform(0.8, 2.2) * unit), int(rng.uniform(0.35, 0.8) * unit)
        colour = draw_colour(rng, split, (0.3, 0.9), (0.3, 0.9))
        cv2.rectangle(wall, (x, y), (x + w, y + h), colour.tolist(), -1)
        ink = (255 - colour).tolist()
        for k in range(4):
            left = x + int((0.1 + 0.2 * k) * w)
            tip = (left + int(0.1 * w), y + int(rng.uniform(0.2, 0.8) * h))
            cv2.line(wall, (left, y + int(rng.uniform(0.3, 0.7) * h)), tip, ink, 2)
    return wall
