"""The command that draws a first look: what it writes, and what it says of what is wrong. Networks are stubs."""

import hashlib
import os
import shlex
import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from tests.pipeline.making import Everywhere, Guess, write_video
from vpdlib.__main__ import _parser, main
from vpdlib.people.base import People, SingleImageDetector
from vpdlib.pipeline import look, sample
from vpdlib.video.reader import probe
from vpdlib.weights import wheels
from vpdlib.weights.check import WeightsError

ROOT = Path(__file__).resolve().parents[2]


class Nobody(SingleImageDetector):
    """Sees nobody."""

    def detect(self, image_rgb):
        return People.empty()


@pytest.fixture
def fetched(monkeypatch):
    """Networks that need no file; whether they were asked for."""
    asked = []
    monkeypatch.setattr(look, "fetch_embedded", lambda *given: asked.append(given))
    monkeypatch.setattr(look, "build_detector", lambda *_: Everywhere())
    monkeypatch.setattr(look, "build_teacher", lambda *_: Guess())
    return asked


def run(tmp_path, *arguments):
    folders = [f"--{name}-dir={tmp_path / name}" for name in ("networks", "samples", "downloads")]
    return main(["look", *folders, "--threads", "1", "--out", str(tmp_path / "out"), *arguments])


def test_a_video_and_one_picture_of_it(fetched, tmp_path, capsys):
    video = write_video(tmp_path / "my {odd} name.mp4")
    assert run(tmp_path, str(video)) == 0
    summary, overlay, picture = capsys.readouterr().out.splitlines()
    assert summary.startswith(
        "30 frames; people in 15 of 15 that were looked at; the athlete in 30; mean score of the joints "
    )
    assert overlay == str(tmp_path / "out" / "my {odd} name_look.mp4")
    info = probe(overlay)
    assert info.declared_frames == 30
    drawn = cv2.imread(picture)
    assert drawn.shape[:2] == (info.height, info.width)
    # The panel, its crop and a skeleton are there.
    assert info.width > 48 * 2
    assert (np.ptp(drawn.astype(int), axis=2) > 150).sum() > 100
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "look.log",
        Path(overlay).name,
        Path(picture).name,
    }
    assert len(fetched) == 1


def test_only_the_first_seconds(fetched, tmp_path, capsys):
    video = write_video(tmp_path / "x.mp4", num_frames=50)
    assert run(tmp_path, str(video), "--seconds", "0.4") == 0
    said = capsys.readouterr()
    assert said.out.startswith("10 frames; ")
    assert "the first 0.4 of 2 s (--seconds: more)" in said.err
    # Nothing is said to be damaged, and how far it is is of what is read.
    assert "declared" not in said.err
    assert "10/10 frame" in said.err
    assert probe(tmp_path / "out/x_look.mp4").declared_frames == 10


def test_where_nobody_is_seen_it_says_so_and_draws_all_the_same(
    fetched, tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr(look, "build_detector", lambda *_: Nobody())
    assert run(tmp_path, str(write_video(tmp_path / "x.mp4"))) == 0
    said = capsys.readouterr()
    assert said.out.startswith("30 frames; people in 0 of 15 that were looked at\n")
    assert "warning: nobody is followed in the first 5 s: try more (--seconds)" in said.err
    assert (tmp_path / "out/x_look.png").is_file()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: None, "there is no such file; correct the name"),
        (lambda path: path.mkdir(), "is a folder; name one video in it"),
        (lambda path: path.write_text("<html>not found</html>"), "cannot be opened as a video"),
        (lambda path: path.touch(), "x.mp4"),
        (lambda path: path.write_bytes(write_video(path).read_bytes()[:500]), "x.mp4"),
    ],
)
def test_a_video_that_cannot_be_used(fetched, tmp_path, capsys, make, message):
    path = tmp_path / "x.mp4"
    make(path)
    assert run(tmp_path, str(path)) == 1
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert str(path) in error
    assert message in error
    assert "Traceback" not in error
    # Nothing was fetched for it, nor drawn.
    assert fetched == []
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["look.log"]


