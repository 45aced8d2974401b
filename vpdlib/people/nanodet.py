"""NanoDet-m: people's boxes, one pass over the whole image.

Input: 416 x 416, letterboxed, BGR, normalised, (1, 3, 416, 416). Outputs, for the strides 8, 16 and
32 on grids of 52, 26 and 13 cells a side: class scores (cells, 80), already in [0, 1], and
distances from the cell's centre to the four sides (cells, 4 x 11), each the expectation of a
distribution over 0..10 strides (Li et al., Generalized Focal Loss, 2020). COCO class 0 is the
person.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from vpdlib.people.base import NUM_KEYPOINTS, SOURCES, People, check_image, clip_boxes, nonempty
from vpdlib.people.embedded import EmbeddedDetector
from vpdlib.people.letterbox import letterbox
from vpdlib.people.merge import suppress

INPUT_SIZE = 416
STRIDES = (8, 16, 32)
NUM_BINS = 11
_PERSON = 0
_MEAN_BGR = np.array([103.53, 116.28, 123.675], np.float32)
_STD_BGR = np.array([57.375, 57.12, 58.395], np.float32)
_OUTPUTS = ["Identity", "Identity_1", "Identity_2", "Identity_3", "Identity_4", "Identity_5"]


def decode_boxes(distribution: np.ndarray, cell: np.ndarray, stride: int) -> np.ndarray:
    """Turn side distributions into boxes.

    Parameters
    ----------
    distribution : (K, 44) float32, logits of left, top, right, bottom, 11 bins each.
    cell : (K,) number of the cell, row by row over the stride's grid.
    stride : pixels a cell.

    Returns
    -------
    (K, 4) xyxy in input pixels.
    """
    logits = distribution.reshape(-1, 4, NUM_BINS)
    weight = np.exp(logits - logits.max(axis=-1, keepdims=True))
    distance = (weight @ np.arange(NUM_BINS, dtype=np.float32)) / weight.sum(axis=-1) * stride
    cells_a_side = INPUT_SIZE // stride
    centre = (np.stack([cell % cells_a_side, cell // cells_a_side], axis=-1) + 0.5) * stride
    return np.concatenate([centre - distance[:, :2], centre + distance[:, 2:]], axis=-1)


class NanoDet(EmbeddedDetector):
    """The NanoDet-m person detector.

    Parameters
    ----------
    networks_dir, score_threshold, threads : see `EmbeddedDetector`, also for errors.
    nms_iou : a box that overlaps a better one by more is dropped; 0.6 is NanoDet's own value.
    """

    network = "nanodet"

    def __init__(
        self, networks_dir: Path, score_threshold: float, threads: int, nms_iou: float = 0.6
    ) -> None:
        super().__init__(networks_dir, score_threshold, threads)
        self._nms_iou = nms_iou

    def detect(self, image_rgb: np.ndarray) -> People:
        """Return the people in an (H, W, 3) uint8 RGB image, by falling score, without keypoints."""
        check_image(image_rgb)
        canvas, placed = letterbox(image_rgb, INPUT_SIZE)
        tensor = (canvas[:, :, ::-1].astype(np.float32) - _MEAN_BGR) / _STD_BGR
        feed = {"input_1": np.ascontiguousarray(tensor.transpose(2, 0, 1)[None])}
        outputs = self._session.run(_OUTPUTS, feed)
        boxes, scores = [], []
        for stride, class_score, distribution in zip(
            STRIDES, outputs[:3], outputs[3:], strict=True
        ):
            cell = np.flatnonzero(class_score[0, :, _PERSON] >= self._score_threshold)
            boxes.append(decode_boxes(distribution[0, cell], cell, stride))
            scores.append(class_score[0, cell, _PERSON])
        height, width = image_rgb.shape[:2]
        box_px = clip_boxes(placed.boxes_to_px(np.concatenate(boxes)), width, height)
        score = np.concatenate(scores).astype(np.float32)
        big = nonempty(box_px)
        box_px, score = box_px[big], score[big]
        kept, _ = suppress(box_px, score, self._nms_iou)
        return People(
            box_px[kept],
            score[kept],
            np.full(len(kept), SOURCES["nanodet"], np.uint8),
            np.full((len(kept), NUM_KEYPOINTS, 3), np.nan, np.float32),
        )
