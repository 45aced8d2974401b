"""The people of a whole video: one pass over its frames tells who is there, what they look like, and where cuts are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from vpdlib.people.appearance import APPEARANCE_BINS, describe
from vpdlib.people.base import People, PersonDetector
from vpdlib.people.settings import PeopleSettings
from vpdlib.video.reader import Frame
from vpdlib.video.shots import ShotFinder


@dataclass(frozen=True)
class VideoPeople:
    """The people of one video.

    Attributes
    ----------
    datasets : those of the people artifact (:mod:`vpdlib.artifacts.people`).
    size : width and height of the frames, px; None of a video without frames.
    """

    datasets: dict[str, np.ndarray]
    size: tuple[int, int] | None


def detect_video(
    frames: Iterable[Frame], detector: PersonDetector, settings: PeopleSettings
) -> VideoPeople:
    """Look for people in every ``every_nth_frame``-th frame, and for cuts in all.

    Parameters
    ----------
    frames : the video's frames, in order.
    detector : see :class:`vpdlib.people.base.PersonDetector`.
    settings : which frames, and when a change of the picture is a cut.
    """
    shots = ShotFinder(settings.cut_min_change, settings.cut_min_ratio)
    size = None
    time_s: list[float] = []
    frame: list[int] = []
    found: list[People] = []
    appearance: list[np.ndarray] = [np.zeros((0, APPEARANCE_BINS), np.uint8)]
    waiting: list[np.ndarray] = []

    def look() -> None:
        for image, people in zip(waiting, detector.detect_many(waiting), strict=True):
            found.append(people)
            appearance.append(describe(image, people.box_px))
        waiting.clear()

    for item in frames:
        time_s.append(item.time_s)
        shots.add(item)
        size = item.rgb.shape[1], item.rgb.shape[0]
        if item.index % settings.every_nth_frame == 0:
            frame.append(item.index)
            waiting.append(item.rgb)
        # Frames are large: no more of them than a batch are held.
        if len(waiting) == detector.batch_size:
            look()
    if waiting:
        look()
    empty = People.empty()
    datasets = {
        "time_s": np.array(time_s, np.float64),
        "shot": shots.shots(),
        "frame": np.array(frame, np.int32),
        "num_people": np.array([len(p) for p in found], np.int32),
        "box_px": np.concatenate([p.box_px for p in (empty, *found)]),
        "score": np.concatenate([p.score for p in (empty, *found)]),
        "source": np.concatenate([p.source for p in (empty, *found)]),
        "keypoints_px": np.concatenate([p.keypoints_px for p in (empty, *found)]),
        "appearance": np.concatenate(appearance),
    }
    if settings.has_masks:
        datasets["mask"] = np.concatenate([p.mask_rows for p in (empty, *found)])
    return VideoPeople(datasets, size)
