"""Training: it learns, finds poses in other views, resumes to the bit, and is saved whole."""

import numpy as np
import pytest
import torch
from skeletons import random_motions

from vpdlib.training.state import OtherTrainingError
from vpdlib.vipe.cameras import pose_part, random_inputs
from vpdlib.vipe.motions import Motion
from vpdlib.vipe.network import build_vipe
from vpdlib.vipe.npz import MotionError
from vpdlib.vipe.sampling import PoseBank
from vpdlib.vipe.save import load_vipe, save_vipe
from vpdlib.vipe.settings import CameraSettings, VipeSettings
from vpdlib.vipe.train import train_vipe


def tiny_settings(**changes):
    values = {
        "dim": 8,
        "hidden": 16,
        "decoder_width": 16,
        "epochs": 4,
        "samples_per_epoch": 450,
        "batch_size": 20,
        "val_samples": 50,
        "learning_rate": 1e-3,
        **changes,
    }
    return VipeSettings(**values)


def tiny_train(settings, **options):
    return train_vipe(random_motions(3, 20), random_motions(1, 20, 9, "held"), settings, **options)


def assert_same_weights(first, second):
    for one, two in ((first.encoder, second.encoder), (first.decoder, second.decoder)):
        one, two = one.state_dict(), two.state_dict()
        assert one.keys() == two.keys()
        for name, tensor in one.items():
            assert torch.equal(tensor, two[name]), name


def without_seconds(history):
    return [{k: v for k, v in entry.items() if k != "seconds"} for entry in history]


def hit_at_1(first, second):
    distance = torch.cdist(torch.from_numpy(first), torch.from_numpy(second))
    return float((distance.argmin(dim=1) == torch.arange(len(first))).float().mean())


def test_the_network_has_the_papers_sizes():
    encoder, decoder = build_vipe(VipeSettings())
    linear = [m for m in encoder.modules() if isinstance(m, torch.nn.Linear)]
    sizes = [(m.in_features, m.out_features) for m in linear]
    assert sizes == [(39, 1024), *[(1024, 1024)] * 4, (1024, 64)]
    assert decoder(torch.zeros(2, 64)).shape == (2, 91)
    # The residual is added: with a block that answers nothing, the input passes.
    block = encoder.blocks[0].eval()
    for layer in block.layers:
        if isinstance(layer, torch.nn.BatchNorm1d):
            torch.nn.init.zeros_(layer.weight)
    hidden = torch.randn(3, 1024)
    assert torch.equal(block(hidden), hidden)


def test_it_learns_to_find_held_out_poses_in_another_view():
    sizes = {"dim": 32, "hidden": 128, "blocks": 1, "dropout": 0.0, "decoder_width": 128}
    training = {"learning_rate": 2e-3, "batch_size": 25, "epochs": 5}
    settings = VipeSettings(**sizes, **training, samples_per_epoch=10_000, val_samples=500)
    train = random_motions(20, 200, spread=0.25)
    model = train_vipe(train, random_motions(2, 200, 77, "held", spread=0.25), settings)
    losses = [entry["val_loss"] for entry in model.history]
    assert losses[-1] < 0.85 * losses[0]
    assert model.history[-1]["train_loss"] < 0.85 * model.history[0]["train_loss"]
    assert min(losses) == losses[model.best_epoch - 1]

    xyz = PoseBank.build(random_motions(2, 100, 123, "test", spread=0.25)).xyz
    rng = np.random.default_rng(0)
    views = [random_inputs(rng, xyz, CameraSettings()) for _ in range(2)]
    with torch.inference_mode():
        embeddings = [model.encoder(torch.from_numpy(view)).numpy() for view in views]
    vipe, joints = hit_at_1(*embeddings), hit_at_1(*(pose_part(view) for view in views))
    assert vipe > 3 * joints
    assert vipe > 20 / 200  # chance is 1 / 200


def test_training_is_repeatable_and_leaves_random_states_alone():
    torch.manual_seed(3)
    state = torch.random.get_rng_state()
    first = tiny_train(tiny_settings())
    assert torch.equal(torch.random.get_rng_state(), state)
    torch.manual_seed(4)
    second = tiny_train(tiny_settings())
    assert_same_weights(first, second)
    assert without_seconds(first.history) == without_seconds(second.history)
    other = tiny_train(tiny_settings(seed=1))
    assert other.history[0]["val_loss"] != first.history[0]["val_loss"]


