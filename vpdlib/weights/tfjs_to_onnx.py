"""TensorFlow.js graph model to ONNX, with numpy and onnx alone.

The input size is fixed, so every shape is known, and what depends on shapes and constants only is computed
here once. The rest is written by ``onnx_ops``; how axes are stored is explained in ``onnx_builder``. It is our own
since tf2onnx, which reads such models too, needs TensorFlow: much to install for three small networks.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import helper

from vpdlib.weights.onnx_builder import GraphBuilder, Tensor, Value, onnx_type, stand_in
from vpdlib.weights.onnx_ops import write_node
from vpdlib.weights.tf_ops import evaluate
from vpdlib.weights.tfjs_graph import ConversionError, Graph, Node, read_graph

_OPSET, _IR_VERSION = 18, 9


def _input_shape(node: Node, wanted: tuple[int, ...] | None) -> tuple[int, ...]:
    declared = node.attr("shape")
    shape = declared if wanted is None else wanted
    if len(shape) != len(declared) or any(
        d not in (-1, s) for d, s in zip(declared, shape, strict=True)
    ):
        raise ConversionError(f"{node}: input shape {shape} does not fit the declared {declared}")
    if min(shape) < 1:
        raise ConversionError(f"{node}: the input size is open {shape}; give it to the converter")
    return shape


def graph_to_onnx(graph: Graph, input_shape: tuple[int, ...] | None = None) -> onnx.ModelProto:
    """Convert a graph; see :func:`convert`."""
    builder = GraphBuilder()
    values: dict[str, list[Value]] = {name: [array] for name, array in graph.weights.items()}
    model_inputs, model_outputs = [], []
    for node in graph.in_order():
        inputs = [values[name][index] for name, index in node.inputs]
        if node.op == "Placeholder":
            shape, dtype = _input_shape(node, input_shape), node.attr("dtype")
            model_inputs.append(helper.make_tensor_value_info(node.name, onnx_type(dtype), shape))
            values[node.name] = [Tensor(node.name, shape, dtype, tuple(range(len(shape))))]
        elif node.op in ("Shape", "Size") or all(isinstance(v, np.ndarray) for v in inputs):
            values[node.name] = list(evaluate(node, [stand_in(v) for v in inputs]))
        else:
            values[node.name] = write_node(builder, node, inputs)
    for name in graph.outputs:
        value = values[name][0]
        if isinstance(value, np.ndarray):
            raise ConversionError(f"output {name!r} does not depend on the input")
        builder.nodes.append(
            helper.make_node("Identity", [builder.stored(value)], [name], name=name)
        )
        model_outputs.append(
            helper.make_tensor_value_info(name, onnx_type(value.dtype), value.shape)
        )
    proto = helper.make_graph(
        builder.nodes, "converted", model_inputs, model_outputs, list(builder.initializers.values())
    )
    opset = [helper.make_opsetid("", _OPSET)]
    model = helper.make_model(
        proto, opset_imports=opset, ir_version=_IR_VERSION, producer_name="vpdlib"
    )
    onnx.checker.check_model(model)
    return model


def convert(
    json_path: Path, bin_path: Path, input_shape: tuple[int, ...] | None = None
) -> onnx.ModelProto:
    """Convert a TensorFlow.js graph model to ONNX.

    Parameters
    ----------
    json_path, bin_path : the model's topology and weights.
    input_shape : the input's shape, (1, H, W, 3) for MoveNet; needed where the model leaves it
        open.

    Returns
    -------
    The ONNX model (opset 18): the input has the placeholder's name and type, the outputs the names
    of the output nodes, all in TensorFlow's axis order.

    Raises
    ------
    ConversionError
        naming the node, for whatever is not handled.
    """
    return graph_to_onnx(read_graph(json_path, bin_path), input_shape)
