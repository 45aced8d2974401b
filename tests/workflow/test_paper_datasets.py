"""The paper's datasets from a cache of labels to the table.

The real videos cannot be had: stand-ins carry their names, rates and lengths (``tests/standins.py``), so the numbers
say that labels and frames are in step, and nothing about the sports. FSJump6, whose routines are long, has a target of
its own, ``make standins``.
"""

import os
import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from tests.paper_standins import SMALL, choose_clips, make_standins
from tests.standins import StandIns
from tests.workflow.conftest import TINY_STUDENT
from vpdlib.artifacts import read_artifact
from vpdlib.config.base import merge
from vpdlib.datasets.adapters import parse_adapter
from vpdlib.datasets.paper.files import find_label_files
from vpdlib.datasets.paths import DataFolder
from vpdlib.datasets.tables import read_problems
from vpdlib.downloads import DownloadError
from vpdlib.video.reader import probe, read_frames
from vpdlib.video.writer import VideoWriter

pytestmark = pytest.mark.workflow
ROOT = Path(__file__).resolve().parents[2]
TINY = {
    "num_shards": 2,
    "crops": {"size": 32},
    "students": {
        "vpd2d": {
            **SMALL["students"]["vpd2d"],
            **TINY_STUDENT,
            "samples_per_epoch": 200,
            "val_samples": 100,
        }
    },
    "recognition": {"bigru": {"hidden": 16, "fc_width": 16, "epochs": 15}},
    "shots": [2],
    "trials": 2,
}


@pytest.fixture(scope="session")
def downloads_dir():
    """The cache of published labels; skips where there is none."""
    data = os.environ.get("VPD_DATA")
    folder = Path(
        os.environ.get("VPD_DOWNLOADS")
        or (Path(data) / "downloads" if data else ROOT / "resources" / "downloads")
    )
    try:
        find_label_files("fsjump6", folder)
    except DownloadError as error:
        pytest.skip(f"the published labels are not here: {error}")
    return folder


@pytest.fixture
def workflow(make_workflow, tmp_path, downloads_dir):
    """A working folder that uses the project's own datasets and the cache."""
    made = make_workflow(tmp_path)
    made.write_config(downloads_dir=str(downloads_dir), datasets_dir=str(ROOT / "datasets"))
    return made


def over(workflow, name, settings):
    workflow.write_config(overrides={name: settings})


#: Number of clips, of which a third are for testing. Four events of FX35 have 8,500 frames.
COUNTS = {"tennis7": 3, "fx35": 4, "diving48": 15}


@pytest.mark.parametrize(
    "name", ["tennis7", "diving48", pytest.param("fx35", marks=pytest.mark.slow)]
)
def test_from_labels_and_clips_to_the_table(name, workflow, downloads_dir):
    data = workflow.folder / "data"
    renderer = StandIns(width=256, height=256 if name == "tennis7" else 144)
    settings = make_standins(name, data, downloads_dir, COUNTS[name], renderer)
    settings = merge(settings, TINY)
    over(workflow, name, settings)
    done = workflow.run(f"results/{name}/table1.csv", f"results/{name}/figure3.csv")
    assert done.returncode == 0, done.stdout[-6000:]
    results = workflow.folder / "results" / name
    table = pd.read_csv(results / "table1.csv")
    assert set(zip(table["method"], table["head"], strict=True)) == {
        (method, head) for method in ("joints2d", "vpd2d") for head in ("bigru", "nns")
    }
    # The paper's own numbers stand beside ours.
    assert table.set_index(["method", "head"])["top1_paper"]["joints2d", "bigru"] > 50
    videos = pd.read_csv(results / "dataset/videos.csv")
    listed = pd.concat([pd.read_csv(path) for path in (results / "shards").glob("[0-9]*[0-9].csv")])
    assert set(listed["video"]) == set(videos["video"])
    athletes = 2 if name == "tennis7" else 1
    assert len(videos) == athletes * videos["path"].nunique() == athletes * COUNTS[name]
    published = {
        "tennis7": ("front__", "near", "back__", "far"),
    }.get(name)
    found = 0
    for shard in ("0000", "0001"):
        with read_artifact(results / f"tracks/{shard}.h5", "tracks") as tracks:
            for video in tracks.videos():
                box_px = video.array("box_px")
                found += int(np.isfinite(box_px).all(axis=1).mean() > 0.5)
                row = videos.set_index("video").loc[video.video_id]
                assert len(box_px) == row["declared_frames"]
                if published:
                    side = published[published.index(video.video_id.split("__")[0] + "__") + 1]
                    assert row["athlete"] == side
                    feet = np.nanmedian(box_px[:, 3])
                    assert (feet > 128) == (side == "near")
    assert found >= 0.9 * len(videos)


