"""Opening files of other tools: what they are follows from their content, and what is unsafe is refused."""

import gzip
import json
import zipfile

import pytest

from vpdlib.datasets.base import DatasetError
from vpdlib.interchange.document import entry, open_document
from vpdlib.interchange.label_registry import LABELS, find_format, read_label_file


@pytest.fixture
def opened(tmp_path):
    """Write bytes and open them."""

    def open_(data, name="labels.txt"):
        path = tmp_path / name
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return open_document(path)

    return open_


def zipped(path, files):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return path.read_bytes()


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        ('\ufeff {"a": 1}', "json"),
        ("[1]", "json"),
        ('<?xml version="1.0"?><a/>', "xml"),
        ('<?xml version="1.0" encoding="UTF-16"?><a/>'.encode("utf-16"), "xml"),
        ('<?xml version="1.0" encoding="iso-8859-1"?><a>\xe4</a>'.encode("latin-1"), "xml"),
        ("video,label\n", "text"),
        ('File type = "ooTextFile"'.encode("utf-16"), "text"),
        ("", "text"),
        pytest.param(gzip.compress(b'{"a": 1}'), "json", id="gzip-json"),
    ],
)
def test_a_file_is_what_its_content_says(opened, data, kind):
    assert opened(data).kind == kind


def test_an_archive_is_read_file_by_file(opened, tmp_path):
    document = opened(zipped(tmp_path / "x.zip", {"db": "columns", "project": "{}"}), "x.opf")
    assert document.kind == "zip"
    assert document.content.names == ("db", "project")
    assert document.content.text("db") == "columns"
    packed = opened(zipped(tmp_path / "x.zip", {"annotations.xml": "<annotations/>"}))
    assert (packed.kind, packed.content.tag) == ("xml", "annotations")
    with pytest.raises(DatasetError, match=r"there is no db2 in it; found \('db', 'project'\)"):
        document.content.text("db2")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ('{"a": ', "begins as JSON and is none, or is cut"),
        ("[" * 100_000, "begins as JSON and is none"),
        ("<a><b></a>", "no whole XML"),
        ("<a>" * 300 + "</a>" * 300, "nested deeper"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><a/>', "declares entities"),
        (b"\xff\xfea", "not whole UTF-16"),
        (b"one\ntw\xe4\n", r"labels\.txt:2: not UTF-8 text \(byte 0xE4, 'ä' in Windows-1252\)"),
        (b"PK\x03\x04 and no more", "damaged zip archive"),
        (b"\x1f\x8b and no more", "damaged gzip file"),
        (b"\xd0\xcf\x11\xe0", "spreadsheet's own file"),
        pytest.param(gzip.compress(bytes(2 << 20)), "unpacks to more than", id="gzip-large"),
    ],
)
def test_what_is_damaged_or_unsafe_is_refused(opened, data, message):
    with pytest.raises(DatasetError, match=message):
        opened(data)


def test_an_archive_that_unpacks_to_much_more_is_refused(opened, tmp_path):
    with pytest.raises(DatasetError, match="more than an archive of labels"):
        opened(zipped(tmp_path / "x.zip", {"db": "0" * (2 << 20), "b": ""}))
    with pytest.raises(DatasetError, match="more than an archive of labels"):
        opened(zipped(tmp_path / "x.zip", {str(n): "" for n in range(10_001)}))
    with pytest.raises(DatasetError, match="spreadsheet's own file"):
        opened(zipped(tmp_path / "x.xlsx", {"[Content_Types].xml": "<Types/>"}))


def test_an_entry_is_there_and_of_its_type():
    assert entry({"a": 1}, "a", float, "x") == 1
    for wrong in ({}, {"a": None}, {"a": "1"}, {"a": True}, [], None):
        with pytest.raises(DatasetError, match=r"x: a is .*, expected a number"):
            entry(wrong, "a", float, "x")


@pytest.mark.parametrize(
    "data",
    [
        "{}",
        "[]",
        "null",
        '{"a": [1, 2]}',
        "<a/>",
        "<annotations/>",
        "hello\n",
        "1\n2\n",
        "[[]]",
        '[{"id": 1}]',
    ],
)
def test_what_is_of_no_format_is_none_and_is_refused_by_what_it_is(tmp_path, data):
    path = tmp_path / "labels"
    path.write_text(data)
    assert find_format(path) is None
    with pytest.raises(DatasetError, match=r"labels"):
        read_label_file(path)


def test_what_is_insisted_on_must_be_so(tmp_path):
    path = tmp_path / "labels.json"
    path.write_text(json.dumps({"behaviors_conf": {}, "observations": {}}))
    assert find_format(path) is LABELS["boris"]
    with pytest.raises(
        DatasetError, match=r"label_format is table, .*; the file is a project of BORIS"
    ):
        read_label_file(path, "table")
