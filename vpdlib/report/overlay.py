"""Videos to look at: box, skeleton, crop and flow of every frame.

The source frame is on the left (doubled below 640 px of width, reduced above 1280), a panel on the right
holds the crop, the flow coloured by direction, and the legends. The box is coloured by its origin, each of
the 13 joints by its score from red (0) to green (1), drawn where the teacher put it, in source pixels.
"""

from __future__ import annotations

import os
from collections.abc import Callable

import cv2
import numpy as np

from vpdlib.skeleton import BONES13, COCO17_TO_JOINTS13
from vpdlib.tracking.fill import ORIGIN_NAMES
from vpdlib.video.reader import Clock, Deinterlace, probe, read_frames
from vpdlib.video.writer import VideoWriter

#: Looks up the crop or flow of a frame; None where it has none. ``dict.get`` is one.
FrameLookup = Callable[[int], np.ndarray | None]

#: RGB of a box by its origin: none, detected, propagated, interpolated, supplied.
ORIGIN_COLOURS = (
    (150, 150, 150),
    (60, 220, 90),
    (235, 90, 235),
    (255, 180, 30),
    (80, 170, 255),
)
_PAPER, _INK, _FAINT = (24, 26, 30), (235, 235, 235), (150, 155, 160)
_KEPT, _REJECTED = (60, 220, 90), (240, 80, 70)
_LINE = 20  # height of a text line in the panel
_LEGEND_COLUMNS = 2