@pytest.mark.parametrize("stop", [1, 3])
def test_resumed_training_equals_an_uninterrupted_one_to_the_bit(tmp_path, stop):
    class Killed(Exception):
        pass

    def kill(entry):
        # The epoch that is killed was not yet saved.
        if entry["epoch"] == stop + 1:
            raise Killed

    path = tmp_path / "c" / "state.pt"
    options = {"state_path": path, "save_every_s": 0}
    with pytest.raises(Killed):
        tiny_train(tiny_settings(), on_epoch=kill, **options)
    resumed = tiny_train(tiny_settings(), **options)
    whole = tiny_train(tiny_settings())
    assert_same_weights(resumed, whole)
    assert resumed.best_epoch == whole.best_epoch
    assert without_seconds(resumed.history) == without_seconds(whole.history)
    with pytest.raises(ValueError, match="other settings"):
        tiny_train(tiny_settings(seed=2), **options)
    # More epochs go on from there.
    assert len(tiny_train(tiny_settings(epochs=5), **options).history) == 5
    with pytest.raises(OtherTrainingError, match="is of 5 epochs, and 4 are asked for"):
        tiny_train(tiny_settings(), **options)


def test_a_person_on_both_sides_is_refused():
    motions = random_motions(2, 20)
    with pytest.raises(MotionError, match="split_by_subject"):
        train_vipe(motions, motions[:1], tiny_settings())
    with pytest.raises(MotionError, match="at least one"):
        train_vipe(motions, [], tiny_settings())


@pytest.mark.parametrize("fractions", [{"Made": 1}, {"made": 1, "amass": 1}])
def test_shares_name_the_sources_that_are_there(fractions):
    with pytest.raises(MotionError, match=r"the training motions come from \['made'\]"):
        tiny_train(tiny_settings(source_share=fractions))


def test_a_source_without_a_share_is_refused_and_a_share_of_0_is_not(read_log):
    train = random_motions(3, 20) + random_motions(1, 20, source="other")
    held = random_motions(1, 20, 9, "other2")
    with pytest.raises(MotionError, match="give each of these a fraction"):
        train_vipe(train, held, tiny_settings(epochs=1, source_share={"made": 1}))
    fractions = {"made": 1, "other": 0}
    held = [Motion("held", motion.xyz, 30.0, "held", "other") for motion in held]
    train_vipe(train, held, tiny_settings(epochs=1, source_share=fractions))
    assert "source_share is 0 for all that is held out, ['other']" in read_log()
    only = tiny_settings(epochs=1, source_share={"made": 1})
    train_vipe(random_motions(3, 20), held, only)
    assert "source_share is 0 for all that is held out, ['other']" in read_log()


def test_a_saved_model_is_the_same_and_damage_is_found(tmp_path):
    folder = tmp_path / "models" / "vipe"
    model = tiny_train(tiny_settings(epochs=2))
    save_vipe(folder, model)
    save_vipe(folder, model)
    assert sorted(p.name for p in folder.parent.iterdir()) == ["vipe"]
    assert sorted(p.name for p in folder.iterdir()) == [
        "decoder.safetensors",
        "encoder.safetensors",
        "history.csv",
        "settings.json",
    ]
    loaded = load_vipe(folder)
    assert_same_weights(loaded, model)
    assert loaded.settings == model.settings
    assert loaded.best_epoch == model.best_epoch
    assert loaded.history == model.history
    assert not loaded.encoder.training

    weights = folder / "encoder.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    with pytest.raises(ValueError, match=r"encoder\.safetensors is damaged"):
        load_vipe(folder)
    weights.unlink()
    with pytest.raises(FileNotFoundError, match="train_vipe"):
        load_vipe(folder)
    (folder / "settings.json").write_text("{}")
    with pytest.raises(ValueError, match=r"settings\.json is damaged"):
        load_vipe(folder)
    with pytest.raises(FileNotFoundError, match="holds no VIPE"):
        load_vipe(tmp_path / "none")
