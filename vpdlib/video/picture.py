"""From stored pictures to pictures as a player shows them: rotated, flipped, with square pixels, deinterlaced.

A file may ask for its pictures to be rotated and flipped (its display matrix) and may store pixels that are not
square (its sample aspect ratio). What FFmpeg does with a display matrix, which players follow, is the definition.
Stored pixels that are not square are made so by scaling the width, as players do.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal, cast

import av
import numpy as np
from av.filter import Graph
from av.sidedata.sidedata import Type as SideDataType

Deinterlace = Literal["auto", "never", "always"]

#: Aspect ratios of pixels outside this range are slips of a header.
_ASPECT_RANGE = (Fraction(1, 4), Fraction(4))
#: Widths that differ by less than this fraction are left alone: squares but for rounding.
_ASPECT_SLACK = 0.01
_TIME_BASE = Fraction(1, 1_000_000)


@dataclass(frozen=True)
class Presentation:
    """How stored pictures become shown ones.

    The stored picture is scaled to ``scaled_width``, flipped left to right where ``flipped``, then rotated by
    ``quarter_turns`` counter-clockwise; or, at angles that are no quarter turn, by ``angle_degrees`` clockwise
    within its sides, with black corners. ``width`` and ``height`` are the shown picture's, px.
    """

    stored_width: int
    stored_height: int
    scaled_width: int
    flipped: bool = False
    quarter_turns: int = 0
    angle_degrees: float = 0.0

    @property
    def width(self) -> int:
        """Width of the shown picture, px."""
        return self.stored_height if self.quarter_turns % 2 else self.scaled_width

    @property
    def height(self) -> int:
        """Height of the shown picture, px."""
        return self.scaled_width if self.quarter_turns % 2 else self.stored_height

    def rgb(self, picture: av.VideoFrame) -> np.ndarray:
        """The shown picture, RGB uint8 (height, width, 3).

        A picture of another size than the first one is resized to it.
        """
        rgb = picture.to_ndarray(format="rgb24", width=self.scaled_width, height=self.stored_height)
        if self.flipped:
            rgb = rgb[:, ::-1]
        return np.ascontiguousarray(np.rot90(rgb, self.quarter_turns))


def presentation_of(picture: av.VideoFrame, pixel_aspect: Fraction | None) -> Presentation:
    """How pictures like this one are shown.

    Parameters
    ----------
    picture : the first one decoded, which carries the display matrix.
    pixel_aspect : width over height of a stored pixel; None or 0 where it is not stated.
    """
    width = picture.width
    if pixel_aspect and _ASPECT_RANGE[0] <= pixel_aspect <= _ASPECT_RANGE[1]:
        scaled = max(1, round(width * pixel_aspect))
        if abs(scaled - width) > max(1, _ASPECT_SLACK * width):
            width = scaled
    flipped, turns, angle = orientation(_display_matrix(picture))
    return Presentation(picture.width, picture.height, width, flipped, turns, angle)


def orientation(matrix: np.ndarray | None) -> tuple[bool, int, float]:
    """What a display matrix asks for, as FFmpeg reads it.

    Parameters
    ----------
    matrix : (9,) integers; None where there is none.

    Returns
    -------
    Whether to flip left to right; the counter-clockwise quarter turns after that; else the clockwise angle, degrees.
    """
    if matrix is None:
        return False, 0, 0.0
    a, b, c, d = (float(matrix[at]) for at in (0, 1, 3, 4))
    scale = math.hypot(a, c), math.hypot(b, d)
    if not all(scale):
        return False, 0, 0.0
    # Whole degrees, as in FFmpeg.
    angle = round(math.degrees(math.atan2(b / scale[1], a / scale[0]))) % 360
    match angle:
        case 0:
            # Upside down is flipped left to right and rotated by half.
            return (True, 2, 0.0) if d < 0 else (False, 0, 0.0)
        case 90:
            return (True, 1, 0.0) if c > 0 else (False, 3, 0.0)
        case 180:
            return (False, 2, 0.0) if d < 0 else (True, 0, 0.0)
        case 270:
            return (True, 3, 0.0) if c < 0 else (False, 1, 0.0)
        case 1:
            return False, 0, 0.0  # too little for FFmpeg
    return False, 0, float(angle)


def _display_matrix(picture: av.VideoFrame) -> np.ndarray | None:
    # PyAV's annotations know its older, plain form only.
    data = cast(Mapping[Any, Any], picture.side_data).get(SideDataType.DISPLAYMATRIX)
    return None if data is None else np.frombuffer(bytes(data), np.int32)


class Filter:
    """Deinterlaces and turns pictures by FFmpeg's filters; one comes out for each that goes in.

    Deinterlacing answers one picture late, so pictures come with what belongs to them.

    Parameters
    ----------
    presentation : what to do with every picture.
    deinterlace : ``auto``: pictures that are marked as interlaced; ``always``: every one.
    """

    def __init__(self, presentation: Presentation, deinterlace: Deinterlace) -> None:
        self._angle_degrees = presentation.angle_degrees
        self._deinterlace = deinterlace
        self._graph: Graph | None = None
        self._form: tuple[int, int, str] | None = None
        self._number = 0

    def push(self, picture: av.VideoFrame) -> Iterator[av.VideoFrame]:
        """Take a picture; yield those that are ready."""
        wanted = bool(self._angle_degrees) or self._wants_deinterlacing(picture)
        if self._graph is None and not wanted:
            yield picture
            return
        form = picture.width, picture.height, picture.format.name
        if form != self._form:
            yield from self.flush()
            self._graph, self._form = self._build(picture), form
        assert self._graph is not None
        picture.pts, picture.time_base = self._number, _TIME_BASE
        self._number += 1
        self._graph.vpush(picture)
        yield from self._ready()

    def flush(self) -> Iterator[av.VideoFrame]:
        """Yield the pictures that are still held back."""
        if self._graph is not None:
            self._graph.vpush(None)
            yield from self._ready()
        self._graph = self._form = None

    def _wants_deinterlacing(self, picture: av.VideoFrame) -> bool:
        if self._deinterlace == "auto":
            return bool(picture.interlaced_frame)
        return self._deinterlace == "always"

    def _build(self, picture: av.VideoFrame) -> Graph:
        width, height = picture.width, picture.height
        graph = Graph()
        last = graph.add_buffer(
            width=width, height=height, format=picture.format, time_base=_TIME_BASE
        )
        steps = []
        # Its smallest picture is 3 x 3.
        if self._deinterlace != "never" and min(width, height) >= 3:
            which = "all" if self._deinterlace == "always" else "interlaced"
            steps.append(("bwdif", f"mode=send_frame:parity=auto:deint={which}"))
        if self._angle_degrees:
            steps.append(("rotate", f"{self._angle_degrees:f}*PI/180"))
        for name, options in [*steps, ("buffersink", "")]:
            step = graph.add(name, options or None)
            last.link_to(step)
            last = step
        graph.configure()
        return graph

    def _ready(self) -> Iterator[av.VideoFrame]:
        assert self._graph is not None
        while True:
            try:
                yield self._graph.vpull()
            except (av.BlockingIOError, av.EOFError):
                return
