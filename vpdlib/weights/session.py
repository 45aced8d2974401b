"""Opening an embedded network in ONNX Runtime, checked first, on a given number of threads."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from vpdlib.weights.check import verify

if TYPE_CHECKING:
    import onnxruntime


def open_session(name: str, networks_dir: Path, threads: int) -> onnxruntime.InferenceSession:
    """Check the converted network ``name`` and open it for the CPU.

    Parameters
    ----------
    name : a name in the registry.
    networks_dir : the folder of converted networks.
    threads : threads one call may use; at least 1.

    Raises
    ------
    WeightsError
        if the network is missing or not the expected one.
    ValueError
        if ``threads`` is less than 1.
    """
    if threads < 1:
        raise ValueError(f"network {name!r}: threads is {threads}; give at least 1")
    path = verify(name, networks_dir)
    # Imported here: the check above must work without it, and the workflow is parsed without it.
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    # Idle threads that spin would take the cores from the other jobs of the workflow.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    model = _with_scalars(path)
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def _with_scalars(path: Path) -> bytes:
    """A network in which vectors along the last axis that hold one number over and over are scalars.

    MoveNet shifts and scales its input by such vectors, one number a colour. ONNX Runtime does with a scalar in a
    hundredth of the time what takes it a tenth of the network's with a vector of three; the numbers are the same.
    """
    import onnx
    from onnx import numpy_helper

    model = onnx.load(path)
    vectors = {}
    for tensor in model.graph.initializer:
        # Of four axes, as pictures have: whatever it is combined with keeps its shape.
        if list(tensor.dims[:-1]) == [1, 1, 1]:
            array = numpy_helper.to_array(tensor)
            if (array == array.flat[0]).all():
                vectors[tensor.name] = numpy_helper.from_array(array.flat[0].reshape(()))
    users = [node for node in model.graph.node if vectors.keys() & set(node.input)]
    for node in users:
        if node.op_type not in ("Add", "Sub", "Mul", "Div"):
            for name in node.input:
                vectors.pop(name, None)
    for tensor in model.graph.initializer:
        if tensor.name in vectors:
            name = tensor.name
            tensor.CopyFrom(vectors[name])
            tensor.name = name
    return bytes(model.SerializeToString())
