"""A frozen video encoder through the real workflow, and R3D beside it.

Light, since boxes are given and the networks are tiny and random.
"""

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from vpdlib.artifacts import read_artifact
from vpdlib.compat import install
from vpdlib.features import r3d
from vpdlib.features.r3d_network import build_r3d_encoder
from vpdlib.features.settings import R3DSettings
from vpdlib.features.video_encoder import build_video_encoder, embed_video
from vpdlib.features.video_encoder_settings import TRANSFORMERS, VideoEncoderSettings
from vpdlib.video.writer import VideoWriter

install()
transformers = pytest.importorskip("transformers")

pytestmark = pytest.mark.workflow
CLIPS = [f"clip_{n}" for n in range(6)]
TABLE = "results/mine/table1.csv"
ENCODER = {"kind": "vjepa2", "weights": "weights/tiny", "window_frames": 4, "stride": 2}
R3D = {"weights": "weights/r3d.pth", "widths": [4, 8], "blocks": [1, 1]}
SETTINGS = {
    "title": "Mine",
    "adapter": {"kind": "folder", "videos": "mine/videos", "labels": "mine/labels.csv"},
    "supplied": {"boxes": "mine/boxes.csv"},
    "num_shards": 1,
    "crops": {"size": 20},
    "video_encoders": {"vjepa2": ENCODER},
    "r3d": {"r3d": R3D},
    "methods": ["vjepa2", "r3d"],
    "heads": ["nns"],
    "shots": [],
    "trials": 1,
}


@pytest.fixture
def mine(make_workflow, tmp_path):
    """Six clips of noise, with boxes but for one frame, and an encoder."""
    workflow = make_workflow(tmp_path)
    rng = np.random.default_rng(0)
    folder = tmp_path / "data" / "mine"
    folder.mkdir(parents=True)
    labels, boxes = ["video,label,split"], ["video,frame,x0,y0,x1,y1"]
    for n, clip in enumerate(CLIPS):
        labels.append(f"{clip},{'fast' if n % 2 else 'slow'},{'test' if n >= 4 else 'train'}")
        boxes += [f"{clip},{frame},20,10,40,50" for frame in range(12) if frame != 7]
        with VideoWriter(folder / "videos" / f"{clip}.mp4", 25.0, 64, 64) as video:
            for _ in range(12):
                video.write(rng.integers(0, 255, (64, 64, 3)).astype(np.uint8))
    (folder / "labels.csv").write_text("\n".join(labels) + "\n")
    (folder / "boxes.csv").write_text("\n".join(boxes) + "\n")
    torch.manual_seed(0)
    config = transformers.VJEPA2Config(
        crop_size=16,
        patch_size=8,
        frames_per_clip=4,
        hidden_size=12,
        num_hidden_layers=1,
        num_attention_heads=2,
        pred_hidden_size=12,
        pred_num_attention_heads=2,
        pred_num_hidden_layers=1,
    )
    transformers.VJEPA2Model(config).save_pretrained(tmp_path / "weights" / "tiny")
    network = build_r3d_encoder(widths=(4, 8), blocks=(1, 1))
    torch.save(network.state_dict(), tmp_path / "weights" / "r3d.pth")
    workflow.write_dataset("mine", SETTINGS)
    return workflow


