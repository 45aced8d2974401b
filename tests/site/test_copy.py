"""A site's folder as one thing by itself, and the captions of its figures."""

import errno

import pytest

from vpdlib.site import copy
from vpdlib.site.build import PARTS
from vpdlib.site.captions import read_captions, write_captions
from vpdlib.site.copy import copy_site


@pytest.fixture
def site(tmp_path):
    folder = tmp_path / "report"
    for name in PARTS:
        (folder / name).mkdir(parents=True)
        (folder / name / f"{name}.txt").write_text(name)
        (folder / name / ".snakemake_timestamp").touch()
    (folder / "index.html").write_text("first")
    (folder / ".whole").mkdir()
    (folder / ".whole/left").write_text("by a job that was killed")
    return folder


def held(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


WHOLE = {"index.html", *(f"{name}/{name}.txt" for name in PARTS)}


def test_a_copy_has_the_pages_and_their_parts_and_needs_no_room(site, tmp_path):
    copy_site(site, tmp_path / "site")
    assert held(tmp_path / "site") == WHOLE
    assert (tmp_path / "site/index.html").samefile(site / "index.html")


def test_what_is_built_anew_does_not_change_the_copy(site, tmp_path):
    copy_site(site, tmp_path / "site")
    (site / "index.html").unlink()
    (site / "index.html").write_text("second")
    assert (tmp_path / "site/index.html").read_text() == "first"
    copy_site(site, tmp_path / "site")
    assert (tmp_path / "site/index.html").read_text() == "second"


def test_without_links_files_are_copied(site, tmp_path, monkeypatch):
    def refuse(*paths):
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(copy.os, "link", refuse)
    copy_site(site, tmp_path / "site")
    assert held(tmp_path / "site") == WHOLE
    assert not (tmp_path / "site/index.html").samefile(site / "index.html")


def test_captions_are_read_as_they_were_written(tmp_path):
    captions = {"few_shot": 'Accuracy, "by" examples', "learning_0_a": "Losses of a,\nby epoch"}
    write_captions(tmp_path / "figures.csv", captions)
    assert read_captions(tmp_path / "figures.csv") == captions
