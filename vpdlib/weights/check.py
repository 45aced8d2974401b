"""Checking a converted network before use: its manifest against the registry, its bytes against the
manifest.

``<networks_dir>/<name>.onnx`` is the network, ``<name>.manifest.json`` beside it says what it was
made from. Only hashlib and json are used: the check runs while the workflow is parsed, and again in
each job.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from vpdlib.provenance import digest_file
from vpdlib.weights.registry import CONVERTER_VERSION, NETWORKS, Network


class WeightsError(ValueError):
    """Weights that are missing or not the expected ones; the message ends with what to do."""


def onnx_path(name: str, networks_dir: Path) -> Path:
    """Return where the converted network ``name`` lies."""
    return networks_dir / f"{name}.onnx"


def manifest_path(name: str, networks_dir: Path) -> Path:
    """Return where the manifest of network ``name`` lies."""
    return networks_dir / f"{name}.manifest.json"


def network_named(name: str) -> Network:
    """Return the registry's entry.

    Raises
    ------
    WeightsError
        if there is none, with the names there are.
    """
    if name not in NETWORKS:
        raise WeightsError(
            f"no embedded network is called {name!r}; there are {', '.join(NETWORKS)}"
        )
    return NETWORKS[name]


def expected_manifest(network: Network) -> dict[str, Any]:
    """Return what the manifest of ``network`` must say, but for the converted file's own digest."""
    return {
        "name": network.name,
        "package": network.package,
        "version": network.version,
        "sources": {file.member: file.sha256 for file in network.files},
        "converter_version": CONVERTER_VERSION,
        "input_shape": list(network.input_shape) if network.input_shape else None,
    }


def read_json(path: Path, remedy: str) -> dict[str, Any]:
    """Read a JSON object that lies beside weights.

    Raises
    ------
    WeightsError
        if the file is not JSON, or holds something other than an object; the message ends with ``remedy``.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise WeightsError(f"{path}: not readable as JSON ({error}); {remedy}") from error
    if not isinstance(content, dict):
        raise WeightsError(f"{path}: expected a JSON object; {remedy}")
    return content


def verify(name: str, networks_dir: Path) -> Path:
    """Check a converted network and return the path of its ONNX file.

    Parameters
    ----------
    name : a name in the registry.
    networks_dir : the folder of converted networks.

    Raises
    ------
    WeightsError
        if the network or its manifest is missing, was made from other files or by another
        converter, or its bytes are not those the manifest names. The message gives the path, what
        was expected, what was found and the command that repairs it.
    """
    network = network_named(name)
    path, manifest_file = onnx_path(name, networks_dir), manifest_path(name, networks_dir)
    remedy = f"run: python -m vpdlib.weights --networks-dir {networks_dir}"
    for needed in (path, manifest_file):
        if not needed.is_file():
            raise WeightsError(f"network {name!r}: expected {needed}, found no such file; {remedy}")
    manifest = read_json(manifest_file, remedy)
    for key, expected in expected_manifest(network).items():
        if manifest.get(key) != expected:
            raise WeightsError(
                f"network {name!r}: {manifest_file}: expected {key} {expected}, found {manifest.get(key)}; {remedy}"
            )
    found = digest_file(path)
    if found != manifest.get("onnx_sha256"):
        raise WeightsError(
            f"network {name!r}: {path}: expected sha256 {manifest.get('onnx_sha256')}, found {found}; {remedy}"
        )
    return path


def verify_present(networks_dir: Path) -> None:
    """Check every converted network that is there; one that is not made yet is passed over.

    Raises
    ------
    WeightsError
        as :func:`verify`, for a network that is there and not the expected one.
    """
    for name in NETWORKS:
        if onnx_path(name, networks_dir).exists():
            verify(name, networks_dir)
