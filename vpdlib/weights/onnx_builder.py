"""The ONNX graph under construction: nodes, constants, storage orders, changes of shape.

TensorFlow's graphs keep images as (N, H, W, C), ONNX's convolutions want (N, C, H, W). A converted
tensor therefore carries the order in which its axes are stored (``Tensor.order``: stored axis i holds
TensorFlow's axis ``order[i]``), and its shape in TensorFlow's order. A transpose in TensorFlow only
renames the axes; a real one is written where an operation needs another storage order than its input
has. So chains of convolutions and element-wise operations run in ONNX's order with no transposes
between.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper


@dataclass(frozen=True)
class Tensor:
    """A value computed at run time: its ONNX name, TensorFlow shape, type and storage order."""

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype
    order: tuple[int, ...]


Value = Tensor | np.ndarray


def onnx_type(dtype: np.dtype) -> int:
    """Return ONNX's number for a numpy type."""
    return helper.np_dtype_to_tensor_dtype(dtype)


def stand_in(value: Value) -> np.ndarray:
    """Return an array of the value's shape and type: the constant itself, or ones."""
    return value if isinstance(value, np.ndarray) else np.ones(value.shape, value.dtype)


class GraphBuilder:
    """Collects nodes and constants; a value asked for twice in one order is transposed once."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: dict[str, onnx.TensorProto] = {}
        self._constants: dict[tuple[str, tuple[int, ...], bytes], str] = {}
        self._reordered: dict[tuple[str, tuple[int, ...]], str] = {}
        self._num_names = 0

    def emit(self, op: str, inputs: Sequence[str], num_outputs: int = 1, **attrs: Any) -> list[str]:
        """Add a node; return the names of its outputs."""
        outputs = []
        for _ in range(num_outputs):
            self._num_names += 1
            outputs.append(f"{op.lower()}_{self._num_names}")
        self.nodes.append(helper.make_node(op, list(inputs), outputs, name=outputs[0], **attrs))
        return outputs

    def constant(self, array: np.ndarray | np.generic) -> str:
        """Return the name of a constant; equal ones are kept once."""
        array = np.array(array, order="C")
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self._constants:
            name = f"constant_{len(self._constants)}"
            self._constants[key] = name
            self.initializers[name] = numpy_helper.from_array(array, name)
        return self._constants[key]

    def ints(self, values: Sequence[int]) -> str:
        """Return the name of a constant vector of int64, as ONNX wants shapes, axes and sizes."""
        return self.constant(np.array(values, np.int64))

    def stored(self, value: Value, order: tuple[int, ...] | None = None) -> str:
        """Return the ONNX name of ``value`` stored in ``order`` (default: TensorFlow's own)."""
        rank = len(value.shape)
        order = tuple(range(rank)) if order is None else order
        if isinstance(value, np.ndarray):
            return self.constant(value.transpose(order))
        if value.order == order:
            return value.name
        key = (value.name, order)
        if key not in self._reordered:
            perm = [value.order.index(axis) for axis in order]
            self._reordered[key] = self.emit("Transpose", [value.name], perm=perm)[0]
        return self._reordered[key]

    def reshaped(self, value: Value, shape: tuple[int, ...]) -> Tensor:
        """Return ``value`` in TensorFlow's order with another shape of as many elements."""
        name = self.stored(value)
        if value.shape != shape:
            (name,) = self.emit("Reshape", [name, self.ints(shape)])
        return Tensor(name, shape, value.dtype, tuple(range(len(shape))))

    def cast(self, name: str, dtype: np.dtype | type) -> str:
        """Return the name of ``name`` converted to another type."""
        return self.emit("Cast", [name], to=onnx_type(np.dtype(dtype)))[0]
