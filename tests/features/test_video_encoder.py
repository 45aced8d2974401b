"""Video encoders: the library's own models on seeded weights, windows and their means, and folders that are refused.

The networks are tiny and random: what is tested is what is made of the library's tokens, not what they mean.
"""

import json
import re
import socket
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from vpdlib.artifacts import ArtifactWriter, Provenance, read_artifact
from vpdlib.compat import install
from vpdlib.features import video_encoder, video_encoder_settings
from vpdlib.features.video_encoder import (
    build_video_encoder,
    embed_frames,
    embed_video,
    input_statistics,
    window_starts,
)
from vpdlib.features.video_encoder_settings import (
    TRANSFORMERS,
    VideoEncoderSettings,
    verify_encoder_present,
)
from vpdlib.weights.check import WeightsError

install()
transformers = pytest.importorskip("transformers")
from safetensors.torch import load_file, save_file  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
#: Frames of a window and of a tubelet, side of inputs, width.
LENGTH, TUBELET, SIDE, WIDTH = 4, 2, 16, 12
IMAGENET = np.array([[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]])


def tiny_videomae():
    config = transformers.VideoMAEConfig(
        image_size=SIDE,
        patch_size=8,
        num_frames=LENGTH,
        tubelet_size=TUBELET,
        hidden_size=WIDTH,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=16,
        use_mean_pooling=False,
        decoder_hidden_size=12,
        decoder_num_attention_heads=2,
        decoder_num_hidden_layers=1,
        decoder_intermediate_size=16,
    )
    # As published for pretraining: with a decoder, which is left out.
    return transformers.VideoMAEForPreTraining(config)


def tiny_vjepa2(**changes):
    sizes = {
        "crop_size": SIDE,
        "patch_size": 8,
        "frames_per_clip": LENGTH,
        "tubelet_size": TUBELET,
        "hidden_size": WIDTH,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "pred_hidden_size": 12,
        "pred_num_attention_heads": 2,
        "pred_num_hidden_layers": 1,
    }
    return transformers.VJEPA2Model(transformers.VJEPA2Config(**{**sizes, **changes}))


TINY = {"videomae": tiny_videomae, "vjepa2": tiny_vjepa2}
KINDS = list(TINY)


@pytest.fixture
def folder(request, tmp_path):
    """A folder of the test's `kind`, as the library saves it."""
    return save(tmp_path / "weights", TINY[request.getfixturevalue("kind")]())


def save(folder, model):
    torch.manual_seed(0)
    for parameter in model.parameters():
        # Larger than the library draws them, so that what is seen matters.
        torch.nn.init.normal_(parameter, std=0.3)
    model.save_pretrained(folder)
    return folder


def settings(kind, folder, **changes):
    given = {"window_frames": LENGTH, "stride": 2, "batch_size": 3, **changes}
    return VideoEncoderSettings(kind=kind, weights=str(folder), **given)


