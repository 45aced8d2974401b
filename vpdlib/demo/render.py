"""Drawing people: projection, shading, painter's algorithm and motion blur.

Pictures are RGB uint8 (H, W, 3). A person is drawn twice as large in a window around it and averaged
down, which smooths edges at little cost. Quadrilaterals that face away are dropped, the others drawn from far
to near.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from vpdlib.demo.body import Figure
from vpdlib.demo.mesh import Mesh
from vpdlib.demo.scene import Camera

#: Windows are drawn this many times larger, then averaged down.
_OVERSAMPLING = 2
#: Coordinates handed to OpenCV carry this many fractional bits.
_FRACTION_BITS = 3


@dataclass(frozen=True)
class Person:
    """What is needed to draw one person.

    Attributes
    ----------
    mesh : the surface.
    colours : (Q, 3) RGB floats 0..255 of the quads, with the cloth's small irregularities.
    """

    mesh: Mesh
    colours: np.ndarray


@dataclass(frozen=True)
class Light:
    """A far light: unit direction towards it (3,), its fraction and the ambient fraction."""

    direction: np.ndarray
    diffuse: float
    ambient: float


@dataclass(frozen=True)
class _Projected:
    quads_px: np.ndarray
    colours: np.ndarray
    depth: np.ndarray
    part: np.ndarray
    box_px: np.ndarray


def dress(mesh: Mesh, colours: np.ndarray, rng: np.random.Generator) -> Person:
    """Colour the quads of ``mesh`` by material (len(MATERIALS), 3), varied by a few per cent."""
    wrinkle = rng.normal(1.0, 0.035, (len(mesh.quads), 1))
    return Person(mesh, np.clip(colours[mesh.material] * wrinkle, 0, 255))


def draw_light(rng: np.random.Generator, azimuth: float) -> Light:
    """A lamp high up, on the camera's side of the hall."""
    turn = azimuth + rng.uniform(-1.0, 1.0)
    raw = np.array([np.sin(turn) * 0.7, rng.uniform(0.7, 1.2), np.cos(turn) * 0.7])
    ambient = float(rng.uniform(0.5, 0.62))
    return Light(raw / np.linalg.norm(raw), 1.08 - ambient, ambient)


def _project(
    person: Person, figure: Figure, sample: int, camera: Camera, light: Light, shift: np.ndarray
) -> _Projected:
    mesh = person.mesh
    world = mesh.vertices(figure, sample)
    pixels, depth = camera.project(world)
    pixels = pixels - shift
    corners = pixels[mesh.quads]
    across, along = corners[:, 2] - corners[:, 0], corners[:, 3] - corners[:, 1]
    facing = across[:, 0] * along[:, 1] - across[:, 1] * along[:, 0] < 0
    shown = np.flatnonzero(facing)
    quads = mesh.quads[shown]
    centre_depth = depth[quads].mean(axis=1) - mesh.bias[shown]
    shown = shown[np.argsort(-centre_depth, kind="stable")]
    quads = mesh.quads[shown]
    normal = np.cross(
        world[quads[:, 2]] - world[quads[:, 0]], world[quads[:, 3]] - world[quads[:, 1]]
    )
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-12)
    # Wrapped Lambert shading: soft, as in a hall with many lamps.
    lit = np.clip((normal @ light.direction + 0.35) / 1.35, 0, 1)
    brightness = light.ambient * (0.9 + 0.1 * normal[:, 1]) + light.diffuse * lit
    colours = np.clip(person.colours[shown] * brightness[:, None], 0, 255)
    box = np.concatenate([pixels.min(axis=0), pixels.max(axis=0)])
    return _Projected(
        corners[shown], colours, depth[quads].mean(axis=1) - mesh.bias[shown], mesh.part[shown], box
    )


