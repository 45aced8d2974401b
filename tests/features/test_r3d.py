"""R3D of a dataset: its folder, and descriptors of videos in which the athlete is not always seen."""

import numpy as np
import pytest
import torch

from vpdlib.artifacts import ArtifactWriter, Provenance, read_artifact
from vpdlib.baselines.train import TrainedNetwork
from vpdlib.features.r3d import embed_video, encoder_of
from vpdlib.features.r3d_network import embed_windows
from vpdlib.features.r3d_training import build_r3d, load_r3d, save_r3d
from vpdlib.features.settings import R3DSettings

SETTINGS = R3DSettings(weights=None, fine_tune=True, widths=(4, 8), blocks=(1, 1), batch_size=3)


@pytest.fixture
def network():
    torch.manual_seed(0)
    return build_r3d(SETTINGS, num_classes=3).eval()


@pytest.fixture
def video(tmp_path):
    """Fourteen crops: frames 0 to 8 and 20 to 24."""
    frame = np.array([*range(9), *range(20, 25)], np.int32)
    crop = np.random.default_rng(0).integers(0, 256, (14, 16, 16, 3)).astype(np.uint8)
    columns = {
        "frame": frame,
        "previous_frame": frame - 1,
        "rect_px": np.zeros((14, 4), np.int32),
        "crop": crop,
        "previous": crop,
    }
    with ArtifactWriter(tmp_path / "c.h5", "crops", Provenance("r", "c", "d", "i")) as artifact:
        artifact.add_video("v", columns)
    with read_artifact(tmp_path / "c.h5", "crops") as artifact:
        yield artifact["v"], crop


def test_windows_do_not_reach_over_a_gap(network, video):
    group, crop = video
    found = embed_video(group, 16, network.encoder, SETTINGS, "cpu")
    assert found.shape == (14, 2, 8)
    by_hand = [embed_windows(part, network.encoder) for part in (crop[:9], crop[9:])]
    np.testing.assert_allclose(found, np.concatenate(by_hand), atol=1e-5)
    assert not np.allclose(found[8], embed_windows(crop, network.encoder)[8], atol=1e-4)


def test_a_saved_network_embeds_as_before(network, video, tmp_path):
    group, _ = video
    first = {"epoch": 1, "train_loss": 1.5, "learning_rate": 0.1, "seconds": 2.5}
    second = {"epoch": 2, "train_loss": 1.0, "learning_rate": 0.05, "seconds": 2.25}
    history = [first, {**second, "val_accuracy": 0.5, "val_loss": 0.9}]
    save_r3d(tmp_path / "r3d", TrainedNetwork(network, 2, history), SETTINGS)
    again = embed_video(group, 16, encoder_of(SETTINGS, tmp_path / "r3d", None), SETTINGS, "cpu")
    before = embed_video(group, 16, network.encoder, SETTINGS, "cpu")
    assert np.array_equal(again, before)
    lines = (tmp_path / "r3d" / "history.csv").read_text().splitlines()
    assert lines[0] == "epoch,train_loss,learning_rate,val_accuracy,val_loss"
    assert lines[1:] == ["1,1.5,0.1,,", "2,1.0,0.05,0.5,0.9"]


def test_damaged_weights_are_refused(network, tmp_path):
    save_r3d(tmp_path / "r3d", TrainedNetwork(network, 1, []), SETTINGS)
    path = tmp_path / "r3d" / "encoder.safetensors"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(ValueError, match="is damaged: sha256"):
        load_r3d(tmp_path / "r3d")
    with pytest.raises(FileNotFoundError, match="run rule train_r3d"):
        load_r3d(tmp_path / "none")
