"""A skinned mesh of quadrilaterals on the skeleton of :mod:`vpdlib.demo.body`, and how it is built.

Every limb is a stack of elliptic rings closed at both ends; decals (eyes, mouth, back number) are single
quadrilaterals just above the surface. Vertices are kept at rest, relative to the one or two segments that
carry them (linear blend skinning; only the trunk blends). Metres, body frame.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vpdlib.demo.body import SEGMENT_INDEX, Figure, Proportions, rest_origins
from vpdlib.demo.raster import skin

MATERIALS: tuple[str, ...] = (
    "skin",
    "shirt",
    "shorts",
    "hair",
    "shoe",
    "sole",
    "sock",
    "trim",
    "number",
    "dark",
    "lips",
    "blush",
)


MATERIAL_INDEX = {name: i for i, name in enumerate(MATERIALS)}


@dataclass(frozen=True)
class Mesh:
    """A skinned mesh.

    Attributes
    ----------
    segment_a, segment_b : (V,) carrying segments.
    local_a, local_b : (V, 3) vertex relative to each segment, metres.
    weight_a : (V,) fraction of the first segment.
    quads : (Q, 4) vertex indices, wound so that the outward normal is
        ``cross(v2 - v0, v3 - v1)``.
    material : (Q,) row of ``MATERIALS``.
    part : (Q,) segment of the quad.
    bias : (Q,) metres by which a quad is sorted nearer to the camera (decals).
    """

    segment_a: np.ndarray
    segment_b: np.ndarray
    local_a: np.ndarray
    local_b: np.ndarray
    weight_a: np.ndarray
    quads: np.ndarray
    material: np.ndarray
    part: np.ndarray
    bias: np.ndarray

    def vertices(self, figure: Figure, sample: int) -> np.ndarray:
        """(V, 3) vertices in the world for one pose of ``figure``."""
        return np.asarray(
            skin(
                figure.rotations[sample],
                figure.origins[sample],
                self.segment_a,
                self.local_a,
                self.segment_b,
                self.local_b,
                self.weight_a,
            )
        )


class MeshBuilder:
    """Collects rings and decals; vertices are at rest, the pelvis at the origin."""

    def __init__(self, body: Proportions, num_sides: int) -> None:
        self.rest = rest_origins(body)
        angle = (np.arange(num_sides) + 0.5) * 2 * np.pi / num_sides
        self.cos, self.sin = np.cos(angle), np.sin(angle)
        self.num_sides = num_sides
        self.num_points = 0
        self.points: list[np.ndarray] = []
        self.segments: list[np.ndarray] = []
        self.weights: list[np.ndarray] = []
        self.quads: list[np.ndarray] = []
        self.material: list[int] = []
        self.part: list[int] = []
        self.bias: list[float] = []

    def tube(
        self,
        segment: str,
        centres: np.ndarray,
        half_x: np.ndarray,
        half_z: np.ndarray,
        materials: list[str],
        other: str | None = None,
        weights: np.ndarray | None = None,
        along: str = "y",
        square: float = 1.0,
    ) -> tuple[int, int]:
        """Add rings at ``centres`` (R, 3), relative to the segment; return the new quads' range.

        ``materials`` names the band between ring r and r + 1. A tube along z has rings in the xy plane.
        """
        index = SEGMENT_INDEX[segment]
        partner = SEGMENT_INDEX[other] if other else index
        num_rings, num_sides = len(centres), self.num_sides
        across = np.asarray(half_x)[:, None] * (np.sign(self.cos) * np.abs(self.cos) ** square)
        deep = np.asarray(half_z)[:, None] * (np.sign(self.sin) * np.abs(self.sin) ** square)
        flat = np.zeros((num_rings, num_sides))
        axes = (across, flat, deep) if along == "y" else (across, deep, flat)
        places = self.rest[index] + centres
        points = (places[:, None] + np.stack(axes, axis=-1)).reshape(-1, 3)
        side = np.arange(num_sides)
        lower = np.stack([side, (side + 1) % num_sides], axis=1)
        ring = np.concatenate([lower, lower[:, ::-1] + num_sides], axis=1)
        corners = (np.arange(num_rings - 1)[:, None, None] * num_sides + ring).reshape(-1, 4)
        outward = points[corners].mean(axis=1) - np.repeat(
            (places[:-1] + places[1:]) / 2, num_sides, axis=0
        )
        shares = np.ones(num_rings) if weights is None else np.asarray(weights)
        begin = len(self.material)
        self._add(points, (index, partner), np.repeat(shares, num_sides), corners, outward)
        for material in materials[: num_rings - 1]:
            self.material += [MATERIAL_INDEX[material]] * num_sides
        self.part += [index] * len(corners)
        self.bias += [0.0] * len(corners)
        return begin, len(self.material)

    def decal(
        self,
        segment: str,
        corners: np.ndarray,
        normal: tuple[float, float, float],
        material: str,
        bias: float = 0.03,
    ) -> None:
        """Add one quadrilateral (4, 3), relative to the segment."""
        index = SEGMENT_INDEX[segment]
        self._add(
            self.rest[index] + np.asarray(corners),
            (index, index),
            np.ones(4),
            np.arange(4)[None],
            np.array([normal]),
        )
        self.material.append(MATERIAL_INDEX[material])
        self.part.append(index)
        self.bias.append(bias)

    def corners(self, first: int, last: int) -> np.ndarray:
        """Corners (last - first, 4, 3) of quads, at rest, the pelvis at the origin."""
        return np.concatenate(self.points)[np.concatenate(self.quads)[first:last]]

    def _add(
        self,
        points: np.ndarray,
        segments: tuple[int, int],
        weights: np.ndarray,
        corners: np.ndarray,
        outward: np.ndarray,
    ) -> None:
        """Add points (V, 3), the weights (V,) of the first of their segments, and quads (Q, 4) of them, turned so that
        they show to ``outward`` (Q, 3).
        """
        v = points[corners]
        normal = np.cross(v[:, 2] - v[:, 0], v[:, 3] - v[:, 1])
        inward = (normal * outward).sum(axis=1) < 0
        corners = np.where(inward[:, None], corners[:, [0, 3, 2, 1]], corners)
        self.quads.append(corners + self.num_points)
        self.num_points += len(points)
        self.points.append(points)
        self.segments.append(np.tile(segments, (len(points), 1)))
        self.weights.append(weights)

    def build(self) -> Mesh:
        """Return the mesh of all parts added so far."""
        points, segments = np.concatenate(self.points), np.concatenate(self.segments)
        return Mesh(
            segment_a=segments[:, 0],
            segment_b=segments[:, 1],
            local_a=points - self.rest[segments[:, 0]],
            local_b=points - self.rest[segments[:, 1]],
            weight_a=np.concatenate(self.weights),
            quads=np.concatenate(self.quads),
            material=np.array(self.material),
            part=np.array(self.part),
            bias=np.array(self.bias),
        )
