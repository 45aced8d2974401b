"""Digests of configuration and code.

A rule carries the digest of its script, and of the vpdlib modules that the script uses, in its ``params``: an edit
of either makes Snakemake rerun what depends on it and nothing else. (Snakemake itself sees a script's time stamp,
and nothing of the library.) The digest is taken over the syntax tree without docstrings, so comments, formatting
and file times do not count, nor does the version of Python. Of a module that reads tables of the package
(``resources.files``), the tables count too. This module, what a run is planned with, the progress reports and how files
are put in place do not: nothing that is made depends on them.

To read all of the library so takes seconds, and every start of Snakemake, on a cluster every job, wants it: what
was read of a file is kept where Python keeps bytecode, under the digest of that file's bytes; also where
bytecode itself is not to be written, as in many containers, where it is wanted most.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import json
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from vpdlib.atomic import write_text

#: What a script and what all scripts share are named by.
_SCRIPTS = ("workflow_scripts", "_job")

#: What no artifact depends on. A package's __init__ runs too, but what it gathers for others is not used, and the
#: version number in vpdlib/__init__.py must not count.
_NOT_COUNTED = (
    "vpdlib",
    "vpdlib.provenance",
    "vpdlib.planned",
    "vpdlib.progress",
    "vpdlib.atomic",
)

#: Of the files in a package that are not code, what is read.
_TABLES = "*.csv"


def digest_settings(settings: Any) -> str:
    """Digest of a JSON-able value; the order of keys does not count."""
    text = json.dumps(settings, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def digest_file(path: Path) -> str:
    """Full sha256 of a file's bytes, as hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@cache
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
    """What counts of a module.

    Attributes
    ----------
    names : what it imports of vpdlib and its scripts, modules or things in them.
    data : packages whose tables it reads.
    digest : of its code.
    """

    names: tuple[str, ...]
    data: tuple[str, ...]
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
        bytecode = Path(importlib.util.cache_from_source(str(package / "code.py")))
        self._kept = _Kept(bytecode.with_suffix(".json"))

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
            names, data, digest = self._kept.module(name, path)
            names = tuple(
                each for each in names if each not in _NOT_COUNTED and self._file(each) is not None
            )
            if data:
                parts = [digest, *(line for package in data for line in self._tables(package))]
                digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()
            self._modules[name] = _Module(names, data, digest)
        return self._modules[name]

    def _tables(self, package: str) -> list[str]:
        folder = self._package.joinpath(*package.split(".")[1:])
        found = sorted(path.relative_to(folder).as_posix() for path in folder.rglob(_TABLES))
        return [f"{name} {digest_file(folder / name)}" for name in found]

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
            entries = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            entries = None
        self._entries: dict[str, Any] = entries if isinstance(entries, dict) else {}

    def module(self, name: str, path: Path) -> _Module:
        source = path.read_bytes()
        key = hashlib.sha256(f"{self._reader} {path.name} ".encode() + source).hexdigest()
        entry = self._entries.get(name)
        # The file may be of another version, or damaged.
        if not isinstance(entry, list) or len(entry) != 4 or entry[0] != key:
            entry = self._entries[name] = [key, *_read_module(source, name, path)]
            self._is_changed = True
        _, names, data, digest = entry
        return _Module(tuple(names), tuple(data), digest)

    def save(self) -> None:
        """Write what is new. As with Python's own bytecode, a folder that cannot be written to is left alone."""
        if not self._is_changed:
            return
        self._is_changed = False
        # Several runs may start at once.
        with suppress(OSError):
            write_text(self._path, json.dumps(self._entries))


def _read_module(source: bytes, name: str, path: Path) -> _Module:
    tree = ast.parse(source, filename=str(path))
    names: set[str] = set()
    data: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            origin = _origin(node, name, is_package=path.name == "__init__.py")
            names.add(origin)
            names.update(f"{origin}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "resources.files":
            data.update(ast.literal_eval(argument) for argument in node.args)
        elif isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                node.body = node.body[1:] or [ast.Pass()]
    digest = hashlib.sha256(_canonical(tree).encode()).hexdigest()
    ours = (name for name in names if name.split(".")[0] in ("vpdlib", *_SCRIPTS))
    return _Module(tuple(sorted(ours)), tuple(sorted(data)), digest)


def _canonical(node: Any) -> str:
    """Write a syntax tree the same way under every Python, which ``ast.dump`` does not.

    3.12 gave functions and classes a (mostly empty) list of type parameters, 3.13 leaves empty lists out of the
    dump, 3.12 alone puts an empty text into nested format specifications, and what ``repr`` escapes follows the
    version of Unicode.
    """
    if isinstance(node, ast.AST):
        fields = []
        for name, value in ast.iter_fields(node):
            if isinstance(node, ast.JoinedStr):
                value = _joined(value)
            if value is not None and value != []:
                fields.append(f"{name}={_canonical(value)}")
        return f"{type(node).__name__}({', '.join(fields)})"
    if isinstance(node, list):
        return f"[{', '.join(map(_canonical, node))}]"
    return ascii(node)


def _joined(parts: list[ast.expr]) -> list[ast.expr]:
    """Parts of an f-string, neighbouring texts as one and none of them empty."""
    merged: list[ast.expr] = []
    for part in parts:
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            before = merged[-1] if merged else None
            if isinstance(before, ast.Constant) and isinstance(before.value, str):
                merged[-1] = ast.Constant(before.value + part.value)
            elif part.value:
                merged.append(part)
        else:
            merged.append(part)
    return merged


def _origin(node: ast.ImportFrom, importer: str, is_package: bool) -> str:
    """Dotted name of the module that is imported from; dots before it count from the importer."""
    if not node.level:
        return node.module or ""
    parts = importer.split(".")
    base = parts[: len(parts) - node.level + is_package]
    return ".".join([*base, node.module] if node.module else base)