def write_overlay(
    video_path: str | os.PathLike[str],
    out_path: str | os.PathLike[str],
    box_px: np.ndarray,
    origin: np.ndarray,
    keypoints_px: np.ndarray | None = None,
    pose_score: np.ndarray | None = None,
    crop_of: FrameLookup | None = None,
    flow_of: FrameLookup | None = None,
    kept: np.ndarray | None = None,
    max_frames: int | None = None,
    title: str = "",
    num_threads: int = 1,
    deinterlace: Deinterlace = "auto",
    clock: Clock = "file",
    segment: np.ndarray | None = None,
) -> int:
    """Write an H.264 video of what the chain found, each frame at its own time.

    Parameters
    ----------
    video_path : the source video.
    out_path : target, ``.mp4``.
    box_px : (N, 4) the athlete's box in source px, NaN where there is none.
    origin : (N,) how it was found, see :mod:`vpdlib.tracking.fill`.
    keypoints_px : (N, 17, 3) COCO or (N, 13, 3) x px, y px, score; NaN where there is no pose.
    pose_score : (N,) mean joint score, NaN where there is no pose.
    crop_of : gives the RGB uint8 (S, S, 3) crop of a frame number, or None.
    flow_of : gives the float (S, S, 2) flow in crop px of a frame number, or None.
    kept : bool (N,) whether the frame's weak label is kept.
    max_frames : stop after so many frames.
    title : a line at the head of the panel.
    num_threads : threads of the decoder.
    deinterlace, clock : how the source is read.
    segment : (N,) number of the athlete's segment, -1 where there is no box.

    Returns
    -------
    Number of frames written.

    Raises
    ------
    VideoError
        If the video cannot be read.
    ValueError
        If an array's length is not that of ``box_px``, or the video has more frames.
    """
    num_frames = len(box_px)
    for name, array in (
        ("origin", origin),
        ("keypoints_px", keypoints_px),
        ("pose_score", pose_score),
        ("kept", kept),
        ("segment", segment),
    ):
        if array is not None and len(array) != num_frames:
            raise ValueError(f"{video_path}: {len(array)} rows of {name} for {num_frames} boxes")
    info = probe(video_path)
    scale = 2.0 if info.width < 640 else min(1.0, 1280 / info.width)
    size = (round(info.width * scale), round(info.height * scale))
    # Eleven lines of text and two insets share the panel's height; a very low frame gets a taller canvas.
    height = max(size[1], 400)
    inset = min((height - 11 * _LINE) // 2, 300)
    panel_width = max(inset, 200) + 20
    written = 0
    with VideoWriter(out_path, info.fps, size[0] + panel_width, height, own_times=True) as writer:
        for frame in read_frames(video_path, num_threads, None, deinterlace, clock):
            if max_frames is not None and frame.index >= max_frames:
                break
            if frame.index >= num_frames:
                raise ValueError(
                    f"{video_path}: has more than the {num_frames} frames there are boxes for"
                )
            at = frame.index
            picture = cv2.resize(
                frame.rgb, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
            )
            draw_box(picture, box_px[at] * scale, int(origin[at]))
            if keypoints_px is not None:
                draw_skeleton(picture, keypoints_px[at], scale)
            canvas = np.full((height, size[0] + panel_width, 3), _PAPER, np.uint8)
            canvas[: size[1], : size[0]] = picture
            panel = canvas[:, size[0] :]
            lines = _describe(
                at,
                frame.time_s,
                int(origin[at]),
                None if pose_score is None else float(pose_score[at]),
                None if kept is None else bool(kept[at]),
                -1 if segment is None else int(segment[at]),
            )
            _draw_panel(
                panel,
                title,
                lines,
                crop_of(at) if crop_of else None,
                flow_of(at) if flow_of else None,
                inset,
            )
            writer.write(canvas, frame.time_s)
            written += 1
    return written


def draw_skeleton(picture: np.ndarray, keypoints_px: np.ndarray, scale: float = 1.0) -> None:
    """Draw 13 joints and their bones, coloured by score, into an RGB picture.

    Parameters
    ----------
    picture : (H, W, 3) uint8, changed in place.
    keypoints_px : (17, 3) COCO or (13, 3): x, y, score; joints with NaN are left out.
    scale : picture px per px of the keypoints.
    """
    joints = keypoints_px[COCO17_TO_JOINTS13] if len(keypoints_px) == 17 else keypoints_px
    known = np.isfinite(joints).all(axis=1)
    # Joints far outside would overflow the drawing routines; 1e4 px is off any picture.
    points = np.clip(np.nan_to_num(joints[:, :2]) * scale, -1e4, 1e4).round().astype(int)
    thick = max(2, round(picture.shape[0] / 300))
    for a, b in BONES13:
        if known[a] and known[b]:
            colour = score_colour(min(joints[a, 2], joints[b, 2]))
            _line(picture, points[a], points[b], (0, 0, 0), thick + 2)
            _line(picture, points[a], points[b], colour, thick)
    for joint in np.flatnonzero(known):
        centre = (int(points[joint, 0]), int(points[joint, 1]))
        cv2.circle(picture, centre, thick + 2, (0, 0, 0), -1, cv2.LINE_AA)
        cv2.circle(picture, centre, thick + 1, score_colour(joints[joint, 2]), -1, cv2.LINE_AA)


def score_colour(score: float) -> tuple[int, int, int]:
    """RGB from red (0) over yellow (0.5) to green (1)."""
    fraction = float(np.clip(score, 0, 1))
    return round(255 * min(1, 2 - 2 * fraction)), round(255 * min(1, 2 * fraction)), 40


def flow_to_rgb(flow: np.ndarray, full_px: float = 8.0) -> np.ndarray:
    """Colour flow by its direction.

    Parameters
    ----------
    flow : (S, S, 2) flow in crop px.
    full_px : length at which a colour is at its brightest.

    Returns
    -------
    (S, S, 3) uint8: the hue is the direction (red to the right, then clockwise through yellow-green down,
    cyan left, violet up), the brightness the length; still is black.
    """
    length = np.hypot(flow[..., 0], flow[..., 1])
    angle = np.degrees(np.arctan2(flow[..., 1], flow[..., 0])) % 360
    hsv = np.empty((*length.shape, 3), np.uint8)
    hsv[..., 0] = (angle / 2).astype(np.uint8)
    hsv[..., 1] = 255
    hsv[..., 2] = np.clip(length / full_px * 255, 0, 255)
    return cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)


def _describe(
    frame: int,
    time_s: float,
    origin: int,
    pose_score: float | None,
    kept: bool | None,
    segment: int = -1,
) -> list[tuple[str, tuple[int, int, int]]]:
    """Text lines of the panel, with their colours."""
    lines = [
        (f"frame {frame}  {time_s:.2f} s", _INK),
        (
            f"{f'segment {segment}' if segment >= 0 else 'box'}: {ORIGIN_NAMES[origin]}",
            ORIGIN_COLOURS[origin],
        ),
    ]
    if pose_score is not None:
        known = np.isfinite(pose_score)
        text = f"mean score {pose_score:.2f}" if known else "no pose"
        lines.append((text, score_colour(pose_score) if known else _FAINT))
    if kept is not None:
        lines.append(("label kept", _KEPT) if kept else ("label rejected", _REJECTED))
    return lines


