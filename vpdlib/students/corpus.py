"""The frames of a dataset's artifacts as one store for a student.

Rows are numbered over all shards and videos in the order given. RGB comes from crop artifacts, and so do
the athlete's masks where they hold some; what else students see comes from other artifacts of the same
shards (``vpdlib.students.settings.INPUTS``), by the names of their kinds: a rule adds the modules of these to
its digest of code. A store opens its files in the process that reads (fork-safe through
:class:`vpdlib.students.frames.LazyFrames`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from vpdlib.artifacts import Artifact, VideoGroup, read_artifact
from vpdlib.artifacts.crops import Crops
from vpdlib.artifacts.poses import Poses
from vpdlib.artifacts.tracks import Tracks
from vpdlib.artifacts.weak_labels import WeakLabels
from vpdlib.datasets.base import frames_within
from vpdlib.datasets.tables import ActionRow, VideoRow
from vpdlib.poses.weak_labels import reaches_score, rows_of_frames
from vpdlib.students.frames import ArrayFrames, CropBatch, FrameStore, LazyFrames
from vpdlib.students.settings import INPUTS

#: Crops that need less memory than this are read once and kept.
IN_MEMORY_BYTES = 4 << 30


@dataclass(frozen=True)
class FrameRef:
    """Where a frame's crop lies: shard (index into the paths), video, row of the video's group."""

    shard: int
    video_id: str
    row: int


class ShardFrames:
    """Crops, masks and what else is seen, read row by row from open artifacts; see `open_frames`."""

    def __init__(
        self,
        crops_paths: Sequence[Path],
        others: Mapping[str, Sequence[Path]],
        refs: Sequence[FrameRef],
        masks: bool = False,
    ) -> None:
        self._stack = ExitStack()
        self._crops = [self._stack.enter_context(read_artifact(p, Crops)) for p in crops_paths]
        self._others = {
            name: [self._stack.enter_context(read_artifact(p, INPUTS[name].kind)) for p in paths]
            for name, paths in others.items()
        }
        self._refs = refs
        self._masks = masks

    def close(self) -> None:
        """Close the artifacts; the store cannot be read afterwards."""
        self._stack.close()

    def __len__(self) -> int:
        """Return the number of frames."""
        return len(self._refs)

    def load(self, indices: np.ndarray) -> CropBatch:
        """Return the crops of ``indices`` (B,), in that order."""
        rgb = self._gather(self._crops, "crop", indices)
        mask = self._gather(self._crops, "mask", indices) if self._masks else None
        others = {
            name: self._gather(artifacts, INPUTS[name].column, indices)
            for name, artifacts in self._others.items()
        }
        return CropBatch(rgb, mask, others)

    def _gather(
        self, artifacts: Sequence[Artifact[VideoGroup]], name: str, indices: np.ndarray
    ) -> np.ndarray:
        # One read per video: HDF5 wants increasing rows without repetition.
        by_video: dict[tuple[int, str], list[int]] = {}
        for place, index in enumerate(indices):
            ref = self._refs[int(index)]
            by_video.setdefault((ref.shard, ref.video_id), []).append(place)
        result: np.ndarray | None = None
        for (shard, video_id), places in by_video.items():
            rows = np.array([self._refs[int(indices[p])].row for p in places])
            distinct, back = np.unique(rows, return_inverse=True)
            video, first, last = artifacts[shard][video_id], distinct[0], distinct[-1]
            # HDF5 reads a whole segment much faster than a list of most of its rows.
            if last - first < 8 * len(distinct):
                read = video.array(name, slice(first, last + 1))[rows - first]
            else:
                read = video.array(name, distinct)[back]
            if result is None:
                result = np.empty((len(indices), *read.shape[1:]), read.dtype)
            result[places] = read
        if result is None:
            raise ValueError("no frames were asked for")
        return result


def open_frames(
    crops_paths: Sequence[Path],
    others: Mapping[str, Sequence[Path]],
    refs: Sequence[FrameRef],
    with_masks: bool = True,
    in_memory: bool = True,
    keep: Callable[[FrameStore], FrameStore] | None = None,
) -> FrameStore:
    """Make a store of the given frames: in memory if wanted and they fit, else read as needed.

    Parameters
    ----------
    crops_paths : artifacts, one per shard.
    others : those of what else is seen, by name, in the same order.
    refs : N frames, N > 0.
    with_masks : whether the athlete's masks are read, where the crops have them; only training needs them.
    in_memory : False where frames are read once, in order: keeping them would be of no use.
    keep : how those that fit into memory are kept, from the store that reads them; None: in this process.

    Raises
    ------
    ValueError
        If crops and something else are of different frames, masks are wanted and only some crops have them, or there
        are no frames.
    """
    for name, paths in others.items():
        _check_same_frames(crops_paths, paths, INPUTS[name].kind, refs)
    masks = with_masks and _have_masks(crops_paths)
    open_store = partial(ShardFrames, crops_paths, others, refs, masks)
    if in_memory:
        with closing(open_store()) as store:
            rgb, mask, seen = store.load(np.arange(len(refs))[:1])
            row_bytes = sum(
                array.nbytes for array in (rgb, mask, *seen.values()) if array is not None
            )
            if len(refs) * row_bytes <= IN_MEMORY_BYTES:
                if keep is not None:
                    return keep(store)
                return ArrayFrames(*store.load(np.arange(len(refs))))
    return LazyFrames(open_store, len(refs))


def _have_masks(crops_paths: Sequence[Path]) -> bool:
    """Whether crops come with the athlete's masks; all shards must agree."""
    without: list[Path] = []
    for path in crops_paths:
        with read_artifact(path, Crops) as crops:
            if not crops.attributes.get("masks", False):
                without.append(path)
    if without and len(without) < len(crops_paths):
        raise ValueError(
            f"{without[0]} holds no masks of the athlete, and other shards do; rerun crop_athlete"
        )
    return not without