def test_labels_alone_give_the_published_counts(workflow):
    """No video is there, and none is needed for this."""
    names = ("fsjump6", "tennis7")
    workflow.write_config(overrides={name: {"num_shards": 2} for name in names})
    done = workflow.run(*(f"results/{name}/dataset/summary.csv" for name in names))
    assert done.returncode == 0, done.stdout[-4000:]
    for name, counts in (("fsjump6", (743, 183, 520)), ("tennis7", (4592, 1142, 2509))):
        folder = workflow.folder / "results" / name / "dataset"
        summary = pd.read_csv(folder / "summary.csv").set_index("quantity")
        for split, count in zip(("train", "val", "test"), counts, strict=True):
            assert summary["found"][f"{split} actions"] == count
        actions = pd.read_csv(folder / "actions.csv")
        assert list(actions)[:6] == ["action", "video", "start", "end", "label", "split"]
        assert len(actions) == sum(counts)


def test_missing_and_wrong_clips_are_named_with_what_was_expected(workflow):
    clips = [
        "wimbledon_2018_mens_semifinal_djokovic_nadal_344071_344337",
        "wimbledon_2018_mens_semifinal_djokovic_nadal_328149_328417",
        "wimbledon_2018_womens_quarterfinal_williams_giorgi_0_268",
        "usopen_2019_womens_osaka_gauff_*",
    ]
    over(workflow, "tennis7", {"adapter": {"only": clips}, "num_shards": 1})
    target = "results/tennis7/people/0000.h5"
    done = workflow.run("--dry-run", target)
    assert done.returncode != 0
    assert "does not exist" in done.stdout
    assert "docs/datasets/tennis7.md" in done.stdout
    folder = workflow.folder / "data" / "tennis7" / "videos"
    for clip, num_frames, fps in (
        (clips[0], 266, 25.0),
        (clips[1], 260, 25.0),
        (clips[2], 268, 30.0),
    ):
        with VideoWriter(folder / f"{clip}.mp4", fps, 64, 48) as video:
            for _ in range(num_frames):
                video.write(np.zeros((48, 64, 3), np.uint8))
    done = workflow.run("results/tennis7/shards/0000.csv")
    assert done.returncode != 0
    text = done.stdout
    assert "2 of 3 clips are missing or not as published" in text
    assert f"{clips[1]}.mp4: found 260 frames" in text
    assert "expected 268 frames" in text
    assert f"{clips[2]}.mp4: found 268 frames at 30" in text
    assert "adapter.only restricts" in text
    assert f"{clips[0]}.mp4: " not in text
    done = workflow.run("results/tennis7/dataset/videos.csv")
    assert done.returncode != 0
    assert "69 of 72 clips are missing" in done.stdout
    assert "usopen_2019_womens_osaka_gauff" in done.stdout
    assert "expected" in done.stdout


def test_missing_and_wrong_clips_are_left_out_and_listed_under_skip(workflow, downloads_dir):
    adapter = parse_adapter({"kind": "tennis7"})
    files = find_label_files("tennis7", downloads_dir)
    dataset = adapter.load(files, DataFolder(workflow.folder))
    clips = choose_clips(dataset, 9)
    # The last chosen of either split: their classes are in others too.
    missing, wrong = clips[5], clips[8]
    for clip, info in dataset.clips().items():
        if clip not in clips or clip == missing:
            continue
        path = workflow.folder / "data" / "tennis7" / "videos" / f"{clip}.mp4"
        with VideoWriter(path, info.fps, 64, 48) as video:
            for _ in range(info.num_frames + 3 * (clip == wrong)):
                video.write(np.zeros((48, 64, 3), np.uint8))
    settings = {"adapter": {"only": clips}, "num_shards": 2, "on_bad_video": "skip"}
    over(workflow, "tennis7", settings)
    target = "results/tennis7/dataset/actions.csv"
    done = workflow.run(target)
    assert done.returncode == 0, done.stdout[-4000:]
    folder = workflow.folder / "results" / "tennis7"
    players = ("back__", "front__")
    left_out = {player + clip for player in players for clip in (missing, wrong)}
    videos = pd.read_csv(folder / "dataset/videos.csv")["video"]
    assert set(videos) == {p + clip for p in players for clip in clips} - left_out
    assert not left_out & set(pd.read_csv(workflow.folder / target)["video"])
    rows = read_problems(folder / "dataset/problems.csv")
    for shard in ("0000", "0001"):
        rows += read_problems(folder / f"shards/{shard}.problems.csv")
    whole = {row.video: row.problem for row in rows if not row.end}
    assert set(whole) == left_out
    assert f"{missing}: missing; expected" in whole["front__" + missing]
    assert f"{wrong}.mp4: found" in whole["back__" + wrong]
    assert {row.video for row in rows if row.end} <= left_out
    assert any(row.end for row in rows)


