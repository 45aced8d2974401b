"""The parts of a person: trunk, head, arms and legs as rings, clothes as materials.

Sizes are metres for a person of 1.7 m and scale with height and girth. Body frame: x to the athlete's left,
y up, z forward; see :mod:`vpdlib.demo.mesh` for how parts become a mesh.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vpdlib.demo.body import SEGMENT_INDEX, Proportions
from vpdlib.demo.mesh import MATERIAL_INDEX, Mesh, MeshBuilder

#: Strokes of digits on a 2 x 4 grid, (x0, y0, x1, y1), seen from behind the athlete.
_DIGITS = {
    1: ((1, 0, 1, 4),),
    2: ((0, 4, 2, 4), (2, 4, 2, 2), (0, 2, 2, 2), (0, 2, 0, 0), (0, 0, 2, 0)),
    3: ((0, 4, 2, 4), (2, 4, 2, 0), (0, 2, 2, 2), (0, 0, 2, 0)),
    4: ((0, 4, 0, 2), (0, 2, 2, 2), (2, 4, 2, 0)),
    5: ((0, 4, 2, 4), (0, 4, 0, 2), (0, 2, 2, 2), (2, 2, 2, 0), (0, 0, 2, 0)),
    7: ((0, 4, 2, 4), (2, 4, 2, 0)),
    9: ((0, 4, 2, 4), (0, 4, 0, 2), (0, 2, 2, 2), (2, 4, 2, 0), (0, 0, 2, 0)),
}


@dataclass(frozen=True)
class Style:
    """What a person wears, as far as shape goes: sleeve and leg length as fractions of the limb."""

    sleeve: float = 0.5
    leg: float = 0.5
    hair: str = "short"
    number: int = 7
    stripe: bool = True
    sock: float = 0.2


def build_mesh(body: Proportions, style: Style, num_sides: int = 12) -> Mesh:
    """Build the surface of one person.

    Parameters
    ----------
    body : lengths and girth.
    style : shape of clothing and hair.
    num_sides : vertices around each limb; fewer for people far away.
    """
    mesh = MeshBuilder(body, num_sides)
    _add_trunk(mesh, body)
    _add_head(mesh, body, style)
    for side in ("l", "r"):
        _add_arm(mesh, body, style, side)
        _add_leg(mesh, body, style, side)
    _add_number(mesh, body, style)
    return mesh.build()


def _capped(
    y: list[float], radius: list[float], shift_z: list[float] | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Rings of a limb along -y with round ends: centres (R + 4, 3) and radii (R + 4,)."""
    z = shift_z or [0.0] * len(y)
    top, bottom = radius[0], radius[-1]
    ys = [y[0] + top, y[0] + 0.7 * top, *y, y[-1] - 0.7 * bottom, y[-1] - bottom]
    zs = [z[0], z[0], *z, z[-1], z[-1]]
    radii = [0.001, 0.7 * top, *radius, 0.7 * bottom, 0.001]
    return np.array([(0.0, b, c) for b, c in zip(ys, zs, strict=True)]), np.array(radii)


def _limb_materials(y: np.ndarray, cloth: str, length: float) -> list[str]:
    middles = (y[:-1] + y[1:]) / 2
    return [cloth if -m < length else "skin" for m in middles]


