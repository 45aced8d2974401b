"""A model's folder: damage to any of its files is found, and a write that fails leaves nothing."""

import errno
import json
import shutil
import zlib

import numpy as np
import pytest
import safetensors.torch
import torch

from vpdlib.students.network import build_student
from vpdlib.students.save import HISTORY_COLUMNS, load_student, save_student
from vpdlib.students.settings import StudentSettings
from vpdlib.students.student import TrainedStudent
from vpdlib.vipe.network import TrainedVipe, build_vipe
from vpdlib.vipe.save import load_vipe, save_vipe
from vpdlib.vipe.settings import VipeSettings
from vpdlib.vipe.train import HISTORY_COLUMNS as VIPE_COLUMNS


def history(columns):
    return [{**dict.fromkeys(columns, 1.25), "epoch": epoch} for epoch in (1, 2)]


def student():
    settings = StudentSettings(architecture="residual", widths=(8,), blocks=(1,), crop_px=16)
    with torch.random.fork_rng():
        encoder, decoder = build_student(settings, 26)
    mean, std = (0.44157, 0.4703, 0.4534), (0.13527, 0.1208, 0.12617)
    return TrainedStudent(settings, encoder, decoder, 26, mean, std, 1, history(HISTORY_COLUMNS))


@pytest.fixture
def folder(tmp_path):
    save_student(tmp_path / "student", student())
    return tmp_path / "student"


def content_of(folder):
    return {path.name: zlib.crc32(path.read_bytes()) for path in folder.iterdir()}


def test_another_number_in_the_settings_is_found(folder):
    path = folder / "settings.json"
    text = path.read_text()
    assert text.count("0.13527") == 1
    path.write_text(text.replace("0.13527", "0.93527"))
    with pytest.raises(ValueError, match=r"settings\.json is damaged .*rule distil_student"):
        load_student(folder)


def test_a_flipped_bit_of_the_settings_is_found_or_changes_nothing(folder):
    path = folder / "settings.json"
    written = path.read_bytes()
    content = json.loads(written)
    rng = np.random.default_rng(0)
    messages = []
    for _ in range(200):
        damaged = bytearray(written)
        damaged[rng.integers(len(written))] ^= 1 << rng.integers(8)
        path.write_bytes(damaged)
        try:
            load_student(folder)
        except ValueError as error:
            messages.append(str(error))
        else:
            # Such as a space that became a tab.
            assert json.loads(damaged) == content
    assert len(messages) > 120
    assert all("settings.json is damaged or of another version" in each for each in messages)
    path.write_bytes(written)
    load_student(folder)


@pytest.mark.parametrize("fraction", [0.99, 0.5, 0.0])
def test_a_history_that_was_cut_is_found(folder, fraction):
    path = folder / "history.csv"
    content = path.read_bytes()
    path.write_bytes(content[: int(fraction * len(content))])
    with pytest.raises(ValueError, match=r"history\.csv is damaged: sha256 .*rule distil_student"):
        load_student(folder)
    path.unlink()
    with pytest.raises(FileNotFoundError, match=r"history\.csv is missing; run rule distil"):
        load_student(folder)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda content: content.pop("record_sha256"), "expected None"),
        (lambda content: content.update(schema_name="vpd-student-2"), "schema 'vpd-student-2'"),
        (lambda content: content.pop("schema_name"), "schema None"),
    ],
)
def test_settings_of_another_version_are_refused_with_the_remedy(folder, change, says):
    path = folder / "settings.json"
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))
    with pytest.raises(ValueError, match=f"{says}.*delete its folder and run rule distil_student"):
        load_student(folder)
    path.write_text("[]")
    with pytest.raises(ValueError, match="no JSON object"):
        load_student(folder)


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left"), KeyboardInterrupt()])
def test_a_write_that_fails_leaves_no_litter_and_the_older_folder(folder, monkeypatch, error):
    before = content_of(folder)

    def fails(weights, path):
        path.write_bytes(b"half of it")
        raise error

    monkeypatch.setattr(safetensors.torch, "save_file", fails)
    for place in (folder, folder.with_name("other")):
        with pytest.raises(type(error)):
            save_student(place, student())
    assert sorted(path.name for path in folder.parent.iterdir()) == ["student"]
    assert content_of(folder) == before


def test_a_folder_that_cannot_be_put_in_place_leaves_no_litter(folder, monkeypatch):
    def fails(*_):
        raise OSError(errno.EIO, "Input/output error")

    shutil.rmtree(folder)
    monkeypatch.setattr("os.replace", fails)
    with pytest.raises(OSError, match="Input/output"):
        save_student(folder, student())
    assert list(folder.parent.iterdir()) == []


def test_damage_to_a_vipe_model_is_found_too(tmp_path):
    settings = VipeSettings()
    with torch.random.fork_rng():
        encoder, decoder = build_vipe(settings)
    save_vipe(tmp_path / "vipe", TrainedVipe(settings, encoder, decoder, 1, history(VIPE_COLUMNS)))
    load_vipe(tmp_path / "vipe")
    for name in ("history.csv", "settings.json"):
        path = tmp_path / "vipe" / name
        content = path.read_text()
        path.write_text(content.replace("1", "2", 1))
        with pytest.raises(ValueError, match=f"{name} is damaged.*rule train_vipe"):
            load_vipe(tmp_path / "vipe")
        path.write_text(content)
