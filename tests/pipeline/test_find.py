"""The command that finds: its results, going on where it stopped, and what it says of what is wrong."""

import json

import pytest
import torch

from tests.pipeline.making import CHANNELS, Everywhere, Guess, make_model, write_video
from vpdlib.__main__ import main
from vpdlib.action_detection.sequences import DenseSequence
from vpdlib.datasets.paths import fingerprint_of
from vpdlib.finding.detector import load_detector, parts_of
from vpdlib.finding.table import read_found
from vpdlib.people.settings import PeopleSettings
from vpdlib.pipeline import find, stages
from vpdlib.video.reader import probe


@pytest.fixture
def stubs(monkeypatch):
    """Networks that need no file."""
    monkeypatch.setattr(find, "make_ready", lambda *_: None)
    monkeypatch.setattr(stages, "build_detector", lambda *_: Everywhere())
    monkeypatch.setattr(stages, "build_teacher", lambda *_: Guess())


@pytest.fixture
def model(tmp_path, stubs):
    return make_model(tmp_path)


def run(model, out, *videos, options=()):
    common = ["--device", "cpu", "--threads", "1", *options]
    return main(["find", "--model", str(model), "--out", str(out), *common, *map(str, videos)])


def times(out):
    return {path.relative_to(out): path.stat().st_mtime_ns for path in out.rglob("*.h5")} | {
        path.relative_to(out): path.stat().st_mtime_ns for path in out.rglob("*.mp4")
    }


def test_results_of_two_videos(model, tmp_path):
    out = tmp_path / "out"
    videos = [write_video(tmp_path / f"{name}.mp4", seed) for seed, name in enumerate("yx")]
    assert run(model, out, *videos, options=["--clips"]) == 0
    rows = read_found(out / "found.csv")
    assert {row.video for row in rows} <= {"x", "y"}
    assert rows
    assert all(row.athlete == "" and row.labelled == "" for row in rows)
    content = json.loads((out / "found.json").read_text())
    assert content["model"]["classes"] == ["jump", "turn"]
    assert [video["video"] for video in content["videos"]] == ["y", "x"]
    assert content["failed"] == []
    assert sum(len(video["actions"]) for video in content["videos"]) == len(rows)
    for video in content["videos"]:
        info = probe(out / video["overlay"])
        assert info.declared_frames == 30
        assert info.height > 128
        assert all((out / action["clip"]).is_file() for action in video["actions"])
    assert {path.name for path in (out / "work/x").iterdir()} == {
        "people.h5",
        "tracks.h5",
        "poses.h5",
        "features",
        "found.h5",
        "made.json",
    }


def test_again_nothing_is_made_anew(model, tmp_path, capsys):
    out, video = tmp_path / "out", write_video(tmp_path / "x.mp4")
    assert run(model, out, video, options=["--clips"]) == 0
    before = times(out)
    first = (out / "found.csv").read_text()
    capsys.readouterr()
    assert run(model, out, video, options=["--clips"]) == 0
    assert times(out) == before
    assert (out / "found.csv").read_text() == first
    assert capsys.readouterr().err.count("there already") == 7


def test_it_goes_on_where_it_stopped(model, tmp_path, monkeypatch):
    out, video = tmp_path / "out", write_video(tmp_path / "x.mp4")

    def interrupt(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Guess, "estimate_many", interrupt)
        assert run(model, out, video) == 130
    before = times(out)
    assert {path.name for path in before} == {"people.h5", "tracks.h5"}
    assert not list(out.rglob("*.tmp"))
    assert run(model, out, video) == 0
    assert {path: time for path, time in times(out).items() if path in before} == before
    # The log of the run that was stopped stays.
    assert (out / "find.log").read_text().count("videos: 1") == 2


@pytest.mark.parametrize("what", ["cut off", "video", "model", "settings"])
def test_what_changed_is_made_anew(model, tmp_path, what):
    out, video = tmp_path / "out", write_video(tmp_path / "x.mp4")
    assert run(model, out, video) == 0
    before = times(out)
    kept = {"people.h5", "tracks.h5", "poses.h5", "joints2d.h5"}
    if what == "cut off":
        path = out / "work/x/poses.h5"
        path.write_bytes(path.read_bytes()[:-100])
        # What is made of it is the same, and so are its digests.
        kept = {"people.h5", "tracks.h5", "joints2d.h5", "found.h5", "x.mp4"}
    elif what == "video":
        write_video(video, seed=5)
        kept = set()
    elif what == "model":
        model = make_model(tmp_path / "other", seed=3)
    else:
        model = make_model(tmp_path / "other", people=PeopleSettings(every_nth_frame=2))
        kept = set()
    assert run(model, out, video) == 0
    same = {path.name for path, time in times(out).items() if before[path] == time}
    assert same == kept


