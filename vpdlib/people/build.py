"""Making the person detector that a configuration names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from vpdlib.people.base import DetectorName, People, PersonDetector
from vpdlib.people.merge import merge_people


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

    def detect(self, image_rgb: np.ndarray) -> People:
        """Return the people in an (H, W, 3) uint8 RGB image, by falling score."""
        found = [detector.detect(image_rgb) for detector in self._detectors]
        return merge_people(found, self._iou_threshold, self._max_people)


def build_detector(
    names: Sequence[DetectorName],
    networks_dir: Path,
    score_thresholds: Mapping[DetectorName, float],
    threads: int,
    iou_threshold: float = 0.5,
    max_people: int = 20,
) -> PersonDetector:
    """Make the detector that joins the named back ends.

    Parameters
    ----------
    names : one or more of "nanodet", "multipose", each once.
    networks_dir : the folder of converted networks.
    score_thresholds : for each name, the score below which its people are left out.
    threads : threads one call may use.
    iou_threshold : boxes of different detectors that overlap more are one person.
    max_people : the best so many are returned.

    Raises
    ------
    ValueError
        if a name is unknown, given twice or without a threshold, or none is given.
    WeightsError
        if a network is missing or not the expected one.
    """
    # Imported here: each back end brings ONNX Runtime along.
    from vpdlib.people.multipose import MultiPose
    from vpdlib.people.nanodet import NanoDet

    backends: dict[DetectorName, type[NanoDet] | type[MultiPose]] = {
        "nanodet": NanoDet,
        "multipose": MultiPose,
    }
    if not names or len(set(names)) != len(names):
        raise ValueError(
            f"person detectors {tuple(names)}: name one or more of {', '.join(backends)}, each once"
        )
    detectors: list[PersonDetector] = []
    for name in names:
        if name not in backends:
            raise ValueError(
                f"no person detector is called {name!r}; there are {', '.join(backends)}"
            )
        if name not in score_thresholds:
            raise ValueError(f"person detector {name!r} has no score threshold; give one")
        detectors.append(backends[name](networks_dir, score_thresholds[name], threads))
    return MergedDetector(detectors, iou_threshold, max_people)
