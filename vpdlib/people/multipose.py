"""MoveNet MultiPose: boxes and COCO-17 keypoints of up to six people, one pass over the whole
image.

Input: 256 x 256, letterboxed, RGB, int32, (1, 256, 256, 3). Output (1, 6, 56): for each person 17
times (y, x, score), then ymin, xmin, ymax, xmax, score, coordinates as a fraction of the input's side.
"""

from __future__ import annotations

import numpy as np

from vpdlib.people.base import NUM_KEYPOINTS, SOURCES, People, check_image, clip_boxes, nonempty
from vpdlib.people.embedded import EmbeddedDetector
from vpdlib.people.letterbox import letterbox

INPUT_SIZE = 256


class MultiPose(EmbeddedDetector):
    """The MoveNet MultiPose detector, see `EmbeddedDetector`."""

    network = "movenet-multipose"

    def detect(self, image_rgb: np.ndarray) -> People:
        """Return the people in an (H, W, 3) uint8 RGB image, by falling score, with keypoints."""
        check_image(image_rgb)
        canvas, placed = letterbox(image_rgb, INPUT_SIZE)
        (output,) = self._session.run(["Identity"], {"input": canvas[None].astype(np.int32)})
        person = output[0][output[0, :, -1] >= self._score_threshold]
        person = person[np.argsort(-person[:, -1], kind="stable")]
        keypoints = person[:, : NUM_KEYPOINTS * 3].reshape(-1, NUM_KEYPOINTS, 3)
        xy_px = placed.to_px(keypoints[:, :, 1::-1] * INPUT_SIZE)
        keypoints_px = np.concatenate([xy_px, keypoints[:, :, 2:]], axis=-1).astype(np.float32)
        height, width = image_rgb.shape[:2]
        box_input = person[:, [52, 51, 54, 53]] * INPUT_SIZE
        box_px = clip_boxes(placed.boxes_to_px(box_input), width, height)
        people = People(
            box_px,
            person[:, -1].astype(np.float32),
            np.full(len(person), SOURCES["multipose"], np.uint8),
            keypoints_px,
        )
        return people.take(nonempty(box_px))