def test_clips_of_another_model_go(model, tmp_path):
    out, video = tmp_path / "out", write_video(tmp_path / "x.mp4")
    for each in (model, make_model(tmp_path / "other", seed=3)):
        assert run(each, out, video, options=["--clips", "--no-overlay"]) == 0
        content = json.loads((out / "found.json").read_text())
        named = {action["clip"] for action in content["videos"][0]["actions"]}
        assert named == {str(path.relative_to(out)) for path in out.rglob("*.mp4")}
    assert content["videos"][0]["overlay"] is None


def test_tidy_leaves_results_alone(model, tmp_path):
    out, video = tmp_path / "out", write_video(tmp_path / "x.mp4")
    assert run(model, out, video, options=["--tidy"]) == 0
    assert {path.name for path in out.iterdir()} == {
        "found.csv",
        "found.json",
        "find.log",
        "overlays",
    }


def test_a_broken_video_is_passed_over_and_told_at_the_end(model, tmp_path, capsys):
    out, video = tmp_path / "out", write_video(tmp_path / "good.mp4")
    (tmp_path / "bad.mp4").write_bytes(video.read_bytes()[:500])
    assert run(model, out, tmp_path / "bad.mp4", video) == 1
    content = json.loads((out / "found.json").read_text())
    assert [one["video"] for one in content["videos"]] == ["good"]
    assert [one["path"] for one in content["failed"]] == [str(tmp_path / "bad.mp4")]
    said = capsys.readouterr().err
    assert "1 of 2 videos could not be used:" in said
    assert "bad.mp4" in said.split("could not be used:")[1]


def test_wrong_names_are_refused_before_anything_is_done(model, tmp_path, capsys):
    out, video = tmp_path / "out", write_video(tmp_path / "x.mp4")
    (tmp_path / "sunday").mkdir()
    other = write_video(tmp_path / "sunday" / "x.mp4")
    odd = write_video(tmp_path / "a b.mp4")
    for videos, message in (
        ([video, tmp_path / "y.mp4"], "there is no such video: "),
        ([video, tmp_path / "sunday"], "a folder is not taken"),
        ([video, other], "two videos have the id 'x'"),
        ([odd], "is not a safe video id"),
    ):
        assert run(model, out, *videos) == 1
        assert message in capsys.readouterr().err
    assert run(tmp_path / "nowhere", out, video) == 1
    assert "there is no such folder; correct --model" in capsys.readouterr().err
    assert not (out / "work").exists()
    (tmp_path / "file").touch()
    assert run(model, tmp_path / "file", video) == 1
    assert f"--out {tmp_path / 'file'}: cannot be written (File exists)" in capsys.readouterr().err
    # The same file twice is one.
    assert run(model, out, video, video, options=["--no-overlay"]) == 0


def test_cuda_that_is_not_there_is_refused(model, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    video = write_video(tmp_path / "x.mp4")
    arguments = ["find", "--model", str(model), "--out", str(tmp_path), "--device", "cuda"]
    assert main([*arguments, str(video)]) == 1
    assert "--device cuda: torch finds no CUDA device here" in capsys.readouterr().err


def test_a_training_video_is_known_by_its_file_not_by_its_name(model, tmp_path):
    video = write_video(tmp_path / "a.mp4")
    tools = stages.Tools(find.read_model(model), tmp_path, "cpu", 1)
    row = find.list_file(find.VideoSource("a", video))
    (last,) = stages.stages_of(row, tmp_path, tools)[-1:]
    assert last.settings["learnt_as"] == {"a": ""}
    tools.model.record.learnt_from[fingerprint_of(video)] = "b"
    (last,) = stages.stages_of(row, tmp_path, tools)[-1:]
    assert last.settings["learnt_as"] == {"a": "b"}


def test_a_long_video_is_scored_in_parts(model, monkeypatch):
    """As the whole of it is, but for what lies over a margin away."""
    detector = load_detector(model / "detectors/joints2d")
    torch.manual_seed(0)
    descriptors = torch.randn(400, 2, CHANNELS).numpy()
    dense = DenseSequence(descriptors, torch.arange(400).double().numpy() / 25, 25.0)
    whole = detector.scores({"x": dense})["x"]
    monkeypatch.setattr("vpdlib.finding.detector._WHOLE_FRAMES", 160)
    monkeypatch.setattr("vpdlib.finding.detector._MARGIN_FRAMES", 40)
    assert len(parts_of(400)) == 5
    parts = detector.scores({"x": dense})["x"]
    assert parts.shape == whole.shape
    torch.testing.assert_close(torch.from_numpy(parts), torch.from_numpy(whole), atol=1e-4, rtol=0)


@pytest.mark.parametrize("num_frames", [0, 1, 32_000, 32_001, 56_000, 324_000])
def test_parts_cover_every_frame_once(num_frames):
    kept = []
    for read, rows in parts_of(num_frames):
        assert read.stop - read.start <= 32_000
        kept += range(read.start + rows.start, read.start + rows.stop)
    assert kept == list(range(num_frames))
