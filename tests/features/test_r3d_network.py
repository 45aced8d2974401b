"""R3D: torchvision's network, windows about each frame, flipped features, learning."""

import numpy as np
import pytest
import torch

from tests.baselines.frame_networks import random_state, steps_to_learn_by_heart
from vpdlib.compat import torchvision_models
from vpdlib.features.r3d_network import (
    KINETICS,
    R3D,
    R3DEncoder,
    build_r3d_encoder,
    embed_windows,
    frame_windows,
)

video = torchvision_models().video


def small_encoder():
    return build_r3d_encoder(widths=(4, 6), blocks=(1, 1))


def test_pretrained_weights_give_torchvisions_features(tmp_path):
    network = video.r3d_18(weights=None).eval()
    torch.save(network.state_dict(), tmp_path / "r3d.pth")
    pooled = []
    network.avgpool.register_forward_hook(lambda *call: pooled.append(call[2].flatten(1)))
    encoder = build_r3d_encoder(tmp_path / "r3d.pth").eval()
    clips = torch.rand(1, 8, 3, 32, 32)
    with torch.no_grad():
        network(clips.transpose(1, 2))
        torch.testing.assert_close(encoder(clips), pooled[0])
    assert pooled[0].shape == (1, 512)
    with pytest.raises(ValueError, match=r"r3d\.pth: does not fit .* r3d_18"):
        build_r3d_encoder(tmp_path / "r3d.pth", widths=(8, 16), blocks=(1, 1))


def test_size_is_the_published_one():
    # torchvision's figure of R3D-18 with its 400 Kinetics classes.
    network = R3D(R3DEncoder(), 400)
    size = sum(p.numel() for p in network.parameters())
    assert size == video.R3D_18_Weights.KINETICS400_V1.meta["num_params"] == 33_371_472


def test_normalisation_is_torchvisions():
    preset = video.R3D_18_Weights.KINETICS400_V1.transforms()
    assert (list(KINETICS.mean), list(KINETICS.std)) == (preset.mean, preset.std)


@pytest.mark.parametrize("num_frames", [1, 3, 8, 21])
def test_windows_are_four_before_and_three_after(num_frames):
    for frame, window in enumerate(frame_windows(num_frames).tolist()):
        naive = [min(max(frame + k, 0), num_frames - 1) for k in range(-4, 4)]
        assert window == naive


@pytest.mark.parametrize("num_frames", [1, 5, 13])
@pytest.mark.parametrize("batch_size", [1, 4, 100])
def test_features_are_those_of_each_window_alone(num_frames, batch_size):
    encoder = random_state(small_encoder()).eval()
    frames = np.random.default_rng(0).integers(0, 256, (num_frames, 16, 16, 3), dtype=np.uint8)
    features = embed_windows(frames, encoder.train(), batch_size=batch_size)
    assert features.shape == (num_frames, 2, 6)
    assert features.dtype == np.float32
    encoder.eval()
    for frame in range(num_frames):
        window = [frames[min(max(frame + k, 0), num_frames - 1)] for k in range(-4, 4)]
        for row, images in enumerate((window, [image[:, ::-1] for image in window])):
            scaled = (np.stack(images) / 255 - KINETICS.mean) / KINETICS.std
            clip = torch.from_numpy(scaled).float().permute(0, 3, 1, 2)[None]
            with torch.no_grad():
                alone = encoder(clip)[0].numpy()
            np.testing.assert_allclose(features[frame, row], alone, atol=1e-4, rtol=1e-4)
    # A batch normalisation that was left in training mode would have been caught above.
    assert np.abs(features[:, 0] - features[:, 1]).max() > 1e-3


def test_only_the_frames_of_a_batch_are_read():
    class Recorder:
        shape, dtype = (40, 16, 16, 3), np.dtype(np.uint8)

        def __init__(self):
            self.read = []

        def __len__(self):
            return 40

        def __getitem__(self, rows):
            self.read.append((rows.start, rows.stop))
            return np.zeros((rows.stop - rows.start, 16, 16, 3), dtype=np.uint8)

    recorder = Recorder()
    embed_windows(recorder, small_encoder(), batch_size=20)
    assert recorder.read == [(0, 23), (16, 40)]


def test_half_precision_is_close():
    encoder = random_state(small_encoder()).eval()
    frames = np.random.default_rng(0).integers(0, 256, (3, 16, 16, 3), dtype=np.uint8)
    full, half = (embed_windows(frames, encoder, amp=amp) for amp in (False, True))
    np.testing.assert_allclose(half, full, rtol=0.05, atol=0.05 * np.abs(full).max())


@pytest.mark.parametrize("num_frames", [8, 3])
def test_learns_8_clips_by_heart(num_frames):
    torch.manual_seed(0)
    network = R3D(small_encoder(), 4, dropout=0.0)
    steps_to_learn_by_heart(network, torch.rand(8, num_frames, 3, 16, 16), rate=1e-2)


def test_bad_input_is_refused():
    encoder = small_encoder()
    with pytest.raises(ValueError, match=r"expected \(N, S, S, 3\) uint8"):
        embed_windows(np.zeros((2, 16, 16, 3), dtype=np.float32), encoder)
    torch.nn.init.constant_(encoder.stem[0].weight, float("nan"))
    with pytest.raises(ValueError, match="features of 2 frames are not finite"):
        embed_windows(np.zeros((2, 16, 16, 3), dtype=np.uint8), encoder)
