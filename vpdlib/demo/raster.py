"""The renderer's inner loops, compiled: surface points in the picture, and filling quadrilaterals.

Filling gives, pixel for pixel, what ``cv2.fillConvexPoly`` gives for 8-connected edges (``LINE_8``) at
coordinates with ``FRACTION_BITS`` fractional bits, one quadrilateral after the other (Q, 4, 2). It follows OpenCV's
``drawing.cpp`` (Apache License 2.0): outline by stepping along the longer axis, then spans between the edges. Calls of
OpenCV for a thousand quadrilaterals of a few pixels each cost several times the filling.
"""

from __future__ import annotations

import numpy as np

from vpdlib.compiled import compiled

#: Coordinates carry this many fractional bits.
FRACTION_BITS = 3
#: Fractional bits of the arithmetic inside.
_SHIFT = 16
_ONE = 1 << _SHIFT
_HALF = _ONE >> 1


@compiled
def skin(  # type: ignore[no-untyped-def]
    rotations, origins, segment_a, local_a, segment_b, local_b, weight_a
):
    """Vertices (V, 3) in the world of one pose; see :class:`vpdlib.demo.mesh.Mesh`."""
    out = np.empty((len(segment_a), 3))
    for v in range(len(segment_a)):
        a, b, weight = segment_a[v], segment_b[v], weight_a[v]
        for i in range(3):
            near = (
                rotations[a, i, 0] * local_a[v, 0]
                + rotations[a, i, 2] * local_a[v, 2]
                + rotations[a, i, 1] * local_a[v, 1]
            ) + origins[a, i]
            if weight < 1:
                far = (
                    rotations[b, i, 0] * local_b[v, 0]
                    + rotations[b, i, 2] * local_b[v, 2]
                    + rotations[b, i, 1] * local_b[v, 1]
                ) + origins[b, i]
                near = weight * near + (1 - weight) * far
            out[v, i] = near
    return out


@compiled
def turned_to_camera(pixels, depth, quads, bias):  # type: ignore[no-untyped-def]
    """Indices of the quads that face the camera, their depths (metres, less their bias); the box of all, xyxy."""
    shown = np.empty(len(quads), np.int64)
    distance = np.empty(len(quads))
    num = 0
    for q in range(len(quads)):
        a, b, c, d = quads[q, 0], quads[q, 1], quads[q, 2], quads[q, 3]
        across_x, across_y = pixels[c, 0] - pixels[a, 0], pixels[c, 1] - pixels[a, 1]
        along_x, along_y = pixels[d, 0] - pixels[b, 0], pixels[d, 1] - pixels[b, 1]
        if across_x * along_y - across_y * along_x < 0:
            shown[num] = q
            distance[num] = (depth[a] + depth[b] + depth[c] + depth[d]) / 4 - bias[q]
            num += 1
    box = np.empty(4)
    box[:2], box[2:] = np.inf, -np.inf
    for v in range(len(pixels)):
        for i in range(2):
            box[i] = min(box[i], pixels[v, i])
            box[i + 2] = max(box[i + 2], pixels[v, i])
    return shown[:num], distance[:num], box


@compiled
def shade(world, quads, shown, colours, direction, diffuse, ambient):  # type: ignore[no-untyped-def]
    """Lit colours (Q, 3) uint8 of the quads ``shown``; wrapped Lambert: soft, as in a hall with many lamps."""
    out = np.empty((len(shown), 3), np.uint8)
    across, along, normal = np.empty(3), np.empty(3), np.empty(3)
    for q in range(len(shown)):
        row = shown[q]
        a, b, c, d = quads[row, 0], quads[row, 1], quads[row, 2], quads[row, 3]
        for i in range(3):
            across[i] = world[c, i] - world[a, i]
            along[i] = world[d, i] - world[b, i]
        normal[0] = across[1] * along[2] - across[2] * along[1]
        normal[1] = across[2] * along[0] - across[0] * along[2]
        normal[2] = across[0] * along[1] - across[1] * along[0]
        length = np.sqrt(normal[0] * normal[0] + normal[1] * normal[1] + normal[2] * normal[2])
        for i in range(3):
            normal[i] /= max(length, 1e-12)
        towards = normal[0] * direction[0] + normal[1] * direction[1] + normal[2] * direction[2]
        lit = min(max((towards + 0.35) / 1.35, 0.0), 1.0)
        brightness = ambient * (0.9 + 0.1 * normal[1]) + diffuse * lit
        for i in range(3):
            out[q, i] = np.uint8(np.rint(min(max(colours[row, i] * brightness, 0.0), 255.0)))
    return out


