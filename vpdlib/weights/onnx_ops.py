"""How each TensorFlow operation on run-time values is written in ONNX.

A handler takes the builder, the node and its inputs, adds what is needed, and returns the node's outputs.
Every shape is known: ``tf_ops`` gives the result's shape and type, and slices, packing and the like become a
Slice or Concat and a Reshape to known numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from vpdlib.weights.onnx_builder import GraphBuilder, Tensor, Value, stand_in
from vpdlib.weights.tf_ops import ELEMENTWISE, evaluate, slice_index
from vpdlib.weights.tfjs_graph import ConversionError, Node

_NCHW = (0, 3, 1, 2)

#: Operations that ONNX has under another name, or under the same, element by element.
_ONNX_NAMES = {
    "Add": "Add",
    "AddV2": "Add",
    "AddN": "Sum",
    "Sub": "Sub",
    "Mul": "Mul",
    "RealDiv": "Div",
    "Maximum": "Max",
    "Minimum": "Min",
    "Less": "Less",
    "Greater": "Greater",
    "GreaterEqual": "GreaterOrEqual",
    "Equal": "Equal",
    "LogicalAnd": "And",
    "Select": "Where",
    "Abs": "Abs",
    "Exp": "Exp",
    "Sqrt": "Sqrt",
    "Sigmoid": "Sigmoid",
    "Reciprocal": "Reciprocal",
}


Handler = Callable[[GraphBuilder, Node, list[Value]], list[Value]]
_HANDLERS: dict[str, Handler] = {}


def _handles(*ops: str) -> Callable[[Handler], Handler]:
    def register(handler: Handler) -> Handler:
        _HANDLERS.update(dict.fromkeys(ops, handler))
        return handler

    return register


def write_node(builder: GraphBuilder, node: Node, inputs: list[Value]) -> list[Value]:
    """Add what ``node`` does to the graph and return its outputs.

    Raises
    ------
    ConversionError
        if the operation, or one of its settings, is not handled.
    """
    if node.op in _HANDLERS:
        return _HANDLERS[node.op](builder, node, inputs)
    if node.op in ELEMENTWISE:
        return _elementwise(builder, node, inputs)
    raise ConversionError(f"{node}: operation {node.op} on run-time values is not handled")


def _common_order(inputs: list[Value], rank: int) -> tuple[int, ...]:
    """Return the storage order for an element-wise result: that of the first reordered operand."""
    tensors = [value for value in inputs if isinstance(value, Tensor)]
    own = tuple(range(rank))
    # Broadcasting over missing axes lines axes up from the right: only right in TensorFlow's order.
    if any(len(tensor.shape) != rank for tensor in tensors):
        return own
    return next((tensor.order for tensor in tensors if tensor.order != own), own)


def _same_padding(size: int, kernel: int, stride: int, dilation: int) -> tuple[int, int]:
    """Return TensorFlow's SAME padding (before, after) of one axis; the odd pixel goes after."""
    total = max((-(-size // stride) - 1) * stride + (kernel - 1) * dilation + 1 - size, 0)
    return total // 2, total - total // 2


def _elementwise(builder: GraphBuilder, node: Node, inputs: list[Value]) -> list[Value]:
    if node.op == "Identity":
        return inputs
    if node.op == "Select" and len({value.shape for value in inputs}) != 1:
        raise ConversionError(f"{node}: a choice between arrays of different shapes is not handled")
    (result,) = evaluate(node, [stand_in(value) for value in inputs])
    order = _common_order(inputs, result.ndim)
    names = []
    for value in inputs:
        if isinstance(value, np.ndarray) and value.ndim not in (0, result.ndim):
            value = value.reshape((1,) * (result.ndim - value.ndim) + value.shape)
        names.append(builder.stored(value, order if len(value.shape) == result.ndim else None))
    if node.op == "FloorDiv":
        name = _floor_divide(builder, names, result.dtype)
    elif node.op == "SquaredDifference":
        (difference,) = builder.emit("Sub", names)
        (name,) = builder.emit("Mul", [difference, difference])
    else:
        (name,) = builder.emit(_ONNX_NAMES[node.op], names)
    return [Tensor(name, result.shape, result.dtype, order)]


def _floor_divide(builder: GraphBuilder, names: list[str], dtype: np.dtype) -> str:
    if dtype.kind == "f":
        return builder.emit("Floor", builder.emit("Div", names))[0]
    # ONNX divides integers towards zero; less the remainder, of the divisor's sign, it is exact.
    whole = builder.emit("Sub", [names[0], builder.emit("Mod", names)[0]])
    return builder.emit("Div", [whole[0], names[1]])[0]


def _static(node: Node, value: Value) -> np.ndarray:
    if not isinstance(value, np.ndarray):
        raise ConversionError(f"{node}: an argument that must be constant is computed at run time")
    return value


def _results(node: Node, inputs: list[Value]) -> tuple[np.ndarray, ...]:
    return evaluate(node, [stand_in(value) for value in inputs])


def _axis(value: np.ndarray | int, rank: int) -> int:
    return int(value) % rank


def _windows(
    node: Node, tensor: Tensor, kernel: tuple[int, int]
) -> tuple[dict[str, Any], tuple[int, int]]:
    """Return ONNX's strides, dilations and pads of a convolution or pooling, and the output (H, W)."""
    if node.attr("data_format") != "NHWC":
        raise ConversionError(f"{node}: data format {node.attr('data_format')} is not handled")
    strides = node.attr("strides")[1:3]
    dilations = node.attr("dilations")[1:3] if "dilations" in node.attrs else [1, 1]
    padding = node.attr("padding")
    if padding not in ("SAME", "VALID"):
        raise ConversionError(f"{node}: padding {padding} is not handled")
    before, after, out = [], [], []
    for size, k, s, d in zip(tensor.shape[1:3], kernel, strides, dilations, strict=True):
        low, high = _same_padding(size, k, s, d) if padding == "SAME" else (0, 0)
        before.append(low)
        after.append(high)
        out.append((size + low + high - (k - 1) * d - 1) // s + 1)
    attrs = {
        "strides": strides,
        "pads": before + after,
        "dilations": dilations,
        "kernel_shape": list(kernel),
    }
    return attrs, (out[0], out[1])


def _tensor(node: Node, value: Value) -> Tensor:
    if not isinstance(value, Tensor):
        raise ConversionError(f"{node}: a constant input is not handled")
    return value


@_handles("Conv2D", "_FusedConv2D", "DepthwiseConv2dNative", "FusedDepthwiseConv2dNative")
def _conv(builder: GraphBuilder, node: Node, inputs: list[Value]) -> list[Value]:
    image, kernel = _tensor(node, inputs[0]), _static(node, inputs[1])
    height, width, num_in, num_out = kernel.shape
    attrs, size = _windows(node, image, (height, width))
    if "Depthwise" in node.op:
        # TensorFlow's output channel c * multiplier + m reads input channel c alone.
        kernel = kernel.transpose(2, 3, 0, 1).reshape(num_in * num_out, 1, height, width)
        group, num_out = num_in, num_in * num_out
    else:
        kernel, group = kernel.transpose(3, 2, 0, 1), image.shape[3] // num_in
    names = [builder.stored(image, _NCHW), builder.constant(kernel)]
    fused = node.attr("fused_ops") if "fused_ops" in node.attrs else []
    if fused[:1] == ["BiasAdd"]:
        names.append(builder.constant(_static(node, inputs[2])))
        fused = fused[1:]
    (name,) = builder.emit("Conv", names, group=group, **attrs)
    if fused == ["Relu"]:
        (name,) = builder.emit("Relu", [name])
    elif fused == ["Relu6"]:
        low, high = (builder.constant(np.float32(bound)) for bound in (0, 6))
        (name,) = builder.emit("Clip", [name, low, high])
    elif fused:
        raise ConversionError(f"{node}: fused operations {fused} are not handled")
    return [Tensor(name, (image.shape[0], *size, num_out), image.dtype, _NCHW)]


@_handles("MaxPool")
def _max_pool(builder: GraphBuilder, node: Node, inputs: list[Value]) -> list[Value]:
    image = _tensor(node, inputs[0])
    attrs, size = _windows(node, image, tuple(node.attr("ksize")[1:3]))
    (name,) = builder.emit("MaxPool", [builder.stored(image, _NCHW)], **attrs)
    return [Tensor(name, (image.shape[0], *size, image.shape[3]), image.dtype, _NCHW)]


@_handles("ResizeBilinear")
def _resize(builder: GraphBuilder, node: Node, inputs: list[Value]) -> list[Value]:
    image, size = _tensor(node, inputs[0]), tuple(int(n) for n in _static(node, inputs[1]))
    if node.attr("align_corners"):
        mode = "align_corners"
    else:
        mode = "half_pixel" if node.attr("half_pixel_centers") else "asymmetric"
    sizes = builder.ints((image.shape[0], image.shape[3], *size))
    names = [builder.stored(image, _NCHW), "", "", sizes]
    (name,) = builder.emit("Resize", names, mode="linear", coordinate_transformation_mode=mode)
    return [Tensor(name, (image.shape[0], *size, image.shape[3]), image.dtype, _NCHW)]


@_handles("Transpose")
def _transpose(builder: GraphBuilder, node: Node, inputs: list[Value]) -> list[Value]:
    tensor, perm = _tensor(node, inputs[0]), [int(axis) for axis in _static(node, inputs[1])]
    shape = tuple(tensor.shape[axis] for axis in perm)
    return [replace(tensor, shape=shape, order=tuple(perm.index(axis) for axis in tensor.order))]


@_handles("LeakyRelu")
def _leaky_relu(builder: GraphBuilder, node: Node, inputs: list[Value]) -> list[Value]:
    tensor = _tensor(node, inputs[0])
    return [
        replace(tensor, name=builder.emit("LeakyRelu", [tensor.name], alpha=node.attr("alpha"))[0])
    ]


@_handles("Cast")
def _cast(builder: GraphBuilder, node: Node, inputs: list[Value]) -> list[Value]:
    tensor, dtype = _tensor(node, inputs[0]), node.attr("DstT")
    return [replace(tensor, name=builder.cast(tensor.name, dtype), dtype=dtype)]


@_handles("Pad", "PadV2")
def _pad(builder: GraphBuilder, node: Node, inputs: list[Value]) -> list[Value]:
    tensor, widths = _tensor(node, inputs[0]), _static(node, inputs[1])
    value = _static(node, inputs[2]) if len(inputs) == 3 else np.zeros((), tensor.dtype)
    stored = widths[list(tensor.order)]
    pads = builder.ints([int(n) for n in (*stored[:, 0], *stored[:, 1])])
    (name,) = builder.emit("Pad", [tensor.name, pads, builder.constant(value)])
    return [replace(tensor, name=name, shape=_results(node, inputs)[0].shape)]


@_handles("ConcatV2")
def _concat(builder: GraphBuilder, node: Node, inputs: list[Value]) -> list[Value]:
    *parts, axis = inputs
    (result,) = _results(node, inputs)
    order = _common_order(parts, result.ndim)
    stored_axis = order.index(_axis(_static(node, axis), result.ndim))
    names = [builder.stored(part, order) for part in parts]
    (name,) = builder.emit("Concat", names, axis=stored_axis)
    return [Tensor(name, result.shape, result.dtype, order)]


def _split_along(
    builder: GraphBuilder, tensor: Tensor, axis: int, parts: tuple[np.ndarray, ...]
) -> list[Tensor]:
    if len(parts) == 1:
        return [tensor]
    sizes = builder.ints([part.shape[axis] for part in parts])
    names = builder.emit("Split", [tensor.name, sizes], len(parts), axis=tensor.order.index(axis))
    return [replace(tensor, name=n, shape=p.shape) for n, p in zip(names, parts, strict=True)]


@_handles("Split", "SplitV")
def _split(builder: GraphBuilder, node: Node, inputs: list[Value]) -> list[Value]:
    at, data = (0, 1) if node.op == "Split" else (2, 0)
    tensor = _tensor(node, inputs[data])
    axis = _axis(_static(node, inputs[at]), len(tensor.shape))
    return [*_split_along(builder, tensor, axis, _results(node, inputs))]


@_handles("Unpack")
def _unpack(builder: GraphBuilder, node: Node, inputs: list[Value]) -> list[Value]:
    tensor, results = _tensor(node, inputs[0]), _results(node, inputs)
    axis = _axis(node.attr("axis"), len(tensor.shape))
    slabs = _split_along(builder, tensor, axis, tuple(np.expand_dims(r, axis) for r in results))
    return [builder.reshaped(slab, r.shape) for slab, r in zip(slabs, results, strict=True)]


@_handles("Pack")
def _pack(builder: GraphBuilder, node: Node, inputs: list[Value]) -> list[Value]:
    (result,) = _results(node, inputs)
    axis = _axis(node.attr("axis"), result.ndim)
    slab_shape = (*result.shape[:axis], 1, *result.shape[axis + 1 :])
    names = [builder.reshaped(value, slab_shape).name for value in inputs]
    (name,) = builder.emit("Concat", names, axis=axis)
    return [Tensor(name, result.shape, result.dtype, tuple(range(result.ndim)))]


@_handles("Reshape", "ExpandDims", "Squeeze")
def _reshape(builder: GraphBuilder, node: Node, inputs: list[Value]) -> list[Value]:
    return [builder.reshaped(_tensor(node, inputs[0]), _results(node, inputs)[0].shape)]


@_handles("StridedSlice")
def _strided_slice(builder: GraphBuilder, node: Node, inputs: list[Value]) -> list[Value]:
    tensor = _tensor(node, inputs[0])
    index = slice_index(node, *(_static(node, value) for value in inputs[1:]))
    cuts, axis, shape = [], 0, list(tensor.shape)
    for entry in index:
        if entry is None:
            continue
        if isinstance(entry, int):
            position = entry % tensor.shape[axis]
            entry = slice(position, position + 1, 1)
        start, stop, step = entry.indices(tensor.shape[axis])
        if step < 1:
            raise ConversionError(f"{node}: a negative step is not handled")
        if (start, stop, step) != (0, tensor.shape[axis], 1):
            cuts.append((start, stop, axis, step))
            shape[axis] = len(range(start, stop, step))
        axis += 1
    name = builder.stored(tensor)
    if cuts:
        (name,) = builder.emit(
            "Slice", [name, *(builder.ints(column) for column in zip(*cuts, strict=True))]
        )
    cut = Tensor(name, tuple(shape), tensor.dtype, tuple(range(len(shape))))
    return [builder.reshaped(cut, _results(node, inputs)[0].shape)]


@_handles("Tile")
def _tile(builder: GraphBuilder, node: Node, inputs: list[Value]) -> list[Value]:
    tensor, repeats = _tensor(node, inputs[0]), _static(node, inputs[1])
    stored_repeats = builder.ints([int(repeats[axis]) for axis in tensor.order])
    (name,) = builder.emit("Tile", [tensor.name, stored_repeats])
    return [replace(tensor, name=name, shape=_results(node, inputs)[0].shape)]


@_handles("Sum", "Max")
def _reduce(builder: GraphBuilder, node: Node, inputs: list[Value]) -> list[Value]:
    (result,) = _results(node, inputs)
    axes = [_axis(axis, len(inputs[0].shape)) for axis in np.ravel(_static(node, inputs[1]))]
    names = [builder.stored(inputs[0]), builder.ints(axes)]
    (name,) = builder.emit(f"Reduce{node.op}", names, keepdims=int(node.attr("keep_dims")))
    return [Tensor(name, result.shape, result.dtype, tuple(range(result.ndim)))]


@_handles("ArgMax")
def _arg_max(builder: GraphBuilder, node: Node, inputs: list[Value]) -> list[Value]:
    (result,) = _results(node, inputs)
    axis = _axis(_static(node, inputs[1]), len(inputs[0].shape))
    (name,) = builder.emit("ArgMax", [builder.stored(inputs[0])], axis=axis, keepdims=0)
    return [
        Tensor(builder.cast(name, np.int32), result.shape, result.dtype, tuple(range(result.ndim)))
    ]


@_handles("GatherNd")
def _gather_nd(builder: GraphBuilder, node: Node, inputs: list[Value]) -> list[Value]:
    indices = builder.cast(builder.stored(inputs[1]), np.int64)
    (name,) = builder.emit("GatherND", [builder.stored(inputs[0]), indices])
    shape = (*inputs[1].shape[:-1], *inputs[0].shape[inputs[1].shape[-1] :])
    return [Tensor(name, shape, inputs[0].dtype, tuple(range(len(shape))))]


@_handles("TopKV2")
def _top_k(builder: GraphBuilder, node: Node, inputs: list[Value]) -> list[Value]:
    values, indices = _results(node, inputs)
    names = [builder.stored(inputs[0]), builder.ints([int(_static(node, inputs[1]))])]
    best, at = builder.emit("TopK", names, 2)
    order = tuple(range(values.ndim))
    return [
        Tensor(best, values.shape, values.dtype, order),
        Tensor(builder.cast(at, np.int32), indices.shape, indices.dtype, order),
    ]
