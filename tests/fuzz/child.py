"""A process that hands files to one reader, and tells in a line of JSON what came of each.

``taken`` with what the reader answers, once that is checked; ``refused`` with the message of a named error; ``broken``
with the traceback of anything else. ``memory_mb`` is what the process grew by, at most, while the file was read.
"""

from __future__ import annotations

import ctypes
import gc
import hashlib
import json
import math
import sys
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tests.fuzz.seeds import CLIPS, DURATIONS_S, artifact_kind, sources
from vpdlib.datasets.base import DatasetError
from vpdlib.datasets.tables import VideoRow

_STATUS = Path("/proc/self/status")
_CLEAR = Path("/proc/self/clear_refs")


def _videos(frames: int) -> list[VideoRow]:
    return [
        VideoRow(name, f"{name}.mp4", 0, 25.0, 160, 96, frames, frames / 25, "", "")
        for name in CLIPS
    ]


def _labels(folder: Path) -> Callable[[Path], Any]:
    from vpdlib.interchange.labels import LabelledVideos, read_labels

    known = sources(folder)
    ids = {source.video_id for source in known}

    def read(path: Path) -> Any:
        actions = read_labels([path], LabelledVideos(known, DURATIONS_S, {}, None, folder))
        assert actions
        for action in actions:
            assert action.video_id in ids
            assert 0 <= action.start_s < math.inf
            assert action.end_s >= 0
            assert action.label.strip() == action.label != ""
            assert action.split in (None, "train", "val", "test")
        return [[a.video_id, a.start_s, a.end_s, a.label, a.split] for a in actions]

    return read


def _poses(folder: Path) -> Callable[[Path], Any]:
    from vpdlib.interchange.keypoints import read_keypoints
    from vpdlib.interchange.supplied_keypoints import keypoints_in_pixels

    def read(path: Path) -> Any:
        clips = read_keypoints(path, "joints13", 25.0)
        assert clips
        for clip in clips.values():
            keypoints = clip.keypoints_px
            assert keypoints.dtype == np.float32
            assert keypoints.shape[1:] == (17, 3)
            assert len(keypoints)
            there = np.isfinite(keypoints[..., :2])
            assert (there[..., 0] == there[..., 1]).all()
            assert ((keypoints[..., 2] >= 0) & (keypoints[..., 2] <= 1.5)).all()
            assert (keypoints[..., 2][~there[..., 0]] == 0).all()
            assert clip.fps is None or 0 < clip.fps < math.inf
        pixels = keypoints_in_pixels(path, clips, _videos(20))
        for name, one in pixels.items():
            assert one.shape == clips[name].keypoints_px.shape
            assert not np.isinf(one).any()
        return len(clips)

    return read


def _boxes(folder: Path) -> Callable[[Path], Any]:
    from vpdlib.interchange.boxes import supplied_boxes

    def read(path: Path) -> Any:
        boxes = supplied_boxes(path, _videos(20))
        for box in boxes.values():
            assert box.ndim == 2
            assert box.shape[1] == 4
            there = np.isfinite(box).all(axis=1)
            assert np.isnan(box[~there]).all()
            assert (box[there, :2] < box[there, 2:]).all()
        return {
            name: [[None if math.isnan(n) else n for n in row] for row in box.tolist()]
            for name, box in sorted(boxes.items())
        }

    return read


def _features(folder: Path) -> Callable[[Path], Any]:
    from vpdlib.interchange.supplied import read_features

    def read(path: Path) -> Any:
        features = read_features(path)
        assert len({one.shape[1:] for one in features.values()}) == 1
        for one in features.values():
            missing = np.isnan(one)
            assert (missing.any(axis=(1, 2)) == missing.all(axis=(1, 2))).all()
            assert not np.isinf(one).any()
        return len(features)

    return read


def _weights(folder: Path) -> Callable[[Path], Any]:
    import torch

    from vpdlib.weights.state_dict import load_state_dict, load_weights

    def read(path: Path) -> Any:
        weights = load_state_dict(path)
        for name, tensor in weights.items():
            assert isinstance(name, str)
            assert isinstance(tensor, torch.Tensor)
        network = torch.nn.Linear(3, 2)
        load_weights(network, path, "a test", "give another", ())
        return len(weights)

    return read


def _checkpoint(folder: Path) -> Callable[[Path], Any]:
    from vpdlib.training.state import load_state

    return lambda path: sorted(map(str, load_state(path, "identity")))


