"""Registries of formats: every format is found by its ending, named in the docs, and counts for what read it."""

import shutil
from pathlib import Path
from typing import get_args

import pytest

from vpdlib.datasets.base import DatasetError
from vpdlib.datasets.settings import KeypointFormatName, LabelFormatName
from vpdlib.interchange.arrays import ARRAYS
from vpdlib.interchange.boxes import BOXES
from vpdlib.interchange.formats import Format, Formats
from vpdlib.interchange.keypoints import KEYPOINTS
from vpdlib.interchange.label_registry import LABELS
from vpdlib.interchange.pose_registry import POSES
from vpdlib.provenance import Code

ROOT = Path(__file__).parents[2]
READ_BY = {
    "prepare_dataset": (LABELS, BOXES, KEYPOINTS, POSES, ARRAYS),
    "list_videos": (KEYPOINTS, POSES, ARRAYS),
    "track_athlete": (BOXES, KEYPOINTS, POSES, ARRAYS),
    "estimate_pose": (KEYPOINTS, POSES, ARRAYS),
    "import_features": (ARRAYS,),
}


def readers(registry):
    """The modules of a registry's readers, by path below the root."""
    formats = registry.by_suffix if isinstance(registry, Formats) else registry
    return {f"{one.read.__module__.replace('.', '/')}.py" for one in formats.values()}


def test_a_file_is_read_by_its_ending_in_any_case(tmp_path):
    one, other = Format((".a", ".b")), Format((".c",))
    for name in ("x.B", "x.c", "x.d"):
        (tmp_path / name).touch()
    registry = Formats(one, other)
    assert registry.of(tmp_path / "x.B") is one
    assert registry.of(tmp_path / "x.c") is other
    with pytest.raises(DatasetError, match=r"'\.d' are not read; give \.a, \.b or \.c"):
        registry.of(tmp_path / "x.d")
    with pytest.raises(DatasetError, match=r"x\.e does not exist"):
        registry.of(tmp_path / "x.e")
    assert Formats(one, other, default=other).of(tmp_path / "x.d") is other
    with pytest.raises(ValueError, match=r"\.c is of two formats"):
        Formats(one, other, Format((".c",)))


@pytest.mark.parametrize(
    ("registry", "page"),
    [(BOXES, "bring_your_own"), (KEYPOINTS, "bring_your_own")],
)
def test_every_format_is_named_in_the_docs(registry, page):
    text = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
    assert [suffix for suffix in registry.by_suffix if f"`{suffix}`" not in text] == []


def test_every_format_of_labels_has_a_name_for_the_setting_and_a_section_of_the_docs():
    assert set(LABELS) <= set(get_args(LabelFormatName))
    text = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
    assert [name for name in LABELS if f"`{name}`" not in text] == []


def test_every_format_of_poses_has_a_name_for_the_setting_and_a_section_of_the_docs():
    assert set(POSES) <= set(get_args(KeypointFormatName))
    text = (ROOT / "docs" / "pose_formats.md").read_text(encoding="utf-8")
    assert [name for name in POSES if f"`{name}`" not in text] == []


def test_an_edit_of_a_reader_remakes_what_it_may_have_read_and_nothing_else(tmp_path):
    for folder in ("vpdlib", "workflow_scripts"):
        shutil.copytree(
            ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__")
        )

    def digests():
        code = Code(tmp_path / "vpdlib")
        return {name: code.digest(f"workflow_scripts.{name}") for name in READ_BY}

    before = digests()
    for reader in sorted(set().union(*map(readers, READ_BY["prepare_dataset"]))):
        path = tmp_path / reader
        text = path.read_text(encoding="utf-8")
        path.write_text(f"{text}\nEDITED = 1\n", encoding="utf-8")
        changed = {name for name, digest in digests().items() if digest != before[name]}
        path.write_text(text, encoding="utf-8")
        expected = {
            name
            for name, registries in READ_BY.items()
            if any(reader in readers(registry) for registry in registries)
        }
        assert changed == expected, reader
