"""Feature sets side by side: Concat-VPD."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from vpdlib.artifacts import ArtifactWriter, read_artifact
from vpdlib.artifacts.features import Features


def add_concat_features(artifact: ArtifactWriter, parts: Sequence[Path]) -> None:
    """Write the descriptors of several feature sets of a shard side by side.

    Parameters
    ----------
    artifact : of kind features; gets the videos of the first part.
    parts : artifacts of kind features, of one shard.
    """
    with ExitStack() as stack:
        opened = [stack.enter_context(read_artifact(path, Features)) for path in parts]
        for video_id in opened[0].video_ids:
            videos = [part[video_id] for part in opened]
            frame, descriptor = concatenate(
                [video.frame for video in videos], [video.descriptor for video in videos]
            )
            time_s = videos[0].time_s[np.searchsorted(videos[0].frame, frame)]
            artifact.add_video(
                video_id, {"frame": frame, "time_s": time_s, "descriptor": descriptor}
            )


def concatenate(
    frames: Sequence[np.ndarray], descriptors: Sequence[np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Put the descriptors of several feature sets side by side, on the frames that all have.

    Parameters
    ----------
    frames : for each set its (N_i,) frames, increasing.
    descriptors : for each set (N_i, 2, d_i).

    Returns
    -------
    frame : (N,), those in all sets, increasing.
    descriptor : (N, 2, sum of d_i) float32.

    Notes
    -----
    Concat-VPD of the paper's Table 1: 2D-VPD and VI-VPD, unscaled.
    """
    common = frames[0]
    for frame in frames[1:]:
        common = np.intersect1d(common, frame)
    parts = [
        descriptor[np.searchsorted(frame, common)]
        for frame, descriptor in zip(frames, descriptors, strict=True)
    ]
    return common, np.concatenate(parts, axis=2).astype(np.float32)