def tokens_of(kind, folder, clip):
    """The library's own answer to one clip (T, 3, S, S), from all of its model: (T / 2, tokens a step, d)."""
    if kind == "videomae":
        model = transformers.VideoMAEModel.from_pretrained(folder, local_files_only=True).eval()
        more = {}
    else:
        model = transformers.VJEPA2Model.from_pretrained(folder, local_files_only=True).eval()
        more = {"skip_predictor": True}
    with torch.no_grad():
        tokens = model(torch.from_numpy(clip)[None].float(), **more).last_hidden_state[0].numpy()
    return tokens.reshape(len(clip) // TUBELET, -1, WIDTH)


def naive(kind, folder, frames, stride, statistics=IMAGENET):
    """One window after the other, one frame after the other."""
    scaled = ((frames / 255 - statistics[0]) / statistics[1]).transpose(0, 3, 1, 2)
    last = max(len(frames) - LENGTH, 0)
    starts = [*range(0, last, stride), last]
    found = [[] for _ in frames]
    for start in starts:
        window = [min(start + i, len(frames) - 1) for i in range(LENGTH)]
        tokens = tokens_of(kind, folder, scaled[window])
        for i in range(LENGTH):
            if start + i < len(frames):
                found[start + i].append(tokens[i // TUBELET].mean(axis=0))
    return np.array([np.mean(descriptors, axis=0) for descriptors in found])


def pictures(num_frames, side=SIDE):
    return np.random.default_rng(0).integers(0, 256, (num_frames, side, side, 3), dtype=np.uint8)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("num_frames", "stride"), [(1, 2), (3, 4), (4, 1), (9, 2), (11, 3)])
def test_descriptors_are_means_of_the_librarys_tokens(kind, folder, num_frames, stride):
    frames = pictures(num_frames)
    encoder = build_video_encoder(settings(kind, folder))
    found = embed_frames(frames, encoder, stride, batch_size=2)
    assert found.shape == (num_frames, 2, WIDTH)
    assert found.dtype == np.float32
    flipped = frames[:, :, ::-1]
    for row, seen in enumerate((frames, flipped)):
        expected = naive(kind, folder, seen, stride)
        np.testing.assert_allclose(found[:, row], expected, atol=2e-4, rtol=1e-3)
    # Neither the flipped image nor the frame is without effect.
    assert np.abs(found[:, 0] - found[:, 1]).max() > 0.01
    if num_frames > LENGTH:
        assert np.abs(np.diff(found[:, 0], axis=0)).max() > 0.01


@pytest.mark.parametrize("kind", KINDS)
def test_batches_do_not_matter(kind, folder):
    encoder = build_video_encoder(settings(kind, folder))
    one, many = (embed_frames(pictures(13), encoder, 2, batch_size=size) for size in (1, 100))
    np.testing.assert_allclose(one, many, atol=1e-5)
    half = embed_frames(pictures(13), encoder, 2, amp=True)
    assert np.abs(half - one).max() < 0.1 * np.abs(one).max()


@pytest.mark.parametrize("kind", KINDS)
def test_encoders_are_frozen_without_what_only_training_needs(kind, folder):
    encoder = build_video_encoder(settings(kind, folder))
    assert not encoder.training
    assert not any(module.training for module in encoder.modules())
    assert not any(parameter.requires_grad for parameter in encoder.parameters())
    assert {parameter.dtype for parameter in encoder.parameters()} == {torch.float32}
    names = [name for name, _ in encoder.named_modules()]
    assert not any("predictor" in name or "decoder" in name for name in names)


@pytest.mark.parametrize("kind", ["vjepa2"])
def test_weights_in_half_precision_are_computed_in_full(kind, folder):
    path = folder / "model.safetensors"
    save_file({name: value.half() for name, value in load_file(path).items()}, path)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "dtype": "float16"}))
    encoder = build_video_encoder(settings(kind, folder))
    assert {parameter.dtype for parameter in encoder.parameters()} == {torch.float32}


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_asked_of_a_network(kind, folder, monkeypatch):
    tried = []
    monkeypatch.setattr(socket.socket, "connect", lambda *to: tried.append(to))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *to, **_: tried.append(to))
    build_video_encoder(settings(kind, folder))
    assert not tried


def test_the_encoder_of_a_classifier_is_the_same(tmp_path):
    plain = save(tmp_path / "plain", tiny_vjepa2())
    model = transformers.VJEPA2ForVideoClassification(tiny_vjepa2().config)
    model.vjepa2 = transformers.VJEPA2Model.from_pretrained(plain)
    model.save_pretrained(tmp_path / "classifier")
    found = [
        embed_frames(pictures(5), build_video_encoder(settings("vjepa2", tmp_path / name)), 2)
        for name in ("plain", "classifier")
    ]
    assert np.array_equal(*found)


def test_shorter_windows_have_the_first_positions(tmp_path):
    """A window of half the frames: what the library gives for a model that is made so."""
    for kind, name in (("videomae", "num_frames"), ("vjepa2", "frames_per_clip")):
        folder = save(tmp_path / kind, TINY[kind]())
        encoder = build_video_encoder(settings(kind, folder, window_frames=2))
        found = embed_frames(pictures(2), encoder, 2)[:, 0]
        config = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps({**config, name: 2}))
        scaled = ((pictures(2) / 255 - IMAGENET[0]) / IMAGENET[1]).transpose(0, 3, 1, 2)
        expected = tokens_of(kind, folder, scaled)[0].mean(axis=0)
        np.testing.assert_allclose(found, [expected] * 2, atol=2e-4, rtol=1e-3)