def test_a_video_encoder_is_a_row_of_table_1(mine, monkeypatch):
    planned = mine.planned(TABLE)
    assert planned["embed_frames"] == 2
    assert planned["recognize_actions"] == 2
    assert "detect_people" not in planned
    done = mine.run(TABLE, cores=1)
    assert done.returncode == 0, done.stdout[-6000:]
    table = pd.read_csv(mine.folder / TABLE, keep_default_na=False).set_index("method")
    assert list(table.index) == ["random", "top_class", "vjepa2", "r3d"]
    assert set(table["weights"][["vjepa2", "r3d"]]) == {"pretrained"}
    assert table["top1_paper"]["vjepa2"] == ""

    monkeypatch.chdir(mine.folder)
    settings = VideoEncoderSettings.model_validate(ENCODER)
    of_r3d = R3DSettings.model_validate(R3D)
    networks = {
        "video_encoder": ("vjepa2", embed_video, build_video_encoder(settings), settings),
        "r3d": ("r3d", r3d.embed_video, r3d.encoder_of(of_r3d, None, Path(R3D["weights"])), of_r3d),
    }
    results = mine.folder / "results" / "mine"
    for kind, (name, embed, encoder, given) in networks.items():
        with (
            read_artifact(results / "crops/0000.h5", "crops") as crops,
            read_artifact(results / f"features/{kind}/{name}/0000.h5", "features") as features,
        ):
            assert features.attributes["weights"] == "pretrained"
            assert features.video_ids == crops.video_ids == CLIPS
            for video in crops.videos():
                frame = video.array("frame")
                assert frame.tolist() == [f for f in range(12) if f != 7]
                found = features[video.video_id]
                assert np.array_equal(found.array("frame"), frame)
                expected = embed(video, 20, encoder, given, "cpu")
                np.testing.assert_allclose(found.array("descriptor"), expected, atol=1e-5)
    log = (results / "logs/embed_frames/video_encoder/vjepa2/0000.log").read_text()
    assert "normalised as in ImageNet" in log

    assert mine.planned(TABLE) == {}
    again = {"embed_frames": 1, "recognize_actions": 1, "table": 1}
    statistics = {"image_mean": [0.5] * 3, "image_std": [0.5] * 3}
    path = mine.folder / "weights" / "tiny" / "video_preprocessor_config.json"
    path.write_text(json.dumps(statistics))
    assert mine.planned(TABLE) == again
    path.unlink()
    mine.write_dataset("mine", {**SETTINGS, "video_encoders": {"vjepa2": {**ENCODER, "stride": 4}}})
    assert mine.planned(TABLE) == again


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"weights": "weights/none"}, ("expected the folder weights/none, found nothing", "docs/baselines.md")),
        ({"kind": "videomae"}, ("expected model_type 'videomae', found 'vjepa2'", "correct `kind` or `weights`")),
        ({"weights_sha256": "00000000"}, ("expected a sha256 that begins with 00000000",)),
    ],
)  # fmt: skip
def test_a_folder_that_is_not_there_is_refused_before_any_job(mine, changes, words):
    encoders = {"vjepa2": {**ENCODER, **changes}}
    mine.write_dataset("mine", {**SETTINGS, "video_encoders": encoders})
    done = mine.run("results/mine/dataset/actions.csv", cores=1)
    assert done.returncode != 0
    for word in words:
        assert word in done.stdout, done.stdout[-3000:]
    assert not (mine.folder / "results" / "mine").exists()


#: Run by Python as it starts: the library is not to be found.
HIDING = """
import importlib.util
find = importlib.util.find_spec
importlib.util.find_spec = lambda name, *more: None if name == "transformers" else find(name, *more)
"""


def test_without_the_library_nothing_starts_and_it_is_said_what_to_install(mine, monkeypatch):
    (mine.folder / "hiding").mkdir()
    (mine.folder / "hiding" / "sitecustomize.py").write_text(HIDING)
    monkeypatch.setenv("PYTHONPATH", str(mine.folder / "hiding"))
    # Only an interpreter that starts reads sitecustomize.
    mine.python = sys.executable
    done = mine.run(TABLE, cores=1)
    assert done.returncode != 0
    assert f"run: pip install {TRANSFORMERS}" in done.stdout, done.stdout[-3000:]
    assert not (mine.folder / "results" / "mine").exists()


def test_another_tools_descriptors_stand_in_and_need_no_folder(mine):
    folder = mine.folder / "data" / "mine"
    np.savez(folder / "vjepa2.npz", **{clip: np.ones((12, 5), np.float32) for clip in CLIPS})
    supplied = {**SETTINGS["supplied"], "features": {"vjepa2": "mine/vjepa2.npz"}}
    encoders = {"vjepa2": {**ENCODER, "weights": "weights/none"}}
    mine.write_dataset("mine", {**SETTINGS, "supplied": supplied, "video_encoders": encoders})
    target = "results/mine/features/supplied/vjepa2/0000.h5"
    done = mine.run(target, cores=1)
    assert done.returncode == 0, done.stdout[-3000:]
    with read_artifact(mine.folder / target, "features") as features:
        assert features[CLIPS[0]].array("descriptor").shape == (12, 2, 5)
