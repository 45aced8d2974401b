"""Making the person detector that a configuration names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from vpdlib.people.base import DetectorName, People, PersonDetector
from vpdlib.people.merge import merge_people
from vpdlib.people.settings import PeopleSettings


class MergedDetector:
    """Several detectors as one: all see the image, their people are merged.

    Parameters
    ----------
    detectors : at least one.
    iou_threshold, max_people : as for :func:`vpdlib.people.merge.merge_people`.
    """

    def __init__(
        self, detectors: Sequence[PersonDetector], iou_threshold: float, max_people: int
    ) -> None:
        self._detectors = tuple(detectors)
        self._iou_threshold = iou_threshold
        self._max_people = max_people

    @property
    def batch_size(self) -> int:
        """The largest batch that one of the detectors takes."""
        return max(detector.batch_size for detector in self._detectors)

    def detect(self, image_rgb: np.ndarray) -> People:
        """Return the people in an (H, W, 3) uint8 RGB image, by falling score."""
        return self.detect_many([image_rgb])[0]

    def detect_many(self, images_rgb: Sequence[np.ndarray]) -> list[People]:
        """Return the people in each (H, W, 3) uint8 RGB image, by falling score."""
        found = [detector.detect_many(images_rgb) for detector in self._detectors]
        return [
            merge_people(of_image, self._iou_threshold, self._max_people)
            for of_image in zip(*found, strict=True)
        ]


def build_detector(
    settings: PeopleSettings, networks_dir: Path, device: str, threads: int
) -> MergedDetector:
    """Make the detector that joins the back ends of the settings.

    Parameters
    ----------
    settings : which detectors, and theirs.
    networks_dir : the folder of converted networks and of checkpoints.
    device : "cpu" or "cuda", where mmdet runs; the embedded detectors run on the CPU.
    threads : threads one call may use.

    Raises
    ------
    WeightsError
        if a network is missing or not the expected one.
    ValueError
        if the mmdet configuration cannot be used.
    """

    # Imported where they are asked for: ONNX Runtime, torch and mmdet come along.
    def nanodet() -> PersonDetector:
        from vpdlib.people.nanodet import NanoDet

        return NanoDet(networks_dir, settings.nanodet_min_score, threads)

    def multipose() -> PersonDetector:
        from vpdlib.people.multipose import MultiPose

        return MultiPose(networks_dir, settings.multipose_min_score, threads)

    def mmdet() -> PersonDetector:
        from vpdlib.people.mmdet_detector import MMDetDetector

        assert settings.mmdet is not None, "checked by PeopleSettings"
        return MMDetDetector(settings.mmdet, networks_dir, device, threads)

    backends: dict[DetectorName, Callable[[], PersonDetector]] = {
        "nanodet": nanodet,
        "multipose": multipose,
        "mmdet": mmdet,
    }
    return MergedDetector(
        [backends[name]() for name in settings.detectors],
        settings.iou_threshold,
        settings.max_people,
    )