def test_crops_of_another_side_are_resized(tmp_path):
    folder = save(tmp_path / "w", tiny_vjepa2())
    encoder = build_video_encoder(settings("vjepa2", folder))
    small = pictures(5, 8)
    large = encoder.prepare(torch.from_numpy(small))
    assert large.shape == (5, 3, SIDE, SIDE)
    # Bilinear, and flipped alike.
    scaled = torch.from_numpy((small / 255 - IMAGENET[0]) / IMAGENET[1]).permute(0, 3, 1, 2)
    expected = torch.nn.functional.interpolate(scaled.float(), (SIDE, SIDE), mode="bilinear")
    torch.testing.assert_close(large, expected, atol=1e-4, rtol=1e-4)
    regular, flipped = (
        embed_frames(np.ascontiguousarray(seen), encoder, 2) for seen in (small, small[:, :, ::-1])
    )
    np.testing.assert_allclose(regular[:, 1], flipped[:, 0], atol=1e-4)


def test_vjepa2_takes_another_side_with_its_own_positions(tmp_path):
    """As the library's model that is configured for that side, from the same tensors."""
    folder = save(tmp_path / "w", tiny_vjepa2())
    found = embed_frames(
        pictures(4, 24), build_video_encoder(settings("vjepa2", folder, input_px=24)), 2
    )
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "crop_size": 24}))
    expected = naive("vjepa2", folder, pictures(4, 24), 2)
    np.testing.assert_allclose(found[:, 0], expected, atol=2e-4, rtol=1e-3)


def test_window_starts():
    for num_frames in range(1, 20):
        for length in range(1, 7):
            for stride in range(1, length + 1):
                starts = window_starts(num_frames, length, stride).tolist()
                covered = {s + i for s in starts for i in range(length) if s + i < num_frames}
                assert covered == set(range(num_frames))
                assert starts[0] == 0
                assert starts[-1] == max(num_frames - length, 0)
                assert all(0 < b - a <= stride for a, b in pairwise(starts))


@pytest.mark.parametrize("kind", KINDS)
def test_windows_do_not_reach_over_a_gap(kind, folder, tmp_path):
    frame = np.array([*range(9), 12, *range(20, 25)], np.int32)
    crop = pictures(len(frame))
    columns = {
        "frame": frame,
        "previous_frame": frame - 1,
        "rect_px": np.zeros((len(frame), 4), np.int32),
        "crop": crop,
        "previous": crop,
    }
    provenance = Provenance("r", "c", "d", "i")
    with ArtifactWriter(tmp_path / "c.h5", "crops", provenance) as artifact:
        artifact.add_video("v", columns)
        artifact.add_video("none", {name: values[:0] for name, values in columns.items()})
    given = settings(kind, folder, stride=3)
    encoder = build_video_encoder(given)
    with read_artifact(tmp_path / "c.h5", "crops") as artifact:
        found = embed_video(artifact["v"], SIDE, encoder, given, "cpu")
        assert embed_video(artifact["none"], SIDE, encoder, given, "cpu").shape == (0, 2, WIDTH)
    runs = (crop[:9], crop[9:10], crop[10:])
    by_hand = np.concatenate([embed_frames(run, encoder, 3) for run in runs])
    np.testing.assert_allclose(found, by_hand, atol=1e-5)
    whole = embed_frames(crop, encoder, 3)
    assert np.abs(found - whole).max() > 0.01


NORMALISED = {"do_normalize": True, "image_mean": [0.4, 0.5, 0.6], "image_std": [0.2, 0.3, 0.4]}


def test_normalisation_is_the_publishers_else_imagenets(tmp_path):
    assert input_statistics(tmp_path)[1] == "ImageNet"
    assert np.array_equal(input_statistics(tmp_path)[0].mean, IMAGENET[0])
    for name in ("preprocessor_config.json", "video_preprocessor_config.json"):
        (tmp_path / name).write_text(json.dumps({**NORMALISED, "rescale_factor": 0.00392156862}))
        found, source = input_statistics(tmp_path)
        assert source == name
        assert (found.mean, found.std) == ((0.4, 0.5, 0.6), (0.2, 0.3, 0.4))


