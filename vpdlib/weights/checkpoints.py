"""Weights by reference: where they lie, and checking a file before use.

Settings name weights by a *reference*: a name of ``CHECKPOINTS``, or the path of a local file.
A named checkpoint is downloaded once to ``<networks_dir>/<name>.pth``; a local file stays where it is.

``python -m vpdlib.weights.checkpoints`` prints the table of docs/networks.md. Nothing heavy is
imported: references are checked while the workflow is parsed, and again in each job.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from vpdlib.provenance import digest_file
from vpdlib.weights.check import WeightsError
from vpdlib.weights.checkpoint_registry import CHECKPOINTS, Checkpoint, Wheel
from vpdlib.weights.known_digests import known_digest

__all__ = [
    "CHECKPOINTS",
    "Checkpoint",
    "Wheel",
    "checkpoint_named",
    "checkpoint_path",
    "is_path",
    "markdown_table",
    "verify_checkpoint",
    "verify_checkpoints_present",
]

_FILE_SUFFIXES = (".pth", ".pt", ".onnx", ".safetensors")
_DIGEST = re.compile(r"[0-9a-f]{8,64}")


def is_path(reference: str) -> bool:
    """Whether a reference is the path of a file: it holds a "/" or ends as files of weights do."""
    return "/" in reference or reference.endswith(_FILE_SUFFIXES)


def checkpoint_named(name: str) -> Checkpoint:
    """Return the registry's entry.

    Raises
    ------
    WeightsError
        if there is none, with the names there are.
    """
    if name not in CHECKPOINTS:
        raise WeightsError(
            f"no checkpoint is called {name!r}; give the path of a file (with a '/', or ending in "
            f"{', '.join(_FILE_SUFFIXES)}) or one of: {', '.join(CHECKPOINTS)}"
        )
    return CHECKPOINTS[name]


def checkpoint_path(reference: str, networks_dir: Path) -> Path:
    """Return where the weights lie, or will lie once they are downloaded.

    Raises
    ------
    WeightsError
        if the reference is neither a path nor a name of the registry.
    """
    if is_path(reference):
        return Path(reference)
    return networks_dir / f"{reference}{checkpoint_named(reference).suffix}"


def _expected_digest(reference: str, sha256: str | None) -> str | None:
    """Hex digits, all or the first, that the file's digest must begin with; None where any file will do."""
    given = sha256.lower() if sha256 is not None else None
    if given is not None and not _DIGEST.fullmatch(given):
        raise WeightsError(
            f"checkpoint {reference!r}: {sha256!r} is no sha256; give its 64 hex digits, or the first 8 or more"
        )
    if is_path(reference):
        return given
    published = checkpoint_named(reference).sha256
    if given is None:
        return published
    shorter, longer = sorted((given, published), key=len)
    if not longer.startswith(shorter):
        raise WeightsError(
            f"checkpoint {reference!r}: its published sha256 begins with {published}, the settings say "
            f"{given}; leave the settings' digest out, or give another file by its path"
        )
    return longer


def _require_file(reference: str, path: Path, expected: str | None) -> None:
    if path.is_file():
        return
    if is_path(reference):
        remedy = "correct the path in the settings, or put the file there"
    else:
        remedy = (
            f"run: python -m vpdlib.weights --networks-dir {path.parent} --checkpoint {reference}; "
            f"or put {checkpoint_named(reference).published_as} there"
        )
    digest = f" of sha256 {expected}" if expected else ""
    raise WeightsError(
        f"checkpoint {reference!r}: expected the file {path}{digest}, found no such file; {remedy}"
    )


def _require_digest(reference: str, path: Path, expected: str, found: str) -> None:
    if found.startswith(expected):
        return
    if is_path(reference):
        remedy = "obtain the file again, or correct the digest in the settings"
    else:
        remedy = (
            f"remove it, and {checkpoint_named(reference).published_as} is fetched anew; a file that you trust "
            "can be named by its path instead"
        )
    raise WeightsError(
        f"checkpoint {reference!r}: {path}: expected a sha256 that begins with {expected}, found {found}; {remedy}"
    )


def verify_checkpoint(reference: str, networks_dir: Path, sha256: str | None = None) -> Path:
    """Check a file of weights, reading all of it, and return its path.

    Parameters
    ----------
    reference : a name of the registry, or the path of a file.
    networks_dir : the folder of downloaded networks.
    sha256 : the digest that the settings give, whole or its first 8 or more digits. Without it a named
        checkpoint is compared with the registry, and a local file is only required to be there.

    Raises
    ------
    WeightsError
        if the file is missing, its digest is another, or the reference or ``sha256`` is none. The
        message gives path, expected and found digest and the remedy.
    """
    expected = _expected_digest(reference, sha256)
    path = checkpoint_path(reference, networks_dir)
    _require_file(reference, path, expected)
    if expected is not None:
        _require_digest(reference, path, expected, digest_file(path))
    return path


def verify_checkpoints_present(
    references: Iterable[tuple[str, str | None]], networks_dir: Path
) -> None:
    """Check what settings refer to, as far as it is there; cheap enough for every parsing of the workflow.

    A named checkpoint that is not downloaded yet is passed over: a rule fetches it. A file whose size
    and time stamp are those of an earlier check is not read again; a job still reads all of it.

    Parameters
    ----------
    references : pairs of a reference and the digest that the settings give for it, or None.
    networks_dir : the folder of downloaded networks, in which the digests of files are remembered.

    Raises
    ------
    WeightsError
        as :func:`verify_checkpoint`.
    """
    for reference, sha256 in references:
        expected = _expected_digest(reference, sha256)
        path = checkpoint_path(reference, networks_dir)
        if not is_path(reference) and not path.exists():
            continue
        _require_file(reference, path, expected)
        if expected is not None:
            _require_digest(reference, path, expected, known_digest(path, networks_dir))


def markdown_table() -> str:
    """Return the registry as a Markdown table, as docs/networks.md shows it."""
    rows = [
        "| name | what | package: configuration | size | licence | sha256 | compared with a file |",
        "|---|---|---|---|---|---|---|",
    ]
    for entry in CHECKPOINTS.values():
        size = f"{entry.size / 2**20:.0f} MiB" if entry.size else "not published"
        rows.append(
            f"| `{entry.name}` | {entry.what} | {entry.package}: `{entry.config}` | {size} | {entry.licence} "
            f"| {_digest_cell(entry)} | {'yes' if entry.checked else 'no'} |"
        )
    return "\n".join(rows) + "\n"


def _digest_cell(entry: Checkpoint) -> str:
    if isinstance(entry.source, Wheel):
        return f"`{entry.sha256[:8]}`, in the Python package `{entry.source.requirement}`"
    return f"[`{entry.sha256}`]({entry.source})"


if __name__ == "__main__":
    print(markdown_table(), end="")
