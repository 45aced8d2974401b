"""Pictures in a row, with what is right about each: the parts that joined videos are made of.

All pictures are (240, 320, 3) RGB uint8, boxes (4,) xyxy px. A place of the picture is a similarity: the clip is
flipped or not, scaled about its upper left corner, then moved.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from benchmarks.joined.clips import FPS, HEIGHT, WIDTH, Clip
from vpdlib.video.writer import VideoWriter


@dataclass(frozen=True)
class Place:
    """Where a clip's picture goes: x -> scale (W - x if flipped, else x) + move_px."""

    scale: float = 1.0
    move_px: tuple[float, float] = (0.0, 0.0)
    flipped: bool = False

    @property
    def matrix(self) -> np.ndarray:
        """The affine map (2, 3) of points, in coordinates where a box's edges lie."""
        s, (x, y) = self.scale, self.move_px
        return np.array([[-s, 0, s * WIDTH + x] if self.flipped else [s, 0, x], [0, s, y]])

    def box(self, box_px: np.ndarray, width: int = WIDTH) -> np.ndarray:
        """Boxes (..., 4) as they are placed, cut at the picture's edges."""
        x = self.matrix[0, 0] * box_px[..., [0, 2]] + self.matrix[0, 2]
        y = self.scale * box_px[..., [1, 3]] + self.matrix[1, 2]
        x, y = np.sort(np.clip(x, 0, width), axis=-1), np.clip(y, 0, HEIGHT)
        return np.stack([x[..., 0], y[..., 0], x[..., 1], y[..., 1]], axis=-1)

    def pictures(
        self, frames: Iterable[np.ndarray], plate: np.ndarray, width: int = WIDTH
    ) -> list[np.ndarray]:
        """Pictures as they are placed; beyond their edges, the flipped plate, so that nobody is doubled."""
        # OpenCV's points are pixel centres.
        matrix = self.matrix
        matrix[:, 2] += matrix[:, :2] @ [0.5, 0.5] - 0.5
        size = (width, HEIGHT)
        behind = cv2.warpAffine(plate, matrix, size, borderMode=cv2.BORDER_REFLECT)
        inside = cv2.warpAffine(np.full(plate.shape[:2], 255, np.uint8), matrix, size)
        # A seam that is sharp would be an edge from top to bottom.
        inside = cv2.erode(inside, np.ones((9, 9)), borderType=cv2.BORDER_REPLICATE)
        fraction = cv2.GaussianBlur(inside, (0, 0), 2)[..., None].astype(np.float32) / 255
        return [
            (fraction * cv2.warpAffine(rgb, matrix, size) + (1 - fraction) * behind).astype(
                np.uint8
            )
            for rgb in frames
        ]


def placed(clip: Clip, place: Place) -> tuple[list[np.ndarray], np.ndarray]:
    """All pictures of a clip at a place, and the person's boxes (T, 4)."""
    if place == Place():
        return list(clip.rgb), clip.box_px
    return place.pictures(clip.rgb, clip.plate), place.box(clip.box_px)


def place_of(clip: Clip, centre_x: float, scale: float, flipped: bool) -> Place:
    """The place at which a clip's person stands at ``centre_x`` (a fraction of the width) and stays in the picture."""
    place = Place(scale, flipped=flipped)
    boxes = place.box(clip.box_px, width=10 * WIDTH)
    left, right = boxes[:, 0].min(), boxes[:, 2].max()
    move = centre_x * WIDTH - (left + right) / 2
    move = max(min(move, WIDTH - 4 - right), 4 - left) if right - left < WIDTH - 8 else move
    # Scaled about the feet: ground stays ground.
    feet = float(np.median(clip.box_px[:, 3]))
    return Place(scale, (move, feet * (1 - scale)), flipped)


@dataclass
class Timeline:
    """A video in the making.

    Attributes
    ----------
    frames : pictures.
    truth_px : the labelled athlete's box (4,) of every picture; NaN where there is no label.
    shot : number of the labelled segment, -1 outside.
    nobody : whether a box in this picture is wrong, whoever it shows; pictures that are neither labelled nor so are
        not judged.
    """

    rng: np.random.Generator
    frames: list[np.ndarray] = field(default_factory=list)
    truth_px: list[np.ndarray] = field(default_factory=list)
    shot: list[int] = field(default_factory=list)
    nobody: list[bool] = field(default_factory=list)
    num_shots: int = 0

    def _append(self, rgb: np.ndarray, box_px: np.ndarray | None, shot: int, nobody: bool) -> None:
        self.frames.append(rgb)
        self.truth_px.append(np.full(4, np.nan) if box_px is None else box_px)
        self.shot.append(shot)
        self.nobody.append(nobody)

    def add_shot(self, frames: Iterable[np.ndarray], boxes_px: np.ndarray) -> None:
        """A labelled segment."""
        for rgb, box in zip(frames, boxes_px, strict=True):
            self._append(rgb, box, self.num_shots, False)
        self.num_shots += 1

    def add_clip(self, clip: Clip, place: Place | None = None) -> None:
        """A clip as a labelled segment."""
        self.add_shot(*placed(clip, place or Place()))

    def add_others(self, frames: Iterable[np.ndarray]) -> None:
        """Pictures without the athlete; who else is in them is nobody to follow."""
        for rgb in frames:
            self._append(rgb, None, -1, True)

    def add_unjudged(self, frames: Iterable[np.ndarray]) -> None:
        """Pictures of which no box is right or wrong."""
        for rgb in frames:
            self._append(rgb, None, -1, False)

    def add_still(self, rgb: np.ndarray, count: int) -> None:
        """A picture without the athlete for a while, with a camera's noise."""
        noise = self.rng.normal(0, 2, (4, *rgb.shape))
        noisy = np.clip(rgb + noise, 0, 255).astype(np.uint8)
        self.add_others(noisy[k % 4] for k in range(count))

    def add_flat(self, count: int) -> None:
        """A flat picture for a while."""
        colour = self.rng.integers(0, 200, 3).astype(np.uint8)
        self.add_still(np.broadcast_to(colour, (HEIGHT, WIDTH, 3)), count)

    def write(self, folder: Path, name: str) -> None:
        """Write ``videos/<name>.mp4`` and ``truth/<name>.npz`` below a folder."""
        with VideoWriter(folder / "videos" / f"{name}.mp4", FPS, WIDTH, HEIGHT) as video:
            for rgb in self.frames:
                video.write(np.ascontiguousarray(rgb))
        (folder / "truth").mkdir(parents=True, exist_ok=True)
        np.savez_compressed(
            folder / "truth" / f"{name}.npz",
            truth_px=np.stack(self.truth_px),
            shot=np.array(self.shot),
            nobody=np.array(self.nobody),
        )

    def labels(self, name: str) -> list[tuple[str, str, str, str]]:
        """Rows video, label, start, end (s) of the labelled segments."""
        shot = np.array(self.shot)
        rows = []
        for number in range(self.num_shots):
            at = np.flatnonzero(shot == number)
            rows.append((name, "attempt", f"{at[0] / FPS:.4f}", f"{(at[-1] + 1) / FPS:.4f}"))
        return rows


def write_labels(path: Path, rows: Iterable[tuple[str, str, str, str]]) -> None:
    """Write a ``labels.csv`` of the folder adapter."""
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(("video", "label", "start", "end"))
        writer.writerows(rows)