def draw_person(
    picture: np.ndarray,
    person: Person,
    figure: Figure,
    samples: np.ndarray,
    camera: Camera,
    light: Light,
    shift: np.ndarray,
) -> None:
    """Draw one person into ``picture``, averaged over ``samples`` of its motion (motion blur).

    Parameters
    ----------
    picture : (H, W, 3) uint8, changed in place.
    samples : (n,) rows of ``figure`` that fall into the exposure.
    shift : (2,) px, the picture's shift.
    """
    views = [_project(person, figure, int(s), camera, light, shift) for s in samples]
    height, width = picture.shape[:2]
    boxes = np.stack([v.box_px for v in views])
    left, top = np.maximum(np.floor(boxes[:, :2].min(axis=0)).astype(int) - 2, 0)
    right, bottom = np.ceil(boxes[:, 2:].max(axis=0)).astype(int) + 3
    right, bottom = min(right, width), min(bottom, height)
    if left >= right or top >= bottom:
        return
    window = picture[top:bottom, left:right]
    # A strongly blurred figure shows no jagged edges: there the finer grid would be waste.
    factor = _OVERSAMPLING if len(views) < 5 else 1
    large = window.repeat(factor, axis=0).repeat(factor, axis=1)
    total = np.zeros(large.shape, np.uint16) if len(views) > 1 else None
    origin = np.array([left, top]) + 0.5 - 0.5 / factor
    layer = large
    for view in views:
        layer = large.copy()
        scaled = (view.quads_px - origin) * (factor << _FRACTION_BITS)
        points = np.rint(scaled).astype(np.int32)
        for corners, colour in zip(points, view.colours.tolist(), strict=True):
            cv2.fillConvexPoly(layer, corners, colour, cv2.LINE_8, _FRACTION_BITS)
        if total is not None:
            cv2.add(total, layer, total, dtype=cv2.CV_16U)
    if total is not None:
        layer = (total // len(views)).astype(np.uint8)
        if factor == 1:
            layer = cv2.GaussianBlur(layer, (3, 3), 0.6)
    size = (right - left, bottom - top)
    picture[top:bottom, left:right] = cv2.resize(layer, size, interpolation=cv2.INTER_AREA)


def draw_shadow(
    picture: np.ndarray, pelvis: np.ndarray, camera: Camera, shift: np.ndarray, radius: float = 0.34
) -> None:
    """Darken the floor below a person, less the higher it is. ``pelvis`` is (3,) world, metres."""
    angle = np.linspace(0, 2 * np.pi, 20, endpoint=False)
    ring = np.stack([np.cos(angle) * radius, np.zeros(20), np.sin(angle) * radius], axis=1)
    ring[:, [0, 2]] += pelvis[[0, 2]]
    pixels = camera.project(ring)[0] - shift
    height, width = picture.shape[:2]
    left, top = np.maximum(np.floor(pixels.min(axis=0)).astype(int) - 8, 0)
    right, bottom = np.ceil(pixels.max(axis=0)).astype(int) + 8
    right, bottom = min(right, width), min(bottom, height)
    if left >= right or top >= bottom:
        return
    mask = np.zeros((bottom - top, right - left), np.float32)
    strength = 0.45 / (1 + max(0.0, float(pelvis[1]) - 0.8))
    cv2.fillConvexPoly(mask, np.rint(pixels - (left, top)).astype(np.int32), strength)
    mask = cv2.GaussianBlur(mask, (0, 0), 3.0)
    window = picture[top:bottom, left:right]
    picture[top:bottom, left:right] = (window * (1 - mask[..., None])).astype(np.uint8)


def observe(
    person: Person,
    figure: Figure,
    sample: int,
    camera: Camera,
    light: Light,
    shift: np.ndarray,
    size: tuple[int, int],
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Ground truth of one picture.

    Parameters
    ----------
    size : (width, height) of the picture, px.

    Returns
    -------
    joints_px : (13, 2).
    visible : (13,) bool: inside the picture and no surface lies more than 16 cm in front of the joint
        (a joint lies at most 14 cm below its own skin).
    box_px : (4,) xyxy around the person, cut to the picture.
    """
    view = _project(person, figure, sample, camera, light, shift)
    pixels, depth = camera.project(figure.joints[sample])
    pixels = pixels - shift
    start = view.quads_px
    edge = np.roll(start, -1, axis=1) - start
    to_joint = pixels[:, None, None, :] - start[None]
    side = edge[None, ..., 0] * to_joint[..., 1] - edge[None, ..., 1] * to_joint[..., 0]
    inside = (side <= 0).all(axis=-1)
    covered = (inside & (view.depth[None] < depth[:, None] - 0.16)).any(axis=1)
    width, height = size
    within = (pixels >= 0).all(axis=1) & (pixels < np.array([width, height])).all(axis=1)
    box = np.clip(view.box_px, 0, [width, height, width, height])
    return pixels, within & ~covered, box
