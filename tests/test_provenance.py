"""Digests of settings and code: what counts as a change and what does not."""

import json
import shutil
import sys
from pathlib import Path

import pytest

from vpdlib import provenance
from vpdlib.artifacts.kinds import KINDS
from vpdlib.provenance import Code, code_digest, digest_settings

VPDLIB = Path(provenance.__file__).parent

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
    "tables.py": (
        "from importlib import resources\n\n\n"
        "def rows(name):\n"
        '    return (resources.files("vpdlib.side") / name).read_text()\n'
    ),
    "side/numbers/one.csv": "a\n1\n",
    "side/notes.txt": "1\n",
    "progress.py": "WIDTH = 1\n",
    "loud.py": "from vpdlib import progress\n",
}


class Package:
    """A small package in place of vpdlib."""

    def __init__(self, folder):
        self.folder = folder

    def edit(self, name, old, new):
        path = self.folder / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))

    def digest(self, *modules):
        """As a new process would find it."""
        return Code(self.folder).digest(*modules)


@pytest.fixture
def package(tmp_path):
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return Package(tmp_path)


#: Comments, docstrings and format; other modules; the version.
EDITS_THAT_DO_NOT_COUNT = [
    ("top.py", '"""Top."""', '"""Another text,\n\nlonger."""'),
    ("top.py", '"""A thing."""', '"""Some thing."""'),
    ("top.py", '        """Its size."""\n', ""),
    ("top.py", '    """Nothing but this."""', "    pass"),
    ("top.py", "  # why", ""),
    ("top.py", "return x + SIZE", "return (\n            x\n            + SIZE\n        )"),
    ("top.py", "SIZE = 3\n\n", "\n\n\n# a comment\nSIZE = 3\n"),
    ("other.py", "2", "3"),
    ("part/unused.py", "1", "2"),
    ("side/__init__.py", "1", "2"),
    ("__init__.py", '"1"', '"2"'),
]
#: Of the module, and of what it imports.
EDITS_THAT_COUNT = [
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
]


@pytest.mark.parametrize(("name", "old", "new"), EDITS_THAT_DO_NOT_COUNT)
def test_edits_that_do_not_count(package, name, old, new):
    before = package.digest("vpdlib.top")
    package.edit(name, old, new)
    assert package.digest("vpdlib.top") == before


@pytest.mark.parametrize(("name", "old", "new"), EDITS_THAT_COUNT)
def test_edits_that_count(package, name, old, new):
    before = package.digest("vpdlib.top")
    package.edit(name, old, new)
    assert package.digest("vpdlib.top") != before


def test_tables_of_the_package_count_for_the_module_that_reads_them(package):
    tables, top = package.digest("vpdlib.tables"), package.digest("vpdlib.top")
    package.edit("side/notes.txt", "1", "2")
    assert package.digest("vpdlib.tables") == tables
    package.edit("side/numbers/one.csv", "1", "2")
    assert package.digest("vpdlib.tables") != tables
    assert package.digest("vpdlib.top") == top
    package.edit("side/numbers/one.csv", "2", "1")
    assert package.digest("vpdlib.tables") == tables
    (package.folder / "side/another.csv").write_text("")
    assert package.digest("vpdlib.tables") != tables


def test_every_table_of_vpdlib_counts_somewhere():
    """A module that reads one in another way than `resources.files` would use old numbers unseen."""
    code = Code(VPDLIB)
    modules = [
        "vpdlib." + ".".join(path.relative_to(VPDLIB).with_suffix("").parts)
        for path in VPDLIB.rglob("*.py")
        if path.name != "__init__.py"
    ]
    read = {package for module in modules for package in code._module(module).data}
    folders = [VPDLIB.joinpath(*package.split(".")[1:]) for package in read]
    tables = list(VPDLIB.rglob("*.csv"))
    assert tables
    assert [t for t in tables if not any(t.is_relative_to(folder) for folder in folders)] == []


def test_reports_of_progress_and_this_module_do_not_count(package):
    before = package.digest("vpdlib.loud")
    package.edit("progress.py", "1", "2")
    assert package.digest("vpdlib.loud") == before
    assert code_digest("vpdlib.students.train") != code_digest("vpdlib.artifacts")
    reached = Code(VPDLIB)
    reached.digest("vpdlib.students.train")
    assert "vpdlib.training.state" in reached._modules
    assert not {"vpdlib.provenance", "vpdlib.progress"} & set(reached._modules)


def test_the_order_of_names_does_not_count_and_their_choice_does(package):
    assert package.digest("vpdlib.top", "vpdlib.other") == package.digest(
        "vpdlib.other", "vpdlib.top"
    )
    assert package.digest("vpdlib.top") == package.digest("vpdlib.top", "vpdlib.base")
    assert package.digest("vpdlib.top") != package.digest("vpdlib.top", "vpdlib.other")


@pytest.mark.parametrize("name", ["vpdlib.missing", "numpy", "vpdlib.part.nowhere"])
def test_a_wrong_name_is_refused(package, name):
    with pytest.raises(
        ValueError, match=f"'{name}' is not a module of vpdlib, nor a script: correct"
    ):
        package.digest(name)


def test_a_copy_of_the_real_package_has_the_same_digest_elsewhere(tmp_path):
    modules = ["vpdlib.report.tables", "vpdlib.students.train", "vpdlib.people.build"]
    before = [code_digest(module) for module in modules]
    source = Path(provenance.__file__).parent
    shutil.copytree(source, tmp_path / "vpdlib", ignore=shutil.ignore_patterns("__pycache__"))
    copy = Package(tmp_path / "vpdlib")
    assert [copy.digest(module) for module in modules] == before
    # An edit of the tracking reaches none of them, one of the artifacts only the tables.
    for name in ("tracking/fill.py", "artifacts/file.py"):
        path = tmp_path / "vpdlib" / name
        path.write_text(path.read_text() + "\nNEW = 1\n")
    after = [copy.digest(module) for module in modules]
    assert [a == b for a, b in zip(after, before, strict=True)] == [False, True, True]


