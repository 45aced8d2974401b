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
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