def _add_trunk(mesh: MeshBuilder, body: Proportions) -> None:
    g = body.girth
    wide, hips = body.shoulder_half / 0.177, body.hip_half / 0.09
    # height as a fraction of the torso, half width, half depth, forward shift, fraction of the pelvis
    rows = np.array(
        [
            (-0.21, 0.001, 0.001, 0.0, 1.0),
            (-0.19, 0.080 * hips, 0.070, 0.0, 1.0),
            (-0.10, 0.140 * hips, 0.105, -0.006, 1.0),
            (0.02, 0.160 * hips, 0.112, -0.008, 1.0),
            (0.16, 0.150 * hips, 0.103, -0.004, 1.0),
            (0.30, 0.130, 0.092, 0.0, 0.75),
            (0.45, 0.128, 0.092, 0.003, 0.4),
            (0.62, 0.142 * wide, 0.103, 0.006, 0.1),
            (0.80, 0.158 * wide, 0.112, 0.008, 0.0),
            (0.93, 0.160 * wide, 0.098, 0.002, 0.0),
            (1.01, 0.150 * wide, 0.082, -0.004, 0.0),
            (1.08, 0.105 * wide, 0.066, -0.004, 0.0),
            (1.13, 0.058, 0.056, -0.002, 0.0),
            (1.17, 0.050, 0.050, 0.0, 0.0),
        ]
    )
    centres = np.zeros((len(rows), 3))
    centres[:, 1] = rows[:, 0] * body.torso
    centres[:, 2] = rows[:, 3] * g
    bands = ["shorts"] * 5 + ["shirt"] * 6 + ["trim"] + ["skin"]
    mesh.tube(
        "pelvis",
        centres,
        rows[:, 1] * g,
        rows[:, 2] * g,
        bands,
        other="chest",
        weights=rows[:, 4],
        square=0.85,
    )
    # An open collar at the front: skin below the chin.
    base = mesh.rest[SEGMENT_INDEX["chest"]]
    top, depth = body.torso - base[1], 0.085 * g
    mesh.decal(
        "chest",
        np.array(
            [
                (-0.045, top + 0.045, depth * 0.78),
                (0.045, top + 0.045, depth * 0.78),
                (0.02, top - 0.015, depth * 1.08),
                (-0.02, top - 0.015, depth * 1.08),
            ]
        ),
        (0, 0.3, 1),
        "skin",
    )


def _add_head(mesh: MeshBuilder, body: Proportions, style: Style) -> None:
    h = body.head / 0.225
    neck = np.array([(0, -0.06, -0.005), (0, -0.01, 0.0), (0, 0.05, 0.005)]) * h
    mesh.tube("head", neck, np.full(3, 0.054) * h, np.full(3, 0.056) * h, ["skin"] * 2)
    # height, half width, half depth, forward shift, from the chin up; hair lies on a second shell
    rows = (
        np.array(
            [
                (-0.008, 0.001, 0.001, 0.045),
                (0.0, 0.030, 0.032, 0.042),
                (0.018, 0.047, 0.055, 0.030),
                (0.05, 0.061, 0.076, 0.018),
                (0.085, 0.069, 0.088, 0.010),
                (0.12, 0.073, 0.094, 0.006),
                (0.155, 0.072, 0.093, 0.003),
                (0.19, 0.062, 0.080, 0.0),
                (0.215, 0.040, 0.052, 0.0),
                (0.225, 0.001, 0.001, 0.0),
            ]
        )
        * h
    )
    centres = np.stack([np.zeros(len(rows)), rows[:, 0], rows[:, 3]], axis=1)
    mesh.tube("head", centres, rows[:, 1], rows[:, 2], ["skin"] * 9)
    low = 3 if style.hair == "short" else 2
    hair = centres[low:].copy()
    # The hair's shell is set back, so the face stays free below the hairline.
    setback = np.interp(hair[:, 1] / h, [0.0, 0.12, 0.17, 0.2], [0.05, 0.045, 0.02, 0.0]) * h
    hair[:, 2] -= setback
    hair[-1, 1] += 0.012 * h
    mesh.tube("head", hair, rows[low:, 1] * 1.07, rows[low:, 2] * 1.06, ["hair"] * (len(hair) - 1))
    if style.hair in ("bun", "tail"):
        long = 0.05 if style.hair == "bun" else 0.17
        y = np.array([0.03, 0.02, -0.3 * long, -long, -long - 0.015]) * h + 0.13 * h
        tail = np.stack([np.zeros(5), y, np.full(5, -0.115 * h)], axis=1)
        radii = np.array([0.001, 0.03, 0.036, 0.022, 0.001]) * h
        mesh.tube("head", tail, radii, radii, ["hair"] * 4)
    nose_y = np.array([0.118, 0.095, 0.082, 0.074]) * h
    nose = np.stack([np.zeros(4), nose_y, np.array([0.092, 0.1, 0.106, 0.096]) * h], axis=1)
    mesh.tube(
        "head",
        nose,
        np.array([0.005, 0.010, 0.016, 0.008]) * h,
        np.array([0.004, 0.010, 0.016, 0.004]) * h,
        ["skin", "skin", "blush"],
    )
    for sign in (1.0, -1.0):
        ear = np.stack(
            [np.full(4, sign * 0.074), np.array([0.075, 0.085, 0.115, 0.125]), np.zeros(4)], axis=1
        )
        mesh.tube(
            "head",
            ear * h,
            np.array([0.001, 0.009, 0.009, 0.001]) * h,
            np.array([0.001, 0.016, 0.02, 0.001]) * h,
            ["blush"] * 3,
        )
        for low_y, high_y, x0, x1, z, name in (
            (0.106, 0.117, 0.019, 0.039, 0.094, "dark"),
            (0.130, 0.138, 0.012, 0.048, 0.095, "hair"),
        ):
            corners = np.array(
                [
                    (sign * x0, low_y, z + 0.004),
                    (sign * x1, low_y, z - 0.012),
                    (sign * x1, high_y, z - 0.012),
                    (sign * x0, high_y, z + 0.004),
                ]
            )
            mesh.decal("head", corners * h, (0.35 * sign, 0, 1), name)
    mouth = [
        (-0.024, 0.040, 0.09),
        (0.024, 0.040, 0.09),
        (0.02, 0.052, 0.095),
        (-0.02, 0.052, 0.095),
    ]
    mesh.decal("head", np.array(mouth) * h, (0, 0, 1), "lips")


