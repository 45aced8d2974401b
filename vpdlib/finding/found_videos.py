"""What artifacts of kind "found" hold, read back; no network is needed for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vpdlib.artifacts import read_artifact
from vpdlib.artifacts.found import Found
from vpdlib.finding.answers import Answers


@dataclass(frozen=True)
class Given:
    """What labelled test actions are named when their times are given.

    Attributes
    ----------
    label : (M,) true class.
    probability : (M, C) calibrated.
    raw : (M, C) before the calibration.
    """

    label: NDArray[np.int64]
    probability: NDArray[np.float64]
    raw: NDArray[np.float64]


@dataclass(frozen=True)
class FoundVideo:
    """What an artifact has of a video.

    Attributes
    ----------
    answers : what may be an action; without the recogniser's own probabilities.
    nearest : id of the nearest labelled action to each; empty without one.
    given : its labelled actions.
    """

    answers: Answers
    nearest: tuple[str, ...]
    given: Given


@dataclass(frozen=True)
class FoundVideos:
    """What the artifacts of a finder have: the classes, and videos by id."""

    class_names: tuple[str, ...]
    videos: Mapping[str, FoundVideo]


def read_found_videos(paths: Iterable[str | Path]) -> FoundVideos:
    """Read what :func:`vpdlib.finding.find.write_found_videos` wrote, of all shards.

    Raises
    ------
    ArtifactError
        If an artifact is missing or damaged.
    """
    names: tuple[str, ...] = ()
    videos = {}
    for path in paths:
        with read_artifact(path, Found) as artifact:
            names = artifact.texts("class_name")
            examples = (*artifact.texts("example"), "")
            for video in artifact.videos():
                answers = Answers(
                    video.start_s,
                    video.end_s,
                    video.score,
                    np.empty((len(video.start_s), 0)),
                    video.probability,
                )
                given = Given(
                    video.given_label.astype(np.int64), video.given_probability, video.given_raw
                )
                nearest = tuple(examples[index] for index in video.nearest)
                videos[video.video_id] = FoundVideo(answers, nearest, given)
    return FoundVideos(names, videos)
