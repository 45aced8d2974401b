"""What is really imported and run, each on something tiny: ``python -m vpdlib.doctor.probes NETWORKS_DIR NAME...``.

It runs in a process of its own, since a library that does not fit the processor ends the whole process, and one that
hangs must be left behind. Before and after each probe it prints a line for :mod:`vpdlib.doctor.children`.
"""

from __future__ import annotations

import importlib
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

#: Begins the lines that are read; libraries print others.
SIGN = "VPD-DOCTOR "
_SIDE = 64
_DECODERS = {
    "h264": "H.264",
    "hevc": "HEVC",
    "vp9": "VP9",
    "libdav1d": "AV1",
    "mpeg4": "MPEG-4",
    "mpeg2video": "MPEG-2",
    "mjpeg": "MJPEG",
    "prores": "ProRes",
    "dnxhd": "DNxHD",
}


class Absent(Exception):
    """What a probe asks for is not there, and need not be."""


def _picture() -> Any:
    import numpy as np

    return np.random.default_rng(0).integers(0, 256, (_SIDE, _SIDE, 3), np.uint8)


def _require_network(name: str, networks_dir: Path) -> None:
    from vpdlib.weights.check import onnx_path

    if not onnx_path(name, networks_dir).exists():
        import onnxruntime

        raise Absent(f"ONNX Runtime {onnxruntime.__version__} loads; the network is not there yet")


def nanodet(networks_dir: Path) -> str:
    """The detector NanoDet."""
    from vpdlib.people.nanodet import NanoDet

    _require_network("nanodet", networks_dir)
    NanoDet(networks_dir, 0.3, 1).detect(_picture())
    return "runs"


def multipose(networks_dir: Path) -> str:
    """The detector MultiPose."""
    from vpdlib.people.multipose import MultiPose

    _require_network("movenet-multipose", networks_dir)
    MultiPose(networks_dir, 0.2, 1).detect(_picture())
    return "runs"


def movenet_thunder(networks_dir: Path) -> str:
    """The teacher MoveNet."""
    import numpy as np

    from vpdlib.poses.base import View
    from vpdlib.poses.movenet import MoveNetThunder

    _require_network("movenet-thunder", networks_dir)
    box = np.array([0, 0, _SIDE, _SIDE], np.float32)
    MoveNetThunder(networks_dir, 1, 1.25).estimate_many([View(_picture(), box)])
    return "runs"


def onnx(networks_dir: Path) -> str:
    """The teacher onnx: a file of one's own, on a CPU or by CUDA."""
    importlib.import_module("vpdlib.poses.onnx_teacher")
    import onnxruntime

    names = [
        name.removesuffix("ExecutionProvider") for name in onnxruntime.get_available_providers()
    ]
    return f"imports; ONNX Runtime {onnxruntime.__version__} by {', '.join(names)}"


def opencv_flow(networks_dir: Path) -> str:
    """Flow by OpenCV: dis and farneback."""
    import cv2

    from vpdlib.flow.opencv import DisFlow, FarnebackFlow

    crop = _picture()
    for estimator in (DisFlow("medium"), FarnebackFlow()):
        estimator.estimate(crop, crop)
    return f"runs, OpenCV {cv2.__version__}"


def torch(networks_dir: Path) -> str:
    """A step of training."""
    import torch as library

    layer = library.nn.Linear(8, 8)
    layer(library.randn(4, 8)).square().mean().backward()
    return f"{library.__version__} trains"


def cuda(networks_dir: Path) -> str:
    """CUDA by torch."""
    import torch as library

    if library.version.cuda is None:
        raise Absent("torch is the CPU build; for an NVIDIA GPU see docs/gpu.md")
    if not library.cuda.is_available():
        raise Absent(f"torch for CUDA {library.version.cuda} finds no device")
    names = []
    for index in range(library.cuda.device_count()):
        properties = library.cuda.get_device_properties(index)
        names.append(f"{properties.name}, {properties.total_memory / 1e9:.0f} GB")
    library.ones(2, device="cuda").sum().item()
    return f"CUDA {library.version.cuda}: {'; '.join(names)}"