def _add_arm(mesh: MeshBuilder, body: Proportions, style: Style, side: str) -> None:
    g = body.girth
    length = body.upper_arm
    fraction = np.array([0.0, 0.12, 0.3, 0.5, 0.52, 0.75, 1.0])
    radius = np.array([0.048, 0.055, 0.052, 0.049, 0.046, 0.043, 0.040]) * g
    cloth = style.sleeve
    fraction[3], fraction[4] = cloth, cloth + 0.02
    radius[:4] *= 1.06
    centres, radii = _capped((-fraction * length).tolist(), radius.tolist())
    mesh.tube(
        f"{side}_upper_arm",
        centres,
        radii,
        radii,
        _limb_materials(centres[:, 1], "shirt", (cloth + 0.01) * length),
    )
    length = body.forearm
    fraction = np.array([0.0, 0.25, 0.6, 1.0])
    centres, radii = _capped(
        (-fraction * length).tolist(), (np.array([0.041, 0.043, 0.036, 0.027]) * g).tolist()
    )
    mesh.tube(f"{side}_forearm", centres, radii, radii * 1.05, ["skin"] * (len(radii) - 1))
    s = body.height / 1.7
    y = np.array([0.02, 0.0, -0.045, -0.085, -0.13, -0.165, -0.175]) * s
    hand = np.stack([np.zeros(7), y, np.array([0, 0, 0.004, 0.008, 0.01, 0.012, 0.012])], axis=1)
    mesh.tube(
        f"{side}_hand",
        hand,
        np.array([0.001, 0.024, 0.020, 0.022, 0.017, 0.013, 0.001]) * s,
        np.array([0.001, 0.026, 0.038, 0.045, 0.038, 0.026, 0.001]) * s,
        ["skin"] * 6,
    )


