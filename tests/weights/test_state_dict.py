"""Reading checkpoints: real ones of mmengine and torch, old and new format, and files that would do harm."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from vpdlib import compat
from vpdlib.weights.check import WeightsError
from vpdlib.weights.state_dict import load_state_dict

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def model() -> torch.nn.Module:
    generator = torch.Generator().manual_seed(0)
    network = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4))
    for parameter in network.parameters():
        parameter.data = torch.randn(parameter.shape, generator=generator)
    return network


def assert_same(found: dict[str, torch.Tensor], model: torch.nn.Module) -> None:
    expected = model.state_dict()
    assert list(found) == list(expected)
    for name, value in expected.items():
        assert found[name].dtype == value.dtype
        assert torch.equal(found[name], value)
    model.load_state_dict(found)


def training_checkpoint(model: torch.nn.Module) -> dict[str, Any]:
    """What mmengine's runner saves in the course of a training."""
    from mmengine.config import ConfigDict
    from mmengine.logging import MessageHub

    hub = MessageHub.get_instance("test_state_dict")
    hub.update_scalar("train/loss", 1.5)
    hub.update_scalar("train/loss", np.float32(0.5))
    hub.update_scalar("train/accuracy", torch.tensor(0.5))
    hub.update_info("iter", 3)
    hub.update_info("best", np.float64(2.0))
    optimizer = torch.optim.AdamW(model.parameters())
    sum(parameter.sum() for parameter in model.parameters()).backward()
    optimizer.step()
    meta = {
        "epoch": 1,
        "dataset_meta": {"CLASSES": ("person",), "sigmas": np.arange(17.0), "ids": np.int64(3)},
        "cfg": ConfigDict(model=ConfigDict(type="HRNet", widths=[32, 64])),
        "names": np.array(["nose", "left_eye"]),
    }
    return {
        "meta": meta,
        "state_dict": model.state_dict(),
        "message_hub": hub.state_dict(),
        "optimizer": optimizer.state_dict(),
    }


@pytest.fixture
def mmengine_file(model: torch.nn.Module, tmp_path: Path) -> Path:
    compat.install()
    runner = pytest.importorskip("mmengine.runner")
    path = tmp_path / "epoch_1.pth"
    runner.save_checkpoint(training_checkpoint(model), str(path))
    return path


def test_a_training_checkpoint_of_mmengine(mmengine_file: Path, model: torch.nn.Module) -> None:
    # The names in it are why torch's own safe reading alone does not do.
    names = torch.serialization.get_unsafe_globals_in_checkpoint(str(mmengine_file))
    assert "mmengine.logging.history_buffer.HistoryBuffer" in names
    assert "mmengine.config.config.ConfigDict" in names
    with pytest.raises(pickle.UnpicklingError):
        torch.load(mmengine_file, weights_only=True)
    assert_same(load_state_dict(mmengine_file), model)
    assert not set(names) & set(torch.serialization.get_safe_globals()), "left switched on"