@compiled
def lies_behind(points, limits, pixels, quads, depth):  # type: ignore[no-untyped-def]
    """Whether points (N, 2) px lie inside a quad that is nearer (``depth`` (Q,)) than their limit (N,), bool (N,)."""
    out = np.zeros(len(points), np.bool_)
    for p in range(len(points)):
        for q in range(len(quads)):
            if depth[q] >= limits[p]:
                continue
            inside = True
            for i in range(4):
                corner, following = quads[q, i], quads[q, (i + 1) % 4]
                x, y = pixels[corner, 0], pixels[corner, 1]
                edge_x, edge_y = pixels[following, 0] - x, pixels[following, 1] - y
                if edge_x * (points[p, 1] - y) - edge_y * (points[p, 0] - x) > 0:
                    inside = False
                    break
            if inside:
                out[p] = True
                break
    return out


@compiled
def _put(layer, x, y, colour):  # type: ignore[no-untyped-def]
    if 0 <= x < layer.shape[1] and 0 <= y < layer.shape[0]:
        layer[y, x, 0] = colour[0]
        layer[y, x, 1] = colour[1]
        layer[y, x, 2] = colour[2]


@compiled
def _floor_divide_to_zero(a, b):  # type: ignore[no-untyped-def]
    """``a / b`` of integers, b > 0, cut towards zero as in C."""
    return a // b if a >= 0 else -((-a) // b)


@compiled
def _side(value, limit, low, high):  # type: ignore[no-untyped-def]
    return low if value < 0 else (high if value > limit else 0)


@compiled
def _clip(x1, y1, x2, y2, right, bottom):  # type: ignore[no-untyped-def]
    """Cut a line to 0..right, 0..bottom by Cohen and Sutherland's codes: whether any is left, and its ends."""
    first = _side(x1, right, 1, 2) | _side(y1, bottom, 4, 8)
    second = _side(x2, right, 1, 2) | _side(y2, bottom, 4, 8)
    if first & second == 0 and first | second != 0:
        if first & 12:
            to = 0 if first < 8 else bottom
            x1 += np.int64(np.float64(to - y1) * np.float64(x2 - x1) / np.float64(y2 - y1))
            y1 = to
            first = _side(x1, right, 1, 2)
        if second & 12:
            to = 0 if second < 8 else bottom
            x2 += np.int64(np.float64(to - y2) * np.float64(x2 - x1) / np.float64(y2 - y1))
            y2 = to
            second = _side(x2, right, 1, 2)
        if first & second == 0 and first | second != 0:
            if first:
                to = 0 if first == 1 else right
                y1 += np.int64(np.float64(to - x1) * np.float64(y2 - y1) / np.float64(x2 - x1))
                x1 = to
                first = 0
            if second:
                to = 0 if second == 1 else right
                y2 += np.int64(np.float64(to - x2) * np.float64(y2 - y1) / np.float64(x2 - x1))
                x2 = to
                second = 0
    return first | second == 0, x1, y1, x2, y2


@compiled
def _outline(layer, x1, y1, x2, y2, colour):  # type: ignore[no-untyped-def]
    """One edge, its ends with ``_SHIFT`` fractional bits."""
    right, bottom = (layer.shape[1] << _SHIFT) - 1, (layer.shape[0] << _SHIFT) - 1
    left, x1, y1, x2, y2 = _clip(x1, y1, x2, y2, right, bottom)
    if not left:
        return
    wide, high = abs(x2 - x1), abs(y2 - y1)
    flat = wide > high
    if (x2 < x1) if flat else (y2 < y1):
        x1, y1, x2, y2 = x2, y2, x1, y1
    _put(layer, (x2 + _HALF) >> _SHIFT, (y2 + _HALF) >> _SHIFT, colour)
    if flat:
        step = _floor_divide_to_zero((y2 - y1) * _ONE, wide | 1)
        x, y = (x1 + _HALF) >> _SHIFT, y1 + _HALF
        for _ in range(((x2 - x1) >> _SHIFT) + 1):
            _put(layer, x, y >> _SHIFT, colour)
            x += 1
            y += step
    else:
        step = _floor_divide_to_zero((x2 - x1) * _ONE, high | 1)
        x, y = x1 + _HALF, (y1 + _HALF) >> _SHIFT
        for _ in range(((y2 - y1) >> _SHIFT) + 1):
            _put(layer, x >> _SHIFT, y, colour)
            x += step
            y += 1


