"""What TensorFlow's operations mean, in numpy: for folding constants and for static shapes.

Each function takes the node and its input arrays (in TensorFlow's own axis order) and returns the
tuple of outputs. The converter calls them with real values where all inputs are constant, and with
arrays of ones where only the shape and the type of the result are wanted. Convolutions, pooling and
resizing are not here: in the networks they never act on constants.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from vpdlib.weights.tfjs_graph import ConversionError, Node

Arrays = tuple[np.ndarray, ...]

#: Operations on equal or broadcastable arrays.
ELEMENTWISE: dict[str, Callable[..., np.ndarray]] = {
    "Add": np.add,
    "AddV2": np.add,
    "AddN": lambda *arrays: sum(arrays[1:], arrays[0]),
    "Sub": np.subtract,
    "Mul": np.multiply,
    "RealDiv": np.divide,
    "FloorDiv": np.floor_divide,
    "Maximum": np.maximum,
    "Minimum": np.minimum,
    "SquaredDifference": lambda a, b: np.square(a - b),
    "Less": np.less,
    "Greater": np.greater,
    "GreaterEqual": np.greater_equal,
    "Equal": np.equal,
    "LogicalAnd": np.logical_and,
    "Select": np.where,
    "Abs": np.abs,
    "Exp": np.exp,
    "Sqrt": np.sqrt,
    "Sigmoid": lambda a: 1 / (1 + np.exp(-a)),
    "Reciprocal": np.reciprocal,
    "Identity": lambda a: a,
}


def _ints(array: np.ndarray) -> list[int]:
    return [int(value) for value in np.ravel(array)]


def slice_index(node: Node, begin: np.ndarray, end: np.ndarray, step: np.ndarray) -> tuple:
    """Return the numpy index that TensorFlow's StridedSlice with these bounds and masks means.

    Bit i of a mask speaks of the i-th entry of the bounds: ``new_axis`` inserts an axis and reads
    no bound, ``shrink_axis`` takes one element and drops the axis, ``begin`` and ``end`` leave that
    side open.

    Raises
    ------
    ConversionError
        for an ellipsis, which the networks here do not use.
    """
    if node.attr("ellipsis_mask"):
        raise ConversionError(f"{node}: an ellipsis in a strided slice is not handled")
    index: list[slice | int | None] = []
    for i, (first, last, stride) in enumerate(
        zip(_ints(begin), _ints(end), _ints(step), strict=True)
    ):
        bit = 1 << i
        if node.attr("new_axis_mask") & bit:
            index.append(None)
        elif node.attr("shrink_axis_mask") & bit:
            index.append(first)
        else:
            start = None if node.attr("begin_mask") & bit else first
            stop = None if node.attr("end_mask") & bit else last
            index.append(slice(start, stop, stride))
    return tuple(index)


def _strided_slice(
    node: Node, a: np.ndarray, begin: np.ndarray, end: np.ndarray, step: np.ndarray
) -> Arrays:
    return (np.asarray(a[slice_index(node, begin, end, step)]),)


def _squeeze(node: Node, a: np.ndarray) -> Arrays:
    axes = tuple(node.attr("squeeze_dims")) if "squeeze_dims" in node.attrs else ()
    return (np.squeeze(a, axis=axes or None),)


def _sparse_to_dense(
    node: Node, at: np.ndarray, shape: np.ndarray, values: np.ndarray, rest: np.ndarray
) -> Arrays:
    dense = np.full(_ints(shape), rest, dtype=rest.dtype)
    if at.size:
        dense[tuple(np.reshape(at, (-1, dense.ndim)).T)] = values
    return (dense,)


def _gather_nd(node: Node, a: np.ndarray, indices: np.ndarray) -> Arrays:
    return (a[tuple(np.moveaxis(indices, -1, 0))],)


def _top_k(node: Node, a: np.ndarray, k: np.ndarray) -> Arrays:
    # A stable sort of the negated values keeps the lower index first among equals, as TensorFlow
    # does.
    best = np.argsort(-a, axis=-1, kind="stable")[..., : int(k)]
    return np.take_along_axis(a, best, -1), best.astype(np.int32)


def _split_v(node: Node, a: np.ndarray, sizes: np.ndarray, axis: np.ndarray) -> Arrays:
    return tuple(np.split(a, np.cumsum(_ints(sizes))[:-1], int(axis)))


def _pad(node: Node, a: np.ndarray, widths: np.ndarray, value: np.ndarray | float = 0.0) -> Arrays:
    return (np.pad(a, np.asarray(widths), constant_values=np.asarray(value, a.dtype)),)


def _unpack(node: Node, a: np.ndarray) -> Arrays:
    return tuple(np.moveaxis(a, node.attr("axis"), 0))


def _fill(node: Node, shape: np.ndarray, value: np.ndarray) -> Arrays:
    return (np.full(_ints(shape), value, dtype=value.dtype),)


OTHER: dict[str, Callable[..., Arrays]] = {
    "ArgMax": lambda node, a, axis: (np.argmax(a, int(axis)).astype(np.int32),),
    "Cast": lambda node, a: (a.astype(node.attr("DstT")),),
    "ConcatV2": lambda node, *a: (np.concatenate(a[:-1], int(a[-1])),),
    "ExpandDims": lambda node, a, axis: (np.expand_dims(a, int(axis)),),
    "Fill": _fill,
    "GatherNd": _gather_nd,
    "LeakyRelu": lambda node, a: (np.where(a > 0, a, a * np.float32(node.attr("alpha"))),),
    "Max": lambda node, a, axis: (np.max(a, tuple(_ints(axis)), keepdims=node.attr("keep_dims")),),
    "Pack": lambda node, *a: (np.stack(a, node.attr("axis")),),
    "Pad": _pad,
    "PadV2": _pad,
    "Range": lambda node, start, stop, step: (np.arange(start, stop, step, dtype=start.dtype),),
    "Reshape": lambda node, a, shape: (np.reshape(a, _ints(shape)),),
    "Shape": lambda node, a: (np.array(a.shape, np.int32),),
    "Size": lambda node, a: (np.array(a.size, np.int32),),
    "SparseToDense": _sparse_to_dense,
    "Split": lambda node, axis, a: tuple(np.split(a, node.attr("num_split"), int(axis))),
    "SplitV": _split_v,
    "Squeeze": _squeeze,
    "StridedSlice": _strided_slice,
    "Sum": lambda node, a, axis: (np.sum(a, tuple(_ints(axis)), keepdims=node.attr("keep_dims")),),
    "Tile": lambda node, a, repeats: (np.tile(a, _ints(repeats)),),
    "TopKV2": _top_k,
    "Transpose": lambda node, a, order: (np.transpose(a, _ints(order)),),
    "Unpack": _unpack,
}


def evaluate(node: Node, inputs: list[np.ndarray]) -> Arrays:
    """Return the outputs of ``node`` for ``inputs``, all in TensorFlow's axis order.

    Raises
    ------
    ConversionError
        if the operation is not known here.
    """
    if node.op in ELEMENTWISE:
        result = np.asarray(ELEMENTWISE[node.op](*inputs))
        kept = inputs[0].dtype if result.dtype != np.bool_ and node.op != "Select" else result.dtype
        return (result.astype(kept, copy=False),)
    if node.op in OTHER:
        return OTHER[node.op](node, *inputs)
    raise ConversionError(f"{node}: operation {node.op} is not handled")
