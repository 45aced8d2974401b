"""Clips of poses of the tracked athlete, for ST-GCN, MS-G3D and PoseC3D.

An action of n frames holds keypoints (n, V, 3), x px, y px, score, and the athlete's boxes (n, 4) xyxy px. A
clip (C, T, V) has C = 3 channels, x, y and score; a joint that was not found is zero in all of them. Frames are
taken as in PYSKL (Duan et al., CVPR 2022): one from each of T equal parts of the action, at random in training.

Normalisation. "clip": the origin is the middle of the athlete's boxes over the action, the unit half the
greatest side of any; one map for all frames, so that the athlete's path stays. "box": both of each
frame's box by itself. Poses reach from about -1 to 1. The published networks divide by the size of the
picture, which tells where the athlete is in it, and how far away the camera.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from vpdlib.artifacts import read_artifact
from vpdlib.artifacts.poses import Poses
from vpdlib.artifacts.tracks import Tracks
from vpdlib.baselines.clips import Batch
from vpdlib.baselines.graph import COCO17_GRAPH, JOINTS13_GRAPH, SkeletonGraph, bones
from vpdlib.baselines.kinds import PoseC3DBaseline, SkeletonBaseline
from vpdlib.baselines.posec3d import clip_boxes
from vpdlib.baselines.segments import clip_segments, random_segments
from vpdlib.datasets.by_video import ActionsByVideo
from vpdlib.datasets.tables import ActionRow
from vpdlib.recognition.sequences import rows_of_action
from vpdlib.skeleton import COCO17_FLIP_ORDER, COCO17_TO_JOINTS13, JOINTS13_FLIP_ORDER


@dataclass(frozen=True)
class ActionPoses:
    """The athlete's poses in an action.

    Attributes
    ----------
    keypoints_px : (n, 17, 3) float32, COCO's joints: x, y, score; zero where a joint was not found.
    box_px : (n, 4) float32, xyxy.
    """

    keypoints_px: np.ndarray
    box_px: np.ndarray


def action_poses(
    actions: Sequence[ActionRow],
    poses: Iterable[Path],
    tracks: Iterable[Path],
    target_fps: float | None = None,
    target_fps_slack: float = 0.0,
) -> dict[str, ActionPoses]:
    """Cut every action's poses, of the same frames as the heads' sequences.

    Parameters
    ----------
    actions : labelled actions.
    poses, tracks : artifacts, one a shard in the same order.
    target_fps, target_fps_slack : see `vpdlib.recognition.sequences.thin`.

    Returns
    -------
    action id -> poses, of no frame where the athlete was not found.

    Raises
    ------
    ValueError
        If the shards together lack a video.
    """
    wanted = ActionsByVideo(actions)
    found: dict[str, ActionPoses] = {}
    for poses_path, tracks_path in zip(poses, tracks, strict=True):
        with (
            read_artifact(poses_path, Poses) as pose_file,
            read_artifact(tracks_path, Tracks) as track_file,
        ):
            for video in pose_file.videos():
                of_video = wanted.take(video.video_id)
                if not of_video:
                    continue
                track = track_file[video.video_id]
                frame = video.frame
                keypoints = video.keypoints_px
                time_s, box_px = track.time_s[frame], track.box_px[frame]
                is_joint = np.isfinite(keypoints).all(axis=2) & (keypoints[..., 2] > 0)
                keypoints = np.where(is_joint[..., None], keypoints, np.float32(0))
                usable = is_joint.any(axis=1) & np.isfinite(box_px).all(axis=1)
                for action in of_video:
                    rows = rows_of_action(
                        action,
                        frame,
                        time_s,
                        usable,
                        target_fps,
                        target_fps_slack,
                    )
                    found[action.action] = ActionPoses(keypoints[rows], box_px[rows])
    wanted.check_all_taken("pose artifacts")
    return found


def graph_of(settings: SkeletonBaseline) -> SkeletonGraph:
    """The skeleton that a method is set to."""
    return JOINTS13_GRAPH if settings.joints == "joints13" else COCO17_GRAPH


class SkeletonClips:
    """A source of clips of poses; see `vpdlib.baselines.clips.Clips`.

    Parameters
    ----------
    actions : action id -> poses; may hold actions of no frame, which are not to be asked for.
    settings : of the method.
    """

    def __init__(self, actions: Mapping[str, ActionPoses], settings: SkeletonBaseline) -> None:
        self._settings = settings
        is_13 = settings.joints == "joints13"
        self._flip_order = JOINTS13_FLIP_ORDER if is_13 else COCO17_FLIP_ORDER
        rows = COCO17_TO_JOINTS13 if is_13 else np.arange(17)
        self._poses = {
            action_id: normalised(poses.keypoints_px[:, rows], poses.box_px, _frame_of(settings))
            for action_id, poses in actions.items()
            if len(poses.keypoints_px)
        }

    @property
    def num_views(self) -> int:
        """Test clips, twice as many where they are also flipped."""
        return self._settings.test_clips * (2 if self._settings.test_flip else 1)

    def draw(self, action_ids: Sequence[str], rng: np.random.Generator) -> Batch:
        """Random clips (N, T, V, 3), and for PoseC3D the windows (N, 4) that its heat maps show."""
        settings = self._settings
        clips = np.stack([self._random_clip(self._poses[a], rng) for a in action_ids])
        if isinstance(settings, PoseC3DBaseline):
            poses = torch.from_numpy(clips)
            boxes = clip_boxes(poses, settings.network.padding).numpy()
            windows = np.stack([random_window(box, settings.window_area, rng) for box in boxes])
            return poses, torch.from_numpy(windows)
        rotated = [
            turn_and_scale(clip, settings.rotation_degrees, settings.scale_jitter, rng)
            for clip in clips
        ]
        return (torch.from_numpy(np.stack(rotated)),)

    def view(self, action_ids: Sequence[str], index: int) -> Batch:
        """Test clips (N, T, V, 3), and for PoseC3D the boxes about them."""
        settings = self._settings
        clip, flipped = index % settings.test_clips, index >= settings.test_clips
        chosen = []
        for action_id in action_ids:
            poses = self._poses[action_id]
            frames = clip_segments(len(poses), settings.num_frames, settings.test_clips)[clip]
            chosen.append(self._flipped(poses[frames]) if flipped else poses[frames])
        clips = torch.from_numpy(np.stack(chosen))
        if isinstance(settings, PoseC3DBaseline):
            return clips, clip_boxes(clips, settings.network.padding)
        return (clips,)

    def inputs(self, batch: Batch) -> Batch:
        """Clips as networks take them, (N, C, T, V); as bones, if those are set."""
        clips = batch[0].permute(0, 3, 1, 2)
        settings = self._settings
        if not isinstance(settings, PoseC3DBaseline) and settings.stream == "bone":
            clips = bones(clips, graph_of(settings), scored=True)
        return (clips, *batch[1:])

    def _random_clip(self, poses: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        settings = self._settings
        length = math.ceil(rng.uniform(settings.temporal_crop, 1.0) * len(poses))
        start = int(rng.integers(len(poses) - length + 1))
        clip = poses[start + random_segments(length, settings.num_frames, rng)]
        return self._flipped(clip) if rng.random() < settings.flip_probability else clip

    def _flipped(self, clip: np.ndarray) -> np.ndarray:
        """Left for right: x changes its sign, left and right joints their places."""
        return clip[:, self._flip_order] * np.array([-1, 1, 1], np.float32)


def _frame_of(settings: SkeletonBaseline) -> str:
    # PoseC3D finds its own window about the joints of a clip; where that lies makes no difference.
    return "clip" if isinstance(settings, PoseC3DBaseline) else settings.normalise


def normalised(keypoints: np.ndarray, box_px: np.ndarray, normalise: str) -> np.ndarray:
    """Bring poses into the frame that a network sees.

    Parameters
    ----------
    keypoints : (n, V, 3), n >= 1; zero in all channels where a joint was not found.
    box_px : (n, 4) xyxy.
    normalise : "clip" or "box", see the module's head.

    Returns
    -------
    (n, V, 3) float32; joints that were not found stay zero.
    """
    boxes = np.asarray(box_px, np.float64).reshape(-1, 2, 2)
    middle = boxes.mean(axis=1)
    half = (boxes[:, 1] - boxes[:, 0]).max(axis=1, keepdims=True) / 2
    if normalise == "clip":
        middle, half = middle.mean(axis=0, keepdims=True), half.max(axis=0, keepdims=True)
    moved = (keypoints[..., :2] - middle[:, None]) / np.maximum(half, 1e-6)[:, None]
    found = keypoints[..., 2:] > 0
    return np.concatenate([np.where(found, moved, 0), keypoints[..., 2:]], axis=2).astype(
        np.float32
    )


def turn_and_scale(
    clip: np.ndarray, degrees: float, jitter: float, rng: np.random.Generator
) -> np.ndarray:
    """Turn a clip (T, V, 3) about its origin by up to `degrees` either way, and scale it by 1 -+ `jitter`."""
    angle = math.radians(rng.uniform(-degrees, degrees))
    factor = rng.uniform(1 - jitter, 1 + jitter)
    cos, sin = factor * math.cos(angle), factor * math.sin(angle)
    x, y, score = np.moveaxis(clip, 2, 0)
    return np.stack([cos * x - sin * y, sin * x + cos * y, score], axis=2).astype(np.float32)


def random_window(box: np.ndarray, least_area: float, rng: np.random.Generator) -> np.ndarray:
    """A random part of a box (4,) xyxy: fraction of the area from `least_area` to 1, width / height from 3/4 to 4/3."""
    low, high = box[:2], box[2:]
    area, ratio = rng.uniform(least_area, 1.0), math.exp(rng.uniform(-1, 1) * math.log(4 / 3))
    fraction = np.minimum([math.sqrt(area * ratio), math.sqrt(area / ratio)], 1.0)
    size = (high - low) * fraction
    start = low + rng.random(2) * (high - low - size)
    return np.concatenate([start, start + size]).astype(np.float32)