def draw_box(picture: np.ndarray, box: np.ndarray, origin: int) -> None:
    """Draw a box into an RGB picture.

    Parameters
    ----------
    picture : (H, W, 3) uint8, changed in place.
    box : (4,) xyxy in its pixels, end-exclusive; NaN draws nothing.
    origin : how it was found, which gives its colour.
    """
    if not np.isfinite(box).all():
        return
    x0, y0, x1, y1 = (int(value) for value in np.round(box))
    thick = max(2, round(picture.shape[0] / 240))
    # End-exclusive: the last row and column of the box are x1 - 1, y1 - 1.
    cv2.rectangle(picture, (x0, y0), (x1 - 1, y1 - 1), ORIGIN_COLOURS[origin], thick)


def _draw_panel(
    panel: np.ndarray,
    title: str,
    lines: list[tuple[str, tuple[int, int, int]]],
    crop: np.ndarray | None,
    flow: np.ndarray | None,
    inset: int,
) -> None:
    """Draw the insets, the texts and the legends from top to bottom."""
    left, top = 10, 4
    if title:
        top = _text(panel, title, left, top, _FAINT)
    for text, colour in lines:
        top = _text(panel, text, left, top, colour)
    top = _text(panel, "crop", left, top + 2, _FAINT)
    top = _place(panel, crop, left, top, inset)
    top = _text(panel, "flow", left, top + 2, _FAINT)
    picture = None if flow is None else flow_to_rgb(flow)
    wheel_top = top
    top = _place(panel, picture, left, top, inset)
    if flow is not None:
        wheel = _colour_wheel(max(24, inset // 6))
        side = len(wheel)
        panel[wheel_top + 2 : wheel_top + 2 + side, left + inset - side - 2 : left + inset - 2] = (
            wheel
        )
    label_end = left + 84
    _text(panel, "joint score", left, top + 4, _FAINT)
    _text(panel, "0", label_end, top + 4, _FAINT)
    _text(panel, "1", panel.shape[1] - 18, top + 4, _FAINT)
    shades = np.linspace(0, 1, panel.shape[1] - 22 - label_end - 14)
    bar = np.array([[score_colour(fraction) for fraction in shades]], np.uint8)
    panel[top + 10 : top + 18, label_end + 14 : label_end + 14 + len(shades)] = bar
    top += _LINE + 4
    names = list(zip(ORIGIN_NAMES, ORIGIN_COLOURS, strict=True))[1:]
    for place, (name, colour) in enumerate(names):
        row, column = divmod(place, _LEGEND_COLUMNS)
        wide = (panel.shape[1] - left) // _LEGEND_COLUMNS
        _text(panel, name, left + column * wide, top + row * (_LINE - 5), colour, size=0.37)


def _colour_wheel(side: int) -> np.ndarray:
    """The key of :func:`flow_to_rgb` (side, side, 3)."""
    grid = (np.stack(np.meshgrid(np.arange(side), np.arange(side)), axis=-1) + 0.5) / side * 2 - 1
    wheel = flow_to_rgb(grid, full_px=1.0)
    wheel[np.hypot(grid[..., 0], grid[..., 1]) > 1] = _PAPER
    return wheel


def _place(panel: np.ndarray, picture: np.ndarray | None, left: int, top: int, side: int) -> int:
    """Put a square picture, or an empty frame, into the panel; return the row below it."""
    if picture is None:
        cv2.rectangle(panel, (left, top), (left + side - 1, top + side - 1), (70, 70, 75), 1)
        _text(panel, "none", left + side // 2 - 18, top + side // 2 - _LINE // 2, _FAINT)
    else:
        panel[top : top + side, left : left + side] = cv2.resize(
            picture, (side, side), interpolation=cv2.INTER_LINEAR
        )
    return top + side


def _text(
    panel: np.ndarray,
    text: str,
    left: int,
    top: int,
    colour: tuple[int, int, int],
    size: float = 0.45,
) -> int:
    """Write a line, cut to the panel's width; return the row below it."""
    # Hershey fonts know ASCII alone.
    text = text.encode("ascii", "replace").decode()
    font = cv2.FONT_HERSHEY_SIMPLEX
    while text and cv2.getTextSize(text, font, size, 1)[0][0] > panel.shape[1] - left - 2:
        text = text[:-1]
    cv2.putText(panel, text, (left, top + 14), font, size, colour, 1, cv2.LINE_AA)
    return top + _LINE


def _line(
    picture: np.ndarray, a: np.ndarray, b: np.ndarray, colour: tuple[int, int, int], thick: int
) -> None:
    cv2.line(picture, (int(a[0]), int(a[1])), (int(b[0]), int(b[1])), colour, thick, cv2.LINE_AA)
