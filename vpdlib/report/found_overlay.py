"""Videos to look at what was found: box and skeleton, the name of the action that goes on, and a bar of all of them.

The source frame is on top (reduced above 1280 px of width, doubled below 640). Below it lies a bar as long as the video
with every found action in the colour of its class and a line at the time that is shown, and under that the classes'
names. Times are those of the source.
"""

from __future__ import annotations

import colorsys
import os
from collections.abc import Iterable, Sequence

import cv2
import numpy as np

from vpdlib.datasets.tables import VideoRow
from vpdlib.finding.table import FoundRow
from vpdlib.progress import track
from vpdlib.report.overlay import draw_box, draw_skeleton
from vpdlib.video.reader import Frame
from vpdlib.video.writer import VideoWriter

_PAPER, _INK, _REST = (24, 26, 30), (235, 235, 235), (70, 72, 78)
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_BAR, _LINE, _MARGIN = 26, 22, 8
#: Hues as far apart as they can be, however many there are.
_GOLDEN = 0.618034


def write_found_overlay(
    frames: Iterable[Frame],
    video: VideoRow,
    out_path: str | os.PathLike[str],
    box_px: np.ndarray,
    origin: np.ndarray,
    rows: Sequence[FoundRow],
    class_names: Sequence[str],
    keypoints_px: np.ndarray | None = None,
) -> int:
    """Write an H.264 video of what was found, each frame at its own time.

    Parameters
    ----------
    frames : of the video, from its first.
    video : its row.
    out_path : target, ``.mp4``.
    box_px : (N, 4) the athlete's box in source px, NaN where there is none.
    origin : (N,) how it was found, see :mod:`vpdlib.tracking.fill`.
    rows : the video's found actions.
    class_names : all classes in their order, which gives them their colours.
    keypoints_px : (N, 17, 3) x px, y px, score; NaN where there is no pose.

    Returns
    -------
    Number of frames written.

    Raises
    ------
    VideoError
        If the video cannot be read.
    ValueError
        If the video has more frames than there are boxes, or an array is of another length.
    """
    num_frames = len(box_px)
    for name, array in (("origin", origin), ("keypoints_px", keypoints_px)):
        if array is not None and len(array) != num_frames:
            raise ValueError(f"{video.path}: {len(array)} rows of {name} for {num_frames} boxes")
    scale = 2.0 if video.width < 640 else min(1.0, 1280 / video.width)
    width, height = round(video.width * scale), round(video.height * scale)
    colours = class_colours(class_names)
    shown = [name for name in class_names if any(row.label == name for row in rows)]
    strip = draw_strip(width, video.duration_s, rows, shown, colours)
    shrink = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    written = 0
    with VideoWriter(
        out_path, video.fps, width, height + len(strip), own_times=True, for_players=True
    ) as writer:
        for frame in track(frames, video.video, total=num_frames, unit="frame"):
            if frame.index >= num_frames:
                raise ValueError(
                    f"{video.path}: has more than the {num_frames} frames there are boxes for"
                )
            at, time_s = frame.index, frame.time_s
            picture = cv2.resize(frame.rgb, (width, height), interpolation=shrink)
            draw_box(picture, box_px[at] * scale, int(origin[at]))
            if keypoints_px is not None:
                draw_skeleton(picture, keypoints_px[at], scale)
            top = 0
            for row in rows:
                if row.start <= time_s < row.end:
                    text = f"{row.label}  {100 * row.probability:.0f} %"
                    top = _caption(picture, text, top, colours[row.label])
            canvas = np.concatenate([picture, strip])
            _playhead(canvas[height:], time_s, video.duration_s)
            writer.write(canvas, time_s)
            written += 1
    return written


def class_colours(class_names: Sequence[str]) -> dict[str, tuple[int, int, int]]:
    """RGB of every class, by its place among them."""
    found = {}
    for index, name in enumerate(class_names):
        red, green, blue = colorsys.hls_to_rgb((0.58 + index * _GOLDEN) % 1, 0.58, 0.75)
        found[name] = (round(255 * red), round(255 * green), round(255 * blue))
    return found


def draw_strip(
    width: int,
    duration_s: float,
    rows: Sequence[FoundRow],
    shown: Sequence[str],
    colours: dict[str, tuple[int, int, int]],
) -> np.ndarray:
    """The bar and the names below it, without the line at the time.

    Parameters
    ----------
    width : px.
    duration_s : of the video, the bar's length.
    rows : found actions, each at least two pixels wide.
    shown : classes that are named.
    colours : RGB of each.

    Returns
    -------
    (h, width, 3) uint8.
    """
    places, num_lines = _places_of_names(width, shown)
    height = _BAR + 2 * _MARGIN + num_lines * _LINE
    strip = np.full((height, width, 3), _PAPER, np.uint8)
    strip[_MARGIN : _MARGIN + _BAR, _MARGIN : width - _MARGIN] = _REST
    for row in rows:
        first = time_to_px(row.start, duration_s, width)
        last = max(time_to_px(row.end, duration_s, width), first + 2)
        strip[_MARGIN : _MARGIN + _BAR, first : min(last, width - _MARGIN)] = colours[row.label]
    for name, (left, line) in zip(shown, places, strict=True):
        top = _BAR + 2 * _MARGIN + line * _LINE
        strip[top + 2 : top + 14, left : left + 12] = colours[name]
        _text(strip, name, left + 18, top + 13, 0.45, _INK)
    return strip


def time_to_px(time_s: float, duration_s: float, width: int) -> int:
    """Where a time lies on the bar, px from the left of the strip."""
    fraction = min(max(time_s / duration_s, 0.0), 1.0) if duration_s > 0 else 0.0
    return _MARGIN + round(fraction * (width - 2 * _MARGIN - 1))


def _places_of_names(width: int, names: Sequence[str]) -> tuple[list[tuple[int, int]], int]:
    """Left edge and line of every name, and the number of lines."""
    places, left, line = [], _MARGIN, 0
    for name in names:
        wide = 18 + cv2.getTextSize(_ascii(name), _FONT, 0.45, 1)[0][0] + 16
        if left > _MARGIN and left + wide > width:
            left, line = _MARGIN, line + 1
        places.append((left, line))
        left += wide
    return places, line + 1 if names else 0


def _playhead(strip: np.ndarray, time_s: float, duration_s: float) -> None:
    at = time_to_px(time_s, duration_s, strip.shape[1])
    strip[_MARGIN - 4 : _MARGIN + _BAR + 4, at - 1 : at + 2] = _INK


def _caption(picture: np.ndarray, text: str, top: int, colour: tuple[int, int, int]) -> int:
    """Write an action's name on its colour at the upper left; return the row below it."""
    size = max(0.6, picture.shape[0] / 700)
    text = _ascii(text)
    (wide, high), _ = cv2.getTextSize(text, _FONT, size, 2)
    below = top + high + 20
    cv2.rectangle(picture, (0, top), (wide + 20, below - 2), colour, -1)
    cv2.putText(picture, text, (10, top + high + 8), _FONT, size, (0, 0, 0), 2, cv2.LINE_AA)
    return below


def _text(
    picture: np.ndarray, text: str, left: int, base: int, size: float, colour: tuple[int, int, int]
) -> None:
    cv2.putText(picture, _ascii(text), (left, base), _FONT, size, colour, 1, cv2.LINE_AA)


def _ascii(text: str) -> str:
    """Hershey fonts know ASCII alone."""
    return text.encode("ascii", "replace").decode()