def timm(networks_dir: Path) -> str:
    """The demo's student."""
    from vpdlib import compat

    compat.install()
    import timm as library
    import torch as of_torch

    network = library.create_model("tf_efficientnet_lite0", pretrained=False).eval()
    with of_torch.inference_mode():
        network(of_torch.zeros(1, 3, _SIDE, _SIDE))
    return f"EfficientNet-Lite0 runs, timm {library.__version__}"


def raft(networks_dir: Path) -> str:
    """Flow by RAFT, with random weights."""
    from vpdlib.flow.raft import RaftFlow, raft_network

    crop = _picture()
    RaftFlow(raft_network("raft_small"), iterations=1).estimate(crop, crop)
    return "runs, with random weights"


def mmdet(networks_dir: Path) -> str:
    """The detector mmdet."""
    importlib.import_module("vpdlib.people.mmdet_detector")
    return _openmmlab("mmdet")


def mmpose(networks_dir: Path) -> str:
    """The teacher mmpose."""
    importlib.import_module("vpdlib.poses.mmpose_teacher")
    return _openmmlab("mmpose")


def _openmmlab(package: str) -> str:
    from vpdlib import compat

    compat.install()
    importlib.import_module(f"{package}.apis")
    return f"imports, {sys.modules[package].__version__}"


def codecs(networks_dir: Path) -> str:
    """H.264 written and read, and which other decoders there are."""
    import av

    from vpdlib.video.reader import read_frames
    from vpdlib.video.writer import VideoWriter

    with tempfile.TemporaryDirectory(prefix="vpd-doctor-") as folder:
        path = Path(folder) / "tiny.mp4"
        with VideoWriter(path, 25, _SIDE, _SIDE) as writer:
            for _ in range(5):
                writer.write(_picture())
        num_frames = sum(1 for _ in read_frames(path))
    if num_frames != 5:
        raise ValueError(f"5 frames written, {num_frames} read")
    decoders = [said for name, said in _DECODERS.items() if _can_decode(name)]
    lacking = [said for name, said in _DECODERS.items() if not _can_decode(name)]
    without = f"; not {', '.join(lacking)}" if lacking else ""
    return f"H.264 written and read, PyAV {av.__version__}; decodes {', '.join(decoders)}{without}"


def _can_decode(name: str) -> bool:
    import av.codec.codec

    try:
        av.Codec(name, "r")
    except av.codec.codec.UnknownCodecError:
        return False
    return True


def libraries(networks_dir: Path) -> str:
    """What else the demo imports."""
    names = (
        "h5py",
        "numba",
        "pandas",
        "scipy.stats",
        "matplotlib.pyplot",
        "safetensors",
        "snakemake",
        "onnx",
    )
    for name in names:
        try:
            importlib.import_module(name)
        except ImportError as error:
            raise ImportError(f"{name}: {error}") from error
    return f"{', '.join(name.partition('.')[0] for name in names)} import"


#: By name, as children are asked for them.
PROBES: dict[str, Callable[[Path], str]] = {
    probe.__name__: probe
    for probe in (
        nanodet,
        multipose,
        movenet_thunder,
        onnx,
        opencv_flow,
        codecs,
        libraries,
        torch,
        cuda,
        timm,
        raft,
        mmdet,
        mmpose,
    )
}


def _tell(**content: str) -> None:
    print(f"{SIGN}{json.dumps(content)}", flush=True)


def main(networks_dir: Path, names: list[str]) -> None:
    """Run probes one after the other."""
    for name in names:
        _tell(name=name, event="begin")
        try:
            _tell(name=name, event="works", said=PROBES[name](networks_dir))
        except Absent as error:
            _tell(name=name, event="absent", said=str(error))
        # Whatever a library raises is what is to be told here.
        except Exception as error:  # noqa: BLE001
            _tell(name=name, event="wrong", said=f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
