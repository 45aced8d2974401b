"""Clips of pictures or flow of the athlete, for TSN, TRN and GSM; R3D reads crops the same way.

Pictures come from crop artifacts, from flow artifacts, or (whole pictures, the paper's "w/o crop") from frame
artifacts, whose pictures may differ in size between videos. A clip is uint8 (T, S, S, C): RGB, or a stack of
L flow fields u, v, u, v, ... with 0 at 127.5. All frames of a clip are cut and flipped alike; u of flipped flow
is negated. Training windows and test windows are TSN's (Wang et al., ECCV 2016; code of Gate-Shift
Networks): sides from a list of fractions of the shorter side, at a random place (ours: anywhere, theirs 13
places), width and height apart by at most one step of the list; in testing the middle.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
import torch

from vpdlib.artifacts import Artifact, VideoGroup, read_artifact
from vpdlib.artifacts.crops import Crops
from vpdlib.artifacts.flow import Flow
from vpdlib.artifacts.frames import Frames
from vpdlib.artifacts.tracks import Tracks
from vpdlib.baselines.backbones import input_statistics, normalise
from vpdlib.baselines.clips import Batch
from vpdlib.baselines.kinds import FrameBaseline
from vpdlib.baselines.segments import (
    clip_segments,
    flow_channels,
    random_segments,
    stacked_frames,
)
from vpdlib.datasets.by_video import ActionsByVideo
from vpdlib.datasets.tables import ActionRow
from vpdlib.recognition.sequences import rows_of_action

PictureKind = Literal["crops", "flow", "frames"]
_KINDS: dict[PictureKind, type[VideoGroup]] = {"crops": Crops, "flow": Flow, "frames": Frames}
#: Dataset of each kind of artifact that holds the pictures.
_COLUMNS: dict[PictureKind, str] = {"crops": "crop", "flow": "flow", "frames": "picture"}

#: Pictures that need less memory than this are read once and kept.
IN_MEMORY_BYTES = 4 << 30


@dataclass(frozen=True)
class ActionRows:
    """Where an action's pictures lie: shard (index into the paths), video, rows of the video's group."""

    shard: int
    video_id: str
    rows: np.ndarray


def action_rows(
    actions: Sequence[ActionRow],
    kind: PictureKind,
    paths: Sequence[Path],
    tracks: Sequence[Path] | None,
    target_fps: float | None = None,
    target_fps_slack: float = 0.0,
) -> dict[str, ActionRows]:
    """Find every action's pictures, of the same frames as the heads' sequences.

    Parameters
    ----------
    actions : labelled actions.
    kind : of the artifacts.
    paths : one a shard.
    tracks : artifacts of tracks in the same order, for the time stamps; None for "frames", which have their own.
    target_fps, target_fps_slack : see `vpdlib.recognition.sequences.thin`.

    Returns
    -------
    action id -> rows, none where the athlete was not found.

    Raises
    ------
    ValueError
        If the shards together lack a video.
    """
    wanted = ActionsByVideo(actions)
    found: dict[str, ActionRows] = {}
    for shard, path in enumerate(paths):
        with read_artifact(path, _KINDS[kind]) as artifact, ExitStack() as stack:
            track_file = None
            if tracks is not None:
                track_file = stack.enter_context(read_artifact(tracks[shard], Tracks))
            for video in artifact.videos():
                of_video = wanted.take(video.video_id)
                if not of_video:
                    continue
                frame = video.array("frame")
                if track_file is None:
                    time_s = video.array("time_s")
                else:
                    time_s = track_file[video.video_id].time_s[frame]
                usable = np.ones(len(frame), bool)
                for action in of_video:
                    rows = rows_of_action(
                        action,
                        frame,
                        time_s,
                        usable,
                        target_fps,
                        target_fps_slack,
                    )
                    found[action.action] = ActionRows(shard, video.video_id, rows)
    wanted.check_all_taken(f"artifacts of {kind}")
    return found


class PictureStore:
    """Pictures of actions: read at once and kept if all fit in memory, else read as needed.

    What is kept is shared with processes that are forked. Artifacts are opened by the process that
    reads: HDF5 handles must not be inherited over a fork.

    Parameters
    ----------
    kind, paths : of the artifacts, one a shard.
    actions : where each action's pictures lie.
    """

    def __init__(
        self, kind: PictureKind, paths: Sequence[Path], actions: Mapping[str, ActionRows]
    ) -> None:
        self._kind, self._paths, self._actions = kind, paths, actions
        self._opened: dict[int, Artifact[VideoGroup]] = {}
        self._opened_by = -1
        self._stack = ExitStack()
        self._kept: dict[str, np.ndarray] = {}
        if self._num_bytes() < IN_MEMORY_BYTES:
            for action_id, where in actions.items():
                if len(where.rows):
                    self._kept[action_id] = self._read(action_id, np.arange(len(where.rows)))

    def _num_bytes(self) -> int:
        total = 0
        for where in self._actions.values():
            if len(where.rows):
                video = self._artifact(where.shard)[where.video_id]
                picture = video.array(_COLUMNS[self._kind], slice(0, 1))
                total += picture.size * len(where.rows)
        return total

    def _artifact(self, shard: int) -> Artifact[VideoGroup]:
        if self._opened_by != os.getpid():
            self._opened, self._opened_by, self._stack = {}, os.getpid(), ExitStack()
        if shard not in self._opened:
            self._opened[shard] = self._stack.enter_context(
                read_artifact(self._paths[shard], _KINDS[self._kind])
            )
        return self._opened[shard]

    def length(self, action_id: str) -> int:
        """Number of pictures n of an action."""
        return len(self._actions[action_id].rows)

    def load(self, action_id: str, indices: np.ndarray) -> np.ndarray:
        """Pictures (T, H, W, C) uint8 of an action at `indices` (T,) of 0..n-1."""
        kept = self._kept.get(action_id)
        return self._read(action_id, indices) if kept is None else kept[indices]

    def _read(self, action_id: str, indices: np.ndarray) -> np.ndarray:
        where = self._actions[action_id]
        # HDF5 wants increasing rows without repetition.
        rows, back = np.unique(where.rows[indices], return_inverse=True)
        video = self._artifact(where.shard)[where.video_id]
        return video.array(_COLUMNS[self._kind], rows)[back.reshape(-1)]

    def __getstate__(self) -> dict[str, object]:
        """Leave open artifacts behind when sent to another process."""
        return {**self.__dict__, "_opened": {}, "_opened_by": -1, "_stack": ExitStack()}


class FrameClips:
    """A source of clips of segments, for TSN, TRN and GSM; see `vpdlib.baselines.clips.Clips`.

    Parameters
    ----------
    store : of RGB, or of flow.
    settings : of the method.
    """

    def __init__(self, store: PictureStore, settings: FrameBaseline) -> None:
        self._store, self._settings = store, settings
        self._stack = settings.flow_stack if settings.stream == "flow" else 1
        self._statistics = input_statistics(settings.backbone, num_channels(settings))

    @property
    def num_views(self) -> int:
        """Test clips, twice as many where they are also flipped."""
        return self._settings.test_clips * (2 if self._settings.test_flip else 1)

    def draw(self, action_ids: Sequence[str], rng: np.random.Generator) -> Batch:
        """Random clips (N, T, S, S, C) uint8."""
        settings = self._settings

        def one(action_id: str) -> np.ndarray:
            length = self._store.length(action_id)
            segments = random_segments(length, settings.num_segments, rng, self._stack)
            cut = _drawing_window(settings.scales, rng)
            return self._clip(action_id, segments, cut, rng.random() < settings.flip_probability)

        return (torch.from_numpy(np.stack([one(action_id) for action_id in action_ids])),)

    def view(self, action_ids: Sequence[str], index: int) -> Batch:
        """Test clips (N, T, S, S, C) uint8."""
        settings = self._settings

        def one(action_id: str) -> np.ndarray:
            clips = clip_segments(
                self._store.length(action_id),
                settings.num_segments,
                settings.test_clips,
                self._stack,
            )
            segments, flipped = clips[index % len(clips)], index >= len(clips)
            return self._clip(action_id, segments, _middle_window(settings.test_window), flipped)

        return (torch.from_numpy(np.stack([one(action_id) for action_id in action_ids])),)

    def inputs(self, batch: Batch) -> Batch:
        """Clips as networks take them, (N, T, C, S, S) float32, normalised."""
        return (normalise(batch[0], self._statistics),)

    def _clip(
        self, action_id: str, segments: np.ndarray, cut: WindowOf, flipped: bool
    ) -> np.ndarray:
        settings = self._settings
        indices = stacked_frames(segments, self._stack, self._store.length(action_id))
        pictures = self._store.load(action_id, indices.reshape(-1))
        window = cut(pictures.shape[1], pictures.shape[2])
        clip = cut_and_flip(pictures, window, settings.input_px, flipped)
        if settings.stream == "rgb":
            return clip
        stacks = flow_channels(clip.reshape(*indices.shape, *clip.shape[1:]))
        return np.ascontiguousarray(np.moveaxis(stacks, 1, 3))


#: Left, top, width and height of a window of a picture of this height and width, in pixels.
WindowOf = Callable[[int, int], tuple[int, int, int, int]]


def _drawing_window(scales: Sequence[float], rng: np.random.Generator) -> WindowOf:
    """A window of random size and place."""
    wide = int(rng.integers(len(scales)))
    high = int(rng.integers(max(wide - 1, 0), min(wide + 2, len(scales))))
    at = rng.random(2)

    def window(height: int, width: int) -> tuple[int, int, int, int]:
        side = min(height, width)
        w, h = max(round(side * scales[wide]), 1), max(round(side * scales[high]), 1)
        return int(at[0] * (width - w + 1)), int(at[1] * (height - h + 1)), w, h

    return window


def _middle_window(fraction: float) -> WindowOf:
    """The square in the middle whose side is this fraction of the shorter side."""

    def window(height: int, width: int) -> tuple[int, int, int, int]:
        side = max(round(min(height, width) * fraction), 1)
        return (width - side) // 2, (height - side) // 2, side, side

    return window


def cut_and_flip(
    pictures: np.ndarray, window: tuple[int, int, int, int], side: int, flipped: bool
) -> np.ndarray:
    """Cut a window out of pictures, resize it and, if asked for, flip it.

    Parameters
    ----------
    pictures : (T, H, W, 3) RGB or (T, H, W, 2) flow, uint8.
    window : left, top, width, height, px.
    side : S of the result.
    flipped : left for right; horizontal flow changes its sign, which is 255 less the value. The zoom does not
        change flow, as for the student.

    Returns
    -------
    (T, S, S, 3 or 2) uint8.
    """
    left, top, width, height = window
    cut = pictures[:, top : top + height, left : left + width]
    if cut.shape[1:3] != (side, side):
        # Averaging over areas where the window shrinks, so that no pixel is skipped.
        method = cv2.INTER_AREA if min(width, height) > side else cv2.INTER_LINEAR
        cut = np.stack([cv2.resize(picture, (side, side), interpolation=method) for picture in cut])
    if flipped:
        cut = cut[:, :, ::-1].copy()
        if cut.shape[3] == 2:
            cut[..., 0] = 255 - cut[..., 0]
    return np.ascontiguousarray(cut)


def num_channels(settings: FrameBaseline) -> int:
    """C of a method's clips: 3, or 2 for each flow field of a stack."""
    return 3 if settings.stream == "rgb" else 2 * settings.flow_stack