@pytest.mark.parametrize("kind", ["videomae"])
def test_the_publishers_normalisation_is_applied(kind, folder):
    (folder / "preprocessor_config.json").write_text(json.dumps(NORMALISED))
    given = settings(kind, folder)
    assert [path.name for path in given.files][2:] == ["preprocessor_config.json"]
    found = embed_frames(pictures(6), build_video_encoder(given), 2)
    statistics = np.array([NORMALISED["image_mean"], NORMALISED["image_std"]])
    expected = naive(kind, folder, pictures(6), 2, statistics)
    np.testing.assert_allclose(found[:, 0], expected, atol=2e-4, rtol=1e-3)


@pytest.mark.parametrize(
    "change",
    [
        {"image_mean": [0.5, 0.5]},
        {"image_mean": None},
        {"image_std": [0.2, 0.2, 0]},
        {"do_normalize": False},
        {"do_rescale": False},
        {"rescale_factor": 1 / 127.5},
        {"rescale_factor": "1/255"},
    ],
)
def test_strange_normalisations_are_refused(tmp_path, change):
    path = tmp_path / "preprocessor_config.json"
    path.write_text(json.dumps({**NORMALISED, **change}))
    with pytest.raises(
        WeightsError, match=r"preprocessor_config.json: expected image_mean.*remove"
    ):
        input_statistics(tmp_path)


def changed(folder, **changes):
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def drop(folder, name):
    path = folder / "model.safetensors"
    tensors = load_file(path)
    del tensors[name]
    save_file(tensors, path)


def add(folder, name):
    path = folder / "model.safetensors"
    save_file({**load_file(path), name: torch.zeros(3)}, path)


def to_pickle(folder):
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


def cut_up(folder):
    (folder / "model.safetensors").rename(folder / "model.safetensors.index.json")


def truncate(folder):
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-9])


BEFORE_JOBS = [
    (lambda f: f.rename(f.with_name("moved")), r"expected the folder .*weights, found nothing; .*config.json"),
    (lambda f: (f.rename(f.with_name("moved")), f.write_text("")), "found a file"),
    (lambda f: (f / "config.json").unlink(), r"expected .*config.json, found no such file.*baselines.md"),
    (lambda f: (f / "model.safetensors").unlink(), r"expected .*model.safetensors, found no such file; put it there"),
    (to_pickle, r"expected .*model.safetensors, found pytorch_model.bin, which is a pickle.*save_pretrained"),
    (cut_up, r"found model.safetensors.index.json.*max_shard_size"),
    (lambda f: (f / "config.json").write_text("{"), r"config.json: not readable as JSON"),
    (lambda f: (f / "config.json").write_text("[]"), r"config.json: expected a JSON object"),
    (lambda f: changed(f, model_type="clip"), r"config.json: expected model_type 'vjepa2', found 'clip'; correct"),
]  # fmt: skip
IN_JOBS = [
    (truncate, {}, r"no vjepa2 that transformers can read \(.*obtain"),
    (lambda f: changed(f, hidden_size="wide"), {}, r"no vjepa2 that transformers can read.*hidden_size"),
    (lambda f: changed(f, num_attention_heads=5), {}, r"no vjepa2 that transformers can read.*multiple"),
    (lambda f: changed(f, hidden_size=24), {}, r"model.safetensors: does not fit .*: has in another shape encoder\."),
    (lambda f: changed(f, num_hidden_layers=3), {}, r"does not fit the vjepa2 .*: lacks encoder.layer.2.*obtain"),
    (lambda f: changed(f, num_hidden_layers=1), {}, r"does not fit .*: holds, beyond it, encoder.layer.1"),
    (lambda f: drop(f, "encoder.layernorm.bias"), {}, r": lacks encoder.layernorm.bias; obtain"),
    (lambda f: add(f, "encoder.more"), {}, r"holds, beyond it, encoder.more"),
    (lambda f: changed(f, quantization_config={"load_in_8bit": True}), {}, "quantization_config: only full weights"),
    (lambda f: changed(f, transformers_weights="other.safetensors"), {}, "transformers_weights: only full weights"),
    (lambda f: changed(f, in_chans=4), {}, "in_chans: expected 3, for RGB"),
    (lambda f: changed(f, patch_size=[8, 8]), {}, r"patch_size: expected a whole number above 0, found \[8, 8\]"),
    (None, {"window_frames": 3}, r"window_frames: 3: the encoder of .*config.json takes a multiple of 2, 4 at most"),
    (None, {"window_frames": 6}, "window_frames: 6: .* 4 at most; correct it"),
    (None, {"input_px": 20}, "input_px: 20: .* takes a multiple of 8"),
]  # fmt: skip