def _onnx(folder: Path) -> Callable[[Path], Any]:
    from vpdlib.poses.base import View
    from vpdlib.poses.onnx_teacher import OnnxTeacher
    from vpdlib.poses.settings import OnnxPoseSettings

    image = np.random.default_rng(0).integers(0, 256, (96, 160, 3)).astype(np.uint8)
    view = View(image, np.array([10.0, 5.0, 60.0, 90.0]))

    def read(path: Path) -> Any:
        codec = "simcc" if b"simcc_x" in path.read_bytes() else "heatmap"
        settings = OnnxPoseSettings(file=str(path), codec=codec)
        poses = OnnxTeacher(settings, folder, "cpu", 1).estimate_many([view])
        assert poses.shape == (1, 17, 3)
        return 1

    return read


def _artifact(folder: Path) -> Callable[[Path], Any]:
    from vpdlib.artifacts import digest_inputs, read_artifact
    from vpdlib.artifacts.kinds import KINDS

    def read(path: Path) -> Any:
        kind = artifact_kind(path)
        digest = hashlib.sha256()
        with read_artifact(path, kind) as artifact:
            artifact.verify_payload()
            digest.update(repr(sorted(artifact.attributes.items())).encode())
            digest.update(repr(sorted(artifact.settings.items())).encode())
            for video in artifact.videos():
                digest.update(repr(sorted(video.attributes.items())).encode())
                for name, column in KINDS[kind].columns().items():
                    if not column.optional:
                        assert video.num_rows(name) == len(video.array(name))
                        digest.update(video.array(name).tobytes())
        digest_inputs([path])
        return digest.hexdigest()

    return read


def _video(folder: Path) -> Callable[[Path], Any]:
    import av

    from vpdlib.video.reader import DecodeReport, frame_times, probe, read_frames

    av.logging.set_level(av.logging.PANIC)
    most = 200

    def read(path: Path) -> Any:
        info = probe(path)
        assert info.declared_frames >= 0
        assert 0 < info.fps <= 1000
        assert info.width > 0 < info.height
        report = DecodeReport()
        last_s = -math.inf
        times = []
        for frame in read_frames(path, report=report):
            assert frame.rgb.shape == (info.height, info.width, 3)
            assert frame.rgb.dtype == np.uint8
            assert last_s < frame.time_s < math.inf
            assert frame.time_s >= 0
            last_s = frame.time_s
            times.append(last_s)
            if len(times) == most:
                break
        stamps = frame_times(path)
        assert (np.diff(stamps) > 0).all()
        if len(times) < most and not report.flags:
            assert len(stamps) == len(times) == info.declared_frames
            assert np.allclose(stamps, times, atol=1e-6)
        return len(times)

    return read


#: Name -> what makes the reader, given the folder of files.
READERS: dict[str, Callable[[Path], Callable[[Path], Any]]] = {
    "labels": _labels,
    "poses": _poses,
    "boxes": _boxes,
    "features": _features,
    "weights": _weights,
    "checkpoint": _checkpoint,
    "onnx": _onnx,
    "artifact": _artifact,
    "video": _video,
}


def _named(reader: str) -> tuple[type[Exception], ...]:
    """The errors that a reader's documentation names."""
    from vpdlib.artifacts import ArtifactError
    from vpdlib.training.state import OtherTrainingError, StateError
    from vpdlib.video.errors import VideoError
    from vpdlib.weights.check import WeightsError

    return {
        "weights": (WeightsError,),
        "onnx": (WeightsError,),
        "checkpoint": (StateError, OtherTrainingError),
        "artifact": (ArtifactError,),
        "video": (VideoError,),
    }.get(reader, (DatasetError,))


def _memory_mb(name: str) -> float:
    line = next(one for one in _STATUS.read_text().splitlines() if one.startswith(name))
    return int(line.split()[1]) / 1024


def main(reader: str, folder: Path) -> None:
    """Read paths from the standard input until it ends."""
    warnings.simplefilter("ignore")
    read = READERS[reader](folder)
    named = _named(reader)
    # Memory that was given back and is kept would hide what the next file takes.
    trim = ctypes.CDLL(None).malloc_trim
    out = sys.stdout
    # What readers tell the user is not the answer.
    sys.stdout = sys.stderr
    gc.freeze()
    out.write("ready\n")
    out.flush()
    for line in sys.stdin:
        gc.collect()
        trim(0)
        _CLEAR.write_text("5")
        before = _memory_mb("VmHWM")
        answer: Any = None
        message = ""
        try:
            answer, kind = read(Path(line.rstrip("\n"))), "taken"
        except named as error:
            kind, message = "refused", str(error)
        except Exception:  # noqa: BLE001
            kind, message = "broken", traceback.format_exc()
        told = {
            "kind": kind,
            "message": message,
            "answer": answer,
            "memory_mb": _memory_mb("VmHWM") - before,
        }
        out.write(json.dumps(told) + "\n")
        out.flush()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