def _add_leg(mesh: MeshBuilder, body: Proportions, style: Style, side: str) -> None:
    g = body.girth
    length = body.thigh
    fraction = np.array([0.0, 0.18, 0.38, 0.5, 0.52, 0.75, 1.0])
    fraction[3], fraction[4] = style.leg, style.leg + 0.02
    fraction[2] = min(fraction[2], style.leg - 0.05)
    radius = np.interp(fraction, [0, 0.2, 0.5, 1.0], [0.088, 0.092, 0.078, 0.056]) * g
    radius[:4] *= 1.07
    shift = [0.0, -0.002, 0.006, 0.008, 0.008, 0.006, 0.0]
    centres, radii = _capped((-fraction * length).tolist(), radius.tolist(), shift)
    first, last = mesh.tube(
        f"{side}_thigh",
        centres,
        radii * 0.96,
        radii,
        _limb_materials(centres[:, 1], "shorts", (style.leg + 0.01) * length),
    )
    if style.stripe:
        outer = 0 if side == "l" else mesh.num_sides // 2
        for quad in range(first, last):
            is_outer = (quad - first) % mesh.num_sides == (outer - 1) % mesh.num_sides
            if is_outer and mesh.material[quad] == MATERIAL_INDEX["shorts"]:
                mesh.material[quad] = MATERIAL_INDEX["trim"]
    length = body.shank
    fraction = np.array([0.0, 0.15, 0.32, 0.55, 1 - style.sock, 1.0])
    radius = np.interp(
        fraction, [0, 0.15, 0.32, 0.55, 0.8, 1], [0.054, 0.056, 0.060, 0.052, 0.040, 0.037]
    )
    centres, radii = _capped(
        (-fraction * length).tolist(), (radius * g).tolist(), [0, -0.008, -0.018, -0.014, -0.006, 0]
    )
    low = -(1 - style.sock) * length
    middles = (centres[:-1, 1] + centres[1:, 1]) / 2
    mesh.tube(
        f"{side}_shank", centres, radii, radii, ["skin" if m > low else "sock" for m in middles]
    )
    s = body.height / 1.7
    drop = -body.ankle
    z = np.array([-0.075, -0.07, -0.045, 0.0, 0.05, 0.11, 0.16, 0.185, 0.19]) * s
    top = np.array([0.0, 0.02, 0.05, 0.055, 0.03, 0.005, -0.012, -0.025, -0.03]) * s
    half_y = (top - drop) / 2
    half_y[[0, -1]] = 0.001
    centre_y = (top + drop) / 2
    half_x = np.array([0.001, 0.026, 0.036, 0.040, 0.044, 0.049, 0.043, 0.024, 0.001]) * s
    first, last = mesh.tube(
        f"{side}_foot",
        np.stack([np.zeros(9), centre_y, z], axis=1),
        half_x,
        half_y,
        ["shoe"] * 8,
        along="z",
        square=0.75,
    )
    heights = mesh.corners(first, last)[..., 1].mean(axis=1)
    relative = heights - mesh.rest[SEGMENT_INDEX[f"{side}_foot"]][1]
    for quad in first + np.flatnonzero(relative < drop * 0.62):  # type: ignore[assignment]
        mesh.material[quad] = MATERIAL_INDEX["sole"]


def _add_number(mesh: MeshBuilder, body: Proportions, style: Style) -> None:
    """A number on the back and a badge on the chest: what tells back from front at a distance."""
    base = mesh.rest[SEGMENT_INDEX["chest"]][1]
    unit, thick = 0.042, 0.013
    depth = -0.118 * body.girth
    for x0, y0, x1, y1 in _DIGITS[style.number]:
        # Seen from behind, the athlete's left is on the left: x runs down to the right.
        left, right = -(min(x0, x1) - 1) * unit, -(max(x0, x1) - 1) * unit
        low, high = min(y0, y1) * unit, max(y0, y1) * unit
        middle = 0.62 * body.torso - 2 * unit - base
        corners = np.array(
            [
                (left + thick, middle + low - thick, depth),
                (right - thick, middle + low - thick, depth),
                (right - thick, middle + high + thick, depth),
                (left + thick, middle + high + thick, depth),
            ]
        )
        mesh.decal("chest", corners, (0, 0, -1), "number")
    front, y = 0.122 * body.girth, 0.76 * body.torso - base
    badge = [
        (0.03, y, front),
        (0.075, y, front),
        (0.075, y + 0.045, front),
        (0.03, y + 0.045, front),
    ]
    mesh.decal("chest", np.array(badge), (0, 0, 1), "number")
