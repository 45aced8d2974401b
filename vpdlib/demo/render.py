"""Drawing people: projection, shading, painter's algorithm and motion blur.

Pictures are RGB uint8 (H, W, 3). A person is drawn twice as large in a window around it and averaged
down, which smooths edges at little cost. Quadrilaterals that face away are dropped, the others drawn from far
to near.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import cv2
import numpy as np

from vpdlib.demo.body import Figure
from vpdlib.demo.mesh import Mesh
from vpdlib.demo.raster import fill_quads, lies_behind, shade, turned_to_camera
from vpdlib.demo.scene import Camera

_ANGLE = np.linspace(0, 2 * np.pi, 20, endpoint=False)
#: A circle on the floor.
_RING = np.stack([np.cos(_ANGLE), np.zeros(20), np.sin(_ANGLE)], axis=1)
#: Windows are drawn this many times larger, then averaged down.
_OVERSAMPLING = 2


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
    """Vertices (V, 2) in the picture; quads (Q, 4) of them that face the camera, from far to near, with their colours
    (Q, 3) uint8 and depths (Q,), metres; the box (4,) around the vertices.
    """

    pixels: np.ndarray
    quads: np.ndarray
    colours: np.ndarray
    depth: np.ndarray
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
    pixels -= shift
    shown, distance, box = turned_to_camera(pixels, depth, mesh.quads, mesh.bias)
    order = np.argsort(-distance, kind="stable")
    shown = shown[order]
    colours = shade(
        world, mesh.quads, shown, person.colours, light.direction, light.diffuse, light.ambient
    )
    return _Projected(pixels, mesh.quads[shown], colours, distance[order], box)


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
    shift : (2,) px, the picture's shift, or (n, 2), that at each sample.
    """
    # A sample may be there twice: it is drawn once and counts twice.
    counts = Counter(samples.tolist())
    shifts = dict(zip(samples.tolist(), np.broadcast_to(shift, (len(samples), 2)), strict=True))
    views = [_project(person, figure, row, camera, light, shifts[row]) for row in counts]
    height, width = picture.shape[:2]
    boxes = np.stack([v.box_px for v in views])
    left, top = np.maximum(np.floor(boxes[:, :2].min(axis=0)).astype(int) - 2, 0)
    right, bottom = np.ceil(boxes[:, 2:].max(axis=0)).astype(int) + 3
    right, bottom = min(right, width), min(bottom, height)
    if left >= right or top >= bottom:
        return
    window = picture[top:bottom, left:right]
    # A strongly blurred figure shows no jagged edges: there the finer grid would be waste.
    factor = _OVERSAMPLING if len(samples) < 5 else 1
    # Along the rows OpenCV repeats pixels faster than numpy does.
    wider = ((right - left) * factor, bottom - top)
    large = cv2.resize(window, wider, interpolation=cv2.INTER_NEAREST).repeat(factor, axis=0)
    total = np.zeros(large.shape, np.uint16) if len(views) > 1 else None
    origin = np.array([left, top]) + 0.5 - 0.5 / factor
    layer = large
    for view, count in zip(views, counts.values(), strict=True):
        layer = large.copy()
        fill_quads(layer, view.pixels, view.quads, origin, factor, view.colours)
        if total is not None:
            for _ in range(count):
                np.add(total, layer, out=total)
    if total is not None:
        layer = (total // len(samples)).astype(np.uint8)
        if factor == 1:
            layer = cv2.GaussianBlur(layer, (3, 3), 0.6)
    size = (right - left, bottom - top)
    picture[top:bottom, left:right] = cv2.resize(layer, size, interpolation=cv2.INTER_AREA)


def draw_shadow(
    picture: np.ndarray, pelvis: np.ndarray, camera: Camera, shift: np.ndarray, radius: float = 0.34
) -> None:
    """Darken the floor below a person, less the higher it is. ``pelvis`` is (3,) world, metres."""
    ring = _RING * radius
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
    left_over = cv2.merge([1 - mask] * 3)
    picture[top:bottom, left:right] = (window * left_over).astype(np.uint8)


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
    covered = lies_behind(pixels, depth - 0.16, view.pixels, view.quads, view.depth)
    width, height = size
    within = (pixels >= 0).all(axis=1) & (pixels < np.array([width, height])).all(axis=1)
    box = np.clip(view.box_px, 0, [width, height, width, height])
    return pixels, within & ~covered, box
