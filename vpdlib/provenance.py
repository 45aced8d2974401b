"""Digests of configuration and code.

A rule carries the digest of its script, and of the vpdlib modules that the script uses, in its ``params``: an
edit of either makes Snakemake rerun what depends on it and nothing else. (Snakemake itself sees a script's time
stamp, and nothing of the library.) The digest is taken over the syntax tree without docstrings, so comments,
formatting and file times do not count.

To read all of the library so takes seconds, and every start of Snakemake, on a cluster every job, wants it: what
was read of a file is kept in ``__pycache__``, under the digest of that file's bytes.
"""

from __future__ import annotations

import ast
import hashlib
import json
import sys
import uuid
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

#: What a script and what all scripts share are named by.
_SCRIPTS = ("workflow_scripts", "_job")


def digest_settings(settings: Any) -> str:
    """Digest of a JSON-able value; the order of keys does not count."""
    text = json.dumps(settings, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def digest_file(path: Path) -> str:
    """Full sha256 of a file's bytes, as hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def code_digest(*modules: str) -> str:
    """Digest of modules and of all that they import from vpdlib, directly or not.

    Parameters
    ----------
    modules : dotted names, such as ``"workflow_scripts.track_athlete"`` or ``"vpdlib.tracking.track"``. A
        package stands for its ``__init__`` alone; name the module whose functions are called.

    Raises
    ------
    ValueError
        If a name is not a module of vpdlib or a script.
    """
    return _code_of_vpdlib().digest(*modules)


class _Module(NamedTuple):
    """Of a module: what it imports of vpdlib and its scripts, modules or things in them, and its digest."""

    names: tuple[str, ...]
    digest: str


class Code:
    """The library's modules and the scripts beside it, each read once.

    Parameters
    ----------
    package : the folder of vpdlib; ``workflow_scripts`` lies beside it.
    """

    def __init__(self, package: Path) -> None:
        self._package = package
        self._modules: dict[str, _Module] = {}
        self._kept = _Kept(package / "__pycache__" / f"code.{sys.implementation.cache_tag}.json")

    def digest(self, *modules: str) -> str:
        """See `code_digest`."""
        reached: set[str] = set()
        pending = list(modules)
        while pending:
            name = pending.pop()
            if name not in reached:
                reached.add(name)
                pending.extend(self._module(name).names)
        self._kept.save()
        digest = hashlib.sha256()
        for name in sorted(reached):
            digest.update(name.encode())
            digest.update(self._modules[name].digest.encode())
        return digest.hexdigest()[:16]

    def _module(self, name: str) -> _Module:
        if name not in self._modules:
            path = self._file(name)
            if path is None:
                raise ValueError(
                    f"{name!r} is not a module of vpdlib, nor a script: correct the name given to code_digest()"
                )
            names, digest = self._kept.module(name, path)
            # A package's __init__ runs too, but what it gathers for others is not used, and the version number in
            # vpdlib/__init__.py must not count.
            modules = (each for each in names if each != "vpdlib" and self._file(each) is not None)
            self._modules[name] = _Module(tuple(modules), digest)
        return self._modules[name]

    def _file(self, name: str) -> Path | None:
        parts = name.split(".")
        if parts[0] == "vpdlib":
            base = self._package.joinpath(*parts[1:])
        elif parts[0] in _SCRIPTS:
            # A script imports _job from beside itself.
            base = self._package.parent / "workflow_scripts" / parts[-1]
        else:
            return None
        for candidate in (base.with_suffix(".py"), base / "__init__.py"):
            if candidate.is_file() and (parts != ["vpdlib"] or candidate.name == "__init__.py"):
                return candidate
        return None


@cache
def _code_of_vpdlib() -> Code:
    return Code(Path(__file__).resolve().parent)


class _Kept:
    """What was last read of every module, in a file, each with a digest of all that it depends on."""

    def __init__(self, path: Path) -> None:
        self._path = path
        # This file says how modules are read.
        self._reader = digest_file(Path(__file__))
        self._is_changed = False
        try:
            self._entries: dict[str, list[Any]] = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, json.JSONDecodeError):
            self._entries = {}

    def module(self, name: str, path: Path) -> _Module:
        source = path.read_bytes()
        key = hashlib.sha256(f"{self._reader} {path.name} ".encode() + source).hexdigest()
        if name not in self._entries or self._entries[name][0] != key:
            self._entries[name] = [key, *_read_module(source, name, path)]
            self._is_changed = True
        _, names, digest = self._entries[name]
        return _Module(tuple(names), digest)

    def save(self) -> None:
        """Write what is new. As with Python's own bytecode, a folder that cannot be written to is left alone."""
        if not self._is_changed:
            return
        self._is_changed = False
        # Several runs may start at once.
        part = self._path.with_name(f"{self._path.name}.{uuid.uuid4().hex}")
        try:
            self._path.parent.mkdir(exist_ok=True)
            part.write_text(json.dumps(self._entries), encoding="utf-8")
            part.replace(self._path)
        except OSError:
            with suppress(OSError):
                part.unlink()


def _read_module(source: bytes, name: str, path: Path) -> _Module:
    tree = ast.parse(source, filename=str(path))
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            origin = _origin(node, name, is_package=path.name == "__init__.py")
            names.add(origin)
            names.update(f"{origin}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                node.body = node.body[1:] or [ast.Pass()]
    digest = hashlib.sha256(ast.dump(tree).encode()).hexdigest()
    ours = (name for name in names if name.split(".")[0] in ("vpdlib", *_SCRIPTS))
    return _Module(tuple(sorted(ours)), digest)


def _origin(node: ast.ImportFrom, importer: str, is_package: bool) -> str:
    """Dotted name of the module that is imported from; dots before it count from the importer."""
    if not node.level:
        return node.module or ""
    parts = importer.split(".")
    base = parts[: len(parts) - node.level + is_package]
    return ".".join([*base, node.module] if node.module else base)