def _check_same_frames(
    crops_paths: Sequence[Path], paths: Sequence[Path], kind: str, refs: Sequence[FrameRef]
) -> None:
    """Row i of a video's crops and row i of what else is seen of it must be the same frame."""
    videos: dict[int, set[str]] = {}
    for ref in refs:
        videos.setdefault(ref.shard, set()).add(ref.video_id)
    for shard, (crops_path, path) in enumerate(zip(crops_paths, paths, strict=True)):
        with read_artifact(crops_path, Crops) as crops, read_artifact(path, kind) as other:
            for video_id in sorted(videos.get(shard, ())):
                if not np.array_equal(crops[video_id].frame, other[video_id].array("frame")):
                    raise ValueError(
                        f"{crops_path} and {path}: frames of video {video_id} differ; rerun "
                        f"crop_athlete and {other.attributes['rule']}"
                    )


def visible_segments(
    videos: Sequence[VideoRow], actions: Sequence[ActionRow], distil_on: str
) -> dict[str, list[tuple[float, float]]]:
    """Per video the segments that a student may learn from (paper section 4, Table 2).

    Parameters
    ----------
    videos, actions : of the dataset.
    distil_on : train, corpus or actions, see ``StudentSettings.distil_on``.

    Returns
    -------
    dict : video id to starts and ends in seconds; (0, inf) is all of it.
    """
    if distil_on == "corpus":
        return {v.video: [(0.0, np.inf)] for v in videos}
    if distil_on == "train":
        return {v.video: [(0.0, np.inf)] for v in videos if v.split != "test"}
    seen = {v.video for v in videos if v.split != "test"}
    segments = defaultdict(list)
    for action in actions:
        if action.video in seen:
            segments[action.video].append((action.start, action.end))
    return dict(segments)


def fraction_of_videos(
    segments: dict[str, list[tuple[float, float]]], fraction: float
) -> dict[str, list[tuple[float, float]]]:
    """A fixed random choice of this fraction of the videos, at least one; a smaller one is part of a larger.

    Parameters
    ----------
    segments : per video id, what may be learnt from.
    fraction : in 0..1; 1 keeps all.
    """
    order = np.random.default_rng(0).permutation(sorted(segments))
    chosen = {str(video) for video in order[: max(1, round(fraction * len(order)))]}
    return {video: parts for video, parts in segments.items() if video in chosen}


def score_weights(score: np.ndarray, power: float) -> np.ndarray | None:
    """Weights (N,) of the frames' losses, 1 on average; None where all count alike.

    Parameters
    ----------
    score : (N,) mean joint scores.
    power : see ``StudentSettings.score_power``.
    """
    if power == 0:
        return None
    weight = np.asarray(score, np.float64) ** power
    return weight / weight.mean()


@dataclass(frozen=True)
class Corpus:
    """Labelled frames of a dataset: N references with their teacher vectors.

    Attributes
    ----------
    refs : N places.
    pose : (N, 2, D) float32 teacher vectors, regular and flipped.
    motion : (N, 2, D) float32 their change over the flow's time step.
    score : (N,) float32 the teacher's mean joint score.
    video : (N,) video ids.
    keypoints_px, previous_keypoints_px : (N, 17, 3) of the frame and of the one 1/25 s earlier, where they were asked
        for; else None.
    """

    refs: list[FrameRef]
    pose: np.ndarray
    motion: np.ndarray
    score: np.ndarray
    video: np.ndarray
    keypoints_px: np.ndarray | None = None
    previous_keypoints_px: np.ndarray | None = None


