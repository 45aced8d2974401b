"""The folder of a shared model: what it holds, and what is refused."""

import json
import shutil

import pytest

from tests.pipeline.making import LEARNT, make_model, settings_of, trained
from vpdlib.features.settings import R3DSettings, VipeFeatures
from vpdlib.finding import finder_folder
from vpdlib.pipeline import networks
from vpdlib.pipeline.card import card_text
from vpdlib.pipeline.layout import FINDER, needed_models
from vpdlib.pipeline.model import read_model, write_model
from vpdlib.pipeline.settings import FeatureRecipe
from vpdlib.poses.settings import OnnxPoseSettings, PoseSettings
from vpdlib.weights.check import WeightsError


@pytest.fixture
def model(tmp_path):
    return make_model(tmp_path)


def test_it_is_read_as_it_was_written_wherever_it_lies(model, tmp_path):
    elsewhere = tmp_path / "another disk" / "shared"
    shutil.copytree(model, elsewhere)
    shutil.rmtree(model)
    found = read_model(elsewhere)
    assert found.settings == settings_of()
    assert found.record.learnt_from == {"1 abc": "a"}
    assert [network.name for network in found.record.networks] == [
        "nanodet",
        "movenet-multipose",
        "movenet-thunder",
    ]
    assert found.finder("cpu").class_names == ("jump", "turn")
    text = (elsewhere / "model.json").read_text()
    assert str(tmp_path) not in text
    assert "/videos" not in text


@pytest.mark.parametrize(
    "name",
    ["model.json", "card.md", "finder/settings.json", "detectors/joints2d/member_1.safetensors"],
)
def test_a_damaged_file_is_refused_by_name(model, name):
    content = bytearray((model / name).read_bytes())
    content[len(content) // 2] ^= 1
    (model / name).write_bytes(content)
    with pytest.raises(ValueError, match=f"{name} is damaged.*copy the whole folder again"):
        read_model(model)


def test_a_missing_file_is_refused_by_name(model):
    (model / "recognisers/joints2d/examples.safetensors").unlink()
    with pytest.raises(FileNotFoundError, match=r"examples.safetensors is missing; copy the whole"):
        read_model(model)
    (model / "model.json").unlink()
    with pytest.raises(FileNotFoundError, match=r"holds no model \(no model.json\)"):
        read_model(model)


def test_what_a_file_manager_leaves_does_not_matter(model):
    (model / ".DS_Store").write_text("x")
    read_model(model)


def test_another_version_is_refused(model):
    path = model / "model.json"
    content = json.loads(path.read_text())
    path.write_text(json.dumps({**content, "schema_name": "vpd-model-9"}))
    with pytest.raises(ValueError, match="schema 'vpd-model-9', expected 'vpd-model-1'"):
        read_model(model)


def test_networks_of_another_version_are_refused_by_name(model, monkeypatch):
    monkeypatch.setattr("vpdlib.weights.check.CONVERTER_VERSION", "2")
    with pytest.raises(WeightsError, match=r"made with network 'nanodet' of digest .*this version"):
        read_model(model)
    monkeypatch.setattr(networks, "NETWORKS", {})
    with pytest.raises(WeightsError, match=r"'nanodet'.* has none of that name"):
        read_model(model)


def test_weights_of_ones_own_travel_with_it(tmp_path):
    own = tmp_path / "my networks" / "pose.onnx"
    own.parent.mkdir()
    own.write_bytes(b"weights")
    poses = PoseSettings(teacher="onnx", onnx=OnnxPoseSettings(file=str(own), codec="simcc"))
    model = make_model(tmp_path, poses=poses)
    own.unlink()
    found = read_model(model)
    assert found.settings.poses.onnx.file == str(model / "weights/0_pose.onnx")
    assert (model / "weights/0_pose.onnx").read_bytes() == b"weights"
    assert str(own.parent) not in (model / "model.json").read_text()


def test_weights_of_another_digest_are_not_shared(tmp_path):
    own = tmp_path / "pose.onnx"
    own.write_bytes(b"weights")
    onnx = OnnxPoseSettings(file=str(own), codec="simcc", sha256="0" * 64)
    with pytest.raises(WeightsError, match="expected a sha256 that begins with 0000"):
        make_model(tmp_path, poses=PoseSettings(teacher="onnx", onnx=onnx))
    assert not (tmp_path / "model").exists()


def test_a_finder_of_another_recogniser_is_not_shared(tmp_path):
    folders = trained(tmp_path / "one")
    folders["recognisers", "joints2d"] = trained(tmp_path / "two", seed=1)[
        "recognisers", "joints2d"
    ]
    with pytest.raises(ValueError, match="tuned with another recogniser of 'joints2d'"):
        write_model(tmp_path / "model", settings_of(), folders, [LEARNT], "")
    assert not (tmp_path / "model").exists()


def test_which_models_and_stages_a_method_needs():
    vipe, r3d = VipeFeatures(model="net"), R3DSettings(weights=None, fine_tune=True)
    features = {
        "v": FeatureRecipe(kind="vipe", vipe=vipe),
        "vpd2d": FeatureRecipe(kind="student", seen=("flow",)),
        "v3d": FeatureRecipe(kind="r3d", r3d=r3d),
        "both": FeatureRecipe(kind="concat", parts=("v", "vpd2d")),
    }
    settings = settings_of(features=features, parts=("both", "v3d"))
    assert needed_models(settings) == [
        ("recognisers", "both"),
        ("recognisers", "v3d"),
        ("detectors", "both"),
        ("detectors", "v3d"),
        ("vipe", "net"),
        ("students", "vpd2d"),
        ("r3d", "v3d"),
        (FINDER,),
    ]
    assert (settings.needs_crops, settings.needs_flow, settings.needs_poses) == (True, True, True)
    settings = settings_of()
    assert (settings.needs_crops, settings.needs_flow, settings.needs_poses) == (False, False, True)


def test_the_card_tells_what_it_learnt_from(tmp_path):
    folders = trained(tmp_path, threshold=0.25)
    record = finder_folder.FOLDER.read_record(folders[FINDER,])
    recognisers = [("joints2d", folders["recognisers", "joints2d"])]
    text = card_text(settings_of(), record, recognisers, [LEARNT], [])
    assert text.startswith("# Model: Mine\n")
    assert "| an answer counts from this probability on | 0.250 |" in text
    assert "| of the actions, found | not measured of 0 |" in text
    assert "`movenet-thunder`" in text