def kept(package):
    (path,) = (package.folder / "__pycache__").iterdir()
    return path


def test_what_was_read_is_kept_and_only_what_changed_is_read_again(package, monkeypatch):
    before = package.digest("vpdlib.top", "vpdlib.other")
    read = []
    real = provenance._read_module

    def reads(source, name, path):
        read.append(name)
        return real(source, name, path)

    monkeypatch.setattr(provenance, "_read_module", reads)
    assert package.digest("vpdlib.top", "vpdlib.other") == before
    assert read == []
    package.edit("part/near.py", "1", "2")
    # Other modules first, and alone: they are no reason to forget the rest.
    assert package.digest("vpdlib.other")
    after = package.digest("vpdlib.top", "vpdlib.other")
    assert after != before
    assert read == ["vpdlib.part.near"]
    kept(package).unlink()
    assert package.digest("vpdlib.top", "vpdlib.other") == after


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\0\0\0",
        b"\xff\xfe{}",
        b"[]",
        b"null",
        b"3",
        b'"text"',
        b'{"vpdlib.top": ["0", [], [], "0"]}',
        b'{"vpdlib.top": null}',
        b'{"vpdlib.top": {}}',
        b'{"vpdlib.top": []}',
    ],
)
def test_what_is_kept_wrongly_is_made_again(package, content):
    before = package.digest("vpdlib.top")
    path = kept(package)
    whole = path.read_text()
    path.write_bytes(content)
    assert package.digest("vpdlib.top") == before
    assert json.loads(path.read_text()) == json.loads(whole)


def test_what_is_kept_lies_where_bytecode_is_asked_for(package, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path / "elsewhere"))
    package.digest("vpdlib.top")
    assert not (package.folder / "__pycache__").exists()
    assert len(list((tmp_path / "elsewhere").rglob("code.*.json"))) == 1


def test_another_reader_reads_again(package, monkeypatch):
    package.digest("vpdlib.top")
    before = kept(package).read_text()
    monkeypatch.setattr(provenance, "digest_file", lambda path: "another")
    package.digest("vpdlib.top")
    assert kept(package).read_text() != before


def test_a_package_that_cannot_be_written_to(package):
    before = package.digest("vpdlib.top")
    kept(package).unlink()
    (package.folder / "__pycache__").rmdir()
    # Root may write where it must not: a file stands where the folder would be.
    (package.folder / "__pycache__").write_text("")
    assert package.digest("vpdlib.top") == before


ANY_PYTHON = r'''"""All that Pythons write down differently."""
from typing import Generic, TypeVar

T = TypeVar("T")


class Box(Generic[T]):
    """A box."""

    limit: int = 10**20

    async def show(self, *rest, width=3, deep=None, **more):
        """Its text."""
        async with self as box:
            print(f"{self.limit:>{width}}|{box!r:{width}.{width}}", f"{rest=}", f"a{'b'}" "c" f"{more}")
        return [], {}, (), {**more}, ..., None, b"\\x00", u"\N{MELTING FACE}\u1c89 é", 1e300, 2j, -0.0

    def nothing(self): ...


def choose(value):
    match value:
        case {"a": [1, *_], **other} if other:
            return f""
        case Box(limit=0) | None:
            return lambda: f"{{}}{value:%H:%M}"
    try:
        pass
    except* ValueError:
        raise
'''


def test_every_python_takes_the_same_digest(package):
    """An environment of another Python is no reason to make everything again."""
    (package.folder / "sample.py").write_text(ANY_PYTHON, encoding="utf-8")
    assert package.digest("vpdlib.sample") == "7cbefd53b95bb97c"
    assert package.digest("vpdlib.top", "vpdlib.tables") == "8d91b3afd35c8978"


def test_settings():
    assert digest_settings({"a": 1, "b": [1, 2]}) == digest_settings({"b": [1, 2], "a": 1})
    assert digest_settings({"a": 1}) != digest_settings({"a": 2})
    assert digest_settings({"a": [1, 2]}) != digest_settings({"a": [2, 1]})
    assert digest_settings({"a": Path("x")}) == digest_settings({"a": "x"})
    assert len(digest_settings(None)) == 16


def test_an_edit_of_a_script_or_of_what_all_scripts_share_counts(tmp_path):
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
    package = Package(tmp_path / "vpdlib")
    before = package.digest("workflow_scripts.make")
    for name, old, new, counts in (
        ("workflow_scripts/make.py", "return 1", "return 2", True),
        ("workflow_scripts/make.py", "# why", "# because", False),
        ("workflow_scripts/_job.py", "used", "used as it", True),
        ("vpdlib/used.py", "1", "2", True),
        ("vpdlib/unused.py", "1", "2", False),
    ):
        (tmp_path / name).write_text(files[name].replace(old, new))
        assert (package.digest("workflow_scripts.make") != before) == counts, name
        (tmp_path / name).write_text(files[name])
    assert package.digest("workflow_scripts.make") == before


def test_a_job_depends_on_the_kinds_of_artifacts_that_it_uses_alone():
    code = Code(VPDLIB)
    code.digest("workflow_scripts.embed_joints2d")
    kinds = {f"vpdlib.artifacts.{kind}" for kind in KINDS} & set(code._modules)
    assert kinds == {f"vpdlib.artifacts.{kind}" for kind in ("features", "poses", "tracks")}
    assert "vpdlib.artifacts.kinds" not in code._modules