def collect_corpus(
    crops_paths: Sequence[Path],
    labels_paths: Sequence[Path],
    tracks_paths: Sequence[Path],
    segments_s: dict[str, list[tuple[float, float]]],
    min_score: float | None = None,
    poses_paths: Sequence[Path] | None = None,
) -> Corpus:
    """Collect the kept frames of some videos.

    Parameters
    ----------
    crops_paths, labels_paths, tracks_paths : artifacts, one per shard in the same order.
    segments_s : per video id the segments, start and end in seconds, that may be learnt from.
    min_score : take the frames of this mean joint score or more, with a motion target, in place of those that
        select_weak_labels kept.
    poses_paths : pose artifacts, where keypoints are asked for.

    Raises
    ------
    ValueError
        If there is no segment or no frame is left, or crops and labels are of different frames.
    """
    if not any(segments_s.values()):
        raise ValueError(
            "the student may learn from no video: every one is of the test split (one test action in it "
            "is enough) or, with distil_on: actions, holds no training action. Split the actions by "
            "video, or set the student's distil_on: corpus, which takes all videos and no labels."
        )
    refs: list[FrameRef] = []
    pose, motion, score, video_of = [], [], [], []
    keypoints: tuple[list[np.ndarray], list[np.ndarray]] = ([], [])
    for shard, (crops_path, labels_path, tracks_path) in enumerate(
        zip(crops_paths, labels_paths, tracks_paths, strict=True)
    ):
        with (
            read_artifact(crops_path, Crops) as crops,
            read_artifact(labels_path, WeakLabels) as labels,
            read_artifact(tracks_path, Tracks) as tracks,
            ExitStack() as stack,
        ):
            poses = None
            if poses_paths is not None:
                poses = stack.enter_context(read_artifact(poses_paths[shard], Poses))
            for video in labels.videos():
                segments = segments_s.get(video.video_id)
                frame = video.frame
                if not segments or not len(frame):
                    continue
                # Its file broke after the teacher had seen it.
                if crops[video.video_id].attributes.get("broken"):
                    continue
                if not np.array_equal(frame, crops[video.video_id].frame):
                    raise ValueError(
                        f"{crops_path} and {labels_path}: frames of video {video.video_id} differ; "
                        "rerun crop_athlete and estimate_pose"
                    )
                time_s = tracks[video.video_id].time_s[frame]
                inside = np.zeros(len(frame), bool)
                for start_s, end_s in segments:
                    inside |= frames_within(time_s, start_s, end_s)
                rows = np.flatnonzero(_usable(video, min_score) & inside)
                if poses is not None:
                    previous = tracks[video.video_id].previous_frame[frame]
                    pair = _keypoint_pairs(poses[video.video_id], frame, previous, poses.path)
                    for kept_keypoints, both in zip(keypoints, pair, strict=True):
                        kept_keypoints.append(both[rows])
                refs.extend(FrameRef(shard, video.video_id, int(row)) for row in rows)
                pose.append(video.pose_norm[rows])
                motion.append(video.motion_norm[rows])
                score.append(video.score[rows])
                video_of.extend([video.video_id] * len(rows))
    if not refs:
        which = (
            "weak_labels.min_score"
            if min_score is None
            else f"the student's min_score {min_score:g}"
        )
        raise ValueError(
            f"no frame has a weak label to learn from. Lower {which}, or look at "
            "kept_frames.csv and the overlays for what the teacher sees."
        )
    return Corpus(
        refs=refs,
        pose=np.concatenate(pose),
        motion=np.concatenate(motion),
        score=np.concatenate(score),
        video=np.array(video_of),
        keypoints_px=np.concatenate(keypoints[0]) if keypoints[0] else None,
        previous_keypoints_px=np.concatenate(keypoints[1]) if keypoints[1] else None,
    )


def _usable(labels: WeakLabels, min_score: float | None) -> np.ndarray:
    """Which rows of a video's weak labels may be learnt from, (N,) bool."""
    if min_score is None:
        return labels.kept
    return reaches_score(labels.score, labels.motion_norm, min_score)


def _keypoint_pairs(
    poses: Poses, frame: np.ndarray, previous_frame: np.ndarray, where: Path
) -> tuple[np.ndarray, np.ndarray]:
    """Keypoints (N, 17, 3) of each frame and of the one before; NaN where there is none before."""
    if not np.array_equal(frame, poses.frame):
        raise ValueError(
            f"{where}: frames of video {poses.video_id} are not those of its weak labels; rerun "
            "select_weak_labels"
        )
    now = poses.keypoints_px
    row = rows_of_frames(previous_frame, frame)
    before = np.where((row >= 0)[:, None, None], now[row], np.float32(np.nan))
    return now, before
