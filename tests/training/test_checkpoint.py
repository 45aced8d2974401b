"""What the trainings share: checkpoints that the workflow owns, the precision of a GPU."""

import pytest
import torch
from torch import nn

from vpdlib.training.checkpoint import (
    SCHEMA,
    CheckpointError,
    OtherTrainingError,
    load_checkpoint,
    resume_or_start,
    save_checkpoint,
)
from vpdlib.training.epochs import Training, adamw, cuda_amp_dtype


class Run(Training):
    """A training of one layer that is not trained here."""

    def epoch(self, epoch):
        """Not called."""
        raise NotImplementedError


def run(amp_dtype=None):
    encoder = nn.Linear(2, 1)
    return Run(
        device=torch.device("cpu"),
        encoder=encoder,
        decoder=None,
        optimizer=adamw(encoder, None, 1e-3, 0.01),
        amp_dtype=amp_dtype,
    )


def trains(identity, calls):
    """A training that reads its checkpoint if there is one, as all do."""

    def train(path):
        calls.append(path.exists())
        return load_checkpoint(path, identity)["epoch"] if path.exists() else 0

    return train


def test_a_checkpoint_of_the_same_training_is_resumed(tmp_path):
    path, calls = tmp_path / "c", []
    assert resume_or_start(trains("mine", calls), path) == 0
    save_checkpoint(path, "mine", {"epoch": 3})
    assert resume_or_start(trains("mine", calls), path) == 3
    assert calls == [False, True]
    assert path.exists()


@pytest.mark.parametrize(
    "content",
    [b"", b"no checkpoint", {"schema": SCHEMA, "identity": "mine"}, {"schema": "other"}, [1, 2]],
)
def test_what_is_no_checkpoint_is_refused_by_name(tmp_path, content):
    path = tmp_path / "c"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        torch.save(content, path)
    with pytest.raises(CheckpointError, match=r"/c is .+ delete it"):
        load_checkpoint(path, "mine")


def test_one_of_another_training_is_removed_and_said_so(tmp_path, capsys):
    path, calls = tmp_path / "c", []
    save_checkpoint(path, "others", {"epoch": 3})
    assert resume_or_start(trains("mine", calls), path) == 0
    assert calls == [True, False]
    assert not path.exists()
    said = capsys.readouterr()
    assert f"{path} is of a training with other settings" in said.out + said.err


def test_other_errors_leave_the_checkpoint_alone(tmp_path):
    path = tmp_path / "c"
    path.write_bytes(b"no checkpoint")
    with pytest.raises(ValueError, match="not a readable checkpoint"):
        resume_or_start(trains("mine", []), path)
    assert path.exists()

    def fails(_):
        raise ValueError("something else")

    with pytest.raises(ValueError, match="something else"):
        resume_or_start(fails, path)
    assert path.exists()
    assert issubclass(OtherTrainingError, ValueError)


@pytest.mark.parametrize(("saved", "resumed"), [("float16", None), (None, "float16")])
def test_a_training_goes_on_where_the_precision_is_another(saved, resumed):
    """Float16 is scaled, bfloat16 is not: the state of the scaler is empty, or one that nobody needs."""
    one, other = (run(amp and getattr(torch, amp)) for amp in (saved, resumed))
    other.restore(one.state())
    assert other.scaler.is_enabled() == (resumed == "float16")
    torch.testing.assert_close(other.encoder.weight, one.encoder.weight)


def test_the_scale_of_float16_is_resumed():
    one, other = run(torch.float16), run(torch.float16)
    one.scaler.load_state_dict({**one.scaler.state_dict(), "scale": 128.0})
    other.restore(one.state())
    assert other.scaler.state_dict()["scale"] == 128.0


@pytest.mark.parametrize(
    ("native", "enabled", "expected"),
    [(True, True, torch.bfloat16), (False, True, torch.float16), (True, False, None)],
)
def test_bfloat16_where_the_card_has_it(native, enabled, expected, monkeypatch):
    """Before Ampere, torch emulates it if asked, slower than float32."""

    def is_supported(including_emulation=True):
        return native or including_emulation

    monkeypatch.setattr(torch.cuda, "is_bf16_supported", is_supported)
    assert cuda_amp_dtype(enabled) == expected
