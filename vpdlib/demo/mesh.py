"""A skinned mesh of quadrilaterals on the skeleton of :mod:`vpdlib.demo.body`, and how it is built.

Every limb is a stack of elliptic rings closed at both ends; decals (eyes, mouth, back number) are single
quadrilaterals just above the surface. Vertices are kept at rest, relative to the one or two segments that
carry them (linear blend skinning; only the trunk blends). Metres, body frame.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vpdlib.demo.body import SEGMENT_INDEX, Figure, Proportions, rest_origins

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
    blended : indices of vertices with ``weight_a < 1``.
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
    blended: np.ndarray
    quads: np.ndarray
    material: np.ndarray
    part: np.ndarray
    bias: np.ndarray

    def vertices(self, figure: Figure, sample: int) -> np.ndarray:
        """(V, 3) vertices in the world for one pose of ``figure``."""
        rotations, origins = figure.rotations[sample], figure.origins[sample]
        out = np.einsum("vij,vj->vi", rotations[self.segment_a], self.local_a)
        out += origins[self.segment_a]
        rows = self.blended
        other = np.einsum("vij,vj->vi", rotations[self.segment_b[rows]], self.local_b[rows])
        other += origins[self.segment_b[rows]]
        fraction = self.weight_a[rows, None]
        out[rows] = fraction * out[rows] + (1 - fraction) * other
        return out


class MeshBuilder:
    """Collects rings and decals; vertices are at rest, the pelvis at the origin."""

    def __init__(self, body: Proportions, num_sides: int) -> None:
        self.rest = rest_origins(body)
        angle = (np.arange(num_sides) + 0.5) * 2 * np.pi / num_sides
        self.cos, self.sin = np.cos(angle), np.sin(angle)
        self.num_sides = num_sides
        self.points: list[np.ndarray] = []
        self.segments: list[tuple[int, int, float]] = []
        self.quads: list[tuple[int, int, int, int]] = []
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
        first = len(self.points)
        cos = np.sign(self.cos) * np.abs(self.cos) ** square
        sin = np.sign(self.sin) * np.abs(self.sin) ** square
        num_rings = len(centres)
        for r in range(num_rings):
            for k in range(self.num_sides):
                across, deep = half_x[r] * cos[k], half_z[r] * sin[k]
                offset = (across, 0.0, deep) if along == "y" else (across, deep, 0.0)
                self.points.append(self.rest[index] + centres[r] + np.array(offset))
                self.segments.append((index, partner, 1.0 if weights is None else weights[r]))
        begin = len(self.quads)
        for r in range(num_rings - 1):
            middle = self.rest[index] + (centres[r] + centres[r + 1]) / 2
            for k in range(self.num_sides):
                a = first + r * self.num_sides + k
                b = first + r * self.num_sides + (k + 1) % self.num_sides
                corners = (a, b, b + self.num_sides, a + self.num_sides)
                centre = np.mean([self.points[i] for i in corners], axis=0)
                self._quad(corners, centre - middle, materials[r], index, 0.0)
        return begin, len(self.quads)

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
        first = len(self.points)
        for corner in corners:
            self.points.append(self.rest[index] + corner)
            self.segments.append((index, index, 1.0))
        self._quad(
            (first, first + 1, first + 2, first + 3), np.array(normal), material, index, bias
        )

    def _quad(
        self,
        corners: tuple[int, int, int, int],
        outward: np.ndarray,
        material: str,
        part: int,
        bias: float,
    ) -> None:
        v = [self.points[i] for i in corners]
        if np.dot(np.cross(v[2] - v[0], v[3] - v[1]), outward) < 0:
            corners = (corners[0], corners[3], corners[2], corners[1])
        self.quads.append(corners)
        self.material.append(MATERIAL_INDEX[material])
        self.part.append(part)
        self.bias.append(bias)

    def build(self) -> Mesh:
        """Return the mesh of all parts added so far."""
        points = np.array(self.points)
        segments = np.array([s[:2] for s in self.segments])
        weight = np.array([s[2] for s in self.segments])
        return Mesh(
            segment_a=segments[:, 0],
            segment_b=segments[:, 1],
            local_a=points - self.rest[segments[:, 0]],
            local_b=points - self.rest[segments[:, 1]],
            weight_a=weight,
            blended=np.flatnonzero(weight < 1),
            quads=np.array(self.quads),
            material=np.array(self.material),
            part=np.array(self.part),
            bias=np.array(self.bias),
        )
