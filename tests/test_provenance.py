"""Digests of settings and code: what counts as a change and what does not."""

import shutil
from pathlib import Path

import pytest

from vpdlib import provenance
from vpdlib.provenance import code_digest, digest_settings

FILES = {
    "__init__.py": '"""The package."""\n__version__ = "1"\n',
    "top.py": '''"""Top."""

from __future__ import annotations

import vpdlib.middle
from vpdlib import base

SIZE = 3


class Thing:
    """A thing."""

    def size(self, x):
        """Its size."""
        return x + SIZE  # why


async def later():
    """Nothing but this."""
''',
    "middle.py": "def late():\n    from vpdlib.part import detail\n\n    return detail\n",
    "base.py": "from vpdlib.side.module import SIDE\nVALUE = 1\n",
    "other.py": "VALUE = 2\n",
    "part/__init__.py": "from vpdlib.part.extra import EXTRA\n",
    "part/detail.py": "from .near import NEAR\nfrom . import beside\nDETAIL = NEAR\n",
    "part/near.py": "NEAR = 1\n",
    "part/beside.py": "BESIDE = 1\n",
    "part/extra.py": "EXTRA = 1\n",
    "part/unused.py": "UNUSED = 1\n",
    "side/__init__.py": "GATHERED = 1\n",
    "side/module.py": "SIDE = 1\n",
}


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A small package in place of vpdlib; `package(file, old, new)` edits it."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(provenance, "_PACKAGE", tmp_path)

    def forget():
        for cached in (provenance._parse, provenance._imports, provenance._tree_digest):
            cached.cache_clear()

    def edit(name, old, new):
        path = tmp_path / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))
        forget()

    forget()
    yield edit
    forget()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"""Top."""', '"""Another text,\n\nlonger."""'),
        ('"""A thing."""', '"""Some thing."""'),
        ('        """Its size."""\n', ""),
        ('    """Nothing but this."""', "    pass"),
        ("  # why", ""),
        ("return x + SIZE", "return (\n            x\n            + SIZE\n        )"),
        ("SIZE = 3\n\n", "\n\n\n# a comment\nSIZE = 3\n"),
    ],
)
def test_comments_docstrings_and_format_do_not_count(package, old, new):
    before = code_digest("vpdlib.top")
    package("top.py", old, new)
    assert code_digest("vpdlib.top") == before


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("top.py", "x + SIZE", "x - SIZE"),
        ("top.py", "SIZE = 3", "SIZE = 4"),
        ("top.py", "def size", "def length"),
        ("middle.py", "return detail", "return detail, 1"),
        ("base.py", "VALUE = 1", "VALUE = 2"),
        ("part/detail.py", "= NEAR", "= NEAR + 1"),
        ("part/near.py", "1", "2"),
        ("part/beside.py", "1", "2"),
        # `from vpdlib.part import` may mean what the package gathers there.
        ("part/extra.py", "1", "2"),
        ("side/module.py", "1", "2"),
    ],
)
def test_an_edit_of_the_module_or_of_what_it_imports_counts(package, name, old, new):
    before = code_digest("vpdlib.top")
    package(name, old, new)
    assert code_digest("vpdlib.top") != before


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("other.py", "2", "3"),
        ("part/unused.py", "1", "2"),
        ("side/__init__.py", "1", "2"),
        ("__init__.py", '"1"', '"2"'),
    ],
)
def test_an_edit_elsewhere_and_the_version_do_not_count(package, name, old, new):
    before = code_digest("vpdlib.top")
    package(name, old, new)
    assert code_digest("vpdlib.top") == before


def test_the_order_of_names_does_not_count_and_their_choice_does(package):
    assert code_digest("vpdlib.top", "vpdlib.other") == code_digest("vpdlib.other", "vpdlib.top")
    assert code_digest("vpdlib.top") == code_digest("vpdlib.top", "vpdlib.base")
    assert code_digest("vpdlib.top") != code_digest("vpdlib.top", "vpdlib.other")


@pytest.mark.parametrize("name", ["vpdlib.missing", "numpy", "vpdlib.part.nowhere"])
def test_a_wrong_name_is_refused(package, name):
    with pytest.raises(
        ValueError, match=f"'{name}' is not a module of vpdlib, nor a script: correct"
    ):
        code_digest(name)


def test_a_copy_of_the_real_package_has_the_same_digest_elsewhere(tmp_path, monkeypatch):
    modules = ["vpdlib.report.tables", "vpdlib.students.train", "vpdlib.people.build"]
    before = [code_digest(module) for module in modules]
    source = Path(provenance.__file__).parent
    shutil.copytree(source, tmp_path / "vpdlib", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(provenance, "_PACKAGE", tmp_path / "vpdlib")
    caches = (provenance._parse, provenance._imports, provenance._tree_digest)
    for cached in caches:
        cached.cache_clear()
    assert [code_digest(module) for module in modules] == before
    # An edit of the tracking reaches none of them, one of the artifacts only the tables.
    for name in ("tracking/fill.py", "artifacts.py"):
        path = tmp_path / "vpdlib" / name
        path.write_text(path.read_text() + "\nNEW = 1\n")
    for cached in caches:
        cached.cache_clear()
    after = [code_digest(module) for module in modules]
    for cached in caches:
        cached.cache_clear()
    assert [a == b for a, b in zip(after, before, strict=True)] == [False, True, True]


def test_settings():
    assert digest_settings({"a": 1, "b": [1, 2]}) == digest_settings({"b": [1, 2], "a": 1})
    assert digest_settings({"a": 1}) != digest_settings({"a": 2})
    assert digest_settings({"a": [1, 2]}) != digest_settings({"a": [2, 1]})
    assert digest_settings({"a": Path("x")}) == digest_settings({"a": "x"})
    assert len(digest_settings(None)) == 16


def test_an_edit_of_a_script_or_of_what_all_scripts_share_counts(tmp_path, monkeypatch):
    """And of the library that they use; comments do not."""
    files = {
        "vpdlib/__init__.py": "",
        "vpdlib/used.py": "VALUE = 1\n",
        "vpdlib/unused.py": "VALUE = 1\n",
        "workflow_scripts/_job.py": "from vpdlib import used\n",
        "workflow_scripts/make.py": "import _job\n\n\ndef main():\n    return 1  # why\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(provenance, "_PACKAGE", tmp_path / "vpdlib")

    def digest():
        for cached in (provenance._parse, provenance._imports, provenance._tree_digest):
            cached.cache_clear()
        return code_digest("workflow_scripts.make")

    try:
        before = digest()
        for name, old, new, counts in (
            ("workflow_scripts/make.py", "return 1", "return 2", True),
            ("workflow_scripts/make.py", "# why", "# because", False),
            ("workflow_scripts/_job.py", "used", "used as it", True),
            ("vpdlib/used.py", "1", "2", True),
            ("vpdlib/unused.py", "1", "2", False),
        ):
            (tmp_path / name).write_text(files[name].replace(old, new))
            assert (digest() != before) == counts, name
            (tmp_path / name).write_text(files[name])
        assert digest() == before
    finally:
        monkeypatch.undo()
        for cached in (provenance._parse, provenance._imports, provenance._tree_digest):
            cached.cache_clear()
