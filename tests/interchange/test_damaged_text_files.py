"""Files of TextGrids, subtitles, Datavyu and benchmarks that were damaged are read or refused, and named."""

import random
import zipfile
from pathlib import Path

import pytest

from tests.interchange.text_files import TOOL_FILES
from vpdlib.datasets.base import DatasetError
from vpdlib.interchange.label_registry import LABELS, find_format, read_label_file

FORMATS = ("textgrid", "srt", "webvtt", "datavyu", "soccernet", "activitynet", "ava", "thumos")
FILES = sorted(path for name in FORMATS for path in (TOOL_FILES / name).iterdir())
PARTS = (
    b"",
    b"0",
    b"-",
    b'"',
    b"\\",
    b",",
    b"(",
    b"null",
    b"nan",
    b"\n",
    b"\n\n",
    b"\xff",
    b"-->",
    b"[",
    b"{}",
    b"1e999",
)


def damaged(data, rng):
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(data))
        data = data[:at] + rng.choice(PARTS) + data[at + rng.choice((0, 1, 9, 99)) :]
    return data


def test_every_format_has_files():
    assert len(FILES) > 20
    assert {path.parent.name for path in FILES} == set(FORMATS)


@pytest.mark.parametrize("original", FILES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_a_damaged_file_is_read_or_refused(tmp_path, original):
    path = tmp_path / original.name
    name = original.parent.name
    read = 0
    for seed in range(60):
        rng = random.Random(seed)
        if path.suffix == ".opf":
            with zipfile.ZipFile(original) as archive:
                entries = {entry: archive.read(entry) for entry in archive.namelist()}
            entry = rng.choice(list(entries))
            entries[entry] = damaged(entries[entry], rng)
            with zipfile.ZipFile(path, "w") as archive:
                for entry, data in entries.items():
                    archive.writestr(entry, data)
        else:
            path.write_bytes(damaged(original.read_bytes(), rng))
        for insisted in (None, name):
            try:
                rows = read_label_file(path, insisted).rows
            except DatasetError as error:
                assert str(path) in str(error)  # noqa: PT017
                continue
            read += 1
            for row in rows:
                assert isinstance(row.label, str)
                assert str(path) in row.where
    assert read or "chronological" in original.name or "collection" in original.name


@pytest.mark.parametrize("name", FORMATS)
def test_no_file_is_taken_for_another_format(name):
    for path in FILES:
        document_is_of = find_format(path)
        if path.parent.name == name:
            assert document_is_of is LABELS[name]
        else:
            assert document_is_of is not LABELS[name]


def test_no_other_tools_file_is_taken():
    others = [
        path
        for path in TOOL_FILES.rglob("*")
        if path.is_file()
        and path.suffix in (".json", ".xml", ".csv", ".tsv", ".eaf", ".boris", ".txt", ".srt")
        and path.parent.name not in FORMATS
    ]
    for path in others:
        try:
            found = find_format(Path(path))
        except DatasetError:
            continue
        assert found is None or found.name not in FORMATS, path
