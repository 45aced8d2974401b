"""Digests of configuration and code.

A rule carries the digest of its script, and of the vpdlib modules that the script uses, in its ``params``: an
edit of either makes Snakemake rerun what depends on it and nothing else. (Snakemake itself sees a script's time
stamp, and nothing of the library.) The digest is taken over the syntax tree without docstrings, so comments,
formatting and file times do not count.
"""

from __future__ import annotations

import ast
import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

_PACKAGE = Path(__file__).resolve().parent


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
    reached: set[str] = set()
    pending = list(modules)
    while pending:
        name = pending.pop()
        if name not in reached:
            reached.add(name)
            pending.extend(_imports(name))
    digest = hashlib.sha256()
    for name in sorted(reached):
        digest.update(name.encode())
        digest.update(_tree_digest(name).encode())
    return digest.hexdigest()[:16]


def _module_file(name: str) -> Path | None:
    parts = name.split(".")
    if parts[0] == "vpdlib":
        base = _PACKAGE.joinpath(*parts[1:])
    elif parts[0] in ("workflow_scripts", "_job"):
        # A script imports _job from beside itself.
        base = _PACKAGE.parent / "workflow_scripts" / parts[-1]
    else:
        return None
    for candidate in (base.with_suffix(".py"), base / "__init__.py"):
        if candidate.is_file() and (parts != ["vpdlib"] or candidate.name == "__init__.py"):
            return candidate
    return None


@cache
def _parse(name: str) -> ast.Module:
    path = _module_file(name)
    if path is None:
        raise ValueError(
            f"{name!r} is not a module of vpdlib, nor a script: correct the name given to code_digest()"
        )
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


@cache
def _imports(name: str) -> tuple[str, ...]:
    found: set[str] = set()
    for node in ast.walk(_parse(name)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            source = _source(node, name)
            found.add(source)
            found.update(f"{source}.{alias.name}" for alias in node.names)
    # A package's __init__ runs too, but what it gathers for others is not used, and the version number in
    # vpdlib/__init__.py must not count.
    return tuple(n for n in sorted(found) if n != "vpdlib" and _module_file(n) is not None)


def _source(node: ast.ImportFrom, importer: str) -> str:
    """Dotted name of the module that is imported from; dots before it count from the importer."""
    if not node.level:
        return node.module or ""
    path = _module_file(importer)
    is_package = path is not None and path.name == "__init__.py"
    parts = importer.split(".")
    base = parts[: len(parts) - node.level + is_package]
    return ".".join([*base, node.module] if node.module else base)


@cache
def _tree_digest(name: str) -> str:
    tree = _parse(name)
    for node in ast.walk(tree):
        if isinstance(
            node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
        ) and (
            node.body
            and isinstance(node.body[0], ast.Expr)
            and isinstance(node.body[0].value, ast.Constant)
            and isinstance(node.body[0].value.value, str)
        ):
            node.body = node.body[1:] or [ast.Pass()]
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()