@compiled
def _spans(layer, corners, colour):  # type: ignore[no-untyped-def]
    """The inside of one quadrilateral, row by row, down from its topmost corner along both sides."""
    half = (1 << FRACTION_BITS) >> 1
    up = _SHIFT - FRACTION_BITS
    height, width = layer.shape[0], layer.shape[1]
    top = 0
    lowest = corners[0, 1]
    for i in range(1, 4):
        lowest = max(lowest, corners[i, 1])
        if corners[i, 1] < corners[top, 1]:
            top = i
    y = (corners[top, 1] + half) >> FRACTION_BITS
    last = min((lowest + half) >> FRACTION_BITS, height - 1)
    index_0, index_1 = top, top
    end_0, end_1 = y, y
    x_0, x_1 = -_ONE, -_ONE
    step_0, step_1 = 0, 0
    edges = 4
    while True:
        for side in range(2):
            if y < (end_0 if side == 0 else end_1):
                continue
            turn = 1 if side == 0 else 3
            before = index_0 if side == 0 else index_1
            after = (before + turn) % 4
            while True:
                edges -= 1
                if edges < 0:
                    break
                end = (corners[after, 1] + half) >> FRACTION_BITS
                if end > y:
                    start_x, end_x = corners[before, 0] << up, corners[after, 0] << up
                    step = _floor_divide_to_zero((end_x - start_x) * 2 + (end - y), 2 * (end - y))
                    if side == 0:
                        end_0, step_0, x_0, index_0 = end, step, start_x, after
                    else:
                        end_1, step_1, x_1, index_1 = end, step, start_x, after
                    break
                before = after
                after = (after + turn) % 4
        if edges < 0:
            return
        if y >= 0:
            begin = max((min(x_0, x_1) + _HALF) >> _SHIFT, 0)
            stop = min((max(x_0, x_1) + _HALF) >> _SHIFT, width - 1)
            for x in range(begin, stop + 1):
                layer[y, x, 0] = colour[0]
                layer[y, x, 1] = colour[1]
                layer[y, x, 2] = colour[2]
        x_0 += step_0
        x_1 += step_1
        y += 1
        if y > last:
            return


@compiled
def fill_quads(layer, pixels, quads, origin, scale, colours):  # type: ignore[no-untyped-def]
    """Fill ``quads`` (Q, 4), rows of ``pixels`` (V, 2), in turn into ``layer`` (H, W, 3) uint8, changed in place.

    ``layer`` is the part of the picture from ``origin`` (2,) px on, ``scale`` times as large; pixel centres are
    integers. ``colours`` is (Q, 3) uint8.
    """
    up = _SHIFT - FRACTION_BITS
    half = (1 << FRACTION_BITS) >> 1
    right, bottom = layer.shape[1] << FRACTION_BITS, layer.shape[0] << FRACTION_BITS
    points = np.empty((len(pixels), 2), np.int64)
    for v in range(len(pixels)):
        for i in range(2):
            points[v, i] = np.int64(np.rint((pixels[v, i] - origin[i]) * (scale << FRACTION_BITS)))
    corners = np.empty((4, 2), np.int64)
    for q in range(len(quads)):
        colour = colours[q]
        for i in range(4):
            corners[i, 0], corners[i, 1] = points[quads[q, i], 0], points[quads[q, i], 1]
        x_low = x_high = corners[0, 0]
        y_low = y_high = corners[0, 1]
        for i in range(4):
            a, b = (i + 3) % 4, i
            _outline(
                layer,
                corners[a, 0] << up,
                corners[a, 1] << up,
                corners[b, 0] << up,
                corners[b, 1] << up,
                colour,
            )
            x_low, x_high = min(x_low, corners[i, 0]), max(x_high, corners[i, 0])
            y_low, y_high = min(y_low, corners[i, 1]), max(y_high, corners[i, 1])
        if (
            x_high + half >= 0
            and y_high + half >= 0
            and x_low + half < right
            and y_low + half < bottom
        ):
            _spans(layer, corners, colour)