def test_recordings_are_cut_to_the_frame(workflow):
    """A stand-in of the match in which every frame shows its number."""
    clip = "wimbledon_2018_womens_quarterfinal_williams_giorgi_0_268"
    match = clip.removesuffix("_0_268")
    recordings = workflow.folder / "data" / "matches"
    with VideoWriter(recordings / f"{match}.mp4", 25.0, 128, 64, crf=10) as video:
        for frame in range(300):
            picture = np.zeros((64, 128, 3), np.uint8)
            for bit in range(16):
                if frame >> bit & 1:
                    picture[:, 8 * bit : 8 * bit + 8] = 255
            video.write(picture)
    adapter = {"only": [clip], "videos": None, "recordings": "matches"}
    over(workflow, "tennis7", {"adapter": adapter, "num_shards": 1})
    target = f"results/tennis7/source/clips/{match}"
    done = workflow.run(target)
    assert done.returncode == 0, done.stdout[-4000:]
    path = workflow.folder / f"results/tennis7/source/clips/{match}/{clip}.mp4"
    assert probe(path).declared_frames == 268
    for frame in read_frames(path):
        bits = frame.rgb[32, 4::8, 0] > 128
        assert sum(1 << bit for bit in range(16) if bits[bit]) == frame.index
    # A recording that is too short for its clip.
    with VideoWriter(recordings / f"{match}.mp4", 25.0, 64, 64) as video:
        for _ in range(200):
            video.write(np.zeros((64, 64, 3), np.uint8))
    done = workflow.run(target)
    assert done.returncode != 0
    assert clip in done.stdout
    assert "200" in done.stdout


def class_poses(rng, label, num_frames):
    """A figure whose arms turn at a rate of its class's own, (T, 17, 2) px."""
    t = np.arange(num_frames)[:, None]
    base = rng.normal(0, 0.3, (17, 2)) + np.array([[0, -4]] * 5 + [[-1, -3], [1, -3]] + [[0, -2]] * 4
                                                   + [[-1, 0], [1, 0]] + [[0, 2]] * 4)  # fmt: skip
    pose = np.repeat(base[None], num_frames, axis=0)
    angle = 0.15 * (label % 6 + 1) * t
    pose[:, 7:11, 0] += 2 * np.cos(angle)
    pose[:, 7:11, 1] += 2 * np.sin(angle)
    return (100 + 20 * (pose + rng.normal(0, 0.02, pose.shape))).astype(np.float16)


def test_floor_exercises_from_published_skeletons_alone(workflow, downloads_dir):
    """PySKL's form, real ids and splits, made-up poses; no video anywhere."""
    adapter = parse_adapter({"kind": "fx35", "unit": "action"})
    files = find_label_files("fx35", downloads_dir)
    dataset = adapter.load(files, DataFolder(workflow.folder))
    chosen = [a for a in dataset.actions if a.label in dataset.class_names[:3]]
    train = [a for a in chosen if a.split == "train"][:60]
    test = [a for a in chosen if a.split == "test"][:20]
    rng = np.random.default_rng(0)
    annotations = []
    for action in train + test:
        pose = class_poses(rng, dataset.class_names.index(action.label), int(rng.integers(30, 60)))
        annotations.append(
            {
                "frame_dir": action.action_id,
                "label": 6 + dataset.class_names.index(action.label),
                "img_shape": (720, 1280),
                "total_frames": len(pose),
                "keypoint": pose[None],
                "keypoint_score": np.full((1, *pose.shape[:2]), 0.9, np.float16),
            }
        )
    path = workflow.folder / "data" / "gym_hrnet.pkl"
    path.parent.mkdir()
    path.write_bytes(pickle.dumps({"annotations": annotations, "split": {}}))
    settings = {
        "adapter": {
            "videos": None,
            "annotation": None,
            "unit": "action",
            "only": [a.action_id for a in train + test],
        },
        "supplied": {"keypoints": "gym_hrnet.pkl"},
        "methods": ["joints2d"],
        **{key: TINY[key] for key in ("num_shards", "recognition", "shots", "trials")},
    }
    over(workflow, "fx35", settings)
    done = workflow.run("results/fx35/table1.csv", "results/fx35/figure3.csv")
    assert done.returncode == 0, done.stdout[-4000:]
    table = pd.read_csv(workflow.folder / "results/fx35/table1.csv").set_index("head")
    assert table["top1"]["nns"] > 60
    done = workflow.run("--dry-run", "results/fx35/crops/0000.h5")
    assert done.returncode != 0
    assert "brings no videos, and what was asked for needs pixels" in done.stdout


def test_the_command_line_of_the_stand_ins(downloads_dir, tmp_path, monkeypatch, capsys):
    from tests import paper_standins

    arguments = ["x", "diving48", str(tmp_path), "--clips", "3"]
    monkeypatch.setattr("sys.argv", [*arguments, "--downloads-dir", str(downloads_dir)])
    assert paper_standins.main() == 0
    config = yaml.safe_load(Path(capsys.readouterr().out.split()[-1]).read_text())
    assert len(config["overrides"]["diving48"]["adapter"]["only"]) == 3
