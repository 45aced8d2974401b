"""Clips without pictures, of actions whose video has no file: skeletons are drawn alone where keypoints stand in.

A clip's pixels are those of the part of the picture that the athlete's boxes reach, enlarged or reduced.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vpdlib.artifacts import read_artifact
from vpdlib.artifacts.tracks import Tracks
from vpdlib.datasets.base import TIME_SLACK_S
from vpdlib.datasets.tables import ActionRow, VideoRow
from vpdlib.site.clips import AROUND_S, MAX_WIDTH, Clip
from vpdlib.site.site import Site

#: Room around the boxes, of their extent.
_MARGIN = 0.05
#: A clip is at most so high, px.
_MAX_HEIGHT = 240


def bare_clips(
    site: Site, actions: Sequence[ActionRow], videos: Mapping[str, VideoRow]
) -> dict[str, Clip]:
    """What is known of the clips of actions whose video has no file.

    Parameters
    ----------
    site : whose tracks are read; without any there are no clips, since nothing could be drawn.
    actions : to show; those whose video has a file are passed over.
    videos : of the dataset, by id.

    Returns
    -------
    By action. An action in whose time nobody was followed has none.

    Raises
    ------
    ArtifactError
        If an artifact is damaged.
    """
    by_video: dict[str, list[ActionRow]] = {}
    for action in actions:
        if not videos[action.video].path:
            by_video.setdefault(action.video, []).append(action)
    clips = {}
    for shard in (Path(one).name for one in site.files("tracks/") if by_video):
        path = site.file(f"tracks/{shard}")
        assert path is not None, "it is listed"
        with read_artifact(path, Tracks) as tracks:
            for name in set(tracks.video_ids) & by_video.keys():
                video = tracks[name]
                for action in by_video[name]:
                    clip = _bare_clip(action, video.time_s, video.box_px)
                    if clip is not None:
                        clips[action.action] = clip
    return clips


def _bare_clip(
    action: ActionRow, time_s: NDArray[np.floating], box_px: NDArray[np.floating]
) -> Clip | None:
    """The frames that a clip with pictures would have, and the part of the picture that is shown."""
    first, end = np.searchsorted(
        time_s, [action.start - AROUND_S - TIME_SLACK_S, action.end + AROUND_S - TIME_SLACK_S]
    )
    boxes = box_px[first:end]
    boxes = boxes[np.isfinite(boxes).all(axis=1)]
    if not len(boxes):
        return None
    low, high = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
    margin = _MARGIN * (high - low).max()
    low, high = low - margin, high + margin
    extent = np.maximum(high - low, 1.0)
    scale = float(np.min([MAX_WIDTH, _MAX_HEIGHT] / extent))
    width, height = (2 * max(1, round(float(side) * scale / 2)) for side in extent)
    times_s = time_s[first:end].tolist()
    middle = 0.5 * (action.start + action.end)
    return Clip(
        first_frame=int(first),
        width=width,
        height=height,
        scale_x=scale,
        scale_y=scale,
        poster=min(int(np.searchsorted(times_s, middle)), len(times_s) - 1),
        times_s=times_s,
        left=float(low[0]),
        top=float(low[1]),
        has_file=False,
    )
