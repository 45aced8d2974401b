"""Sound files of every kind that is read, small, as the tools of the field write them."""

from __future__ import annotations

import io
import pickle
from functools import cache
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from vpdlib.datasets.base import VideoSource

CLIPS = ("heat_01", "heat_02", "final-a")
DURATIONS_S = {"heat_01": 12.0, "heat_02": 3601.5, "final-a": 80.04}
FRAMES = 20


class Seeds(dict[str, bytes]):
    """Files by name; written without their bytes, since Hypothesis writes what it draws from."""

    def __repr__(self) -> str:
        """The names."""
        return f"<{', '.join(self)}>"


def sources(folder: Path) -> list[VideoSource]:
    """Videos that labels name; no file is opened."""
    places = ("monday/heat_01.mp4", "monday/heat_02.MOV", "tuesday/final-a.mkv")
    return [VideoSource(Path(place).stem, folder / place) for place in places]


def _figure(joints: int, seed: int) -> np.ndarray:
    """A walk of joints, (T, J, 2) px in a picture of 160 x 96."""
    rng = np.random.default_rng(seed)
    start = rng.uniform((30, 20), (130, 80), (1, joints, 2))
    return start + rng.normal(0, 0.5, (FRAMES, joints, 2)).cumsum(axis=0)


@cache
def keypoints() -> Seeds:
    """npz, HDF5 of two formats, pickles of PySKL."""
    plain = {name: _figure(13, n).astype(np.float32) for n, name in enumerate(CLIPS)}
    scored = {
        f"golf/{name}": np.concatenate([place, np.full((FRAMES, 13, 1), 0.9)], axis=2)
        for name, place in plain.items()
    }
    annotation = [
        {
            "frame_dir": name,
            "keypoint": place[None].astype(np.float16),
            "keypoint_score": np.full((1, FRAMES, 13), 0.8, np.float32),
            "total_frames": FRAMES,
            "img_shape": (96, 160),
            "original_shape": (96, 160),
            "label": n,
        }
        for n, (name, place) in enumerate(plain.items())
    ]
    published = {"annotations": annotation, "split": {"train": list(CLIPS[:2]), "test": [CLIPS[2]]}}
    found = {
        "plain.npz": _npz(plain),
        "scored.npz": _npz({**scored, "fps": np.array(25.0)}, compressed=True),
        "by_name.h5": _hdf5(plain, None, "earliest"),
        "by_group.h5": _hdf5(plain, "keypoints", "latest", fps=25.0, width=160, height=96),
    }
    for protocol in (0, 2, 4, 5):
        found[f"pyskl{protocol}.pkl"] = pickle.dumps(published, protocol)
    return Seeds(found)


@cache
def boxes() -> Seeds:
    """A table, npz, HDF5."""
    box = {
        name: np.repeat([[20.0 + n, 10, 60.5, 90]], FRAMES, axis=0) for n, name in enumerate(CLIPS)
    }
    rows = [
        f"{name},{frame},{','.join(f'{side:g}' for side in row)}"
        for name, one in box.items()
        for frame, row in enumerate(one)
    ]
    return Seeds(
        {
            "table.csv": "\n".join(["video,frame,x0,y0,x1,y1", *rows, ""]).encode(),
            "plain.npz": _npz(box),
            "by_name.h5": _hdf5(box, None, "earliest"),
            "by_group.h5": _hdf5(box, "boxes", "latest", fps=25.0),
        }
    )


@cache
def features() -> Seeds:
    """npz and HDF5, with and without a flipped descriptor."""
    rng = np.random.default_rng(3)
    one = {name: rng.normal(size=(FRAMES, 8)).astype(np.float32) for name in CLIPS}
    two = {name: rng.normal(size=(FRAMES, 2, 8)) for name in CLIPS}
    return Seeds(
        {
            "one.npz": _npz(one),
            "two.npz": _npz(two, compressed=True),
            "two.h5": _hdf5(two, "descriptor", "earliest", compression="gzip"),
        }
    )


@cache
def weights() -> Seeds:
    """What ``torch.save`` writes, new and old, wrapped and plain, and safetensors."""
    import torch
    from safetensors.torch import save

    state = torch.nn.Linear(3, 2).state_dict()
    wrapped = {"meta": {"epoch": 3, "time": "now"}, "state_dict": state}
    return Seeds(
        {
            "new.pth": _saved(wrapped),
            "plain.pt": _saved(dict(state)),
            "old.pth": _saved({"model": state}, old=True),
            "half.safetensors": save({name: one.contiguous() for name, one in state.items()}),
        }
    )


@cache
def checkpoints() -> Seeds:
    """A training's own."""
    import torch

    from vpdlib.training.state import SCHEMA

    network = torch.nn.Linear(3, 2)
    optimiser = torch.optim.AdamW(network.parameters())
    network(torch.ones(1, 3)).sum().backward()
    optimiser.step()
    state = {"network": network.state_dict(), "optimiser": optimiser.state_dict(), "epoch": 2}
    return Seeds({"one.pt": _saved({"schema": SCHEMA, "identity": "identity", "state": state})})