@pytest.mark.parametrize("kind", ["vjepa2"])
@pytest.mark.parametrize(("spoil", "message"), BEFORE_JOBS)
def test_bad_folders_are_refused_before_jobs_and_in_them(kind, folder, spoil, message):
    spoil(folder)
    for check in (verify_encoder_present, build_video_encoder):
        with pytest.raises(WeightsError, match=message):
            check(settings(kind, folder))


@pytest.mark.parametrize("kind", ["vjepa2"])
@pytest.mark.parametrize(("spoil", "changes", "message"), IN_JOBS)
def test_bad_encoders_are_refused(kind, folder, spoil, changes, message):
    if spoil is not None:
        spoil(folder)
    given = settings(kind, folder, **{"stride": 1, **changes})
    verify_encoder_present(given)
    with pytest.raises(WeightsError, match=message):
        build_video_encoder(given)


@pytest.mark.parametrize("kind", ["vjepa2"])
def test_a_missing_predictor_is_not_missed(kind, folder):
    path = folder / "model.safetensors"
    tensors = {k: v for k, v in load_file(path).items() if not k.startswith("predictor.")}
    before = embed_frames(pictures(5), build_video_encoder(settings(kind, folder)), 2)
    save_file(tensors, path)
    after = embed_frames(pictures(5), build_video_encoder(settings(kind, folder)), 2)
    assert np.array_equal(before, after)


@pytest.mark.parametrize("kind", ["videomae"])
def test_videomae_insists_on_its_side_and_on_its_tensors(kind, folder):
    with pytest.raises(WeightsError, match=r"input_px: 24: .* takes 16 alone"):
        build_video_encoder(settings(kind, folder, input_px=24))
    drop(folder, "videomae.encoder.layer.0.attention.attention.q_bias")
    with pytest.raises(WeightsError, match=r"lacks encoder\.layer\.0\.attention\.attention\."):
        build_video_encoder(settings(kind, folder))


def test_features_that_are_not_finite_are_refused(tmp_path):
    folder = save(tmp_path / "w", tiny_vjepa2())
    encoder = build_video_encoder(settings("vjepa2", folder))
    torch.nn.init.constant_(next(encoder.parameters()), float("nan"))
    with pytest.raises(ValueError, match=r"video encoder's features of 3 frames are not finite"):
        embed_frames(pictures(3), encoder, 2)


def test_without_the_library_it_is_said_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(video_encoder_settings, "find_spec", lambda name: None)
    with pytest.raises(WeightsError, match=f"pip install {re.escape(TRANSFORMERS)}"):
        verify_encoder_present(settings("vjepa2", tmp_path))


def test_a_library_that_lacks_the_model_is_refused(tmp_path, monkeypatch):
    folder = save(tmp_path / "w", tiny_vjepa2())
    monkeypatch.setattr(video_encoder, "import_module", lambda name: SimpleNamespace())
    message = rf"no VJEPA2Model.*pip install {re.escape(TRANSFORMERS)}"
    with pytest.raises(WeightsError, match=message):
        build_video_encoder(settings("vjepa2", folder))


def test_the_version_named_is_the_one_that_is_tested():
    assert TRANSFORMERS in (ROOT / "requirements-dev.txt").read_text().split()
    assert TRANSFORMERS not in (ROOT / "requirements.txt").read_text()
    assert transformers.__version__ == TRANSFORMERS.split("==")[1]
