"""What detection found as an artifact of kind "detection"."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vpdlib.action_detection.proposals import Proposal
from vpdlib.artifacts import ArtifactWriter, Provenance, read_artifact
from vpdlib.artifacts.detection import Detection


@dataclass(frozen=True)
class DetectionResult:
    """What `run_detection` found; segments are frames [start, end).

    Attributes
    ----------
    ap : (trials, thresholds, tIoUs) float64, average precision, fractions of 1.
    thresholds : of the second axis, rising.
    tious : of the third axis.
    threshold : the one that is reported.
    proposals : per trial, the proposals at that threshold, by falling score.
    scores : per trial, test video -> (T,) float32; (0,) where the athlete was never found.
    truth : test video -> its events, overlapping ones joined.
    train_videos : per trial, those trained on.
    mean_lengths : per trial, mean length of training events, frames.
    best_epochs : per trial and model, the epoch of the weights.
    seeds : one a trial.
    num_empty_test : test videos in which the athlete was never found.
    """

    ap: NDArray[np.float64]
    thresholds: tuple[float, ...]
    tious: tuple[float, ...]
    threshold: float
    proposals: tuple[tuple[Proposal, ...], ...]
    scores: tuple[dict[str, NDArray[np.float32]], ...]
    truth: dict[str, list[tuple[int, int]]]
    train_videos: tuple[tuple[str, ...], ...]
    mean_lengths: tuple[float, ...]
    best_epochs: tuple[tuple[int, ...], ...]
    seeds: tuple[int, ...]
    num_empty_test: int

    @property
    def mean_ap(self) -> NDArray[np.float64]:
        """Mean over trials, (thresholds, tIoUs)."""
        mean: NDArray[np.float64] = self.ap.mean(axis=0)
        return mean

    @property
    def reported_ap(self) -> NDArray[np.float64]:
        """Mean over trials at the reported threshold, (tIoUs,)."""
        reported: NDArray[np.float64] = self.mean_ap[self.thresholds.index(self.threshold)]
        return reported


@dataclass(frozen=True)
class AveragePrecision:
    """Average precision of every trial.

    Attributes
    ----------
    ap : (trials, thresholds, tIoUs) float64, fractions of 1.
    thresholds, tious : of the second and third axis, rising.
    threshold : the one that is reported.
    """

    ap: NDArray[np.float64]
    thresholds: NDArray[np.float64]
    tious: NDArray[np.float64]
    threshold: float


def write_detection(
    path: str | Path, provenance: Provenance, result: DetectionResult, **attributes: Any
) -> None:
    """Write average precision and, by trial, the proposals; `attributes` are the artifact's besides."""
    with ArtifactWriter(path, Detection, provenance) as artifact:
        artifact.set_attributes(
            threshold=result.threshold, num_empty_test=result.num_empty_test, **attributes
        )
        artifact.write("ap", result.ap)
        artifact.write("threshold", np.array(result.thresholds))
        artifact.write("tiou", np.array(result.tious))
        artifact.write("seed", np.array(result.seeds, np.int64))
        for trial, proposals in enumerate(result.proposals):
            videos = [proposal.video for proposal in proposals]
            frames = np.array([(p.start, p.end) for p in proposals], np.int64).reshape(-1, 2)
            artifact.write(f"proposal_{trial}_video", np.array(videos, object))
            artifact.write(f"proposal_{trial}_frames", frames)
            artifact.write(f"proposal_{trial}_score", np.array([p.score for p in proposals]))
            artifact.write(f"train_video_{trial}", np.array(result.train_videos[trial], object))


def read_average_precision(path: str | Path) -> AveragePrecision:
    """Average precision of what :func:`write_detection` wrote.

    Raises
    ------
    ArtifactError
        If the artifact is missing or damaged.
    """
    with read_artifact(path, Detection) as artifact:
        return AveragePrecision(
            artifact.array("ap"),
            artifact.array("threshold"),
            artifact.array("tiou"),
            float(artifact.attributes["threshold"]),
        )