@cache
def networks() -> Seeds:
    """Top-down networks of a layer, with heat maps and with SimCC."""
    from onnx import TensorProto, helper, numpy_helper

    rng = np.random.default_rng(5)
    kernel = rng.normal(size=(17, 3, 4, 4)).astype(np.float32)

    def packed(nodes: list[Any], outputs: list[Any], numbers: dict[str, np.ndarray]) -> bytes:
        picture = helper.make_tensor_value_info("input", TensorProto.FLOAT, ["N", 3, 32, 24])
        given = [numpy_helper.from_array(values, name) for name, values in numbers.items()]
        graph = helper.make_graph(nodes, "g", [picture], outputs, given)
        opset = [helper.make_opsetid("", 17)]
        model = helper.make_model(graph, opset_imports=opset, ir_version=8)
        return bytes(model.SerializeToString())

    convolve = helper.make_node("Conv", ["input", "kernel"], ["maps"], strides=[4, 4])
    maps = helper.make_tensor_value_info("maps", TensorProto.FLOAT, ["N", 17, 8, 6])
    across = helper.make_node("ReduceMax", ["maps"], ["simcc_x"], axes=[2], keepdims=0)
    down = helper.make_node("ReduceMax", ["maps"], ["simcc_y"], axes=[3], keepdims=0)
    vectors = [
        helper.make_tensor_value_info("simcc_x", TensorProto.FLOAT, ["N", 17, 6]),
        helper.make_tensor_value_info("simcc_y", TensorProto.FLOAT, ["N", 17, 8]),
    ]
    return Seeds(
        {
            "heatmap.onnx": packed([convolve], [maps], {"kernel": kernel}),
            "simcc.onnx": packed([convolve, across, down], vectors, {"kernel": kernel}),
        }
    )


@cache
def artifacts() -> Seeds:
    """One of each kind that is per video."""
    import tempfile

    from tests.test_artifacts import PER_VIDEO, write

    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for kind in PER_VIDEO:
            path = Path(folder) / f"{kind}.h5"
            write(path, kind)
            found[path.name] = path.read_bytes()
    return Seeds(found)


def artifact_kind(path: Path) -> str:
    """The kind that a file stands in for: its ending, since all others of its name are one."""
    return path.suffixes[-2].lstrip(".") if len(path.suffixes) > 1 else "tracks"


@cache
def videos() -> Seeds:
    """Short recordings in the containers that are read."""
    import tempfile

    from tests.video.making import encode, even, remux, shift

    found = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        plain = encode(folder / "plain.mp4", even(24), sound_s=0.6)
        encode(folder / "fast.mp4", even(24), mux={"movflags": "faststart"})
        encode(folder / "pieces.mp4", even(24), mux={"movflags": "frag_keyframe+empty_moov"})
        encode(folder / "apart.mov", [0.0, 0.1, 0.13, 0.4, 0.41, 0.9], options={"bf": "0"})
        encode(folder / "old.avi", even(24), codec="mpeg4", options={"bf": "0"})
        encode(folder / "live.mkv", even(24), sound_s=0.6)
        encode(folder / "vp8.webm", even(24), codec="libvpx")
        encode(folder / "stream.ts", even(24), sound_s=0.6)
        encode(folder / "disc.mpg", even(24), codec="mpeg2video", fmt="mpeg", options={"bf": "0"})
        encode(folder / "flash.flv", even(24), codec="flv", options={"bf": "0"})

        def later(packet: Any, is_video: bool, place: int) -> None:
            shift(packet, 0.4)

        remux(plain, folder / "later.mp4", later)
        for path in sorted(folder.iterdir()):
            found[path.name] = path.read_bytes()
    return Seeds(found)


def _npz(arrays: dict[str, np.ndarray], compressed: bool = False) -> bytes:
    packed = io.BytesIO()
    (np.savez_compressed if compressed else np.savez)(packed, **arrays)
    return packed.getvalue()


def _hdf5(
    arrays: dict[str, np.ndarray],
    name: str | None,
    oldest: str,
    compression: str | None = None,
    **facts: float,
) -> bytes:
    packed = io.BytesIO()
    with h5py.File(packed, "w", libver=(oldest, "latest")) as file:
        file.attrs.update(facts)
        for video, array in arrays.items():
            place = video if name is None else f"{video}/{name}"
            file.create_dataset(place, data=array, compression=compression)
    return packed.getvalue()


def _saved(content: object, old: bool = False) -> bytes:
    import torch

    packed = io.BytesIO()
    torch.save(content, packed, _use_new_zipfile_serialization=not old)
    return packed.getvalue()
