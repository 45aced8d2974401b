"""Converted operations against numpy, through ONNX Runtime; graphs of one or a few nodes."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

from vpdlib.weights.tfjs_graph import ConversionError, Graph, Node, read_graph
from vpdlib.weights.tfjs_to_onnx import graph_to_onnx

RNG = np.random.default_rng(0)
TYPES = {np.dtype(np.float32): "DT_FLOAT", np.dtype(np.int32): "DT_INT32"}


def s(text: str) -> dict[str, str]:
    return {"s": base64.b64encode(text.encode()).decode()}


def ints(*values: int) -> dict[str, Any]:
    return {"list": {"i": [str(v) for v in values]}}


def i(value: int) -> dict[str, str]:
    return {"i": str(value)}


def conv_attrs(stride: int, padding: str, dilation: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "strides": ints(1, stride, stride, 1),
        "dilations": ints(1, dilation, dilation, 1),
        "padding": s(padding),
        "data_format": s("NHWC"),
        **more,
    }


class Builder:
    """A TensorFlow graph in the making: each call adds a node."""

    def __init__(self, array: np.ndarray) -> None:
        shape = {"shape": {"dim": [{"size": str(n)} for n in array.shape]}}
        attrs = {"shape": shape, "dtype": {"type": TYPES[array.dtype]}}
        self.array = array
        self.nodes = {"input": Node("input", "Placeholder", (), attrs)}
        self.weights: dict[str, np.ndarray] = {}

    def __call__(self, op: str, *inputs: Any, attrs: dict[str, Any] | None = None) -> str:
        names = []
        for value in inputs:
            if not isinstance(value, str):
                name = f"w{len(self.weights)}"
                self.weights[name] = np.asarray(value)
                value = name
            producer, _, index = value.partition(":")
            names.append((producer, int(index or 0)))
        name = f"{op}{len(self.nodes)}"
        self.nodes[name] = Node(name, op, tuple(names), attrs or {})
        return name

    def run(self, *outputs: str) -> list[np.ndarray]:
        named = [self("Identity", name) for name in outputs]
        model = graph_to_onnx(Graph(self.nodes, self.weights, tuple(named)))
        session = onnxruntime.InferenceSession(model.SerializeToString())
        return session.run(named, {"input": self.array})


def floats(*shape: int) -> np.ndarray:
    return RNG.normal(size=shape).astype(np.float32)


def naive_conv(
    image: np.ndarray, kernel: np.ndarray, stride: int, padding: str, dilation: int = 1
) -> np.ndarray:
    """(H, W, C) and (kh, kw, C, M): each output pixel on its own, from TensorFlow's documentation."""
    size, kernel_size = np.array(image.shape[:2]), (np.array(kernel.shape[:2]) - 1) * dilation + 1
    if padding == "SAME":
        out = -(-size // stride)
        total = np.maximum((out - 1) * stride + kernel_size - size, 0)
        image = np.pad(image, [(t // 2, t - t // 2) for t in total] + [(0, 0)])
    else:
        out = (size - kernel_size) // stride + 1
    result = np.zeros((*out, kernel.shape[3]))
    for y in range(out[0]):
        for x in range(out[1]):
            top, left = y * stride, x * stride
            window = image[
                top : top + kernel_size[0] : dilation, left : left + kernel_size[1] : dilation
            ]
            result[y, x] = np.einsum("hwc,hwcm->m", window, kernel)
    return result


@pytest.mark.parametrize("padding", ["SAME", "VALID"])
@pytest.mark.parametrize(("size", "kernel", "stride", "dilation"), [
    ((8, 8), (3, 3), 2, 1), ((7, 9), (3, 3), 2, 1), ((8, 7), (5, 3), 1, 1), ((9, 8), (2, 2), 2, 1),
    ((9, 9), (3, 3), 1, 2), ((6, 6), (1, 1), 2, 1),
])  # fmt: skip
def test_conv(size: tuple, kernel: tuple, stride: int, dilation: int, padding: str) -> None:
    image, weights = floats(1, *size, 3), floats(*kernel, 3, 4)
    b = Builder(image)
    (got,) = b.run(b("Conv2D", "input", weights, attrs=conv_attrs(stride, padding, dilation)))
    np.testing.assert_allclose(
        got[0], naive_conv(image[0], weights, stride, padding, dilation), atol=1e-5
    )


def test_fused_conv_adds_bias_and_clips() -> None:
    image, weights, bias = 5 * floats(1, 6, 6, 3), floats(3, 3, 3, 4), floats(4)
    linear = naive_conv(image[0], weights, 1, "SAME") + bias
    for fused, expected in (
        (["BiasAdd"], linear),
        (["BiasAdd", "Relu"], np.maximum(linear, 0)),
        (["BiasAdd", "Relu6"], np.clip(linear, 0, 6)),
    ):
        attrs = conv_attrs(1, "SAME", fused_ops={"list": {"s": [s(f)["s"] for f in fused]}})
        b = Builder(image)
        (got,) = b.run(b("_FusedConv2D", "input", weights, bias, attrs=attrs))
        np.testing.assert_allclose(got[0], expected, atol=1e-4)
    attrs = conv_attrs(
        1, "SAME", fused_ops={"list": {"s": [s(f)["s"] for f in ("BiasAdd", "Elu")]}}
    )
    b = Builder(image)
    with pytest.raises(ConversionError, match="Elu"):
        b.run(b("_FusedConv2D", "input", weights, bias, attrs=attrs))


@pytest.mark.parametrize("multiplier", [1, 2])
@pytest.mark.parametrize("size", [(8, 8), (7, 8)])
def test_depthwise_conv(size: tuple, multiplier: int) -> None:
    image, weights = floats(1, *size, 3), floats(3, 3, 3, multiplier)
    b = Builder(image)
    (got,) = b.run(b("DepthwiseConv2dNative", "input", weights, attrs=conv_attrs(2, "SAME")))
    for c in range(3):
        expected = naive_conv(image[0, :, :, c : c + 1], weights[:, :, c : c + 1], 2, "SAME")
        np.testing.assert_allclose(
            got[0, :, :, c * multiplier : (c + 1) * multiplier], expected, atol=1e-5
        )


@pytest.mark.parametrize(("size", "stride"), [((8, 8), 2), ((7, 9), 2), ((6, 6), 1)])
def test_max_pool_ignores_its_padding(size: tuple, stride: int) -> None:
    image = floats(1, *size, 2) - 10
    b = Builder(image)
    attrs = conv_attrs(stride, "SAME", ksize=ints(1, 3, 3, 1))
    (got,) = b.run(b("MaxPool", "input", attrs=attrs))
    out = -(-np.array(size) // stride)
    before = np.maximum((out - 1) * stride + 3 - np.array(size), 0) // 2
    for y in range(out[0]):
        for x in range(out[1]):
            top, left = y * stride - before[0], x * stride - before[1]
            window = image[0, max(top, 0) : top + 3, max(left, 0) : left + 3]
            np.testing.assert_array_equal(got[0, y, x], window.max((0, 1)))


@pytest.mark.parametrize("size", [(10, 6), (3, 2), (7, 5)])
def test_resize_bilinear_at_half_pixel_centres(size: tuple) -> None:
    image = floats(1, 5, 4, 2)
    b = Builder(image)
    attrs = {"half_pixel_centers": {"b": True}, "align_corners": {"b": False}}
    (got,) = b.run(b("ResizeBilinear", "input", np.array(size, np.int32), attrs=attrs))
    for y in range(size[0]):
        for x in range(size[1]):
            at_y = np.clip((y + 0.5) * 5 / size[0] - 0.5, 0, 4)
            at_x = np.clip((x + 0.5) * 4 / size[1] - 0.5, 0, 3)
            y0, x0 = int(at_y), int(at_x)
            y1, x1 = min(y0 + 1, 4), min(x0 + 1, 3)
            top = image[0, y0, x0] * (1 - at_x + x0) + image[0, y0, x1] * (at_x - x0)
            low = image[0, y1, x0] * (1 - at_x + x0) + image[0, y1, x1] * (at_x - x0)
            np.testing.assert_allclose(
                got[0, y, x], top * (1 - at_y + y0) + low * (at_y - y0), atol=1e-5
            )


def slice_attrs(**masks: int) -> dict[str, Any]:
    names = ("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask")
    return {name: i(masks.get(name, 0)) for name in names}


def test_strided_slice() -> None:
    array = floats(2, 5, 6)
    for bounds, masks, expected in (
        (([0, 1, 2], [2, 4, 6], [1, 2, 3]), {}, array[0:2, 1:4:2, 2:6:3]),
        (([1, 9, 0], [9, 9, 4], [1, 1, 2]), {"begin_mask": 2, "end_mask": 2}, array[1:9, :, 0:4:2]),
        (([0, -1, 0], [0, 0, -1], [1, 1, 1]), {"shrink_axis_mask": 2, "begin_mask": 1, "end_mask": 1},
         array[:, -1, 0:-1]),
        (([0, 0, 0, 2], [0, 0, 0, 3], [1, 1, 1, 1]), {"new_axis_mask": 4, "begin_mask": 3, "end_mask": 3},
         array[:, :, None, 2:3]),
    ):  # fmt: skip
        b = Builder(array)
        cut = b(
            "StridedSlice",
            "input",
            *(np.array(v, np.int32) for v in bounds),
            attrs=slice_attrs(**masks),
        )
        np.testing.assert_array_equal(b.run(cut)[0], expected)
    b = Builder(array)
    one = np.ones(1, np.int32)
    with pytest.raises(ConversionError, match="ellipsis"):
        b.run(b("StridedSlice", "input", one, one, one, attrs=slice_attrs(ellipsis_mask=1)))


def test_slice_after_a_conv_speaks_of_tensorflows_axes() -> None:
    image, weights = floats(1, 4, 5, 3), floats(1, 1, 3, 4)
    b = Builder(image)
    conv = b("Conv2D", "input", weights, attrs=conv_attrs(1, "VALID"))
    bounds = (np.array(v, np.int32) for v in ([0, 1, 2, 1], [1, 3, 5, 3], [1, 1, 2, 1]))
    (got,) = b.run(b("StridedSlice", conv, *bounds, attrs=slice_attrs()))
    np.testing.assert_allclose(
        got[0], naive_conv(image[0], weights, 1, "VALID")[1:3, 2:5:2, 1:3], atol=1e-5
    )


def test_gather_nd_arg_max_and_top_k() -> None:
    array = floats(4, 5, 3)
    at = np.array([[3, 1], [0, 4]], np.int32)
    b = Builder(array)
    flat = b("Reshape", "input", np.array([4, 15], np.int32))
    best = b("TopKV2", flat, np.array(3, np.int32))
    gathered = b("GatherNd", "input", at)
    where = b("ArgMax", "input", np.array(1, np.int32))
    got, got_where, values, rows = b.run(gathered, where, best, f"{best}:1")
    np.testing.assert_array_equal(got, array[at[:, 0], at[:, 1]])
    np.testing.assert_array_equal(got_where, array.argmax(1))
    np.testing.assert_array_equal(values, -np.sort(-array.reshape(4, 15))[:, :3])
    np.testing.assert_array_equal(np.take_along_axis(array.reshape(4, 15), rows, 1), values)
    assert rows.dtype == got_where.dtype == np.int32


def test_equal_values_are_ranked_by_position() -> None:
    b = Builder(np.array([[1, 3, 3, 0, 3]], np.float32))
    best = b("TopKV2", "input", np.array(4, np.int32))
    where = b("ArgMax", "input", np.array(1, np.int32))
    rows, first = b.run(f"{best}:1", where)
    assert rows.tolist() == [[1, 2, 4, 0]]
    assert first.tolist() == [1]


def test_floor_division_of_negative_integers() -> None:
    array = np.array([-7, -6, -1, 0, 5, 6], np.int32)
    b = Builder(array)
    np.testing.assert_array_equal(
        b.run(b("FloorDiv", "input", np.array(3, np.int32)))[0], array // 3
    )
    np.testing.assert_array_equal(
        b.run(b("FloorDiv", "input", np.array(-3, np.int32)))[0], array // -3
    )


def test_elementwise_operations() -> None:
    array, other = floats(2, 3), np.abs(floats(3)) + 1
    for op, expected in (
        ("AddV2", array + other), ("Sub", array - other), ("Mul", array * other), ("RealDiv", array / other),
        ("Maximum", np.maximum(array, other)), ("Minimum", np.minimum(array, other)),
        ("SquaredDifference", (array - other) ** 2), ("Less", array < other), ("Greater", array > other),
        ("GreaterEqual", array >= other),
    ):  # fmt: skip
        b = Builder(array)
        np.testing.assert_allclose(b.run(b(op, "input", other))[0], expected, rtol=1e-6, err_msg=op)
    for op, expected in (
        ("Sigmoid", 1 / (1 + np.exp(-array))), ("Exp", np.exp(array)), ("Abs", np.abs(array)),
        ("Reciprocal", 1 / array),
    ):  # fmt: skip
        b = Builder(array)
        np.testing.assert_allclose(b.run(b(op, "input"))[0], expected, rtol=1e-5, err_msg=op)
    b = Builder(array)
    (got,) = b.run(b("AddN", "input", "input", floats(2, 3) * 0))
    np.testing.assert_allclose(got, 2 * array, rtol=1e-6)
    b = Builder(array)
    chosen = b(
        "Select", b("Greater", "input", np.float32(0)), "input", np.full((2, 3), 9, np.float32)
    )
    np.testing.assert_array_equal(b.run(chosen)[0], np.where(array > 0, array, 9))


def test_shape_changes_pack_unpack_split_concat_tile_reduce_pad() -> None:
    array = floats(2, 4, 6)
    b = Builder(array)
    parts = b("Unpack", "input", attrs={"axis": i(1), "num": i(4)})
    packed = b("Pack", f"{parts}:3", f"{parts}:0", attrs={"axis": i(2)})
    halves = b("Split", np.array(-1, np.int32), "input", attrs={"num_split": i(2)})
    uneven = b("SplitV", "input", np.array([1, 5], np.int32), np.array(2, np.int32))
    joined = b("ConcatV2", f"{halves}:1", halves, np.array(-1, np.int32))
    tiled = b("Tile", "input", np.array([1, 2, 1], np.int32))
    total = b("Sum", "input", np.array([0, -1], np.int32), attrs={"keep_dims": {"b": False}})
    top = b("Max", "input", np.array(1, np.int32), attrs={"keep_dims": {"b": True}})
    widened = b("ExpandDims", "input", np.array(1, np.int32))
    back = b("Squeeze", widened, attrs={"squeeze_dims": ints(1)})
    padded = b("Pad", "input", np.array([[0, 0], [1, 2], [0, 3]], np.int32))
    expected = (
        np.stack([array[:, 3], array[:, 0]], 2), array[:, :, :1], array[:, :, 1:],
        np.concatenate([array[:, :, 3:], array[:, :, :3]], -1), np.tile(array, (1, 2, 1)), array.sum((0, 2)),
        array.max(1, keepdims=True), array, np.pad(array, [(0, 0), (1, 2), (0, 3)]),
    )  # fmt: skip
    got = b.run(packed, uneven, f"{uneven}:1", joined, tiled, total, top, back, padded)
    for result, wanted in zip(got, expected, strict=True):
        np.testing.assert_allclose(result, wanted, rtol=1e-5)


def test_transposes_cancel_and_channel_order_holds_through_a_chain() -> None:
    """A channels-first graph around a channels-last conv, as NanoDet is: no transpose remains."""
    image, weights, bias = floats(1, 3, 6, 8), floats(3, 3, 3, 4), floats(4)
    b = Builder(image)
    padded = b("Pad", "input", np.array([[0, 0], [0, 0], [1, 1], [1, 1]], np.int32))
    last = b("Transpose", padded, np.array([0, 2, 3, 1], np.int32))
    conv = b("Add", b("Conv2D", last, weights, attrs=conv_attrs(1, "VALID")), bias)
    first = b("Transpose", conv, np.array([0, 3, 1, 2], np.int32))
    relu = b("LeakyRelu", first, attrs={"alpha": {"f": 0.1}})
    out = b("ConcatV2", relu, "input", np.array(1, np.int32))
    (got,) = b.run(out)
    linear = (
        naive_conv(
            np.pad(image[0].transpose(1, 2, 0), [(1, 1), (1, 1), (0, 0)]), weights, 1, "VALID"
        )
        + bias
    )
    expected = np.where(linear > 0, linear, 0.1 * linear).transpose(2, 0, 1)
    np.testing.assert_allclose(got[0, :4], expected, atol=1e-5)
    np.testing.assert_array_equal(got[0, 4:], image[0])
    model = graph_to_onnx(Graph(b.nodes, b.weights, (out,)))
    assert [n.op_type for n in model.graph.node] == [
        "Pad",
        "Conv",
        "Add",
        "LeakyRelu",
        "Concat",
        "Identity",
    ]


def test_operands_in_different_orders_meet() -> None:
    image, weights = floats(1, 4, 4, 3), floats(1, 1, 3, 3)
    b = Builder(image)
    conv = b("Conv2D", "input", weights, attrs=conv_attrs(1, "VALID"))
    flat = b("Reshape", "input", np.array([4, 4, 3], np.int32))
    (got,) = b.run(b("Mul", b("AddV2", "input", conv), b("Sub", conv, flat)))
    linear = naive_conv(image[0], weights, 1, "VALID")
    np.testing.assert_allclose(got[0], (image[0] + linear) * (linear - image[0]), atol=1e-4)


def test_what_depends_on_shapes_only_is_computed_once() -> None:
    b = Builder(floats(1, 4, 6, 2))
    shape = b("Shape", "input", attrs={"out_type": {"type": "DT_INT32"}})
    size = b(
        "StridedSlice", shape, *(np.array([v], np.int32) for v in (1, 3, 1)), attrs=slice_attrs()
    )
    scaled = b("Mul", size, np.array([2, 2], np.int32))
    dense = b(
        "SparseToDense",
        np.zeros((0, 1), np.int32),
        np.array([2], np.int32),
        np.zeros(0, np.int32),
        np.int32(0),
    )
    attrs = {"half_pixel_centers": {"b": True}, "align_corners": {"b": False}}
    out = b("ResizeBilinear", "input", b("Add", scaled, dense), attrs=attrs)
    model = graph_to_onnx(Graph(b.nodes, b.weights, (out,)))
    assert sorted({n.op_type for n in model.graph.node}) == ["Identity", "Resize", "Transpose"]
    assert [d.dim_value for d in model.graph.output[0].type.tensor_type.shape.dim] == [1, 8, 12, 2]


def test_what_is_not_handled_is_named() -> None:
    b = Builder(floats(2, 2))
    with pytest.raises(ConversionError, match=r"'Erf1' \(Erf\).*not handled"):
        b.run(b("Erf", "input"))
    b = Builder(floats(2, 2))
    with pytest.raises(ConversionError, match="'nowhere'"):
        b.run(b("Abs", "nowhere"))
    b = Builder(floats(2, 2))
    with pytest.raises(ConversionError, match="does not fit"):
        graph_to_onnx(Graph(b.nodes, {}, ("input",)), (2, 3))


def write_model(folder: Path, payload: bytes) -> tuple[Path, Path]:
    quantised = {"dtype": "float16", "original_dtype": "float32"}
    weights = [
        {"name": "a", "shape": [3], "dtype": "float32", "quantization": quantised},
        {"name": "b", "shape": [], "dtype": "int32"},
    ]
    nodes = [
        {
            "name": "out",
            "op": "AddV2",
            "input": ["in:0", "a", "^ignored"],
            "attr": {"T": {"type": "DT_FLOAT"}},
        },
        {
            "name": "in",
            "op": "Placeholder",
            "attr": {"k": s("SAME"), "n": ints(1, 2), "empty": {"list": {}}},
        },
    ]
    model = {
        "format": "graph-model",
        "signature": {"outputs": {"y": {"name": "out:0"}}},
        "modelTopology": {"node": nodes},
        "weightsManifest": [{"paths": ["m.bin"], "weights": weights}],
    }
    (folder / "m.json").write_text(json.dumps(model))
    (folder / "m.bin").write_bytes(payload)
    return folder / "m.json", folder / "m.bin"


def test_reading_a_model(tmp_path: Path) -> None:
    payload = np.array([1, 2.5, -3], "<f2").tobytes() + np.array(7, "<i4").tobytes()
    graph = read_graph(*write_model(tmp_path, payload))
    assert graph.weights["a"].dtype == np.float32
    assert graph.weights["a"].tolist() == [1, 2.5, -3]
    assert graph.weights["b"] == 7
    assert graph.outputs == ("out",)
    assert graph.nodes["out"].inputs == (("in", 0), ("a", 0))
    assert graph.nodes["out"].attr("T") == np.float32
    assert graph.nodes["in"].attr("k") == "SAME"
    assert graph.nodes["in"].attr("n") == [1, 2]
    assert graph.nodes["in"].attr("empty") == []
    assert [node.name for node in graph.in_order()] == ["in", "out"]


@pytest.mark.parametrize(("change", "message"), [(-1, "end inside 'b'"), (1, "1 bytes follow")])
def test_weights_of_another_length_are_refused(tmp_path: Path, change: int, message: str) -> None:
    with pytest.raises(ConversionError, match=message):
        read_graph(*write_model(tmp_path, bytes(10 + change)))
