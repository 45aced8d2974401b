"""Artifacts of a made-up dataset: a point athlete that goes around, answers that are mostly right."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np
import torch

from vpdlib.action_detection.proposals import Proposal
from vpdlib.action_detection.results import DetectionResult, write_detection
from vpdlib.artifacts import ArtifactWriter, Provenance
from vpdlib.artifacts.features import Features
from vpdlib.artifacts.found import Found
from vpdlib.artifacts.poses import Poses
from vpdlib.artifacts.tracks import Tracks
from vpdlib.artifacts.weak_labels import WeakLabels
from vpdlib.datasets.tables import ActionRow, VideoRow
from vpdlib.finding.table import FoundRow
from vpdlib.recognition.actions import shots_of
from vpdlib.recognition.results import write_result
from vpdlib.recognition.sequences import action_sequences
from vpdlib.recognition.trials import RecognitionResult
from vpdlib.retrieval.results import RetrievalResult, RetrievalScore, write_retrieval
from vpdlib.retrieval.search import rank_actions
from vpdlib.retrieval.settings import RetrievalSettings
from vpdlib.students.network import build_student
from vpdlib.students.save import HISTORY_COLUMNS, save_student
from vpdlib.students.settings import StudentSettings
from vpdlib.students.student import TrainedStudent

ORIGIN = Provenance("made_up", "c", "d", "i")
_DIM = 26
_TOP_K = 50
#: Actions that are ranked among each other.
_BLOCK = 100


def _times_s(video: VideoRow) -> np.ndarray:
    return np.arange(video.declared_frames) / video.fps


def _centre_px(video: VideoRow) -> np.ndarray:
    t = _times_s(video)
    away = np.stack([np.cos(t), np.sin(t)], axis=1) * (video.width / 6, video.height / 6)
    return np.array([video.width / 2, video.height / 2]) + away


def _frames(video: VideoRow, nobody: Collection[str]) -> np.ndarray:
    return np.arange(0 if video.video in nobody else video.declared_frames, dtype=np.int32)


def write_tracks(path: Path, videos: Sequence[VideoRow], nobody: Collection[str]) -> None:
    """Boxes around the point; nobody is followed in the videos `nobody`."""
    with ArtifactWriter(path, Tracks, ORIGIN) as artifact:
        for video in videos:
            n, seen = video.declared_frames, video.video not in nobody
            centre, half = _centre_px(video), np.array([12.0, 16.0])
            box_px = np.concatenate([centre - half, centre + half], axis=1) * (
                1 if seen else np.nan
            )
            artifact.add_video(
                video.video,
                {
                    "time_s": _times_s(video),
                    "shot": np.zeros(n, np.int32),
                    "segment": np.full(n, 0 if seen else -1, np.int32),
                    "previous_frame": np.arange(-1, n - 1, dtype=np.int32)
                    if seen
                    else np.full(n, -1, np.int32),
                    "box_px": box_px.astype(np.float32),
                    "origin": np.where(np.arange(n) % 3 == 0, 1, 3).astype(np.uint8) * seen,
                    "score": np.full(n, 0.9 * seen, np.float32),
                },
                {
                    "athlete": "", "broken": "", "declared_frames": n, "decoded_frames": n, "flags": "",
                    "fps": video.fps, "width": video.width, "height": video.height,
                },
            )  # fmt: skip


def write_poses(path: Path, videos: Sequence[VideoRow], nobody: Collection[str]) -> None:
    """Seventeen points around the point."""
    offset = np.random.default_rng(0).normal(size=(17, 2)) * 6
    with ArtifactWriter(path, Poses, ORIGIN) as artifact:
        artifact.set_attributes(teacher="made_up")
        for video in videos:
            frame = _frames(video, nobody)
            keypoints = np.full((len(frame), 17, 3), 0.8, np.float32)
            keypoints[:, :, :2] = _centre_px(video)[frame, None] + offset
            looked_at = np.ones(len(frame), np.uint8)
            artifact.add_video(
                video.video,
                {"frame": frame, "keypoints_px": keypoints, "looked_at": looked_at},
                {"broken": ""},
            )


def write_weak_labels(path: Path, videos: Sequence[VideoRow], nobody: Collection[str]) -> None:
    """Every fifth frame is not believed."""
    with ArtifactWriter(path, WeakLabels, ORIGIN) as artifact:
        for video in videos:
            frame = _frames(video, nobody)
            vectors = np.zeros((len(frame), 2, _DIM), np.float32)
            kept = frame % 5 != 0
            artifact.add_video(
                video.video,
                {
                    "frame": frame,
                    "pose_norm": vectors,
                    "motion_norm": vectors,
                    "score": np.where(kept, 0.8, 0.1).astype(np.float32),
                    "kept": kept,
                },
                {
                    "num_frames": len(frame), "num_implausible": 0, "num_kept": int(kept.sum()), "num_not_finite": 0,
                    "num_video_frames": video.declared_frames, "num_without_motion": 0,
                },
            )  # fmt: skip


def write_features(path: Path, videos: Sequence[VideoRow], nobody: Collection[str]) -> None:
    """Descriptors that go round with the point."""
    with ArtifactWriter(path, Features, ORIGIN) as artifact:
        for video in videos:
            frame = _frames(video, nobody)
            t = _times_s(video)[frame]
            descriptor = np.sin(t[:, None, None] + np.arange(2 * _DIM).reshape(2, _DIM))
            artifact.add_video(
                video.video,
                {"frame": frame, "time_s": t, "descriptor": descriptor.astype(np.float32)},
            )


def write_found_artifact(
    path: Path,
    videos: Sequence[VideoRow],
    found: Sequence[FoundRow],
    actions: Sequence[ActionRow],
    classes: Sequence[str],
) -> None:
    """What found.csv was made of."""
    examples = [action.action for action in actions if action.split == "train"]
    with ArtifactWriter(path, Found, ORIGIN) as artifact:
        artifact.set_attributes(is_uncut=True)
        artifact.write("class_name", np.array(classes, object))
        artifact.write("example", np.array(examples, object))
        for video in videos:
            rows = [row for row in found if row.video == video.video]
            given = [one for one in actions if one.video == video.video and one.split == "test"]
            true = np.array([classes.index(one.label) for one in given], np.int32)
            named = np.full((len(given), len(classes)), 0.1)
            named[np.arange(len(given)), true] = 0.5
            probability = np.full((len(rows), len(classes)), 0.01)
            for index, row in enumerate(rows):
                probability[index, classes.index(row.label)] = row.probability
            artifact.add_video(
                video.video,
                {
                    "start_s": np.array([row.start for row in rows], np.float64),
                    "end_s": np.array([row.end for row in rows], np.float64),
                    "score": np.array([float(row.detection_score) for row in rows], np.float64),
                    "probability": probability,
                    "nearest": np.array(
                        [
                            examples.index(row.nearest_action)
                            if row.nearest_action in examples
                            else -1
                            for row in rows
                        ],
                        np.int32,
                    ),
                    "given": np.array([(a.start, a.end) for a in given], np.float64).reshape(-1, 2),
                    "given_label": true,
                    "given_probability": named,
                    "given_raw": named,
                },
            )


def write_recognition(
    path: Path, actions: Sequence[ActionRow], classes: Sequence[str], rng: np.random.Generator
) -> None:
    """Two trials, mostly right; nobody is seen in the last test action."""
    test = [action for action in actions if action.split == "test"]
    train = tuple(action.action for action in actions if action.split == "train")
    true = np.array([classes.index(action.label) for action in test])
    scores = rng.random((2, len(test), len(classes)))
    scores[:, np.arange(len(test)), true] += 1.5 * (rng.random(len(test)) < 0.8)
    empty = np.arange(len(test)) == len(test) - 1
    write_result(
        path,
        ORIGIN,
        RecognitionResult(
            head=path.parent.name,
            shots=shots_of(path.stem),
            probabilities=(scores / scores.sum(axis=2, keepdims=True)).astype(np.float32),
            seeds=(0, 1),
            train_ids=(train, train),
            test_ids=tuple(action.action for action in test),
            true_labels=true,
            class_names=tuple(classes),
            is_empty_test=empty,
            num_empty_train=(0, 0),
            num_val=(2, 2),
            best_epochs=(3, 4),
        ),
        feature=path.parent.parent.name,
    )


def write_ranked(path: Path, actions: Sequence[ActionRow], features: Sequence[Path]) -> None:
    """Retrieval with true distances, which pages check, but in a large corpus among a hundredth of it alone."""
    settings = RetrievalSettings(ks=(1, 10), top_k=_TOP_K)
    sequences = action_sequences(actions, list(features), settings.target_fps)
    ids = sorted(sequences)
    indices = np.full((len(ids), _TOP_K), -1, np.int32)
    distances = np.full((len(ids), _TOP_K), np.inf, np.float32)
    for start in range(0, len(ids), _BLOCK):
        block = ids[start : start + _BLOCK]
        found = rank_actions(sequences, block, block, settings)
        rows, length = slice(start, start + len(block)), found.indices.shape[1]
        indices[rows, :length] = np.where(found.indices < 0, -1, found.indices + start)
        distances[rows, :length] = found.distances
    origin = Provenance(
        "retrieve_actions",
        "c",
        "d",
        "i",
        settings={"settings": settings.model_dump(mode="json")},
        made_by={"input": [["features", [str(one) for one in features]]]},
    )
    scores = [RetrievalScore(k, 0.5, 0.9, len(ids)) for k in (1, 10)]
    result = RetrievalResult(tuple(ids), tuple(ids), indices, distances, _TOP_K, 0, 0)
    write_retrieval(path, origin, result, scores, feature=path.stem, queries="all")


def write_student(folder: Path) -> None:
    """A student that was never trained."""
    settings = StudentSettings(architecture="residual", widths=(8,), blocks=(1,), crop_px=16)
    with torch.random.fork_rng():
        encoder, decoder = build_student(settings, _DIM)
    history = [
        {**dict.fromkeys(HISTORY_COLUMNS, 1.5 / epoch), "epoch": epoch} for epoch in (1, 2, 3)
    ]
    half = (0.5, 0.5, 0.5)
    save_student(folder, TrainedStudent(settings, encoder, decoder, _DIM, half, half, 2, history))


def write_detection_of(path: Path, actions: Sequence[ActionRow], rng: np.random.Generator) -> None:
    """Two trials, proposals about the labelled test actions."""
    test = [action for action in actions if action.split == "test"]
    train = tuple(sorted({action.video for action in actions if action.split == "train"}))
    proposals = tuple(
        Proposal(one.video, int(one.start * 10), int(one.end * 10) + 1, float(rng.random()))
        for one in test
    )
    tious = tuple(round(0.1 * number, 1) for number in range(1, 10))
    write_detection(
        path,
        ORIGIN,
        DetectionResult(
            ap=np.tile(np.linspace(0.9, 0.1, 9), (2, 9, 1)),
            thresholds=tious,
            tious=tious,
            threshold=0.2,
            proposals=(proposals, proposals),
            scores=({}, {}),
            truth={},
            train_videos=(train, train),
            mean_lengths=(10.0, 10.0),
            best_epochs=((1,), (2,)),
            seeds=(0, 1),
            num_empty_test=0,
        ),
        feature=path.stem,
    )