def test_sound_alone_is_no_video(fetched, tmp_path, capsys):
    path = tmp_path / "sound.wav"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), "s16", "mono")
        frame.sample_rate = 8000
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)
    assert run(tmp_path, str(path)) == 1
    assert str(path) in capsys.readouterr().err


def test_networks_that_cannot_be_had(fetched, tmp_path, capsys, monkeypatch):
    def fail(*_):
        raise WeightsError("npm is not installed; install it")

    monkeypatch.setattr(look, "fetch_embedded", fail)
    assert run(tmp_path, str(write_video(tmp_path / "x.mp4"))) == 1
    assert "error: npm is not installed; install it" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written(fetched, tmp_path, capsys):
    (tmp_path / "out").touch()
    assert run(tmp_path, str(write_video(tmp_path / "x.mp4"))) == 1
    assert "error: " in capsys.readouterr().err


def test_the_video_itself_is_never_replaced(fetched, tmp_path, capsys):
    (tmp_path / "out").mkdir()
    video = write_video(tmp_path / "out/x_look.mp4")
    link = tmp_path / "x.mp4"
    link.symlink_to(video)
    before = video.read_bytes()
    assert run(tmp_path, str(link)) == 1
    assert "the result would replace it; name another folder by --out" in capsys.readouterr().err
    assert video.read_bytes() == before


@pytest.fixture
def wheel(tmp_path, monkeypatch):
    """A package that holds a clip, in the cache of downloads."""
    monkeypatch.delenv("VPD_DOWNLOADS", raising=False)
    clip = write_video(tmp_path / "clip.mp4")
    folder = wheels.cached_wheel_dir(sample.SAMPLE, tmp_path / "downloads")
    folder.mkdir(parents=True)
    path = folder / "sports2d.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(clip, sample.SAMPLE.member)

    def digest(file):
        return hashlib.sha256(file.read_bytes()).hexdigest()

    monkeypatch.setattr(sample, "SAMPLE", replace(sample.SAMPLE, sha256=digest(path)))
    monkeypatch.setattr(sample, "SAMPLE_SHA256", digest(clip))
    return path


def test_without_a_video_the_example_is_taken_once(fetched, wheel, tmp_path, capsys):
    assert run(tmp_path) == 0
    assert str(tmp_path / "out/sports2d_demo_look.png") in capsys.readouterr().out
    wheel.unlink()
    assert run(tmp_path, "") == 0


def test_another_wheel_is_not_used(fetched, wheel, tmp_path, capsys):
    wheel.write_bytes(wheel.read_bytes() + b"x")
    assert run(tmp_path) == 1
    assert "expected sha256" in capsys.readouterr().err
    assert not list((tmp_path / "samples").iterdir())


def test_another_clip_is_not_used(fetched, wheel, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(sample, "SAMPLE_SHA256", "0" * 64)
    assert run(tmp_path) == 1
    assert f"{sample.SAMPLE.member}: expected sha256 0000" in capsys.readouterr().err
    assert not list((tmp_path / "samples").iterdir())


@pytest.mark.parametrize(
    ("given", "arguments"),
    [("", []), ("VIDEO=it's a b.mp4", ["--", "it's a b.mp4"]), ("VIDEO=-x.mp4", ["--", "-x.mp4"])],
)
def test_make_hands_the_name_on(given, arguments, tmp_path):
    done = subprocess.run(
        ["make", "--dry-run", "--no-print-directory", "look", *filter(None, [given])],
        capture_output=True,
        text=True,
        cwd=ROOT,
        # The tests are themselves started by make, whose own switches are not this one's.
        env={
            name: value
            for name, value in os.environ.items()
            if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")
        },
        check=True,
    )
    words = shlex.split(done.stdout.splitlines()[-1])
    assert words[words.index("--out") + 2 :] == arguments
    options = _parser().parse_args(words[words.index("look") :])
    assert options.video == (arguments[-1] if arguments else None)
