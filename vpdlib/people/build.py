"""Making the person detector that a configuration names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from vpdlib.people.base import SURE_SCORE, DetectorName, People, PersonDetector
from vpdlib.people.merge import merge_people
from vpdlib.people.settings import PeopleSettings


class MergedDetector:
    """Several detectors as one: all see the image, their people are merged.

    Parameters
    ----------
    detectors : at least one.
    iou_threshold, max_people : as for :func:`vpdlib.people.merge.merge_people`.
    between : which of them, by place, do in frames between two that all have seen; None: all.
    """

    def __init__(
        self,
        detectors: Sequence[PersonDetector],
        iou_threshold: float,
        max_people: int,
        between: int | None = None,
    ) -> None:
        self._detectors = tuple(detectors)
        self._between = between
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
        return [self._merged(of_image) for of_image in zip(*found, strict=True)]

    def detect_between(self, images_rgb: Sequence[np.ndarray]) -> list[People]:
        """Return the people in each image, by the detector ``between``; by all where it is sure of nobody."""
        if self._between is None:
            return self.detect_many(images_rgb)
        found = self._detectors[self._between].detect_many(images_rgb)
        result = []
        for image, people in zip(images_rgb, found, strict=True):
            of_image = [people]
            if not (people.score >= SURE_SCORE).any():
                of_image = [
                    people if place == self._between else detector.detect_many([image])[0]
                    for place, detector in enumerate(self._detectors)
                ]
            result.append(self._merged(of_image))
        return result

    def _merged(self, people: Sequence[People]) -> People:
        return merge_people(people, self._iou_threshold, self._max_people)


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
        _between(settings),
    )


def _between(settings: PeopleSettings) -> int | None:
    """MultiPose beside NanoDet: of those whom both see the box is MultiPose's; NanoDet adds whom it does not see."""
    names = settings.detectors
    return names.index("multipose") if set(names) == {"multipose", "nanodet"} else None
