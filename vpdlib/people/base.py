"""The contract of person detectors: an RGB image in, people out.

Frames: ``_px`` is source pixels, x right, y down, with pixel (0, 0) covering [0, 1) x [0, 1). Boxes
are (x0, y0, x1, y1), end-exclusive, inside the image. K is the number of people, sorted by falling
score.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from vpdlib.geometry import MASK_BYTES
from vpdlib.skeleton import COCO17

DetectorName = Literal["nanodet", "multipose", "mmdet"]

#: Who has this score is sure: tracks start with them (tracking's ``high_score``). Others come and go between frames.
SURE_SCORE = 0.35

#: ``People.source`` of each detector.
SOURCES: dict[DetectorName, int] = {"nanodet": 0, "multipose": 1, "mmdet": 2}

NUM_KEYPOINTS = len(COCO17)


@dataclass(frozen=True)
class People:
    """People found in one image.

    Parameters
    ----------
    box_px : (K, 4) float32, x0, y0, x1, y1 in source pixels, end-exclusive.
    score : (K,) float32 in [0, 1]; each detector has its own scale.
    source : (K,) uint8, the detector that gave the box (``SOURCES``).
    keypoints_px : (K, 17, 3) float32, COCO-17 as x, y in source pixels and score; NaN where the
        detector gives none.
    mask : (K, MASK_BYTES) uint8, each person's packed mask over the box (``vpdlib.geometry``); a row
        of zeros where a person has none. None where no detector gives masks.

    Raises
    ------
    ValueError
        if the shapes do not fit one another or a type is another one.
    """

    box_px: np.ndarray
    score: np.ndarray
    source: np.ndarray
    keypoints_px: np.ndarray
    mask: np.ndarray | None = None

    def __post_init__(self) -> None:
        num = len(self.box_px)
        for name, shape, dtype in (
            ("box_px", (num, 4), np.float32),
            ("score", (num,), np.float32),
            ("source", (num,), np.uint8),
            ("keypoints_px", (num, NUM_KEYPOINTS, 3), np.float32),
            ("mask", (num, MASK_BYTES), np.uint8),
        ):
            array = getattr(self, name)
            if array is None and name == "mask":
                continue
            if array.shape != shape or array.dtype != dtype:
                raise ValueError(
                    f"People.{name}: expected {np.dtype(dtype)} of shape {shape}, "
                    f"found {array.dtype} of shape {array.shape}"
                )

    def __len__(self) -> int:
        return len(self.box_px)

    @property
    def has_keypoints(self) -> np.ndarray:
        """(K,) bool: whether the person came with keypoints."""
        return ~np.isnan(self.keypoints_px).any(axis=(1, 2))

    @property
    def has_mask(self) -> np.ndarray:
        """(K,) bool: whether the person came with a mask."""
        return np.asarray(self.mask_rows.any(axis=1))

    @property
    def mask_rows(self) -> np.ndarray:
        """``mask``, or rows of zeros where no detector gives masks."""
        return np.zeros((len(self), MASK_BYTES), np.uint8) if self.mask is None else self.mask

    def take(self, rows: np.ndarray) -> People:
        """Return the people of these rows (indices or a mask), in that order."""
        return People(
            self.box_px[rows],
            self.score[rows],
            self.source[rows],
            self.keypoints_px[rows],
            None if self.mask is None else self.mask[rows],
        )

    @classmethod
    def empty(cls) -> People:
        """Return no people."""
        return cls(
            np.zeros((0, 4), np.float32),
            np.zeros(0, np.float32),
            np.zeros(0, np.uint8),
            np.zeros((0, NUM_KEYPOINTS, 3), np.float32),
        )


class PersonDetector(Protocol):
    """Anything that finds people in images."""

    @property
    def batch_size(self) -> int:
        """How many images :meth:`detect_many` is best given at once."""
        ...

    def detect_many(self, images_rgb: Sequence[np.ndarray]) -> list[People]:
        """Return the people in each (H, W, 3) uint8 RGB image, by falling score.

        Raises
        ------
        ValueError
            if an image has another shape or type.
        """
        ...


class VideoDetector(PersonDetector, Protocol):
    """A detector of the frames of a video, which is less thorough where the frames around tell the rest."""

    def detect_between(self, images_rgb: Sequence[np.ndarray]) -> list[People]:
        """Return the people in each image, as :meth:`detect_many` does, of frames between two that it has seen."""
        ...


class SingleImageDetector(ABC):
    """What detectors that look at one image at a time share."""

    batch_size = 1

    @abstractmethod
    def detect(self, image_rgb: np.ndarray) -> People:
        """Return the people in an (H, W, 3) uint8 RGB image, by falling score."""

    def detect_many(self, images_rgb: Sequence[np.ndarray]) -> list[People]:
        """Return the people in each (H, W, 3) uint8 RGB image, by falling score."""
        return [self.detect(image) for image in images_rgb]


def check_image(image_rgb: np.ndarray) -> None:
    """Check that an image is what detectors and teachers take.

    Raises
    ------
    ValueError
        if it is not a non-empty (H, W, 3) uint8 array.
    """
    if (
        image_rgb.dtype != np.uint8
        or image_rgb.ndim != 3
        or image_rgb.shape[2] != 3
        or 0 in image_rgb.shape
    ):
        raise ValueError(
            f"expected a uint8 (H, W, 3) RGB image, found {image_rgb.dtype} {image_rgb.shape}"
        )


def clip_boxes(box_px: np.ndarray, width: int, height: int) -> np.ndarray:
    """Return (K, 4) boxes cut to an image of ``width`` x ``height`` pixels, float32."""
    limit = np.array([width, height, width, height], np.float32)
    return np.clip(box_px, 0, limit).astype(np.float32)


def nonempty(box_px: np.ndarray) -> np.ndarray:
    """Return (K,) bool: which (K, 4) boxes are at least one pixel wide and high."""
    return (box_px[:, 2] - box_px[:, 0] >= 1) & (box_px[:, 3] - box_px[:, 1] >= 1)
