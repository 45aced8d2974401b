"""Reading a TensorFlow.js graph model: nodes, attributes and weights, as plain Python and numpy.

A model is a JSON file (``modelTopology``: the nodes of a frozen TensorFlow graph;
``weightsManifest``: names, shapes and types of its constants) and a binary file that holds the
constants one after another, little endian. Weights stored as float16 are widened to float32.
Nothing of TensorFlow is needed.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

_STORED_TYPES = {"float32": "<f4", "int32": "<i4", "bool": "|b1"}

#: TensorFlow's type names and what they are here; TensorFlow.js keeps 64-bit integers as 32-bit
#: ones.
TF_TYPES: dict[str, np.dtype] = {
    "DT_FLOAT": np.dtype(np.float32),
    "DT_INT32": np.dtype(np.int32),
    "DT_INT64": np.dtype(np.int32),
    "DT_BOOL": np.dtype(np.bool_),
}


class ConversionError(ValueError):
    """A graph that cannot be converted: the message names the node and what is not handled."""


@dataclass(frozen=True)
class Node:
    """One node of the graph; ``inputs`` are (producer's name, number of its output)."""

    name: str
    op: str
    inputs: tuple[tuple[str, int], ...]
    attrs: dict[str, Any]

    def attr(self, key: str) -> Any:
        """Return the attribute ``key``: an int, float, bool, string, dtype, list or shape tuple.

        Raises
        ------
        ConversionError
            if the node has no such attribute or its type is not one of TensorFlow's that occur
            here.
        """
        if key not in self.attrs:
            raise ConversionError(f"{self}: no attribute {key!r}")
        return _decode_attr(self.attrs[key], f"{self}, attribute {key!r}")

    def __str__(self) -> str:
        return f"node {self.name!r} ({self.op})"


@dataclass(frozen=True)
class Graph:
    """Nodes by name, constants by name, and the names of the outputs in the order of the signature."""

    nodes: dict[str, Node]
    weights: dict[str, np.ndarray]
    outputs: tuple[str, ...]

    def in_order(self) -> Iterator[Node]:
        """Yield the nodes the outputs need, each after the nodes it reads (constants left out)."""
        done: set[str] = set()
        for output in self.outputs:
            stack = [output]
            while stack:
                name = stack[-1]
                if name in done or name in self.weights:
                    stack.pop()
                    continue
                if name not in self.nodes:
                    raise ConversionError(
                        f"the graph reads {name!r}, which is no node and no weight"
                    )
                node = self.nodes[name]
                waiting = [n for n, _ in node.inputs if n not in done and n not in self.weights]
                if waiting:
                    stack.extend(waiting)
                    continue
                stack.pop()
                done.add(name)
                yield node


def _decode_attr(value: dict[str, Any], where: str) -> Any:
    (kind, content), *more = value.items()
    if more:
        raise ConversionError(f"{where}: expected one value, found {sorted(value)}")
    if kind == "list":
        if not content:
            return []
        ((item_kind, items),) = content.items()
        return [_decode_attr({item_kind: item}, where) for item in items]
    if kind == "s":
        return base64.b64decode(content).decode()
    if kind == "i":
        return int(content)
    if kind == "f":
        return float(content)
    if kind == "b":
        return bool(content)
    if kind == "shape":
        return tuple(int(dim["size"]) for dim in content.get("dim", []))
    if kind == "type":
        if content not in TF_TYPES:
            raise ConversionError(f"{where}: type {content} is not handled")
        return TF_TYPES[content]
    raise ConversionError(f"{where}: attribute kind {kind!r} is not handled")


def _split_reference(reference: str) -> tuple[str, int]:
    name, _, index = reference.partition(":")
    return name, int(index) if index else 0


def _read_weights(
    manifest: list[dict[str, Any]], payload: bytes, where: str
) -> dict[str, np.ndarray]:
    weights: dict[str, np.ndarray] = {}
    offset = 0
    for entry in (weight for group in manifest for weight in group["weights"]):
        name, shape, dtype = entry["name"], tuple(entry["shape"]), entry["dtype"]
        stored = entry.get("quantization", {}).get("dtype", dtype)
        if dtype not in _STORED_TYPES or stored not in (dtype, "float16"):
            raise ConversionError(
                f"{where}: weight {name!r} has type {dtype} stored as {stored}: not handled"
            )
        stored_type = np.dtype("<f2" if stored == "float16" else _STORED_TYPES[stored])
        size = int(np.prod(shape, dtype=np.int64))
        if offset + size * stored_type.itemsize > len(payload):
            raise ConversionError(f"{where}: the weights end inside {name!r}; fetch the file again")
        array = np.frombuffer(payload, stored_type, size, offset).reshape(shape)
        weights[name] = array.astype(np.dtype(_STORED_TYPES[dtype]).newbyteorder("="))
        offset += size * stored_type.itemsize
    if offset != len(payload):
        raise ConversionError(f"{where}: {len(payload) - offset} bytes follow the last weight")
    return weights


def read_graph(json_path: Path, bin_path: Path) -> Graph:
    """Read a TensorFlow.js graph model.

    Parameters
    ----------
    json_path : the model's JSON.
    bin_path : its weights, in one file.

    Raises
    ------
    ConversionError
        if the JSON is not a graph model, or the weights do not fit the manifest.
    """
    model = json.loads(json_path.read_text(encoding="utf-8"))
    if model.get("format") != "graph-model":
        raise ConversionError(
            f"{json_path}: format {model.get('format')!r}, expected 'graph-model'"
        )
    nodes = {}
    for raw in model["modelTopology"]["node"]:
        inputs = tuple(
            _split_reference(ref) for ref in raw.get("input", []) if not ref.startswith("^")
        )
        nodes[raw["name"]] = Node(raw["name"], raw["op"], inputs, raw.get("attr", {}))
    outputs = (_split_reference(out["name"])[0] for out in model["signature"]["outputs"].values())
    weights = _read_weights(model["weightsManifest"], bin_path.read_bytes(), str(bin_path))
    return Graph(nodes, weights, tuple(sorted(outputs)))
