"""ONNX files as teachers: the answers of the networks they were exported from; decoders against mmpose's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper
from pydantic import ValidationError

from tests.poses.mmpose_networks import (
    RTMPOSE_S,
    MSRAHeatmap,
    SimCCLabel,
    flip_heatmaps,
    flip_vectors,
    saved_network,
    small_config,
    torch,
)
from vpdlib.poses.base import View
from vpdlib.poses.mmpose_teacher import MMPoseTeacher
from vpdlib.poses.onnx_teacher import OnnxTeacher, decode_heatmap, decode_simcc, unflip
from vpdlib.poses.settings import MMPoseSettings, OnnxPoseSettings
from vpdlib.skeleton import COCO17_FLIP_ORDER
from vpdlib.weights.check import WeightsError
from vpdlib.weights.zoo import find_config

CODECS = ["heatmap", "simcc"]
BOXES = np.array([[60.0, 20, 180, 260], [10.5, 40.25, 300, 130], [-40, -30, 90, 140]])


class Raw(torch.nn.Module):
    """What is exported: a network from normalised pictures to the output of its head."""

    def __init__(self, network: torch.nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, pictures: torch.Tensor) -> Any:
        return self.network(pictures, None, mode="tensor")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("onnx")


@pytest.fixture(scope="module")
def image() -> np.ndarray:
    coarse = np.random.default_rng(0).integers(0, 256, (14, 17, 3)).astype(np.float32)
    return np.kron(coarse, np.ones((20, 20, 1))).astype(np.uint8)


def mmpose_teacher(codec: str, folder: Path, flip_test: bool) -> MMPoseTeacher:
    config = (
        small_config("plain", folder) if codec == "heatmap" else find_config("mmpose", RTMPOSE_S)
    )
    settings = MMPoseSettings(
        config=str(config), checkpoint=str(saved_network(config, folder)), flip_test=flip_test
    )
    return MMPoseTeacher(settings, folder, "cpu", 1)


@pytest.fixture(scope="module")
def exported(folder: Path) -> Callable[[str, bool], Path]:
    """Exports the network of a codec, for any number of boxes or for one at a time."""

    def export(codec: str, any_number: bool) -> Path:
        path = folder / f"{codec}-{any_number}.onnx"
        if not path.exists():
            names = ["heatmaps"] if codec == "heatmap" else ["simcc_x", "simcc_y"]
            axes = {name: {0: "N"} for name in ["pictures", *names]} if any_number else {}
            torch.onnx.export(
                Raw(mmpose_teacher(codec, folder, False)._model),
                (torch.zeros(1, 3, 256, 192),),
                str(path),
                input_names=["pictures"],
                output_names=names,
                dynamic_axes=axes,
                dynamo=False,
            )
        return path

    return export


def make_teacher(path: Path, codec: str, **settings: Any) -> OnnxTeacher:
    given = {"file": str(path), "codec": codec, **settings}
    return OnnxTeacher(OnnxPoseSettings.model_validate(given), path.parent, "cpu", 1)


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize(("any_number", "flip_test"), [(True, False), (True, True), (False, False)])
def test_an_export_answers_as_its_network(
    codec: str,
    any_number: bool,
    flip_test: bool,
    folder: Path,
    image: np.ndarray,
    exported: Callable,
) -> None:
    views = [View(image, box, angle) for box in BOXES for angle in (0, 90, -33)]
    expected = mmpose_teacher(codec, folder, flip_test).estimate_many(views)
    teacher = make_teacher(exported(codec, any_number), codec, flip_test=flip_test, batch_size=4)
    assert teacher.batch_size == (4 if any_number else 1)
    poses = teacher.estimate_many(views)
    assert poses.shape == (9, 17, 3)
    assert poses.dtype == np.float32
    assert teacher.estimate_many([]).shape == (0, 17, 3)
    np.testing.assert_allclose(poses[..., 2], expected[..., 2], atol=2e-3)
    # Two peaks of nearly one height, or two neighbours of a peak: rounding may choose the other one.
    same = np.abs(poses[..., :2] - expected[..., :2]).max(axis=-1) < 1e-2
    assert same.mean() > 0.97
    assert len(np.unique(poses[..., 0].round(1))) > 17


def test_it_says_what_made_the_poses(exported: Callable) -> None:
    path = exported("heatmap", True)
    teacher = make_teacher(path, "heatmap")
    assert teacher.attributes["teacher_checkpoint"] == str(path)
    assert len(teacher.attributes["teacher_checkpoint_sha256"]) == 64


def random_maps(shape: tuple[int, ...]) -> np.ndarray:
    """Noise, with peaks at corners and edges, equal neighbours, and maps without anything positive."""
    rng = np.random.default_rng(0)
    maps = rng.normal(size=shape).astype(np.float32)
    maps[1] = rng.integers(0, 3, shape[1:])
    maps[2, :4] = -1
    maps[2, 4:8] = 0
    return maps


def test_heat_maps_are_decoded_as_by_mmpose() -> None:
    maps = random_maps((40, 17, 8, 6))
    on_edges = np.zeros((1, 48, 8, 6), np.float32)
    on_edges[0, np.arange(48), np.arange(48) // 6, np.arange(48) % 6] = 1
    on_edges += np.random.default_rng(1).uniform(0, 0.5, on_edges.shape).astype(np.float32)
    codec = MSRAHeatmap(input_size=(24, 32), heatmap_size=(6, 8), sigma=2)
    for heatmaps in (maps, on_edges):
        places, score = decode_heatmap(heatmaps)
        for one, found, height in zip(heatmaps, places, score, strict=True):
            keypoints, scores = codec.decode(one)
            np.testing.assert_array_equal(found * 4, keypoints[0])
            np.testing.assert_array_equal(height, scores[0])


def test_simcc_is_decoded_as_by_mmpose() -> None:
    simcc_x, simcc_y = random_maps((40, 17, 48)), random_maps((40, 17, 64))[::-1].copy()
    places, score = decode_simcc(simcc_x, simcc_y)
    keypoints, scores = SimCCLabel(input_size=(24, 32)).decode(simcc_x, simcc_y)
    np.testing.assert_array_equal(places / 2, keypoints)
    np.testing.assert_array_equal(score, scores)
    assert (places[score <= 0] == -1).all()
    assert (score <= 0).any()


def test_flipped_answers_are_turned_round_as_by_mmpose() -> None:
    order = COCO17_FLIP_ORDER.tolist()
    heatmaps, x, y = random_maps((3, 17, 8, 6)), random_maps((3, 17, 48)), random_maps((3, 17, 64))
    expected = flip_heatmaps(torch.tensor(heatmaps), order, "heatmap", shift_heatmap=True)
    np.testing.assert_array_equal(unflip([heatmaps])[0], expected)
    for found, wanted in zip(
        unflip([x, y]), flip_vectors(torch.tensor(x), torch.tensor(y), order), strict=True
    ):
        np.testing.assert_array_equal(found, wanted)


def write_network(
    path: Path, input_shape: list, outputs: dict[str, list], more_inputs: int = 0
) -> Path:
    """A file whose outputs are constants of these shapes."""
    nodes, infos = [], []
    for name, shape in outputs.items():
        zeros = helper.make_tensor(name, TensorProto.FLOAT, shape, np.zeros(shape).ravel())
        nodes.append(helper.make_node("Constant", [], [name], value=zeros))
        infos.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
    inputs = [
        helper.make_tensor_value_info(f"input{number}", TensorProto.FLOAT, input_shape)
        for number in range(1 + more_inputs)
    ]
    graph = helper.make_graph(nodes, "constant", inputs, infos)
    opset = [helper.make_opsetid("", 18)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=9), path)
    return path


@pytest.mark.parametrize(
    ("input_shape", "outputs", "codec", "message"),
    [
        ([1, 3, 8, 6], {"out": [1, 21, 4, 3]}, "heatmap", "21 keypoints in output 'out', expected 17, 26, 133"),
        ([1, 3, 8, 6], {"simcc_x": [1, 17, 12], "simcc_y": [1, 17, 16]}, "heatmap", "expected one output"),
        ([1, 3, 8, 6], {"out": [1, 17, 12]}, "heatmap", r"shape \(1, 17, 12\), expected one output"),
        ([1, 3, 8, 6], {"out": [1, 17, 4, 3]}, "simcc", "expected outputs simcc_x and simcc_y"),
        ([1, 3, 8, 6], {"simcc_x": [1, 17, 12], "y": [1, 17, 16]}, "simcc", "expected outputs simcc_x and simcc_y"),
        ([1, 8, 6, 3], {"out": [1, 17, 4, 3]}, "heatmap", r"an input of shape \[1, 8, 6, 3\], expected one input"),
        ([1, 3, "H", 6], {"out": [1, 17, 4, 3]}, "heatmap", "with H and W fixed"),
        ([4, 3, 8, 6], {"out": [4, 17, 4, 3]}, "heatmap", "N open or 1"),
        (["N", 3, 8, 6], {"out": [2, 17, 4, 3]}, "heatmap", r"output 'out' of shape \(2, 17, 4, 3\)"),
        ([1, 3, 9000, 6], {"out": [1, 17, 4, 3]}, "heatmap", "sides of 1 to 4096 px"),
        ([1, 3, 8, 6], {"simcc_x": [1, 17, 12], "simcc_y": [1, 26, 16]}, "simcc", "outputs of shapes"),
    ],
)  # fmt: skip
def test_files_of_another_kind_are_refused(
    input_shape: list, outputs: dict, codec: str, message: str, tmp_path: Path
) -> None:
    path = write_network(tmp_path / "network.onnx", input_shape, outputs)
    with pytest.raises(WeightsError, match=message) as caught:
        make_teacher(path, codec)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("bins", "ratio", "message"),
    [
        ((18, 24), 2.0, r"18 and 24 bins for an input of 6 x 8 px.*is 2; set simcc_split_ratio: 3"),
        ((12, 16), 1.0, "set simcc_split_ratio: 2"),
        ((16, 12), 2.0, "x and y have not the same ratio"),
        ((12, 16), 2.0, ""),
        # 9.6 and 12.8, rounded up or down.
        ((9, 12), 1.6, ""),
        ((10, 13), 1.6, ""),
    ],
)
def test_simcc_has_the_bins_of_its_split_ratio(
    bins: tuple[int, int], ratio: float, message: str, tmp_path: Path
) -> None:
    outputs = {"simcc_x": [1, 17, bins[0]], "simcc_y": [1, 17, bins[1]]}
    path = write_network(tmp_path / "network.onnx", [1, 3, 8, 6], outputs)
    if not message:
        make_teacher(path, "simcc", simcc_split_ratio=ratio)
        return
    with pytest.raises(WeightsError, match=message) as caught:
        make_teacher(path, "simcc", simcc_split_ratio=ratio)
    assert str(path) in str(caught.value)


def test_more_inputs_and_damaged_and_missing_and_changed_files_are_refused(tmp_path: Path) -> None:
    path = write_network(tmp_path / "two.onnx", [1, 3, 8, 6], {"out": [1, 17, 4, 3]}, 1)
    with pytest.raises(WeightsError, match="expected one input"):
        make_teacher(path, "heatmap")
    with pytest.raises(WeightsError, match="expected a sha256 that begins with 89abcdef"):
        make_teacher(path, "heatmap", sha256="89abcdef")
    with pytest.raises(WeightsError, match="no such file"):
        make_teacher(tmp_path / "nowhere.onnx", "heatmap")
    damaged = tmp_path / "damaged.onnx"
    damaged.write_bytes(b"no network" * 100)
    with pytest.raises(WeightsError, match="ONNX Runtime cannot open it"):
        make_teacher(damaged, "heatmap")


def test_the_first_17_of_more_keypoints_are_taken(image: np.ndarray, tmp_path: Path) -> None:
    path = write_network(tmp_path / "body.onnx", ["N", 3, 8, 6], {"out": [1, 133, 4, 3]})
    poses = make_teacher(path, "heatmap").estimate_many([View(image, BOXES[0])])
    assert poses.shape == (1, 17, 3)
    assert (poses[..., 2] == 0).all()


def test_cuda_is_refused_where_this_runtime_has_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_network(tmp_path / "network.onnx", [1, 3, 8, 6], {"out": [1, 17, 4, 3]})
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CPUExecutionProvider"])
    settings = OnnxPoseSettings(file=str(path), codec="heatmap")
    with pytest.raises(ValueError, match="install onnxruntime-gpu in place of onnxruntime"):
        OnnxTeacher(settings, tmp_path, "cuda", 1)


@pytest.mark.parametrize(
    "given",
    [{"codec": "regression"}, {"std": [1, 0, 1]}, {"mean": [1, 2]}, {"padding": 0.5},
     {"sha256": "0123"}, {"simcc_split_ratio": 0}],
)  # fmt: skip
def test_settings_that_make_no_sense_are_refused(given: dict) -> None:
    with pytest.raises(ValidationError):
        OnnxPoseSettings.model_validate({"file": "a.onnx", "codec": "simcc", **given})