def test_nothing_of_mmengine_is_imported_for_it(mmengine_file: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from vpdlib.weights.state_dict import load_state_dict\n"
        f"print(len(load_state_dict(Path({str(mmengine_file)!r}))), 'mmengine' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["7", "False"]


def test_a_published_checkpoint_in_the_old_format(
    model: torch.nn.Module, mmengine_file: Path, tmp_path: Path
) -> None:
    # OpenMMLab publishes in torch's format before 1.6, which is no zip archive.
    content = torch.load(mmengine_file, weights_only=False)
    path = tmp_path / "published.pth"
    torch.save(content, path, _use_new_zipfile_serialization=False)
    assert path.read_bytes()[:2] != b"PK"
    assert_same(load_state_dict(path), model)


@pytest.mark.parametrize("new_format", [True, False])
@pytest.mark.parametrize("key", [None, "state_dict", "model"])
@pytest.mark.parametrize("prefix", ["", "module."])
def test_plain_state_dicts(
    model: torch.nn.Module, tmp_path: Path, new_format: bool, key: str | None, prefix: str
) -> None:
    content: Any = {prefix + name: value for name, value in model.state_dict().items()}
    if key is not None:
        content = {"epoch": 3, key: content}
    path = tmp_path / "model.pt"
    torch.save(content, path, _use_new_zipfile_serialization=new_format)
    assert_same(load_state_dict(path), model)


def test_a_safetensors_file(model: torch.nn.Module, tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    state = model.state_dict()
    save_file({f"module.{name}": value for name, value in state.items()}, path)
    found = load_state_dict(path)
    assert set(found) == set(state)
    assert all(torch.equal(found[name], state[name]) for name in state)


def test_a_prefix_that_not_every_name_has_is_part_of_the_names(tmp_path: Path) -> None:
    torch.save({"module.a": torch.ones(1), "b": torch.ones(1)}, tmp_path / "m.pth")
    assert set(load_state_dict(tmp_path / "m.pth")) == {"module.a", "b"}


def test_parameters_come_without_their_graph(model: torch.nn.Module, tmp_path: Path) -> None:
    torch.save(dict(model.named_parameters()), tmp_path / "m.pth")
    assert not any(value.requires_grad for value in load_state_dict(tmp_path / "m.pth").values())


class Calls:
    """Pickles as a call."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.function, self.arguments = function, arguments

    def __reduce__(self) -> Any:
        return self.function, self.arguments


def harmful(marker: Path) -> dict[str, Any]:
    code = f"open({str(marker)!r}, 'w').close()"
    return {
        "os.system": Calls(os.system, f"touch '{marker}'"),
        "exec": Calls(exec, code),
        "subprocess": Calls(subprocess.call, ["touch", str(marker)]),
    }


@pytest.mark.parametrize("what", list(harmful(Path())))
@pytest.mark.parametrize("form", ["zip", "old", "bare", "beside the weights"])
def test_what_would_execute_is_refused_unexecuted(tmp_path: Path, what: str, form: str) -> None:
    marker, path = tmp_path / "executed", tmp_path / "evil.pth"
    evil = harmful(marker)[what]
    weights = {"weight": torch.ones(1)}
    if form == "bare":
        path.write_bytes(pickle.dumps(evil, protocol=2))
    elif form == "beside the weights":
        torch.save({"meta": evil, "state_dict": weights}, path)
    else:
        torch.save({"state_dict": evil}, path, _use_new_zipfile_serialization=form == "zip")
    with pytest.raises(WeightsError, match=r"evil\.pth: ") as caught:
        load_state_dict(path)
    assert "weights_only" not in str(caught.value), "torch's advice to switch safety off"
    assert not marker.exists()
    assert "holds the name" in str(caught.value)
    assert "nothing of it was executed" in str(caught.value)


@pytest.mark.parametrize(
    "opcodes",
    [
        # getattr(numpy.ndarray, "tofile")(): what getattr gives cannot be called
        b"c__builtin__\ngetattr\n(cnumpy\nndarray\nX\x06\x00\x00\x00tofiletR)R.",
        # setting attributes of the stand-in itself
        b"cmmengine.logging.history_buffer\nHistoryBuffer\n}X\x01\x00\x00\x00aK\x01sb.",
        # items of an instance of it
        b"cmmengine.config.config\nConfigDict\n)RX\x01\x00\x00\x00aK\x01s.",
    ],
)
def test_the_names_that_are_let_through_reach_nothing(tmp_path: Path, opcodes: bytes) -> None:
    path = tmp_path / "evil.pth"
    path.write_bytes(b"\x80\x02" + opcodes)
    with pytest.raises(WeightsError, match=r"evil\.pth: no checkpoint that .*Unpickling"):
        load_state_dict(path)


def test_the_harm_is_real(tmp_path: Path) -> None:
    """What the test above refuses does act when it is unpickled plainly."""
    marker = tmp_path / "executed"
    for what in ("os.system", "exec", "subprocess"):
        pickle.loads(pickle.dumps(harmful(marker)[what]))
        assert marker.exists()
        marker.unlink()


def test_a_whole_network_is_refused_with_the_way_out(
    model: torch.nn.Module, tmp_path: Path
) -> None:
    torch.save(model, tmp_path / "m.pth")
    with pytest.raises(WeightsError, match=r"container\.Sequential.*save model\.state_dict\(\)"):
        load_state_dict(tmp_path / "m.pth")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({}, "found nothing"),
        ({"state_dict": {}}, "found nothing"),
        ([1, 2], "found a list"),
        (torch.ones(2), "found a Tensor"),
        ({"epoch": 3}, "found a int under 'epoch'"),
        ({"net": {"weight": torch.ones(1)}}, "found a dict under 'net'"),
        ({"state_dict": {"weight": torch.ones(1), "extra": "x"}}, "found a str under 'extra'"),
        ({3: torch.ones(1)}, "found a Tensor under 3"),
    ],
)
def test_what_holds_no_state_dict_is_refused(tmp_path: Path, content: Any, message: str) -> None:
    torch.save(content, tmp_path / "m.pth")
    with pytest.raises(WeightsError, match=rf"m\.pth: expected tensors by name, {message}; give"):
        load_state_dict(tmp_path / "m.pth")


@pytest.mark.parametrize("fraction", [0.0, 0.1, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("form", ["zip", "old", "safetensors"])
def test_a_cut_file_is_refused(
    model: torch.nn.Module, tmp_path: Path, form: str, fraction: float
) -> None:
    path = tmp_path / ("m.safetensors" if form == "safetensors" else "m.pth")
    if form == "safetensors":
        save_file(model.state_dict(), path)
    else:
        torch.save(model.state_dict(), path, _use_new_zipfile_serialization=form == "zip")
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * fraction)])
    with pytest.raises(WeightsError, match=r"/m\..* can be read .*Obtain it again"):
        load_state_dict(path)


def test_damage_gives_no_other_error(mmengine_file: Path) -> None:
    whole = mmengine_file.read_bytes()
    refused = 0
    random = np.random.default_rng(0)
    for _ in range(100):
        content = bytearray(whole)
        for at in random.integers(len(content), size=10):
            content[at] = random.integers(256)
        mmengine_file.write_bytes(content)
        try:
            load_state_dict(mmengine_file)
        except WeightsError:
            refused += 1
    assert refused > 50


@pytest.mark.parametrize("content", [b"<html>404</html>", b"\x80\x04K\x01."])
def test_other_files_and_no_file_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "m.pth"
    with pytest.raises(WeightsError, match=r"m\.pth: no such file"):
        load_state_dict(path)
    path.write_bytes(content)
    with pytest.raises(WeightsError, match=r"m\.pth: no checkpoint that can be read"):
        load_state_dict(path)
